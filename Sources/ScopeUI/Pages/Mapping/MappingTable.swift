import Cells
import ScopeEngine

/// The keys of a checkpoint beside those of a target, ready to be shown: made once a target, then shared.
final class MappingTable: Equatable, Sendable {
  /// One key of either side.
  struct Key: Equatable, Sendable {
    var name: String
    var shape: Shape?
    var elementType: ElementType?
    /// Index into the catalog's entries; nil for keys of the target.
    var entry: Int?

    init(_ name: String, shape: Shape?, elementType: ElementType?, entry: Int? = nil) {
      self.name = name
      self.shape = shape
      self.elementType = elementType
      self.entry = entry
    }
  }

  /// Keys that belong together.
  struct Row: Equatable, Sendable {
    var sources: [Key]
    var targets: [Key]
    /// The notation of the tables.
    var transform: String
    var words: TransformWords
    /// `file:line` of each rule.
    var rule: String
    var status: Mapping.Status
    var reason: String

    init(
      sources: [Key], targets: [Key], transform: String, rule: String, status: Mapping.Status,
      reason: String
    ) {
      self.sources = sources
      self.targets = targets
      self.transform = transform
      self.rule = rule
      self.status = status
      self.reason = reason
      words = TransformWords(
        transform, sources: sources.map(\.name), targets: targets.map(\.name),
        keepsShape: sources.count == 1 && targets.count == 1
          && sources[0].shape != nil && sources[0].shape == targets[0].shape)
    }

    /// Lines that it takes: a key that is split stands once, beside one line for each target.
    var lineCount: Int { max(sources.count, targets.count, 1) }
  }

  /// A line of the page: part `part` of row `row`.
  struct Line: Equatable, Sendable {
    var row: Int
    var part: Int
  }

  let target: ConversionTarget
  let sourceDialect: String
  let targetDialect: String
  /// What needs a look first: unknown, unfilled, ignored, then mapped in the order of the file.
  let rows: [Row]
  let coverage: Mapping.Coverage
  let warnings: [String]
  /// All names of each row, for finding.
  let index: FindIndex

  init(
    target: ConversionTarget, sourceDialect: String, targetDialect: String, rows: [Row],
    coverage: Mapping.Coverage, warnings: [String] = []
  ) {
    self.target = target
    self.sourceDialect = sourceDialect
    self.targetDialect = targetDialect
    let order: [Mapping.Status] = [.unknown, .unfilled, .ignored, .mapped]
    self.rows = order.flatMap { status in rows.filter { $0.status == status } }
    self.coverage = coverage
    self.warnings = warnings
    index = FindIndex(
      self.rows.map { ($0.sources + $0.targets).map(\.name).joined(separator: " ") })
  }

  static func == (a: MappingTable, b: MappingTable) -> Bool { a === b }

  var sourceCount: Int { coverage.mapped + coverage.ignored + coverage.unknown }
  var targetCount: Int { coverage.targets + coverage.unfilled }

  /// Lines of the rows that pass both filters.
  func lines(_ filter: MappingFilter, _ query: FindQuery) -> [Line] {
    let candidates: [Int] =
      query.isEmpty ? Array(rows.indices) : index.matches(query).map { Int($0.index) }
    return candidates.filter { filter.admits(rows[$0]) }.flatMap { row in
      (0..<rows[row].lineCount).map { Line(row: row, part: $0) }
    }
  }
}

extension MappingTable {
  /// What is counted above the rows, each with the rows that it counts.
  func counts(_ symbols: Symbols) -> [(text: String, filter: MappingFilter)] {
    [
      ("\(symbols.cross) \(coverage.unknown) unknown", .unknown),
      ("\(symbols.circle) \(coverage.ignored) ignored", .ignored),
      ("\(symbols.check) \(coverage.mapped) mapped", .mapped),
      ("\(coverage.targets)/\(targetCount) filled", .unfilled),
    ]
  }

  static let countGap = 3

  /// The count at a column, from the first one's; nil between them and behind the last.
  func filter(atColumn column: Int, _ symbols: Symbols) -> MappingFilter? {
    var start = 0
    for (text, filter) in counts(symbols) {
      let end = start + SafeText.columns(of: text)
      if (start..<end).contains(column) { return filter }
      start = end + Self.countGap
    }
    return nil
  }
}

/// Which rows are on show.
enum MappingFilter: String, Equatable, Sendable, CaseIterable {
  case all
  /// Everything that is not mapped.
  case unmapped
  /// Mapped with more than another name.
  case changed
  case unknown, unfilled, ignored, mapped

  func admits(_ row: MappingTable.Row) -> Bool {
    switch self {
    case .all: true
    case .unmapped: row.status != .mapped
    case .changed: row.status == .mapped && !row.words.isPlain
    case .unknown, .unfilled, .ignored, .mapped: row.status.rawValue == rawValue
    }
  }
}
