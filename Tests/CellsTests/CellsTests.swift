import Cells
import Foundation
import Testing

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "Fixtures/cases")

/// Contrast ratio (WCAG 2), 1 to 21.
private func contrast(_ one: Color, _ other: Color) -> Double {
  let (a, b) = (one.luminance, other.luminance)
  return (max(a, b) + 0.05) / (min(a, b) + 0.05)
}

private func facts(_ group: String, _ file: String) throws -> [String: Any] {
  let data = try Data(contentsOf: fixtures.appending(path: "expected.json"))
  let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
  return try #require(all[group]?[file] as? [String: Any])
}

@Suite("Text that is safe to show") struct SafeTextTests {
  @Test("hostile names lose every control character and stay distinguishable (c06)")
  func hostileNames() throws {
    let names = try #require(
      try facts("c06", "c06_hostile_names.safetensors")["names"] as? [String])
    var seen: Set<String> = []
    for name in names {
      let shown = SafeText(name).string
      for scalar in shown.unicodeScalars {
        let v = scalar.value
        #expect(v >= 0x20 && v != 0x7F && !(0x80..<0xA0).contains(v))
        #expect(!(0x202A...0x202E).contains(v) && !(0x2066...0x2069).contains(v))
      }
      seen.insert(shown)
    }
    #expect(seen.count == names.count)
    #expect(SafeText.clean("a\u{1b}[2J") == "a\\u{1b}[2J")
    #expect(SafeText.clean("zero\u{200b}width") == "zero\\u{200b}width")
    #expect(SafeText.clean("rtl\u{202e}gnp") == "rtl\\u{202e}gnp")
  }

  @Test("widths agree with the recorded ones (c07)") func widths() throws {
    let columns = try #require(
      try facts("c07", "c07_wide_names.safetensors")["columns"] as? [String: Int])
    #expect(columns.count >= 4)
    for (name, width) in columns { #expect(SafeText.columns(of: name) == width) }
  }

  @Test("marks share a cell with their letter, at most four of them") func marks() {
    let text = SafeText("e\u{301}x")
    #expect(text.glyphs.map(\.text) == ["e\u{301}", "x"])
    #expect(text.columns == 2)
    let crowd = SafeText("e" + String(repeating: "\u{301}", count: 6))
    #expect(crowd.glyphs[0].text.unicodeScalars.count == 5)
    #expect(crowd.string.contains("\\u{301}"))
    #expect(SafeText("\u{301}a").string == "\\u{301}a")
  }

  @Test("ASCII mode writes nothing outside ASCII") func ascii() {
    #expect(SafeText("权.a·b", asciiOnly: true).string == "\\u{6743}.a-b")
  }

  @Test("truncation keeps the limit and whole glyphs")
  func truncation() {
    let mark = SafeText("…")
    let text = SafeText("视觉投影权重")
    for limit in 0...12 {
      for kind in [Truncation.end, .middle, .start, .none] {
        #expect(text.truncated(to: limit, kind, mark: mark).columns <= limit)
      }
    }
    #expect(SafeText("abcdefgh").truncated(to: 5, .middle, mark: mark).string == "ab…gh")
    #expect(SafeText("abcdefgh").truncated(to: 5, .start, mark: mark).string == "…efgh")
    #expect(SafeText("abcdefgh").truncated(to: 5, .end, mark: mark).string == "abcd…")
  }
}

@Suite("Canvas") struct CanvasTests {
  private func canvas(
    _ columns: Int, _ rows: Int, symbols: Symbols = .utf8, depth: ColorDepth = .trueColor
  ) -> Canvas {
    Canvas(
      size: Size(columns: columns, rows: rows),
      appearance: Appearance(theme: .dark, symbols: symbols, depth: depth))
  }

  @Test("drawing outside the frame changes nothing") func clipping() {
    let page = canvas(10, 3)
    let part = page.sub(Rect(column: 2, row: 1, columns: 5, rows: 1))
    part.put("0123456789", at: Point(column: -2, row: 0), truncation: .none)
    part.put("never", at: Point(column: 0, row: 1))
    part.put("never", at: Point(column: 0, row: -1))
    part.fill(Rect(column: 4, row: -5, columns: 50, rows: 1), role: .selection)
    #expect(page.buffer.plainText() == "\n  23456\n\n")
  }

  // MARK: Pictures in pixels of the screen

  private func pictureCanvas(_ columns: Int, _ rows: Int) -> Canvas {
    Canvas(
      size: Size(columns: columns, rows: rows),
      appearance: Appearance(theme: .dark, graphics: CellPixels(width: 8, height: 16)))
  }

  @Test("a picture becomes placeholder cells that count rows and columns") func placeholders()
    throws
  {
    let page = pictureCanvas(10, 5)
    let drawn = page.picture(
      at: Point(column: 2, row: 1), width: 3, height: 3, content: 7
    ) { PixelGrid(width: $0.width, height: $0.height, fill: Color(1, 2, 3)) }
    #expect(drawn == nil)
    let picture = try #require(page.buffer.pictures.first)
    #expect(picture.columns == 3 && picture.rows == 2)
    #expect(page.buffer[2, 1].glyph.unicodeScalars.map(\.value) == [0x10EEEE, 0x305, 0x305])
    #expect(page.buffer[4, 2].glyph.unicodeScalars.map(\.value) == [0x10EEEE, 0x30D, 0x30E])
    #expect(page.buffer[4, 2].pictureIndex == 0 && page.buffer[4, 2].width == 1)
    #expect(page.buffer[5, 2].pictureIndex == nil && page.buffer[2, 0].pictureIndex == nil)
    // One and a half rows of picture, half a row of nothing.
    let grid = picture.render()
    #expect(grid.width == 24 && grid.height == 32)
    #expect(grid[23, 23] == Color(1, 2, 3) && grid[0, 24] == nil)
  }

  @Test("what is written over a picture takes its cells") func overPicture() {
    let page = pictureCanvas(6, 2)
    page.picture(at: Point(column: 0, row: 0), width: 6, height: 4, content: 1) {
      PixelGrid(width: $0.width, height: $0.height, fill: Color(9, 9, 9))
    }
    page.put("+", at: Point(column: 3, row: 1))
    #expect(page.buffer[3, 1].glyph == "+" && page.buffer[3, 1].pictureIndex == nil)
    #expect(page.buffer[2, 1].pictureIndex == 0)
  }

  @Test("a picture that would be clipped is drawn with half blocks") func clippedPicture() {
    let page = pictureCanvas(6, 2)
    let drawn = page.picture(at: Point(column: 3, row: 0), width: 6, height: 4, content: 1) {
      PixelGrid(width: $0.width, height: $0.height, fill: Color(9, 9, 9))
    }
    #expect(drawn?.width == 6 && page.buffer.pictures.isEmpty)
    #expect(page.buffer[4, 1].style.background == Color(9, 9, 9))
  }

  @Test("the placeholder's marks are those of the protocol") func marks() {
    let marks = PicturePlaceholder.marks.map(\.value)
    #expect(marks.count == 297 && Set(marks).count == 297 && marks == marks.sorted())
    #expect(marks.prefix(6).elementsEqual([0x305, 0x30D, 0x30E, 0x310, 0x312, 0x33D]))
    #expect(marks[255] == 0xA8E5 && marks.last == 0x1D244)
    #expect(PicturePlaceholder.glyph(row: 297, column: 0) == nil)
    #expect(PicturePlaceholder.glyph(row: -1, column: 0) == nil)
  }

  @Test("a plane is drawn round and its marks stand where they belong") func plane() {
    let page = canvas(20, 10)
    PlanePlot(
      reach: 1, circles: [1],
      marks: [
        PlanePlot.Mark(x: 1, y: 0, role: .axisX), PlanePlot.Mark(x: 0, y: 1, role: .axisY),
        PlanePlot.Mark(x: 2, y: 0, role: .axisT),
      ]
    ).draw(page)
    let lines = page.buffer.plainText().split(separator: "\n").map(Array.init)
    #expect(lines[5][19] == "•" && lines[0].firstIndex(of: "•") == 10)
    #expect(lines.flatMap { $0 }.count { $0 == "•" } == 2)
    #expect(PlanePlot.size(in: Size(columns: 50, rows: 8)) == Size(columns: 16, rows: 8))
    PlanePlot(reach: 0, marks: []).draw(page)
  }

  @Test("colours keep their hue in the cube") func hue() {
    // A dark red of the signed scale is no brown.
    #expect(ColorDepth.indexed256.shown(Color(160, 50, 42)) == Color(135, 0, 0))
    for color in [Color(120, 20, 30), Color(30, 60, 160), Color(20, 120, 40)] {
      let shown = ColorDepth.indexed256.shown(color) ?? Color(0, 0, 0)
      let order = { (c: Color) in
        [c.red, c.green, c.blue].enumerated().max { $0.element < $1.element }?.offset
      }
      #expect(order(shown) == order(color), "\(color) became \(shown)")
    }
  }

  @Test("an outline stays inside and leaves the middle") func outline() {
    var grid = PixelGrid(width: 20, height: 20, fill: Color(50, 60, 70))
    grid.outline(row: 0, of: 2, column: 1, of: 2)
    #expect(grid[10, 0] == Color(0, 0, 0) && grid[11, 1] == Color(255, 255, 255))
    #expect(grid[14, 5] == Color(50, 60, 70) && grid[9, 0] == Color(50, 60, 70))
    #expect(grid[19, 9] == Color(0, 0, 0) && grid[10, 10] == Color(50, 60, 70))
  }

  @Test("a wide glyph is never cut in half") func wideGlyphs() {
    let page = canvas(6, 1)
    page.put("视觉投", at: Point(column: 0, row: 0))
    page.put("x", at: Point(column: 1, row: 0))
    #expect(page.buffer.plainText() == " x觉投\n")
    page.put("yz", at: Point(column: 2, row: 0), maxColumns: 1)
    #expect(page.buffer.plainText() == " x… 投\n")
    let edge = canvas(5, 1)
    edge.put("ab视觉", at: Point(column: 0, row: 0), truncation: .none)
    #expect(edge.buffer.plainText() == "ab视\n")
    let shifted = page.sub(Rect(column: 0, row: 0, columns: 6, rows: 1))
    shifted.put("视", at: Point(column: -1, row: 0))
    #expect(shifted.buffer[0, 0].glyph == " ")
  }

  @Test("of a name of megabytes only the ends are looked at") func longNames() {
    let page = canvas(12, 2)
    let long = "first" + String(repeating: "x\u{301}\u{1b}", count: 400_000) + "last"
    let elapsed = ContinuousClock().measure {
      for _ in 0..<50 {
        page.put(long, at: Point(column: 0, row: 0), truncation: .middle)
        page.put(long, at: Point(column: 0, row: 1))
      }
    }
    #expect(page.buffer.plainText().contains("last"))
    #expect(page.buffer.plainText().split(separator: "\n").last?.hasPrefix("first") == true)
    #expect(elapsed < .seconds(2))
  }

  @Test("put says how many columns it took") func usedColumns() {
    let page = canvas(8, 1)
    #expect(page.put("权重", at: Point(column: 0, row: 0)) == 4)
    #expect(page.put("abcdefghij", at: Point(column: 4, row: 0)) == 4)
    #expect(page.put("x", at: Point(column: 8, row: 0)) == 0)
  }

  @Test("equal halves of a picture are painted as a space") func pictures() {
    let red = Color(255, 0, 0)
    let blue = Color(0, 0, 255)
    var grid = PixelGrid(width: 2, height: 2, fill: red)
    grid[1, 1] = blue
    let page = canvas(2, 1)
    page.picture(grid, at: Point(column: 0, row: 0))
    #expect(page.buffer[0, 0].glyph == " ")
    #expect(page.buffer[0, 0].style.background == red)
    #expect(page.buffer[1, 0].glyph == "▀")
    #expect(page.buffer[1, 0].style.background == blue)
    let plain = canvas(3, 1, symbols: .ascii, depth: .mono)
    let values: [Float] = [0, 1, .nan]
    plain.picture(
      PixelGrid(
        patches: values.map { ColorScale.viridis.quantised(at: Double($0)) }, rows: 1, columns: 3,
        width: 3, height: 1),
      at: Point(column: 0, row: 0))
    #expect(plain.buffer[2, 0].glyph == "?")
    #expect(plain.buffer[0, 0].glyph != plain.buffer[1, 0].glyph)
    #expect(plain.buffer.plainText().utf8.allSatisfy { $0 < 0x7F })
  }

  @Test("charts draw what their data say") func charts() {
    let page = canvas(8, 3)
    let bar = Charts.barText(0.5, columns: 4, page.symbols)
    Charts.bar(page, at: Point(column: 0, row: 0), columns: 6, fraction: 0.55)
    Charts.histogram(page, in: Rect(column: 0, row: 1, columns: 4, rows: 1), counts: [0, 1, 4, 15])
    Charts.linePlot(
      page, in: Rect(column: 0, row: 2, columns: 2, rows: 1), series: [([0, 1, 2, 3], .accent)])
    #expect(bar == "▕██  ▏")
    #expect(page.buffer.plainText() == "███▎\n ▂▅█\n⡠⠊\n")
    for fraction in [-1, 2, .nan, -.infinity] as [Double] {
      #expect(Charts.barText(fraction, columns: 2, .ascii) == (fraction == 2 ? "[##]" : "[  ]"))
    }
  }

  @Test("a curve between the ends of the number range is drawn") func wholeRange() {
    let page = canvas(2, 1)
    let end = Double.greatestFiniteMagnitude
    Charts.linePlot(page, in: page.bounds, series: [([-end, -end / 3, end / 3, end], .accent)])
    #expect(page.buffer.plainText() == "⡠⠊\n")
  }

  @Test("columns grow from the foot, single values show in a histogram, counts are added up")
  func columns() {
    let page = canvas(4, 2)
    Charts.columns(page, in: page.bounds, heights: [16, nil, 9, 0, 16])
    #expect(page.buffer.plainText() == "█ ▁\n█ █\n")
    let narrow = canvas(2, 1)
    Charts.histogram(narrow, in: narrow.bounds, counts: [1000, 0, 24, 1, 0, 0])
    #expect(narrow.buffer.plainText() == "█▁\n")
    let empty = canvas(2, 1)
    Charts.histogram(empty, in: empty.bounds, counts: [0, 0, -3])
    Charts.histogram(empty, in: Rect(column: 0, row: 0, columns: 0, rows: 1), counts: [1])
    #expect(empty.buffer.plainText() == "\n")
  }

  @Test("values that fall are one line from the top to the foot") func fallingLine() {
    let page = canvas(3, 2)
    Charts.fallingLine(page, in: page.bounds, values: [8, 8, 0, .nan, 0, 0])
    #expect(page.buffer.plainText() == "⠉⡇\n ⣇⣀\n")
    for values in [[], [0], [.nan], [.infinity, 1]] as [[Float]] {
      Charts.fallingLine(
        canvas(1, 1), in: Rect(column: 0, row: 0, columns: 1, rows: 1), values: values)
    }
  }

  @Test("a scrollbar without a track is its thumb") func thumb() {
    let page = canvas(1, 3)
    Widgets.scrollbar(page, column: 0, offset: 6, visible: 3, count: 9, hasTrack: false)
    #expect(page.buffer.plainText() == "\n\n┃\n")
  }

  @Test("lists keep the selection visible") func lists() {
    #expect(Widgets.scrolled(offset: 0, selected: 12, count: 20, rows: 5) == 8)
    #expect(Widgets.scrolled(offset: 10, selected: 3, count: 20, rows: 5) == 3)
    #expect(Widgets.scrolled(offset: 99, selected: nil, count: 20, rows: 5) == 15)
    #expect(Widgets.scrolled(offset: 4, selected: 0, count: 0, rows: 5) == 0)
    let page = canvas(6, 3)
    Widgets.list(page, count: 9, offset: 3, selected: 4) { index, line in
      line.put("row \(index)", at: Point(column: 0, row: 0))
    }
    #expect(page.buffer.plainText() == "row 3│\nrow 4┃\nrow 5│\n")
  }

  @Test("widgets survive any size") func tinySizes() {
    for columns in 0...9 {
      for rows in 0...4 {
        let page = canvas(columns, rows)
        let inside = Widgets.popup(page, columns: 20, rows: 5, title: "视觉")
        Widgets.scrollbar(inside, column: 0, offset: 3, visible: rows, count: 9)
        page.scaleLegend(
          at: Point(column: 0, row: 0), columns: columns, scale: .magma, low: "0", high: "1")
        #expect(page.buffer.size == Size(columns: columns, rows: rows))
      }
    }
  }
}

@Suite("Colours") struct ColourTests {
  @Test("scales begin and end as published") func scales() {
    #expect(ColorScale.viridis.color(at: 0) == Color(0x44, 0x01, 0x54))
    #expect(ColorScale.viridis.color(at: 1) == Color(0xFD, 0xE7, 0x25))
    #expect(ColorScale.viridis.color(at: 0.5) == Color(0x21, 0x91, 0x8C))
    #expect(ColorScale.magma.color(at: 7) == Color(0xFC, 0xFD, 0xBF))
    #expect(ColorScale.magma.color(at: .nan) == ColorScale.notANumber)
  }

  @Test("sequential scales grow lighter all the way", arguments: ["viridis", "magma", "cividis"])
  func lightness(_ name: String) throws {
    let scale = try #require(ColorScale.named(name))
    let steps = (0..<64).map { scale.quantised(at: Double($0) / 63).luminance }
    #expect(zip(steps, steps.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Set((0...1000).map { scale.quantised(at: Double($0) / 1000) }).count == 64)
  }

  @Test("the diverging scale is lightest in the middle and even on both sides") func diverging() {
    let scale = ColorScale.blueRed
    for step in 0..<16 {
      let near = Double(step) / 32
      let far = Double(step + 1) / 32
      #expect(scale.color(at: 0.5 + near).luminance > scale.color(at: 0.5 + far).luminance)
      #expect(scale.color(at: 0.5 - near).luminance > scale.color(at: 0.5 - far).luminance)
    }
  }

  @Test("reduction finds the exact colours of the palette") func reduction() {
    for index in 16..<256 {
      let color = ColorDepth.paletteColor(index)
      #expect(ColorDepth.indexed256.shown(color) == color)
    }
    for index in 0..<16 {
      #expect(ColorDepth.indexed16.index(nearest: ColorDepth.paletteColor(index)) == index)
    }
    #expect(ColorDepth.mono.shown(Color(1, 2, 3)) == nil)
    #expect(ColorDepth.trueColor.shown(Color(1, 2, 3)) == Color(1, 2, 3))
  }
}

@Suite("Themes") struct ThemeTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "themes").path

  @Test("every shipped theme loads, and its text can be read") func shipped() {
    let library = ThemeLibrary(folders: [Self.folder])
    #expect(library.problems == [])
    #expect(library.themes.count >= 13)
    #expect(library.themes.contains { $0.isDark == false })
    for theme in library.themes {
      let grounds: [Color] =
        theme.background.map { [$0] }
        ?? (theme.isDark == true
          ? [Color(0, 0, 0)] : theme.isDark == false ? [Color(255, 255, 255)] : [])
      for role in Role.allCases {
        let style = theme.style(role)
        guard let ground = style.background.map({ [$0] }) ?? grounds as [Color]? else { continue }
        let text = style.foreground ?? theme.style(.text).foreground
        for color in ground {
          guard let text else { continue }
          #expect(contrast(text, color) >= 3, "\(theme.name) \(role)")
        }
      }
    }
  }

  private func problem(_ text: String, _ suffix: String = "toml") throws -> String {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "theme-\(UUID().uuidString).\(suffix)")
    try text.write(to: file, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: file) }
    do throws(ThemeError) {
      let theme = try ThemeLibrary.load(file: file.path)
      return "loaded \(theme.name)"
    } catch {
      return error.description
    }
  }

  @Test(
    "a mistake is named with its key",
    arguments: [
      ("name = \"x\"", "`variant` is missing"),
      ("name = \"x\"\n  [= \"y\"", "a table has no name"), ("[[\t", "a table has no name"),
      ("[]", "a table has no name"), ("[\u{A0}x]", "a table has no name"),
      ("name = \"x\"\nvariant = \"dim\"", "`variant` must be"),
      ("name = \"x\"\nvariant = \"any\"\ncolour = 1", "`colour` is not a key"),
      ("name = \"x\"\nvariant = \"dark\"", "`palette.text` is missing"),
      ("name = \"x\"\nvariant = \"dark\"\n[palette]\ntext = \"red\"", "`palette.text` is `red`"),
      ("name = \"x\"\nvariant = \"any\"\nscale = \"jet\"", "no colour scale `jet`"),
      ("name = \"x\"\nvariant = \"any\"\n[roles]\nnose = {}", "`roles.nose` is not a key"),
      ("name = \"x\"\nvariant = \"any\"\n[roles]\ntext = {bold=1}", "`roles.text.bold` must be"),
      ("name = \nvariant", "line 1"),
    ])
  func mistakes(_ text: String, _ expected: String) throws {
    #expect(try problem(text).contains(expected))
  }

  @Test("a key of very many parts is refused before the parser sees it") func deepKeys() throws {
    let keys = String(repeating: "a.", count: 100_000) + "a = 1"
    #expect(try problem(keys).contains("nested too deeply"))
    let quoted = "name = \"x\"\n[" + String(repeating: "\"#\".", count: 1_000) + "a]"
    #expect(try problem(quoted).contains("line 2") && problem(quoted).contains("nested too deeply"))
  }

  @Test("base16 schemes are read in both forms") func baseSchemes() throws {
    let keys = (0..<16).map { "base0" + String($0, radix: 16, uppercase: true) }
    let flat =
      "scheme: \"Flat\"\nauthor: x\n"
      + keys.enumerated().map { "\($1): \"\(String(repeating: "0\($0 % 10)", count: 3))\"\n" }
      .joined()
    #expect(try problem(flat, "yaml") == "loaded Flat")
    let nested =
      "system: base16\nname: Nested\npalette:\n"
      + keys.enumerated().map { "  \($1): \"#\(String(repeating: "\($0 % 10)0", count: 3))\"\n" }
      .joined()
    #expect(try problem(nested, "yaml") == "loaded Nested")
    #expect(try problem("scheme: x\nbase00: \"12\"", "yaml").contains("`base00` is `12`"))
    #expect(try problem("scheme: [", "yaml").contains("line"))
    #expect(
      try problem(String(repeating: "[", count: 5000), "yaml").contains("nested too deeply"))
  }
}

@Suite("Numbers") struct NumbersTests {
  @Test func readable() {
    #expect(Numbers.grouped(1_769_472) == "1,769,472")
    #expect(Numbers.grouped(-999) == "-999")
    #expect(Numbers.grouped(.min) == "-9,223,372,036,854,775,808")
    #expect(Numbers.compact(151_277_313) == "151.3 M")
    #expect(Numbers.compact(768) == "768")
    #expect(Numbers.compact(999_999) == "1.0 M")
    #expect(Numbers.bytes(7_077_888) == "6.75 MiB")
    #expect(Numbers.bytes(512) == "512 B")
    #expect(Numbers.value(-0.41273) == "-0.4127")
    #expect(Numbers.value(41.6) == "41.60")
    #expect(Numbers.value(1.2e-7) == "1.20e-07")
    // One column does not show a thousandth in two forms.
    #expect(Numbers.value(0.001) == "0.0010")
    #expect(Numbers.value(-0.00099999999) == "-0.0010")
    #expect(Numbers.value(0.00099) == "9.90e-04")
    #expect(Numbers.value(.nan) == "NaN")
    #expect(Numbers.value(-.infinity) == "-Inf")
    #expect(Numbers.duration(seconds: 185) == "3 min 05 s")
  }
}

@Suite("Snapshots") struct SnapshotTests {
  private var page: CellBuffer {
    let canvas = Canvas(size: Size(columns: 12, rows: 2), appearance: Appearance(theme: .dark))
    canvas.put("权重 a", at: Point(column: 0, row: 0), style: Style(foreground: Color(255, 0, 0)))
    canvas.put("b", at: Point(column: 0, row: 1), style: Style(attributes: .bold))
    return canvas.buffer
  }

  @Test("coloured text resets at each end of line, and mono has no escape byte") func ansi() {
    #expect(page.ansi(depth: .mono) == "权重 a\nb\n")
    let lines = page.ansi(depth: .trueColor).split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.allSatisfy { $0.hasSuffix("\u{1b}[0m") })
    #expect(lines[0].hasPrefix("\u{1b}[0;38;2;255;0;0m权重 a"))
    #expect(page.ansi(depth: .indexed256).contains("38;5;196m"))
    #expect(page.ansi(depth: .indexed16).contains("[0;91m"))
  }

  @Test("a picture has eight by sixteen pixels a cell") func png() throws {
    let bytes = try #require(page.png())
    #expect(bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]))
    #expect(Array(bytes[16..<24]) == [0, 0, 0, 96, 0, 0, 0, 32])
    #expect(CellBuffer(size: Size(columns: 0, rows: 5)).png() == nil)
  }
}
