import Cells
import ScopeEngine

/// A conversion of this session, under way or over.
struct ConversionRecord: Equatable, Sendable {
  enum Phase: Equatable, Sendable {
    case running
    /// Asked to stop; what was written is being removed.
    case stopping
    case done(Report)
    case failed(String)
    case cancelled
  }

  /// What the receipt says.
  struct Report: Equatable, Sendable {
    var outline: ConversionOutline
    /// Seconds that writing took.
    var seconds: Double
    var verification: ConversionVerification?
    var sources: [ConversionOutline.File] = []
  }

  var order: ConversionOrder
  var sourcePath: String
  var phase: Phase = .running

  var isUnderWay: Bool { phase == .running || phase == .stopping }

  var title: String {
    "\(FilePath.name(of: sourcePath)) to \(order.options.target.rawValue)"
  }

  /// The facts of the record, each a line.
  func lines(_ symbols: Symbols) -> [Span] {
    var lines: [Span] = [Span("\(sourcePath)", .text), Span("to \(order.output)", .text)]
    switch phase {
    case .running: lines.append(Span("under way", .accent))
    case .stopping: lines.append(Span("stopping; what was written is removed", .warning))
    case .cancelled:
      lines.append(Span("\(symbols.cross) cancelled; nothing was left behind", .warning))
    case .failed(let reason): lines.append(Span("\(symbols.cross) \(reason)", .error))
    case .done(let report): lines += report.lines(symbols)
    }
    return lines
  }
}

extension ConversionRecord.Report {
  init(_ receipt: ConversionReceipt) {
    self.init(
      outline: ConversionOutline(receipt), seconds: receipt.seconds,
      verification: receipt.verification,
      sources: receipt.sourceFiles.map {
        ConversionOutline.File(name: $0.name, byteCount: $0.byteCount, digest: $0.digest)
      })
  }

  func lines(_ symbols: Symbols) -> [Span] {
    let rate =
      seconds > 0 ? ", \(Numbers.bytes(Int(Double(outline.byteCount) / seconds)))/s" : ""
    let written =
      "\(symbols.check) \(Numbers.counted(outline.tensorCount, "tensor")), "
      + "\(Numbers.bytes(outline.byteCount)) written in \(Numbers.duration(seconds: seconds))\(rate)"
    return [Span(written, .success)]
      + (verification.map { Self.lines(of: $0, symbols) } ?? [Span("not verified", .dim)])
      + [Span(outline.way, .dim)]
      + fileLines + droppedLines
      + outline.warnings.map { Span("\(symbols.warning) \($0)", .warning) }
  }

  private static func lines(
    of verification: ConversionVerification, _ symbols: Symbols
  ) -> [Span] {
    let check = symbols.check
    var lines = [
      Span(
        "\(check) verified: \(Numbers.counted(verification.comparedTargets, "written tensor")) "
          + "\(verification.comparedTargets == 1 ? "is" : "are") what the source gives", .success)
    ]
    if verification.comparedSources > 0 {
      let tensors = Numbers.counted(verification.comparedSources, "tensor")
      lines.append(Span("\(check) \(tensors) came back byte for byte", .success))
    }
    if !verification.inexactSources.isEmpty {
      let count = verification.inexactSources.count
      lines.append(
        Span(
          "\(Numbers.counted(count, "tensor")) \(count == 1 ? "was" : "were") cast, resized or folded "
            + "and cannot come back unchanged", .dim))
    }
    if let reason = verification.backSkipped {
      lines.append(Span("the way back was not gone: \(reason)", .dim))
    }
    let differences = verification.features?.towers.map { name, tower in
      "\(Numbers.value(tower.largest)) (\(name))"
    }
    if let differences, !differences.isEmpty {
      lines.append(
        Span("\(check) features differ by \(differences.joined(separator: ", "))", .success))
    }
    if let reason = verification.featuresSkipped {
      lines.append(Span("features were not compared: \(reason)", .dim))
    }
    return lines
  }

  private var fileLines: [Span] {
    var lines: [Span] = []
    for file in outline.files {
      lines.append(Span("\(file.name)  \(Numbers.bytes(file.byteCount))", .text))
      if let digest = file.digest { lines.append(Span("  sha256 \(digest)", .dim)) }
    }
    for file in sources {
      guard let digest = file.digest else { continue }
      lines.append(Span("source \(file.name)  \(Numbers.bytes(file.byteCount))", .text))
      lines.append(Span("  sha256 \(digest)", .dim))
    }
    return lines
  }

  /// The receipt has all of them.
  private static let mostDropped = 200

  private var droppedLines: [Span] {
    let dropped = outline.dropped
    guard !dropped.isEmpty else { return [] }
    var lines = [Span("left out: \(Numbers.grouped(dropped.count))", .warning)]
    lines += dropped.prefix(Self.mostDropped).map { Span("  \($0.name): \($0.reason)", .dim) }
    let hidden = dropped.count - Self.mostDropped
    if hidden > 0 { lines.append(Span("  and \(hidden) more; the receipt has all", .dim)) }
    return lines
  }
}
