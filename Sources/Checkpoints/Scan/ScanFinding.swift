/// Something in a checkpoint that deserves a look before the file is used elsewhere.
package struct ScanFinding: Sendable, Hashable {
  package var severity: Diagnostic.Severity
  /// A stable code: `unsafe-global`, `unknown-global`, `nan`, a diagnostic's kind, ...
  package var kind: String
  /// Member, tensor or offset.
  package var place: String
  package var message: String
  /// Full name of the class or function, for findings about pickles.
  package var global: String?
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

  /// Kind of a finding about a file that is named like a checkpoint and is none, or cannot be read.
  package static let unreadableFile = "unreadable-file"
  /// Kind of a finding about the part of a folder that lies beyond a limit.
  package static let notLookedAt = "not-looked-at"

  /// Whether it says that something could not be looked at, rather than what was found in it.
  package var isGap: Bool { kind == Self.unreadableFile || kind == Self.notLookedAt }
}

extension Catalog {
  /// Findings that follow from names and headers alone.
  ///
  /// Values (NaN, Inf) are looked at elsewhere.
  ///
  /// Classes that honest checkpoints hold (`argparse.Namespace`, NumPy scalars) are no findings; a class that is only named and never
  /// called is one only where it is dangerous.
  package var scanFindings: [ScanFinding] {
    var findings: [ScanFinding] = []
    for global in pickleGlobals {
      switch (global.standing, global.isCalled) {
      case (.known, _): continue
      case (.dangerous, let isCalled):
        findings.append(
          ScanFinding(
            severity: .danger, kind: "unsafe-global", place: global.place,
            message: isCalled
              ? "loading this file with pickle would call `\(global.fullName)`"
              : "the pickle names `\(global.fullName)`",
            global: global.fullName, opcodeOffset: global.opcodeOffset))
      case (.unknown, let isCalled):
        findings.append(
          ScanFinding(
            severity: isCalled ? .warning : .note, kind: "unknown-global", place: global.place,
            message: isCalled
              ? "loading this file with pickle would call `\(global.fullName)`, which is not known here"
              : "the pickle names `\(global.fullName)`, which is not known here",
            global: global.fullName, opcodeOffset: global.opcodeOffset))
      }
    }
    for diagnostic in diagnostics
    where diagnostic.severity != .note && diagnostic.kind != "unsafe-global" {
      findings.append(
        ScanFinding(
          severity: diagnostic.severity, kind: diagnostic.kind, place: diagnostic.place,
          message: diagnostic.message))
    }
    return findings
  }
}
