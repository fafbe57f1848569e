/// What is wrong with a theme file.
package enum ThemeError: Error, Equatable, Sendable {
  case unreadable(file: String)
  case tooLarge(file: String, byteCount: Int)
  case syntax(file: String, line: Int, message: String)
  case missingKey(file: String, key: String)
  case unknownKey(file: String, key: String)
  case wrongType(file: String, key: String, expected: String)
  case notAColor(file: String, key: String, value: String)
  case unknownScale(file: String, value: String)
  case unknownTheme(name: String)
}

extension ThemeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let file): "theme \(clean(file)): cannot be read"
    case .tooLarge(let file, let count):
      "theme \(clean(file)): \(count) bytes are too many for a theme"
    case .syntax(let file, let line, let message):
      "theme \(clean(file)): line \(line): \(clean(message))"
    case .missingKey(let file, let key): "theme \(clean(file)): `\(clean(key))` is missing"
    case .unknownKey(let file, let key):
      "theme \(clean(file)): `\(clean(key))` is not a key of themes"
    case .wrongType(let file, let key, let expected):
      "theme \(clean(file)): `\(clean(key))` must be \(expected)"
    case .notAColor(let file, let key, let value):
      "theme \(clean(file)): `\(clean(key))` is `\(clean(value))`, not `#rrggbb` or a palette name"
    case .unknownScale(let file, let value):
      "theme \(clean(file)): there is no colour scale `\(clean(value))`"
    case .unknownTheme(let name): "there is no theme `\(clean(name))`"
    }
  }

  private func clean(_ text: String) -> String { SafeText.clean(text) }
}
