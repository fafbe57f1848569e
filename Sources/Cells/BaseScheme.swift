import CYAML

/// Reads base16 and base24 colour schemes (YAML), in the old flat form and in the one with a `palette`.
enum BaseScheme {
  static func parse(_ text: String, file: String) throws(ThemeError) -> Theme {
    let values = try scalars(text, file: file)
    func color(_ key: String) throws(ThemeError) -> Color {
      guard let value = values[key] else { throw .missingKey(file: file, key: key) }
      guard let color = Color(hex: value) else {
        throw .notAColor(file: file, key: key, value: value)
      }
      return color
    }
    guard let name = values["name"] ?? values["scheme"] else {
      throw .missingKey(file: file, key: "name")
    }
    let background = try color("base00")
    let palette = Theme.Palette(
      text: try color("base05"), dim: try color("base04"), faint: try color("base03"),
      raised: try color("base02"), sunken: try color("base01"), red: try color("base08"),
      orange: try color("base09"), yellow: try color("base0A"), green: try color("base0B"),
      cyan: try color("base0C"), blue: try color("base0D"), violet: try color("base0E"),
      brown: try color("base0F"))
    return Theme(
      name: name, isDark: background.luminance < palette.text.luminance, background: background,
      styles: Theme.roles(for: palette))
  }

  /// All `key: scalar` pairs of the document, whatever mapping they stand in; a bounded walk over parser events.
  private static func scalars(_ text: String, file: String) throws(ThemeError) -> [String: String] {
    var parser = yaml_parser_t()
    guard yaml_parser_initialize(&parser) == 1 else { throw .unreadable(file: file) }
    defer { yaml_parser_delete(&parser) }
    var pairs = Pairs()
    var failure: ThemeError?
    let bytes = Array(text.utf8)
    bytes.withUnsafeBufferPointer { buffer in
      yaml_parser_set_input_string(&parser, buffer.baseAddress, buffer.count)
      while failure == nil {
        var event = yaml_event_t()
        guard yaml_parser_parse(&parser, &event) == 1 else {
          let message = parser.problem.map { String(cString: $0) } ?? "not YAML"
          failure = .syntax(
            file: file, line: Int(clamping: parser.problem_mark.line) + 1, message: message)
          return
        }
        defer { yaml_event_delete(&event) }
        if event.type == YAML_STREAM_END_EVENT { return }
        if !pairs.take(event) {
          failure = .syntax(
            file: file, line: Int(clamping: event.start_mark.line) + 1,
            message: "nested too deeply for a colour scheme")
        }
      }
    }
    if let failure { throw failure }
    return pairs.found
  }

  /// Collects keys with scalar values from the events of a parser.
  private struct Pairs {
    private(set) var found: [String: String] = [:]
    /// One a nesting level: the key that waits for its value; nil where a key comes next or in a list.
    private var levels: [(isMapping: Bool, key: String?)] = []

    private static let mostLevels = 16

    /// False where the document is nested too deeply.
    mutating func take(_ event: yaml_event_t) -> Bool {
      switch event.type {
      case YAML_MAPPING_START_EVENT, YAML_SEQUENCE_START_EVENT:
        if let last = levels.indices.last { levels[last].key = nil }
        levels.append((event.type == YAML_MAPPING_START_EVENT, nil))
      case YAML_MAPPING_END_EVENT, YAML_SEQUENCE_END_EVENT: _ = levels.popLast()
      case YAML_SCALAR_EVENT: takeScalar(Self.text(of: event))
      // What an alias stands for is no colour.
      case YAML_ALIAS_EVENT: takeScalar("")
      default: break
      }
      return levels.count <= Self.mostLevels
    }

    private mutating func takeScalar(_ text: String) {
      guard let last = levels.indices.last, levels[last].isMapping else { return }
      if let key = levels[last].key {
        found[key] = text
        levels[last].key = nil
      } else {
        levels[last].key = text
      }
    }

    private static func text(of event: yaml_event_t) -> String {
      guard let start = event.data.scalar.value else { return "" }
      return String(
        decoding: UnsafeBufferPointer(start: start, count: event.data.scalar.length),
        as: UTF8.self)
    }
  }
}
