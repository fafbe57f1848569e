/// The repair that OpenCLIP applies to text first: what ftfy's `fix_text` does with its defaults.
///
/// Wrong decodings, entities, ligatures, widths, quotes, line ends, terminal escapes, control characters and NFC, as in ftfy 6.3.
enum TextRepair {
  static func repair(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    // Plain ASCII without any of the marks that a step looks for stays as it is.
    if text.allSatisfy({ (0x20..<0x7F).contains($0.value) && $0 != "&" }) { return text }
    var result: [Unicode.Scalar] = []
    var unescapes = true
    var start = 0
    while start < text.count {
      let end = text[start...].firstIndex(of: "\n").map { $0 + 1 } ?? text.count
      var segment = Array(text[start..<end])
      if segment.contains("<") { unescapes = false }
      // Each round only shortens or decodes; the bound is against a text made to go on for long.
      for _ in 0..<64 {
        let before = segment
        segment = round(segment, unescapes: unescapes)
        if segment == before { break }
      }
      result += segment
      start = end
    }
    return result
  }

  private static func round(_ text: [Unicode.Scalar], unescapes: Bool) -> [Unicode.Scalar] {
    var text = unescapes ? HTMLEntities.unescapeWhole(text) : text
    text = EncodingRepair.repair(text)
    text = text.flatMap { narrow(ligature(HTMLEntities.assumedWindows1252($0))) }
    text = text.map(straightQuote)
    text = lineBreaks(text)
    text = withoutEscapes(text)
    text.removeAll(where: isRemoved)
    return Normalization.nfc(text)
  }

  private static func ligature(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    switch scalar.value {
    case 0xFB05: ["\u{17F}", "t"]
    case 0x149: ["\u{2BC}", "n"]
    case 0x132, 0x133, 0x1C4...0x1CC, 0x1F1...0x1F3, 0xFB00...0xFB06:
      digraph(scalar)
    default: [scalar]
    }
  }

  private static func digraph(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
    switch scalar.value {
    case 0x1C4: ["D", "\u{17D}"]
    case 0x1C5: ["D", "\u{17E}"]
    case 0x1C6: ["d", "\u{17E}"]
    default: Normalization.nfkc([scalar])
    }
  }

  /// Half- and full-width forms, and the ideographic space.
  private static func narrow(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard let scalar = scalars.first, scalar.value >= 0x3000 else { return scalars }
    if scalar.value == 0x3000 { return [" "] }
    return (0xFF01...0xFFEF).contains(scalar.value) ? Normalization.nfkc(scalars) : scalars
  }

  private static func straightQuote(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
    switch scalar.value {
    case 0x2BC, 0x2018...0x201B: "'"
    case 0x201C...0x201F: "\""
    default: scalar
    }
  }

  private static func lineBreaks(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for (index, scalar) in text.enumerated() {
      switch scalar.value {
      case 0x0D:
        if index + 1 < text.count, text[index + 1] == "\n" { continue }
        result.append("\n")
      case 0x2028, 0x2029, 0x85: result.append("\n")
      default: result.append(scalar)
      }
    }
    return result
  }

  /// Terminal escapes `ESC [ digits and semicolons, letter`.
  private static func withoutEscapes(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    guard text.contains("\u{1B}") else { return text }
    var result: [Unicode.Scalar] = []
    var index = 0
    while index < text.count {
      if text[index] == "\u{1B}", index + 1 < text.count, text[index + 1] == "[" {
        var end = index + 2
        while end < text.count, (0x30...0x39).contains(text[end].value) || text[end] == ";" {
          end += 1
        }
        if end < text.count, text[end].isASCII, text[end].isLetter {
          index = end + 1
          continue
        }
      }
      result.append(text[index])
      index += 1
    }
    return result
  }

  private static func isRemoved(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0...8, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: true
    default: false
    }
  }
}
