extension CellBuffer {
  /// The page with colour sequences, for pictures that the command line prints; each line ends with a reset.
  ///
  /// In mono this is `plainText`: no escape byte at all.
  package func ansi(depth: ColorDepth) -> String {
    if depth == .mono { return plainText() }
    var result = ""
    for row in 0..<max(size.rows, 0) {
      var end = size.columns
      while end > 0 && self[end - 1, row].glyph == " " && self[end - 1, row].style == Style() {
        end -= 1
      }
      var current = Style()
      for column in 0..<max(end, 0) {
        let cell = self[column, row]
        if cell.width == 0 { continue }
        if cell.style != current {
          result += Self.sequence(cell.style, depth)
          current = cell.style
        }
        result += cell.glyph
      }
      if current != Style() { result += "\u{1b}[0m" }
      result += "\n"
    }
    return result
  }

  private static func sequence(_ style: Style, _ depth: ColorDepth) -> String {
    var parts = ["0"]
    let attributes: [(Style.Attributes, String)] = [
      (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.reverse, "7"),
    ]
    for (attribute, code) in attributes where style.attributes.contains(attribute) {
      parts.append(code)
    }
    if let color = style.foreground { parts.append(code(color, depth, base: 30)) }
    if let color = style.background { parts.append(code(color, depth, base: 40)) }
    return "\u{1b}[" + parts.joined(separator: ";") + "m"
  }

  private static func code(_ color: Color, _ depth: ColorDepth, base: Int) -> String {
    guard let index = depth.index(nearest: color) else {
      return "\(base + 8);2;\(color.red);\(color.green);\(color.blue)"
    }
    if depth == .indexed256 { return "\(base + 8);5;\(index)" }
    return "\(index < 8 ? base + index : base + 52 + index)"
  }
}
