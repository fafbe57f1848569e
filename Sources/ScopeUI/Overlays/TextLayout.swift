import Cells

/// Cuts text into lines that fit a pane.
enum TextLayout {
  /// Narrower sentences are not read but guessed; what hangs over is cut.
  static let fewestColumns = 8

  /// Lines of at most `columns` columns, cut at blanks where there are some.
  ///
  /// JSON on one line is spread out first.
  static func lines(of text: String, columns: Int) -> [String] {
    let width = max(columns, 4)
    var result: [String] = []
    for line in spreadJSON(text).split(
      omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    {
      result += wrapped(String(line), columns: width)
    }
    return result
  }

  /// One line cut into pieces of at most `columns` columns.
  ///
  /// Joined they are the cleaned text again, but for blanks at cuts.
  static func wrapped(_ line: String, columns: Int, breaksAnywhere: Bool = false)
    -> [String]
  {
    let width = max(columns, 2)
    let glyphs = SafeText(line.replacingTabs).glyphs
    guard !glyphs.isEmpty else { return [""] }
    var pieces: [String] = []
    var start = 0
    while start < glyphs.count {
      var end = start
      var used = 0
      var blank: Int?
      while end < glyphs.count, used + glyphs[end].columns <= width {
        if glyphs[end].text == " " { blank = end }
        used += glyphs[end].columns
        end += 1
      }
      if end == start { end += 1 }
      if !breaksAnywhere, end < glyphs.count, let blank, blank > start { end = blank + 1 }
      var piece = ""
      for glyph in glyphs[start..<end] { piece += glyph.text }
      pieces.append(piece)
      start = end
    }
    return pieces
  }

  /// Facts with dots between them, in lines that break between facts.
  static func lines(ofFacts facts: [String], columns: Int, _ symbols: Symbols) -> [String] {
    var lines: [String] = []
    for fact in facts {
      let joined = lines.last.map { "\($0) \(symbols.dot) \(fact)" }
      if let joined, SafeText.columns(of: joined, asciiOnly: symbols.asciiOnly) <= columns {
        lines[lines.count - 1] = joined
      } else {
        lines.append(fact)
      }
    }
    return lines
  }

  /// The first lines of a text, the last of them with a mark where more would follow.
  ///
  /// - Parameters:
  ///   - rows: at most so many lines; none where it is not above 0.
  ///   - mark: of one column.
  static func wrapped(_ text: String, columns: Int, rows: Int, mark: String) -> [String] {
    let all = wrapped(text, columns: columns)
    var lines = Array(all.prefix(max(rows, 0)))
    guard lines.count < all.count, let last = lines.popLast() else { return lines }
    var glyphs = SafeText(last).glyphs
    while glyphs.last?.text == " " { glyphs.removeLast() }
    while glyphs.reduce(0, { $0 + $1.columns }) >= max(columns, 2) { glyphs.removeLast() }
    return lines + [glyphs.map(\.text).joined() + mark]
  }

  /// A JSON object or list on one line, one member a line; anything else as it is.
  static func spreadJSON(_ text: String) -> String {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, first == UInt8(ascii: "{") || first == UInt8(ascii: "["),
      !bytes.contains(UInt8(ascii: "\n")), bytes.count < 1 << 20
    else { return text }
    var result: [UInt8] = []
    var depth = 0
    var isInString = false
    var isEscaped = false
    func newLine(_ result: inout [UInt8]) {
      result.append(UInt8(ascii: "\n"))
      result.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * min(depth, 20)))
    }
    for byte in bytes {
      if isInString {
        result.append(byte)
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        result.append(byte)
        newLine(&result)
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth = max(depth - 1, 0)
        newLine(&result)
        result.append(byte)
      case UInt8(ascii: ","):
        result.append(byte)
        newLine(&result)
      case UInt8(ascii: " ")
      where result.last == UInt8(ascii: " ") || result.last == UInt8(ascii: "\n"):
        break
      default:
        if byte == UInt8(ascii: "\"") { isInString = true }
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension Canvas {
  /// Writes text in whole words from the top of an area down, as far as it has room, and marks a cut.
  ///
  /// - Returns: how many lines it took.
  @discardableResult
  func paragraph(_ text: String, in area: Rect, role: Role = .text) -> Int {
    let lines = TextLayout.wrapped(
      text, columns: max(area.columns, TextLayout.fewestColumns), rows: area.rows,
      mark: symbols.ellipsis)
    for (row, line) in lines.enumerated() {
      put(
        line, at: Point(column: area.column, row: area.row + row), role: role,
        maxColumns: area.columns)
    }
    return lines.count
  }
}

extension String {
  /// Tabs are layout in configuration files, not data.
  fileprivate var replacingTabs: String {
    utf8.contains(UInt8(ascii: "\t"))
      ? split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ") : self
  }
}
