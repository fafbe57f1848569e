/// Styles for every role, and which colour scales pictures start with.
///
/// A theme without a background keeps the terminal's own.
package struct Theme: Sendable, Equatable {
  package var name: String
  /// Nil when the theme suits both, for example the monochrome one.
  package var isDark: Bool?
  package var background: Color?
  package var scale: ColorScale
  package var divergingScale: ColorScale
  private var styles: [Style]

  package init(
    name: String, isDark: Bool?, background: Color? = nil, scale: ColorScale = .viridis,
    divergingScale: ColorScale = .blueRed, styles: [Role: Style]
  ) {
    self.name = name
    self.isDark = isDark
    self.background = background
    self.scale = scale
    self.divergingScale = divergingScale
    let text = styles[.text] ?? Style()
    self.styles = Role.allCases.map { styles[$0] ?? text }
  }

  package func style(_ role: Role) -> Style { styles[Self.position[role] ?? 0] }

  private static let position: [Role: Int] = Dictionary(
    uniqueKeysWithValues: Role.allCases.enumerated().map { ($1, $0) })

  /// The built-in look for dark terminals; works without any file.
  package static let dark = Theme(
    name: "clipscope-dark", isDark: true,
    styles: roles(
      for: Palette(
        text: Color(0xDD, 0xE1, 0xE6), dim: Color(0x8A, 0x93, 0x9E), faint: Color(0x6B, 0x74, 0x80),
        raised: Color(0x2B, 0x3A, 0x4D), sunken: Color(0x26, 0x2B, 0x33),
        red: Color(0xF2, 0x77, 0x7A), orange: Color(0xF0, 0xA0, 0x5A),
        yellow: Color(0xE5, 0xC0, 0x6B), green: Color(0x8C, 0xC8, 0x7C),
        cyan: Color(0x5F, 0xC4, 0xC0), blue: Color(0x6F, 0xB3, 0xF2),
        violet: Color(0xC3, 0x9A, 0xE8), brown: Color(0xB8, 0x8A, 0x6A))))

  /// The built-in look for light terminals.
  package static let light = Theme(
    name: "clipscope-light", isDark: false,
    styles: roles(
      for: Palette(
        text: Color(0x22, 0x28, 0x30), dim: Color(0x5F, 0x68, 0x73), faint: Color(0x80, 0x88, 0x92),
        raised: Color(0xC9, 0xDD, 0xF5), sunken: Color(0xE6, 0xE9, 0xED),
        red: Color(0xB4, 0x1F, 0x2E), orange: Color(0xA8, 0x55, 0x10),
        yellow: Color(0x85, 0x66, 0x00), green: Color(0x2A, 0x76, 0x2F),
        cyan: Color(0x0B, 0x72, 0x75), blue: Color(0x17, 0x5C, 0xB5),
        violet: Color(0x7B, 0x3F, 0xB0), brown: Color(0x7A, 0x4E, 0x2D))))

  /// No colour at all: attributes carry what they can.
  package static let mono = Theme(name: "mono", isDark: nil, styles: monoRoles)

  /// Thirteen colours from which every role can be styled.
  package struct Palette: Sendable, Equatable {
    package var text: Color
    package var dim: Color
    package var faint: Color
    package var raised: Color
    package var sunken: Color
    package var red: Color
    package var orange: Color
    package var yellow: Color
    package var green: Color
    package var cyan: Color
    package var blue: Color
    package var violet: Color
    package var brown: Color

    package init(
      text: Color, dim: Color, faint: Color, raised: Color, sunken: Color, red: Color,
      orange: Color, yellow: Color, green: Color, cyan: Color, blue: Color, violet: Color,
      brown: Color
    ) {
      self.text = text
      self.dim = dim
      self.faint = faint
      self.raised = raised
      self.sunken = sunken
      self.red = red
      self.orange = orange
      self.yellow = yellow
      self.green = green
      self.cyan = cyan
      self.blue = blue
      self.violet = violet
      self.brown = brown
    }
  }

  /// The role table that built-in themes and imported schemes share.
  package static func roles(for palette: Palette) -> [Role: Style] {
    func plain(_ color: Color) -> Style { Style(foreground: color) }
    func bold(_ color: Color) -> Style { Style(foreground: color, attributes: .bold) }
    let p = palette
    return [
      .text: plain(p.text), .dim: plain(p.dim), .title: plain(p.dim), .titleFocused: bold(p.text),
      .accent: plain(p.blue), .selection: Style(background: p.raised, attributes: .bold),
      .selectionUnfocused: Style(background: p.sunken), .match: bold(p.orange),
      .rule: plain(p.faint), .key: bold(p.blue), .keyHint: plain(p.dim), .success: plain(p.green),
      .warning: plain(p.yellow), .error: plain(p.red), .danger: bold(p.red), .info: plain(p.cyan),
      .tab: plain(p.dim), .tabActive: bold(p.text), .status: plain(p.text), .help: plain(p.dim),
      .input: Style(foreground: p.text, background: p.sunken),
      .cursor: Style(attributes: .reverse), .scrollbar: plain(p.faint),
      .barFilled: plain(p.blue),
      .link: Style(foreground: p.blue, attributes: .underline), .confirmed: plain(p.green),
      .inferred: plain(p.yellow), .unknown: plain(p.red), .added: plain(p.green),
      .removed: plain(p.red), .changed: plain(p.yellow), .dtypeF32: plain(p.blue),
      .dtypeF16: plain(p.cyan), .dtypeBF16: plain(p.green), .dtypeF8: plain(p.violet),
      .dtypeF64: plain(p.orange), .dtypeInteger: plain(p.yellow), .dtypeBool: plain(p.brown),
      .dtypeOther: plain(p.dim), .axisY: plain(p.orange), .axisX: plain(p.blue),
      .axisT: plain(p.green),
    ]
  }

  private static let monoRoles: [Role: Style] = {
    let bold = Style(attributes: .bold)
    let dim = Style(attributes: .dim)
    let reverse = Style(attributes: .reverse)
    let underline = Style(attributes: .underline)
    return [
      .text: Style(), .dim: dim, .title: dim, .titleFocused: bold, .accent: bold,
      .selection: reverse, .selectionUnfocused: underline, .match: underline, .rule: dim,
      .key: bold, .keyHint: dim, .error: bold, .danger: reverse, .tabActive: reverse,
      .help: dim, .input: underline, .cursor: reverse, .scrollbar: dim,
      .link: underline, .unknown: bold, .changed: bold,
    ]
  }()
}
