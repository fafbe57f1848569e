/// Kinds of file that `--out` names by their ending.
protocol OutputFormat: RawRepresentable<String>, CaseIterable {}

extension OutputFormat {
  /// - Throws: `Ending` with the endings that there are.
  init(path: String) throws {
    let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
    guard path.contains("."), let format = Self(rawValue: ending) else {
      let endings = Self.allCases.map { ".\($0.rawValue)" }
      let list = endings.dropLast().joined(separator: ", ") + " or " + (endings.last ?? "")
      throw Ending.usage("--out ends in \(list), not \(path)")
    }
    self = format
  }
}
