/// One thing that `scan` reports about a checkpoint.
package struct ScanFinding: Sendable, Equatable {
  package var severity: Diagnostic.Severity
  /// `dangerous-global`, `unknown-global`, or the kind of a diagnostic.
  package var kind: String
  package var place: String
  package var message: String
  /// Full name of the Python object, where one is the matter.
  package var global: String?
  /// Offset of its opcode in the pickle.
  package var opcodeOffset: Int?

  package init(
    severity: Diagnostic.Severity, kind: String, place: String, message: String,
    global: String? = nil, opcodeOffset: Int? = nil
  ) {
    self.severity = severity
    self.kind = kind
    self.place = place
    self.message = message
    self.global = global
    self.opcodeOffset = opcodeOffset
  }
}

/// What a pickle would have run, and where the container contradicts itself. Worst first, otherwise in file order.
///
/// Tensor values are not looked at. Notes are left out: they are no findings.
package func scanFindings(of catalog: Catalog) -> [ScanFinding] {
  var findings: [ScanFinding] = []
  for global in catalog.pickleGlobals {
    switch global.standing {
    case .known: continue
    case .dangerous:
      findings.append(
        ScanFinding(
          severity: .danger, kind: "dangerous-global", place: global.place,
          message: global.isCalled
            ? "loading it in Python would call `\(global.fullName)`"
            : "names `\(global.fullName)`, which runs code or opens files",
          global: global.fullName, opcodeOffset: global.opcodeOffset))
    case .unknown where global.isCalled:
      findings.append(
        ScanFinding(
          severity: .warning, kind: "unknown-global", place: global.place,
          message: "loading it in Python would call `\(global.fullName)`, which is not known here",
          global: global.fullName, opcodeOffset: global.opcodeOffset))
    case .unknown: continue
    }
  }
  for diagnostic in catalog.diagnostics where diagnostic.severity != .note {
    findings.append(
      ScanFinding(
        severity: diagnostic.severity, kind: diagnostic.kind, place: diagnostic.place,
        message: diagnostic.message))
  }
  let rank: [Diagnostic.Severity: Int] = [.danger: 0, .error: 1, .warning: 2, .note: 3]
  return findings.enumerated().sorted {
    (rank[$0.element.severity] ?? 3, $0.offset) < (rank[$1.element.severity] ?? 3, $1.offset)
  }.map(\.element)
}
