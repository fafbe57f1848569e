import Cells

/// Spells input for tests: `down`, `enter`, `ctrl-p`, or one typed character.
enum KeyScript {
  static func event(_ name: String) -> InputEvent {
    switch name {
    case "up": .key(.up, [])
    case "down": .key(.down, [])
    case "left": .key(.left, [])
    case "right": .key(.right, [])
    case "enter": .key(.enter, [])
    case "esc": .key(.escape, [])
    case "tab": .key(.tab, [])
    case "back": .key(.backspace, [])
    case "pgdn": .key(.pageDown, [])
    case "pgup": .key(.pageUp, [])
    case "home": .key(.home, [])
    case "end": .key(.end, [])
    case "ctrl-p": .key(.character("p"), .control)
    case "ctrl-c": .key(.character("c"), .control)
    case "ctrl-t": .key(.character("t"), .control)
    case "space": .text(" ")
    default: .text(name)
    }
  }
}
