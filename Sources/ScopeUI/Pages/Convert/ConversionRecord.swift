package import Cells
package import ScopeEngine

/// A conversion of this session, under way or over.
package struct ConversionRecord: Equatable, Sendable {
  package enum Phase: Equatable, Sendable {
    case running
    /// Asked to stop; what was written is being removed.
    case stopping
    case done(Report)
    case failed(String)
    case cancelled
  }

  /// What the receipt says.
  package struct Report: Equatable, Sendable {
    package var outline: ConversionOutline
    /// Seconds that writing took.
    package var seconds: Double
    package var verification: ConversionVerification?
    package var sources: [ConversionOutline.File]

    package init(
      outline: ConversionOutline, seconds: Double, verification: ConversionVerification? = nil,
      sources: [ConversionOutline.File] = []
    ) {
      self.outline = outline
      self.seconds = seconds
      self.verification = verification
      self.sources = sources
    }

    package init(_ receipt: ConversionReceipt) {
      self.init(
        outline: ConversionOutline(receipt), seconds: receipt.seconds,
        verification: receipt.verification,
        sources: receipt.sourceFiles.map {
          ConversionOutline.File(name: $0.name, byteCount: $0.byteCount, digest: $0.digest)
        })
    }
  }

  package var order: ConversionOrder
  package var sourcePath: String
  package var phase: Phase

  package init(order: ConversionOrder, sourcePath: String, phase: Phase = .running) {
    self.order = order
    self.sourcePath = sourcePath
    self.phase = phase
  }

  package var isUnderWay: Bool { phase == .running || phase == .stopping }

  package var title: String {
    "\(PathText.lastComponent(of: sourcePath)) to \(order.options.target.rawValue)"
  }

  /// The facts of the record, each a line.
  package func lines(_ symbols: Symbols) -> [Span] {
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
  package func lines(_ symbols: Symbols) -> [Span] {
    var lines: [Span] = []
    let rate =
      seconds > 0 ? ", \(Numbers.bytes(Int(Double(outline.byteCount) / seconds)))/s" : ""
    lines.append(
      Span(
        "\(symbols.check) \(Numbers.counted(outline.tensorCount, "tensor")), \(Numbers.bytes(outline.byteCount)) "
          + "written in \(Numbers.duration(seconds: seconds))\(rate)", .success))
    if let verification {
      lines.append(
        Span(
          "\(symbols.check) verified: \(Numbers.grouped(verification.comparedTargets)) written tensors are what the "
            + "source gives", .success))
      if verification.comparedSources > 0 {
        lines.append(
          Span(
            "\(symbols.check) \(Numbers.grouped(verification.comparedSources)) tensors came back byte for byte",
            .success))
      }
      if !verification.inexactSources.isEmpty {
        lines.append(
          Span(
            "\(verification.inexactSources.count) tensors were cast, resized or folded and cannot come back unchanged",
            .dim))
      }
      if let reason = verification.backSkipped {
        lines.append(Span("the way back was not gone: \(reason)", .dim))
      }
      let differences = verification.features?.towers.map { name, tower in
        "\(Numbers.value(tower.largest)) (\(name))"
      }
      if let differences, !differences.isEmpty {
        lines.append(
          Span(
            "\(symbols.check) features differ by \(differences.joined(separator: ", "))", .success))
      }
      if let reason = verification.featuresSkipped {
        lines.append(Span("features were not compared: \(reason)", .dim))
      }
    } else {
      lines.append(Span("not verified", .dim))
    }
    lines.append(Span("\(outline.sourceDialect) to \(outline.targetDialect)", .dim))
    for file in outline.files {
      lines.append(Span("\(file.name)  \(Numbers.bytes(file.byteCount))", .text))
      if let digest = file.digest { lines.append(Span("  sha256 \(digest)", .dim)) }
    }
    for file in sources where file.digest != nil {
      lines.append(Span("source \(file.name)  \(Numbers.bytes(file.byteCount))", .text))
      lines.append(Span("  sha256 \(file.digest ?? "")", .dim))
    }
    if !outline.dropped.isEmpty {
      lines.append(Span("left out: \(Numbers.grouped(outline.dropped.count))", .warning))
      for dropped in outline.dropped.prefix(200) {
        lines.append(Span("  \(dropped.name): \(dropped.reason)", .dim))
      }
      if outline.dropped.count > 200 {
        lines.append(Span("  and \(outline.dropped.count - 200) more; the receipt has all", .dim))
      }
    }
    lines += outline.warnings.map { Span("\(symbols.warning) \($0)", .warning) }
    return lines
  }
}
