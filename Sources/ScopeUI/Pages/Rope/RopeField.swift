import Cells
import Inference
import ScopeEngine

/// One value of the page that left and right change.
enum RopeField: String, Equatable, Sendable, CaseIterable {
  case source, rows, columns, frames, frame, theta, scaling, factor, channel, function, axis, order
  case block, head, normalize, left, compare

  /// The fields that mean something for what is shown, in their order.
  static func fields(of rope: RopeState) -> [RopeField] {
    if let table = rope.table {
      return table.isText ? [.source, .columns] : [.source, .rows, .columns]
    }
    guard let base = rope.base else { return [.source] }
    var fields: [RopeField] = [.source, .rows, .columns]
    if base.axes.contains(.t) { fields += [.frames, .frame] }
    if base.learnedFrequencies != nil {
      fields += [.block, .head]
    } else {
      fields += [.theta, .scaling]
      if (rope.changes.method ?? .none) != .none { fields.append(.factor) }
    }
    if base.family == .dinov3 { fields.append(.normalize) }
    fields.append(.left)
    switch rope.leftView {
    case .channel: fields += [.channel, .function]
    case .phase: fields.append(.channel)
    case .gain: fields.append(.axis)
    case .positions: fields += [.axis, .function, .order]
    case .comparison, .vectors: break
    }
    return fields + [.compare]
  }

  func text(_ rope: RopeState, _ symbols: Symbols) -> FieldText {
    FieldText(label: label(symbols), value: value(rope))
  }

  private func label(_ symbols: Symbols) -> String {
    switch self {
    case .source: "source"
    case .theta: symbols.theta
    case .left: "left"
    case .compare: "compare with"
    default: rawValue
    }
  }

  private func value(_ rope: RopeState) -> String {
    switch self {
    case .source: rope.name(of: rope.source)
    case .rows: "\(rope.grid.rows)"
    case .columns: "\(rope.grid.columns)"
    case .frames: "\(rope.grid.frames)"
    case .frame: "\(rope.frame)"
    case .theta: Numbers.value(rope.changes.theta ?? rope.base?.theta ?? 0, digits: 7)
    case .scaling: (rope.changes.method ?? .none).rawValue
    case .factor: rope.changes.factor.map { Numbers.value($0) } ?? "grid"
    case .channel: "\(rope.channel)"
    case .function: rope.function.rawValue
    case .axis: rope.axis.rawValue
    case .order: rope.isSorted ? "fastest first" : "model"
    case .block: "\(rope.block)"
    case .head: "\(rope.head)"
    case .normalize: (rope.changes.normalization ?? .separate).rawValue
    case .left: rope.leftView.rawValue
    case .compare: rope.comparison.map(\.description) ?? "nothing"
    }
  }
}

extension RopeState {
  static let thetas: [Double] = [
    10, 50, 100, 256, 500, 1000, 5000, 10_000, 20_000, 50_000, 100_000, 500_000, 1_000_000,
    5_000_000,
  ]
  static let factors: [Double?] = [nil, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 16, 32]
  static let comparedSides = [7, 14, 16, 24, 32, 37, 48, 64]
  /// Sides that can be drawn within a key press.
  static let largestSide = 128
  static let largestTableSide = 48
  static let mostFrames = 128

  /// Whether the similarities of a table take no longer than a key press: SigLIP's largest have 2^22 numbers.
  static func isDrawable(_ table: LearnedPositions) -> Bool {
    let count = table.rows * table.columns
    return count <= 1 << 16 && count * table.width <= 1 << 22
  }

  /// The grid that is drawn in place of one from a file that would take longer than a key press; nil where it does not.
  static func drawable(_ grid: TokenGrid, merge: Int) -> TokenGrid? {
    let block = max(merge, 1)
    let side = max(largestSide / block, 1) * block
    let drawn = TokenGrid(
      frames: min(grid.frames, mostFrames), rows: min(grid.rows, side),
      columns: min(grid.columns, side))
    return drawn == grid ? nil : drawn
  }

  /// Draws the grid of the source smaller where it has to be, unless another one was chosen.
  mutating func boundGrid() {
    guard changes.grid == nil, let base else { return }
    changes.grid = Self.drawable(base.grid, merge: base.merge)
  }

  /// Changes a field by one step, or by a large one.
  mutating func step(_ field: RopeField, by step: Int) {
    switch field {
    case .source:
      let sources = sources
      let place = sources.firstIndex(of: source) ?? 0
      choose(sources[min(max(place + step, 0), sources.count - 1)])
    case .rows: resize(rows: step, columns: 0)
    case .columns: resize(rows: 0, columns: step)
    case .frames:
      var grid = grid
      grid.frames = min(max(grid.frames + step, 1), Self.mostFrames)
      changes.grid = grid
    case .frame: frame = min(max(frame + step, 0), grid.frames - 1)
    case .theta: stepTheta(step)
    case .scaling:
      changes.method = RotaryScaling.Method.allCases.neighbour(of: changes.method ?? .none, step)
      if changes.method == RotaryScaling.Method.none {
        changes.method = nil
        changes.factor = nil
      }
    case .factor:
      let place = Self.factors.firstIndex(of: changes.factor) ?? 0
      changes.factor = Self.factors[min(max(place + step, 0), Self.factors.count - 1)]
    case .channel: channel += step
    case .function:
      function = RotaryGridView.Function.allCases.neighbour(of: function, step)
    case .axis: axis = (base?.axes ?? [.y, .x]).neighbour(of: axis, step)
    case .order: isSorted.toggle()
    case .block: block += step
    case .head: head += step
    case .normalize:
      changes.normalization = RotarySpecification.Normalization.allCases.neighbour(
        of: changes.normalization ?? .separate, step)
    case .left: leftView = LeftView.choices(of: base).neighbour(of: leftView, step)
    case .compare:
      var choices: [TokenGrid?] = [nil]
      for side in Self.comparedSides where side % max(base?.merge ?? 1, 1) == 0 {
        choices.append(TokenGrid(frames: grid.frames, rows: side, columns: side))
      }
      let place = choices.firstIndex { $0?.rows == comparison?.rows } ?? 0
      comparison = choices[(place + (step > 0 ? 1 : choices.count - 1)) % choices.count]
      leftView = comparison == nil ? .channel : .comparison
    }
    if leftView == .comparison, comparison == nil {
      comparison = TokenGrid(
        frames: grid.frames, rows: min(2 * grid.rows, Self.largestSide),
        columns: min(2 * grid.columns, Self.largestSide))
    }
  }

  /// Another source starts from its own parameters.
  mutating func choose(_ source: Source) {
    guard source != self.source else { return }
    self.source = source
    changes = RotaryChanges()
    boundGrid()
    frame = 0
    block = 0
    head = 0
    let grid = queryGrid
    query = PatchPlace(row: grid.rows / 2, column: grid.columns / 2)
    if comparison != nil { comparison?.frames = grid.frames }
  }

  /// Larger or smaller, by whole merge blocks where the model has them.
  mutating func resize(rows: Int, columns: Int) {
    let block = max(base?.merge ?? 1, 1)
    let largest = source == .table ? Self.largestTableSide : Self.largestSide
    var grid = grid
    func side(_ now: Int, _ step: Int) -> Int {
      step == 0 ? now : min(max(now + step * block, block), max(largest, now))
    }
    if table?.isText != true { grid.rows = side(grid.rows, rows) }
    grid.columns = side(grid.columns, columns)
    changes.grid = grid
  }

  private mutating func stepTheta(_ step: Int) {
    let now = changes.theta ?? base?.theta ?? 10_000
    if step > 0 {
      changes.theta = Self.thetas.first { $0 > now } ?? now
    } else {
      changes.theta = Self.thetas.last { $0 < now } ?? now
    }
  }
}
