/// A 24-bit colour.
///
/// Painters reduce it to what the terminal can show.
package struct Color: Sendable, Hashable {
  package var red: UInt8
  package var green: UInt8
  package var blue: UInt8

  package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    self.red = red
    self.green = green
    self.blue = blue
  }
}

/// How a cell looks.
///
/// A nil colour is the terminal's own.
package struct Style: Sendable, Hashable {
  package var foreground: Color?
  package var background: Color?
  package var attributes: Attributes

  package init(
    foreground: Color? = nil, background: Color? = nil, attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }

  package struct Attributes: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let underline = Attributes(rawValue: 4)
    package static let reverse = Attributes(rawValue: 8)
    package static let italic = Attributes(rawValue: 16)
  }
}

/// What a piece of text means.
///
/// Themes give each role a style; views name roles, never colours.
package enum Role: String, Sendable, CaseIterable {
  case text, dim, title, titleFocused, accent, selection, selectionUnfocused, match, rule, key,
    keyHint
  case success, warning, error, danger, info
  case tab, tabActive, status, help, input, cursor, scrollbar, barFilled, link
  case confirmed, inferred, unknown, added, removed, changed
  case dtypeF32, dtypeF16, dtypeBF16, dtypeF8, dtypeF64, dtypeInteger, dtypeBool, dtypeOther
  case axisY, axisX, axisT
}
