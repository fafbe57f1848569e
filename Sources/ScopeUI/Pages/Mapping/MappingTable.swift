package import ScopeEngine

/// The keys of a checkpoint beside those of a target, ready to be shown: made once a target, then shared.
package final class MappingTable: Equatable, Sendable {
  /// One key of either side.
  package struct Key: Equatable, Sendable {
    package var name: String
    package var shape: Shape?
    package var elementType: ElementType?
    /// Index into the catalog's entries; nil for keys of the target.
    package var entry: Int?

    package init(_ name: String, shape: Shape?, elementType: ElementType?, entry: Int? = nil) {
      self.name = name
      self.shape = shape
      self.elementType = elementType
      self.entry = entry
    }
  }

  /// Keys that belong together.
  package struct Row: Equatable, Sendable {
    package var sources: [Key]
    package var targets: [Key]
    /// The notation of the tables.
    package var transform: String
    package var words: TransformWords
    /// `file:line` of each rule.
    package var rule: String
    package var status: Mapping.Status
    package var reason: String

    package init(
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
  package struct Line: Equatable, Sendable {
    package var row: Int
    package var part: Int
  }

  package let target: ConversionTarget
  package let sourceDialect: String
  package let targetDialect: String
  /// What needs a look first: unknown, unfilled, ignored, then mapped in the order of the file.
  package let rows: [Row]
  package let coverage: Mapping.Coverage
  package let warnings: [String]
  /// All names of each row, for finding.
  package let index: FindIndex

  package init(
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

  package static func == (a: MappingTable, b: MappingTable) -> Bool { a === b }

  package var sourceCount: Int { coverage.mapped + coverage.ignored + coverage.unknown }
  package var targetCount: Int { coverage.targets + coverage.unfilled }

  /// Lines of the rows that pass both filters.
  func lines(_ filter: MappingFilter, _ query: FindQuery) -> [Line] {
    let candidates: [Int] =
      query.isEmpty ? Array(rows.indices) : index.matches(query).map { Int($0.index) }
    return candidates.filter { filter.admits(rows[$0]) }.flatMap { row in
      (0..<rows[row].lineCount).map { Line(row: row, part: $0) }
    }
  }
}

/// Which rows are on show.
package enum MappingFilter: String, Equatable, Sendable, CaseIterable {
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

  var next: MappingFilter {
    let all = Self.allCases
    return all[((all.firstIndex(of: self) ?? 0) + 1) % all.count]
  }
}
