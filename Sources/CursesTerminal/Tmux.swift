/// The terminal multiplexer that may stand between us and the terminal.
enum Tmux {
  /// What tmux hands on to the terminal around it: every ESC is doubled.
  static func passedThrough(_ bytes: [UInt8]) -> [UInt8] {
    var result = Array("\u{1b}Ptmux;".utf8)
    result.reserveCapacity(bytes.count + 16)
    for byte in bytes {
      if byte == 0x1B { result.append(byte) }
      result.append(byte)
    }
    return result + Array("\u{1b}\\".utf8)
  }
}
