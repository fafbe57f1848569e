import Cells
import ScopeEngine

/// The lines right of the form: the plan, or the report of a conversion.
///
/// Dropped keys can be many: their lines are made when they are asked for.
struct ConvertSheet {
  let title: String
  private var head: [[Span]] = []
  private var dropped: [ConversionOutline.Dropped] = []

  var count: Int { head.count + dropped.count }

  subscript(index: Int) -> [Span] {
    guard index >= head.count else { return head[index] }
    let key = dropped[index - head.count]
    return [Span("  \(key.name)", .text), Span("  \(key.reason)", .dim)]
  }

  init(_ state: State, columns: Int, symbols: Symbols) {
    let convert = state.convert
    let width = max(columns, 8)
    if let record = convert.shownRecord {
      title = "report"
      for line in record.lines(symbols) {
        for part in TextLayout.wrapped(line.text, columns: width) {
          head.append([Span(part, line.role)])
        }
      }
      return
    }
    title = "plan"
    func put(_ text: String, _ role: Role) {
      for line in TextLayout.wrapped(text, columns: width) { head.append([Span(line, role)]) }
    }
    if let targets = state.convert.targets, let note = targets.note {
      put(targets.dialect == "unknown" ? note : "\(targets.family): \(note)", .warning)
      put("The same keys can be written as safetensors.", .text)
      head.append([])
    }
    if let problem = convert.problem {
      put("\(symbols.cross) \(problem)", .error)
      return
    }
    guard let outline = convert.outline else {
      head.append([Span("planning \(symbols.ellipsis)", .dim)])
      return
    }
    add(outline, convert, symbols, width)
  }

  private mutating func add(
    _ outline: ConversionOutline, _ convert: ConvertState, _ symbols: Symbols, _ width: Int
  ) {
    func put(_ text: String, _ role: Role) {
      for line in TextLayout.wrapped(text, columns: width) { head.append([Span(line, role)]) }
    }
    put(outline.way, .titleFocused)
    var amounts =
      "\(Numbers.counted(outline.tensorCount, "tensor")) \(symbols.dot) \(Numbers.bytes(outline.byteCount))"
    if outline.changedCount > 0 {
      amounts += " \(symbols.dot) \(Numbers.grouped(outline.changedCount)) changed on the way"
    }
    put(amounts, .text)
    if let free = outline.freeByteCount {
      let isTooLittle = free < outline.byteCount
      put(
        "\(isTooLittle ? symbols.warning + " " : "")\(Numbers.bytes(free)) free on the disk",
        isTooLittle ? .error : .dim)
    }
    if let obstacle = outline.obstacle(isReplacing: convert.form.isReplacing) {
      put("\(symbols.cross) \(obstacle)", .error)
    } else if outline.occupied > 0 {
      put("\(symbols.warning) replaces the model in \(outline.output)", .warning)
    }
    head.append([])
    addFiles(outline, symbols, width)
    if !outline.warnings.isEmpty { head.append([]) }
    for warning in outline.warnings { put("\(symbols.warning) \(warning)", .warning) }
    if !outline.dropped.isEmpty {
      head.append([])
      put("left out: \(Numbers.grouped(outline.dropped.count))", .warning)
      dropped = outline.dropped
    }
  }

  private mutating func addFiles(_ outline: ConversionOutline, _ symbols: Symbols, _ width: Int) {
    let counts = outline.files.map { $0.tensorCount.map { Numbers.grouped($0) } ?? "" }
    let sizes = outline.files.map { Numbers.bytes($0.byteCount) }
    func widest(_ texts: [String]) -> Int {
      texts.map { SafeText.columns(of: $0) }.max() ?? 0
    }
    let names = max(widest(outline.files.map(\.name)), Self.fewestNameColumns)
    // Names come first: the numbers stand closer together where it is narrow.
    let isNarrow = width < names + Self.countColumns + Self.sizeColumns
    let countColumns = isNarrow ? widest(counts) + 2 : Self.countColumns
    let sizeColumns = isNarrow ? widest(sizes) + 2 : Self.sizeColumns
    let nameColumns = min(names, max(width - countColumns - sizeColumns, 8))
    // Where it is narrow the origins stand in the full text alone.
    let hasOrigins = width >= nameColumns + countColumns + sizeColumns + 10
    func padded(_ text: String, _ columns: Int) -> String {
      text + String(repeating: " ", count: max(columns - SafeText.columns(of: text), 0))
    }
    func right(_ text: String, _ columns: Int) -> String {
      String(repeating: " ", count: max(columns - text.count, 0)) + text
    }
    // The head of the counts may be wider than they are; the one of the names is short.
    head.append(
      [
        Span(
          "file" + right("tensors", nameColumns + countColumns - 4) + right("size", sizeColumns)
            + (hasOrigins ? "  from" : ""), .dim)
      ]
    )
    for (index, file) in outline.files.enumerated() {
      let name = SafeText(file.name).truncated(
        to: nameColumns, .middle, mark: SafeText(symbols.ellipsis)
      ).string
      head.append(
        [
          Span(padded(name, nameColumns), .text), Span(right(counts[index], countColumns), .text),
          Span(right(sizes[index], sizeColumns), .text),
          Span(hasOrigins ? "  " + (file.provenance ?? "") : "", .dim),
        ])
    }
  }

  private static let countColumns = 9
  private static let sizeColumns = 11
  /// Of the name of the first column.
  private static let fewestNameColumns = 4
}
