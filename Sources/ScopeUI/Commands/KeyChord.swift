import Cells

/// One key press, as it stands in the table of commands.
struct KeyChord: Sendable, Hashable {
  /// A typed character, or nil for a named key.
  var text: String?
  var key: Key
  var modifiers: Modifiers

  static func text(_ text: String) -> KeyChord {
    KeyChord(text: text, key: .escape, modifiers: [])
  }

  static func key(_ key: Key) -> KeyChord { KeyChord(text: nil, key: key, modifiers: []) }

  static func control(_ character: Character) -> KeyChord {
    KeyChord(text: nil, key: .character(character), modifiers: .control)
  }

  /// The chord of an input event; nil for what is not a key.
  init?(_ event: InputEvent) {
    switch event {
    case .text(let text): self = .text(text)
    case .key(let key, let modifiers): self = KeyChord(text: nil, key: key, modifiers: modifiers)
    default: return nil
    }
  }

  /// The event that the chord is of.
  var event: InputEvent { text.map { .text($0) } ?? .key(key, modifiers) }

  private init(text: String?, key: Key, modifiers: Modifiers) {
    self.text = text
    self.key = key
    self.modifiers = modifiers
  }

  /// How help and hints spell it.
  func label(_ symbols: Symbols = .utf8) -> String {
    if let text { return text == " " ? "Space" : text }
    let name: String =
      switch key {
      case .enter: "Enter"
      case .escape: "Esc"
      case .tab: "Tab"
      case .backTab: "Shift-Tab"
      case .backspace: "Backspace"
      case .delete: "Del"
      case .insert: "Ins"
      case .up: symbols.arrowUp
      case .down: symbols.arrowDown
      case .left: symbols.arrowLeft
      case .right: symbols.arrowRight
      case .home: "Home"
      case .end: "End"
      case .pageUp: "PgUp"
      case .pageDown: "PgDn"
      case .function(let number): "F\(number)"
      case .character(let character): String(character).uppercased()
      }
    var prefix = ""
    if modifiers.contains(.control) { prefix += "Ctrl-" }
    if modifiers.contains(.alt) { prefix += "Alt-" }
    if modifiers.contains(.shift) { prefix += "Shift-" }
    return prefix + name
  }
}
