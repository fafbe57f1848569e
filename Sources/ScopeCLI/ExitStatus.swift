import ScopeEngine

/// What the process says when it ends.
///
/// The table stands in `docs/exit-codes.md` and in the man page.
package enum ExitStatus {
  /// Done, nothing found, nothing different.
  package static let success: Int32 = 0
  /// Findings of `scan`, differences of `diff` and `verify`.
  package static let findings: Int32 = 1
  /// A file that cannot be read, a request that cannot be served.
  package static let trouble: Int32 = 2
  /// The command line itself is wrong.
  package static let usage: Int32 = 64
  /// Ended by a signal, as shells count it.
  package static func interrupted(by signal: Int32) -> Int32 { 128 + signal }
}

/// How a command ends early with a status and, maybe, one line on standard error.
struct Ending: Error {
  var status: Int32
  var message: String?

  static func trouble(_ message: String) -> Ending {
    Ending(status: ExitStatus.trouble, message: message)
  }

  /// A refusal names the file that it is about, unless its reason already begins with one of `paths`.
  static func trouble(_ refusal: Refusal, about paths: [String]) -> Ending {
    let isNamed = paths.contains { refusal.reason.hasPrefix($0 + ":") }
    return .trouble(isNamed ? refusal.reason : "\(paths.first ?? ""): \(refusal.reason)")
  }

  static func usage(_ message: String) -> Ending {
    Ending(status: ExitStatus.usage, message: message)
  }

  /// A value that is none of the choices of an option, with the choice that was meant where one is near.
  ///
  /// - Parameters:
  ///   - option: as it is written on the command line.
  ///   - choices: what the message lists.
  ///   - value: what was given.
  ///   - others: further values that are taken and not listed.
  static func usage(
    choice option: String, of choices: [String], not value: String, near others: [String] = []
  ) -> Ending {
    let question = NearMatch.question(value, in: choices + others)
    return .usage(
      "\(option) is one of \(choices.joined(separator: ", ")), not \(value)\(question)")
  }
}
