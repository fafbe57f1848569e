import Cells
import ScopeEngine

/// A conversion, planned or done, as text.
struct ConversionText {
  let receipt: ConversionReceipt
  let console: Console

  func print() {
    let style = TextStyle(isColoured: console.isColoured)
    let plan = receipt.plan
    console.line(
      "\(style.heading(console.shown(receipt.sourcePath)))  \(plan.sourceDialect.rawValue) to \(receipt.targetDialect)"
        + (receipt.isDryRun ? ", not written" : ""))
    var table = TextTable([("file", .left), ("tensors", .right), ("size", .right), ("from", .left)])
    for file in receipt.files {
      let tensors = plan.files.first { $0.name == file.name }.map {
        Numbers.grouped($0.tensors.count)
      }
      table.add([
        console.shown(receipt.request.output + "/" + file.name), tensors ?? "",
        Numbers.bytes(file.byteCount),
        console.shown(file.provenance ?? ""),
      ])
    }
    table.print(to: console, style: style)
    if !plan.dropped.isEmpty {
      console.line()
      console.line(style.warning("left out: \(plan.dropped.count)"))
      for dropped in plan.dropped.prefix(24) where console.hasReader {
        console.line(
          "  \(console.shown(dropped.name))  \(style.dim(console.shown(dropped.reason)))")
      }
      if plan.dropped.count > 24 {
        console.line("  ... and \(plan.dropped.count - 24) more; --json names all")
      }
    }
    if let verification = receipt.verification { print(verification, style) }
    guard !receipt.isDryRun else { return }
    let rate =
      receipt.seconds > 0
      ? ", \(Numbers.bytes(Int(Double(plan.byteCount) / receipt.seconds)))/s" : ""
    console.line()
    console.line(
      "\(Numbers.counted(plan.tensorCount, "tensor")), \(Numbers.bytes(plan.byteCount)) written in "
        + "\(Numbers.duration(seconds: receipt.seconds))\(rate)")
  }

  private func print(_ verification: ConversionVerification, _ style: TextStyle) {
    console.line()
    console.line(
      style.good(
        "verified: \(Numbers.counted(verification.comparedTargets, "written tensor")) "
          + "\(verification.comparedTargets == 1 ? "is" : "are") what the source gives, "
          + "\(verification.comparedSources) came back byte for byte"))
    if !verification.inexactSources.isEmpty {
      console.line(
        "  \(Numbers.counted(verification.inexactSources.count, "tensor")) \(verification.inexactSources.count == 1 ? "was" : "were") "
          + "cast, resized or folded and cannot come back unchanged"
      )
    }
    if let reason = verification.backSkipped {
      console.line("  the way back was not gone: \(console.shown(reason))")
    }
    let differences = verification.features?.towers.map { name, tower in
      "\(Numbers.value(tower.largest)) (\(name))"
    }
    if let differences, !differences.isEmpty {
      console.line(
        style.good(
          "both ran on the same inputs: features differ by \(differences.joined(separator: ", "))"))
    }
    if let reason = verification.featuresSkipped {
      console.line("  features were not compared: \(console.shown(reason))")
    }
  }
}
