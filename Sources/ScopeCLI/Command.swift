import ArgumentParser
import ScopeEngine

/// One subcommand: parsed by the library, run with a console and an engine.
protocol Command: ParsableCommand {
  var shared: SharedOptions { get }
  /// - Returns: an exit status.
  func run(on console: Console, with engine: Engine) throws -> Int32
}

extension Command {
  func run() throws {
    throw ExitCode(ExitStatus.usage)
  }

  /// Opens a checkpoint, off this thread.
  func open(_ path: String, with engine: Engine) throws -> Session {
    try blocking(engine.opening(path))
  }

  func print(_ document: JSONValue, on console: Console) {
    console.line(document.text())
  }
}

/// The members of a JSON document, in order, headed by the version of its schema.
struct Document {
  private var object = JSONObject([.init(key: "schema", value: 1)])

  mutating func add(_ key: String, _ value: JSONValue) {
    object.members.append(.init(key: key, value: value))
  }

  var value: JSONValue { .object(object) }
}

extension JSONValue {
  /// An object of the members that have a value, in order.
  static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
    .object(
      JSONObject(
        members.compactMap { key, value in
          value.map { JSONObject.Member(key: key, value: $0) }
        }))
  }

  static func strings(_ strings: [String]) -> JSONValue { .array(strings.map { .string($0) }) }
  static func integers(_ integers: [Int]) -> JSONValue { .array(integers.map { .integer($0) }) }
  /// null where there is no number.
  static func optional(_ number: Double?) -> JSONValue { number.map { .number($0) } ?? .null }
}
