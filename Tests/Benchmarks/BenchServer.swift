import Glibc
import Inference

/// Answers one line with one line, so that another program can interleave its own measurements.
struct BenchServer {
  let options: BenchOptions
  let name: String

  init(_ options: BenchOptions, _ name: String) {
    self.options = options
    self.name = name
  }

  func run() {
    guard let model = BenchModel(name, half: options.isHalf) else {
      print("error unknown model \(name)")
      return
    }
    do {
      let runner = try BenchRunner(model, options)
      answer("ready \(runner.loadSeconds)")
      while let line = readLine() {
        let words = line.split(separator: " ").map(String.init)
        switch (words.first, words.count) {
        case ("image", 2), ("text", 2):
          let (seconds, row) = try runner.forward(words[0], Int(words[1]) ?? 1)
          answer("\(seconds) " + row.prefix(16).map { "\($0)" }.joined(separator: " "))
        case ("products", 3):
          answer("\(runner.products(words[1], Int(words[2]) ?? 1).0)")
        case ("attention", _): answer("\(try runner.attention())")
        default: answer("error unknown request")
        }
      }
    } catch {
      answer("error \(error)")
    }
  }

  private func answer(_ line: String) {
    print(line)
    fflush(nil)
  }
}
