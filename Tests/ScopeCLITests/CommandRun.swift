import Foundation
import Glibc
import ScopeCLI
import TestSupport

/// One run of a command inside the test process, with what it wrote.
struct CommandRun {
  var status: Int32
  var output: String
  var errors: String

  init(_ arguments: String...) throws { try self.init(arguments) }

  init(_ arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let output = open(folder.file("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    let errors = open(folder.file("err"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    defer {
      close(output)
      close(errors)
    }
    status = CommandLineProgram.run(arguments, output: output, errors: errors)
    self.output = try String(contentsOfFile: folder.file("out"), encoding: .utf8)
    self.errors = try String(contentsOfFile: folder.file("err"), encoding: .utf8)
  }

  /// The document on standard output.
  func json() throws -> [String: Any] {
    let value = try JSONSerialization.jsonObject(with: Data(output.utf8))
    guard let object = value as? [String: Any] else { throw NotAnObject() }
    return object
  }

  struct NotAnObject: Error {}
}
