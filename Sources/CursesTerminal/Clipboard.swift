/// The escape sequence that sets the terminal's clipboard (OSC 52).
enum Clipboard {
  /// Terminals cut or ignore longer ones.
  static let byteLimit = 74_994

  static func sequence(for text: String, insideTmux: Bool) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count <= byteLimit else { return nil }
    let plain = "\u{1b}]52;c;\(Base64.text(bytes))\u{07}"
    guard insideTmux else { return plain }
    return String(decoding: Tmux.passedThrough(Array(plain.utf8)), as: UTF8.self)
  }
}
