/// The escape sequence that sets the terminal's clipboard (OSC 52).
enum Clipboard {
  /// Terminals cut or ignore longer ones.
  static let byteLimit = 74_994

  static func sequence(for text: String, insideTmux: Bool) -> String? {
    let bytes = Array(text.utf8)
    guard bytes.count <= byteLimit else { return nil }
    let plain = "\u{1b}]52;c;\(base64(bytes))\u{07}"
    // tmux hands on what is wrapped, with every ESC doubled.
    return insideTmux ? "\u{1b}Ptmux;\u{1b}\(plain)\u{1b}\\" : plain
  }

  static func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var word = 0
      for byte in group { word = word << 8 | Int(byte) }
      word <<= 8 * (3 - group.count)
      for position in 0..<4 {
        let used = position <= group.count
        result.append(used ? alphabet[word >> (18 - 6 * position) & 63] : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}
