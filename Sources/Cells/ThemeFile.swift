import TOMLKit

/// Reads a theme from TOML; `docs/themes.md` describes the format.
enum ThemeFile {
  static func parse(_ text: String, file: String) throws(ThemeError) -> Theme {
    if let line = namelessTable(in: text) {
      throw .syntax(file: file, line: line, message: "a table has no name")
    }
    if let line = deepKey(in: text) {
      throw .syntax(file: file, line: line, message: "a key is nested too deeply")
    }
    let table: TOMLTable
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw .syntax(file: file, line: error.source.begin.line, message: error.description)
    } catch {
      throw .syntax(file: file, line: 1, message: "\(error)")
    }
    let known = ["name", "variant", "background", "scale", "diverging", "palette", "roles"]
    for key in table.keys where !known.contains(key) { throw .unknownKey(file: file, key: key) }
    let name = try string(table, "name", file)
    let isDark = try isDark(table, file)
    let colors = try paletteColors(table, file)
    var styles: [Role: Style] = [:]
    if !colors.isEmpty || isDark != nil {
      styles = Theme.roles(for: try palette(colors, file))
    } else {
      for role in Role.allCases { styles[role] = Theme.mono.style(role) }
    }
    try addRoles(of: table, colors, file, to: &styles)
    var background: Color?
    if table["background"] != nil {
      background = try color(string(table, "background", file), colors, "background", file)
    }
    return Theme(
      name: name, isDark: isDark, background: background,
      scale: try scale(table, "scale", file) ?? .viridis,
      divergingScale: try scale(table, "diverging", file) ?? .blueRed, styles: styles)
  }

  // MARK: Parts

  /// Nil for a theme that goes with any background.
  private static func isDark(_ table: TOMLTable, _ file: String) throws(ThemeError) -> Bool? {
    switch try string(table, "variant", file) {
    case "dark": return true
    case "light": return false
    case "any": return nil
    default:
      throw .wrongType(file: file, key: "variant", expected: "\"dark\", \"light\" or \"any\"")
    }
  }

  private static func paletteColors(
    _ table: TOMLTable, _ file: String
  ) throws(ThemeError) -> [String: Color] {
    guard let value = table["palette"] else { return [:] }
    guard let palette = value.table else {
      throw .wrongType(file: file, key: "palette", expected: "a table")
    }
    var colors: [String: Color] = [:]
    for key in palette.keys {
      let text = try string(palette, key, file, prefix: "palette.")
      guard let color = Color(hex: text) else {
        throw .notAColor(file: file, key: "palette.\(key)", value: text)
      }
      colors[key] = color
    }
    return colors
  }

  private static func addRoles(
    of table: TOMLTable, _ colors: [String: Color], _ file: String, to styles: inout [Role: Style]
  ) throws(ThemeError) {
    guard let value = table["roles"] else { return }
    guard let roles = value.table else {
      throw .wrongType(file: file, key: "roles", expected: "a table")
    }
    for key in roles.keys {
      guard let role = Role(rawValue: key) else {
        throw .unknownKey(file: file, key: "roles.\(key)")
      }
      guard let entry = roles[key]?.table else {
        throw .wrongType(file: file, key: "roles.\(key)", expected: "a table")
      }
      styles[role] = try style(entry, colors, key: "roles.\(key)", file)
    }
  }

  /// The first line that opens a table and does not go on with a name.
  ///
  /// The library asserts that one follows, and would end the program.
  private static func namelessTable(in text: String) -> Int? {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    func startsName(_ byte: UInt8) -> Bool {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "\""), UInt8(ascii: "'"):
        true
      default: false
      }
    }
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      var rest = line.drop(while: isBlank)
      guard rest.first == UInt8(ascii: "[") else { continue }
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "[") { rest = rest.dropFirst() }
      guard let first = rest.drop(while: isBlank).first, startsName(first) else {
        return number + 1
      }
    }
    return nil
  }

  /// The first line with a key of very many parts: each part is a table in the one before, and the parser takes them apart by recursion.
  private static func deepKey(in text: String) -> Int? {
    let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      let isComment = line.first { $0 != 0x20 && $0 != 0x09 } == UInt8(ascii: "#")
      if !isComment, line.count(where: { $0 == UInt8(ascii: ".") }) > partLimit {
        return number + 1
      }
    }
    return nil
  }

  private static let partLimit = 32

  private static func palette(
    _ colors: [String: Color], _ file: String
  ) throws(ThemeError) -> Theme.Palette {
    func need(_ key: String) throws(ThemeError) -> Color {
      guard let color = colors[key] else {
        throw .missingKey(file: file, key: "palette.\(key)")
      }
      return color
    }
    return Theme.Palette(
      text: try need("text"), dim: try need("dim"), faint: try need("faint"),
      raised: try need("raised"), sunken: try need("sunken"), red: try need("red"),
      orange: try need("orange"), yellow: try need("yellow"), green: try need("green"),
      cyan: try need("cyan"), blue: try need("blue"), violet: try need("violet"),
      brown: try need("brown"))
  }

  private static func style(
    _ table: TOMLTable, _ colors: [String: Color], key: String, _ file: String
  ) throws(ThemeError) -> Style {
    let attributes: [String: Style.Attributes] = [
      "bold": .bold, "dim": .dim, "underline": .underline, "reverse": .reverse, "italic": .italic,
    ]
    var style = Style()
    for part in table.keys {
      let path = "\(key).\(part)"
      if part == "fg" || part == "bg" {
        let value = try color(
          string(table, part, file, prefix: key + "."), colors, path, file)
        if part == "fg" { style.foreground = value } else { style.background = value }
      } else if let attribute = attributes[part] {
        guard let isOn = table[part]?.bool else {
          throw .wrongType(file: file, key: path, expected: "true or false")
        }
        if isOn { style.attributes.insert(attribute) }
      } else {
        throw .unknownKey(file: file, key: path)
      }
    }
    return style
  }

  private static func string(
    _ table: TOMLTable, _ key: String, _ file: String, prefix: String = ""
  ) throws(ThemeError) -> String {
    guard let value = table[key] else { throw .missingKey(file: file, key: prefix + key) }
    guard let text = value.string else {
      throw .wrongType(file: file, key: prefix + key, expected: "a string")
    }
    return text
  }

  private static func color(
    _ text: String, _ colors: [String: Color], _ key: String, _ file: String
  ) throws(ThemeError) -> Color {
    guard let color = colors[text] ?? Color(hex: text) else {
      throw .notAColor(file: file, key: key, value: text)
    }
    return color
  }

  private static func scale(
    _ table: TOMLTable, _ key: String, _ file: String
  ) throws(ThemeError) -> ColorScale? {
    guard table[key] != nil else { return nil }
    let name = try string(table, key, file)
    guard let scale = ColorScale.named(name) else {
      throw .unknownScale(file: file, value: name)
    }
    return scale
  }
}

extension Color {
  /// `#rrggbb`, or the same without the sign.
  package init?(hex text: String) {
    let digits = text.hasPrefix("#") ? text.dropFirst() : text[...]
    guard digits.utf8.count == 6, digits.allSatisfy(\.isHexDigit),
      let value = UInt32(digits, radix: 16)
    else { return nil }
    self.init(UInt8(value >> 16), UInt8(value >> 8 & 0xFF), UInt8(value & 0xFF))
  }
}
