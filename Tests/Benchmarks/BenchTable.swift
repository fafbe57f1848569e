import Glibc
import Inference

/// Runs every row and prints a table or JSON.
struct BenchTable {
  let options: BenchOptions

  init(_ options: BenchOptions) { self.options = options }

  struct Row {
    var model: String
    var tower: String
    var batch: Int
    var median: Double
    var operations: Double
    var products: Double
    var isTraced = false
  }

  func run() {
    let peak = MachinePeak.measure(threads: options.threads)
    var rows: [Row] = []
    forEachModel { runner in
      for (tower, batch) in [
        ("image", 1), ("image", 8), ("image", 32), ("text", 1), ("text", 32),
      ] { rows.append(try row(runner, tower, batch)) }
      rows.append(try traced(runner))
    }
    options.json ? printJSON(rows, peak) : printTable(rows, peak)
  }

  /// A model that is unknown or fails is told and passed over.
  private func forEachModel(_ body: (BenchRunner) throws -> Void) {
    for name in options.models {
      guard let model = BenchModel(name, half: options.isHalf) else {
        print("unknown model \(name)")
        continue
      }
      do {
        try body(try BenchRunner(model, options))
      } catch {
        print("\(name): \(error)")
      }
    }
  }

  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  private func row(_ runner: BenchRunner, _ tower: String, _ batch: Int) throws -> Row {
    _ = try runner.forward(tower, batch)
    var forwards: [Double] = []
    var products: [Double] = []
    var operations = 0.0
    for _ in 0..<max(3, batch >= 32 ? options.rounds / 2 : options.rounds) {
      forwards.append(try runner.forward(tower, batch).0)
      let (seconds, count) = runner.products(tower, batch)
      products.append(seconds)
      operations = count
    }
    return Row(
      model: runner.model.name, tower: tower, batch: batch, median: median(forwards),
      operations: operations, products: median(products))
  }

  /// Forward with attention capture; `products` holds the plain forward here.
  private func traced(_ runner: BenchRunner) throws -> Row {
    _ = try runner.attention()
    var plain: [Double] = []
    var kept: [Double] = []
    for _ in 0..<options.rounds {
      plain.append(try runner.forward("image", 1).0)
      kept.append(try runner.attention())
    }
    return Row(
      model: runner.model.name, tower: "image+attention", batch: 1, median: median(kept),
      operations: 0, products: median(plain), isTraced: true)
  }

  /// Capture and the way back, as ratios to plain forwards made in turn with them.
  func runAttention() {
    print("model  forward ms  capture/forward  gradients/forward")
    forEachModel { runner in
      _ = try (runner.forward("image", 1), runner.attention(), runner.gradients())
      var plain: [Double] = []
      var kept: [Double] = []
      var back: [Double] = []
      for _ in 0..<options.rounds {
        let forward = try runner.forward("image", 1).0
        plain.append(forward)
        kept.append(try runner.attention() / forward)
        back.append(try runner.gradients() / forward)
      }
      print(
        padded(runner.model.name, 7) + padded(fixed(median(plain) * 1e3, 2), 12)
          + padded(fixed(median(kept), 3), 17) + fixed(median(back), 2))
    }
  }

  private func fixed(_ value: Double, _ digits: Int) -> String {
    var factor = 1.0
    for _ in 0..<digits { factor *= 10 }
    let scaled = Int((value * factor).rounded())
    guard digits > 0 else { return "\(scaled)" }
    let fraction = String(scaled % Int(factor))
    return "\(scaled / Int(factor))."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  private func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func printTable(_ rows: [Row], _ peak: Double) {
    print("multiply-add peak of all threads: \(fixed(peak / 1e9, 1)) GFLOP/s")
    print("model  tower            batch  ms        GFLOP/s  of peak  /products")
    for row in rows {
      let rate = row.operations / row.median
      print(
        padded(row.model, 7) + padded(row.tower, 17) + padded("\(row.batch)", 7)
          + padded(fixed(row.median * 1e3, 2), 10)
          + padded(row.isTraced ? "-" : fixed(rate / 1e9, 1), 9)
          + padded(row.isTraced ? "-" : fixed(rate / peak, 2), 9)
          + fixed(row.median / row.products, 3) + (row.isTraced ? " (/plain)" : ""))
    }
  }

  private func printJSON(_ rows: [Row], _ peak: Double) {
    let items = rows.map { row in
      "{\"model\":\"\(row.model)\",\"tower\":\"\(row.tower)\",\"batch\":\(row.batch),"
        + "\"median_seconds\":\(row.median),\"gflop\":\(row.operations / 1e9),"
        + "\"\(row.isTraced ? "plain_seconds" : "products_seconds")\":\(row.products),"
        + "\"peak_ratio\":\(row.operations / row.median / peak)}"
    }
    print(
      "{\"schema\":1,\"peak_gflops\":\(peak / 1e9),\"rows\":[\(items.joined(separator: ","))]}")
  }
}
