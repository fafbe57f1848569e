import Glibc
import ScopeEngine

/// Labels and templates as the command line gives them: as they are, with commas between them, or in a file.
enum LabelText {
  /// Room for a million labels.
  static let byteCountLimit = 16 << 20

  /// `@FILE` stands for the lines of the file that are not empty.
  static func lines(_ text: String) throws -> [String] {
    guard text.hasPrefix("@") else { return [text] }
    let path = String(text.dropFirst())
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw Ending.trouble("\(error)")
    }
    guard file.byteCount <= byteCountLimit else {
      throw Ending.trouble(
        "\(path): a list of labels of \(file.byteCount) bytes is larger than \(byteCountLimit)")
    }
    let bytes = withExtendedLifetime(file) { Array(file.bytes) }
    guard !bytes.contains(0) else { throw Ending.trouble("\(path): not a text file") }
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(whereSeparator: \.isNewline).map(\.trimmed).filter { !$0.isEmpty }
    guard !lines.isEmpty else { throw Ending.trouble("\(path): holds no line of text") }
    return lines
  }

  /// - Throws: `Ending` where the template has no place for the label.
  static func check(template: String) throws {
    if let problem = ZeroShot.problem(ofTemplate: template) {
      throw Ending.usage("--template: \(problem)")
    }
  }

  /// Labels with commas between them, or those of `@FILE`.
  ///
  /// - Throws: where the text is the path of a file, which nobody means as a label.
  static func list(_ text: String) throws -> [String] {
    if text.hasPrefix("@") { return try lines(text) }
    if text.contains("/") || text.contains("."), access(text, F_OK) == 0 {
      throw Ending.usage("\(text) is a file; @\(text) takes a label from each of its lines")
    }
    return text.split(separator: ",").map(\.trimmed).filter { !$0.isEmpty }
  }
}
