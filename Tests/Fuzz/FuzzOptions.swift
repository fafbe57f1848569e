import Glibc

/// What the command line asks for.
struct FuzzOptions {
  var inputCount = 20_000
  var seed: UInt64 = 1
  /// Only seeds whose path holds this text.
  var only: String?
  var fixtures = FuzzOptions.committedFixtures
  /// Where inputs that found something are kept.
  var saveFolder = "fuzz-findings"
  /// Set in the processes that this tool starts itself: run inputs `first ..< first + count`.
  var child: (first: Int, count: Int, counter: String)?
  /// Runs this input alone, in this process, and says what became of it.
  var replay: Int?

  static let usage = """
    usage: scope-fuzz [--inputs N] [--seed S] [--only TEXT] [--fixtures DIR] [--save DIR] [--replay INDEX]

    Mutates the committed fixtures and opens each result, in child processes. Exit status 1 when an input
    crashed the reader, took longer than a second, or more than 256 MB.
    """

  init?(_ arguments: [String]) {
    var rest = arguments.dropFirst()[...]
    func number() -> Int? { rest.popFirst().flatMap { Int($0) } }
    while let flag = rest.popFirst() {
      switch flag {
      case "--inputs":
        guard let value = number(), value > 0 else { return nil }
        inputCount = value
      case "--seed":
        guard let value = number() else { return nil }
        seed = UInt64(bitPattern: Int64(value))
      case "--only":
        guard let text = rest.popFirst() else { return nil }
        only = text
      case "--fixtures":
        guard let text = rest.popFirst() else { return nil }
        fixtures = text
      case "--save":
        guard let text = rest.popFirst() else { return nil }
        saveFolder = text
      case "--replay":
        guard let value = number() else { return nil }
        replay = value
      case "--child":
        guard let first = number(), let count = number(), let counter = rest.popFirst() else {
          return nil
        }
        child = (first, count, counter)
      default: return nil
      }
    }
  }

  private static let committedFixtures: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    parts.removeLast(2)
    return parts.joined(separator: "/") + "/Fixtures"
  }()
}
