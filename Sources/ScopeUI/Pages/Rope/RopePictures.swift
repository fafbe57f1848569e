import Inference
import ScopeEngine

/// What the page draws of its parameters, made in one go and kept until they change.
struct RopePictures: Equatable, Sendable {
  /// Everything that the pictures depend on.
  struct Key: Equatable, Sendable {
    var specification: RotarySpecification?
    var table: LearnedPositions?
    var resizedGrid: TokenGrid
    var channel: Int
    var function: RotaryGridView.Function
    var axis: RotaryEmbedding.Axis
    var isSorted: Bool
    var leftView: RopeState.LeftView
    var query: RopeState.PatchPlace
    var frame: Int
    var comparison: TokenGrid?
  }

  var key: Key
  var left: RotaryPicture?
  /// What stands left where it is no grid.
  var plane: RopePlane?
  var kernel: RotaryPicture?
  /// K against time at the query's place; empty without a time axis.
  var timeProfile: [Double] = []
  var spectrum: RotarySpectrum?
  /// That of the compared grid.
  var otherSpectrum: RotarySpectrum?
  var otherSpecification: RotarySpecification?
  /// Largest difference of the two kernels at the same place of the picture.
  var largestChange: Double?
  /// The learned table at the size of the grid.
  var resized: LearnedPositions?
  /// Why there is no picture.
  var problem: String?

  /// Makes the pictures of a specification.
  static func of(
    _ specification: RotarySpecification, key: Key, compared: RotarySpecification?
  ) -> RopePictures {
    var pictures = RopePictures(key: key)
    do {
      let kernel = try RotaryKernel(
        of: specification, frame: key.query.frame, row: key.query.row, column: key.query.column)
      let picture = RotaryPicture.kernel(kernel, hasTime: false, frame: key.frame)
      pictures.kernel = picture
      if specification.axes.contains(.t) { pictures.timeProfile = kernel.timeProfile }
      pictures.spectrum = try RotarySpectrum(of: specification)
      try pictures.drawLeft(of: specification)
      if let compared { try pictures.compare(picture, of: specification.grid, with: compared) }
    } catch {
      pictures.problem = error.description
    }
    return pictures
  }

  private mutating func drawLeft(
    of specification: RotarySpecification
  ) throws(RotaryError) {
    let axis = specification.axes.contains(key.axis) ? key.axis : .x
    switch key.leftView {
    case .channel:
      left = try .channel(key.channel, key.function, of: specification, frame: key.frame)
    case .positions:
      left = try .positions(
        along: axis, key.function, of: specification, sortedByFrequency: key.isSorted)
    case .gain: left = try .gain(along: axis, of: specification)
    case .phase: plane = try .phase(key.channel, of: specification, at: key.query)
    case .vectors: plane = try .vectors(of: specification)
    case .comparison: break
    }
  }

  /// The kernel on another grid, at the places of the picture that are the same.
  private mutating func compare(
    _ picture: RotaryPicture, of grid: TokenGrid, with compared: RotarySpecification
  ) throws(RotaryError) {
    let other = compared.grid
    func place(_ index: Int, _ from: Int, _ to: Int) -> Int {
      min((2 * index + 1) * to / (2 * from), to - 1)
    }
    let kernel = try RotaryKernel(
      of: compared, frame: min(key.query.frame, other.frames - 1),
      row: place(key.query.row, grid.rows, other.rows),
      column: place(key.query.column, grid.columns, other.columns))
    let otherPicture = RotaryPicture.kernel(
      kernel, hasTime: false, frame: min(key.frame, other.frames - 1))
    var largest = 0.0
    for row in 0..<picture.rows {
      for column in 0..<picture.columns {
        let there = otherPicture[
          0, place(row, picture.rows, other.rows), place(column, picture.columns, other.columns)]
        largest = max(largest, abs(picture[0, row, column] - there))
      }
    }
    largestChange = largest
    otherSpectrum = try RotarySpectrum(of: compared)
    otherSpecification = compared
    if key.leftView == .comparison { left = otherPicture }
  }

  /// Makes the pictures of a learned table; `resized` is reused while the grid stays.
  static func of(_ table: LearnedPositions, key: Key, previous: RopePictures?) -> RopePictures {
    var pictures = RopePictures(key: key)
    do {
      pictures.kernel = try .similarity(of: table, row: key.query.row, column: key.query.column)
      let grid = key.resizedGrid
      let resized: LearnedPositions
      if let kept = previous?.resized, previous?.key.table == table, kept.rows == grid.rows,
        kept.columns == grid.columns
      {
        resized = kept
      } else {
        resized = table.resized(rows: grid.rows, columns: grid.columns)
      }
      pictures.resized = resized
      pictures.left = try .similarity(
        of: resized,
        row: min((2 * key.query.row + 1) * resized.rows / (2 * table.rows), resized.rows - 1),
        column: min(
          (2 * key.query.column + 1) * resized.columns / (2 * table.columns), resized.columns - 1))
    } catch {
      pictures.problem = error.description
    }
    return pictures
  }
}

extension RopeState {
  /// The parameters after the changes, with the problem where they do not fit together.
  var specification: Result<RotarySpecification, RotaryError>? {
    guard let base else { return nil }
    do {
      return .success(try changes.applied(to: base))
    } catch {
      return .failure(error)
    }
  }

  /// Brings query, channel and frame back into what there is, and the pictures up to date.
  mutating func settle() {
    if let selected = picker?.selected {
      // How far the list is scrolled is for those who know its height.
      let last = max(sources.count - 1, 0)
      picker?.selected = min(max(selected, 0), last)
    }
    if (source == .checkpoint && checkpoint?.rotary == nil)
      || (source == .table && checkpoint?.table == nil)
    {
      choose(.preset(0))
    }
    boundGrid()
    let grid = queryGrid
    query.frame = min(max(query.frame, 0), grid.frames - 1)
    query.row = min(max(query.row, 0), grid.rows - 1)
    query.column = min(max(query.column, 0), grid.columns - 1)
    frame = min(max(frame, 0), self.grid.frames - 1)
    channel = min(max(channel, 0), max((base?.headWidth ?? 1) - 1, 0))
    if let learned = checkpoint?.rotary?.learned, source == .checkpoint {
      block = min(max(block, 0), learned.blocks - 1)
      head = min(max(head, 0), learned.heads - 1)
    } else {
      block = 0
      head = 0
    }
    if let axes = base?.axes, !axes.contains(axis) { axis = .x }
    if !LeftView.choices(of: base).contains(leftView) { leftView = .channel }
    let fields = RopeField.fields(of: self)
    if !fields.contains(field) { field = fields.first ?? .source }
    var problem: String?
    var specification: RotarySpecification?
    switch self.specification {
    case .success(let value): specification = value
    case .failure(let error): problem = error.description
    case nil: break
    }
    let key = RopePictures.Key(
      specification: specification, table: table, resizedGrid: self.grid, channel: channel,
      function: function, axis: axis, isSorted: isSorted, leftView: leftView, query: query,
      frame: frame, comparison: comparison)
    guard pictures?.key != key || problem != nil else { return }
    if let specification {
      pictures = .of(specification, key: key, compared: compared)
    } else if let table {
      pictures = .of(table, key: key, previous: pictures)
    } else {
      pictures = RopePictures(key: key)
    }
    if let problem { pictures?.problem = problem }
  }

  /// The same model on the compared grid, with its spectrum changed by the same method where the factor follows the grid.
  private var compared: RotarySpecification? {
    guard let base, var grid = comparison else { return nil }
    if !base.axes.contains(.t) { grid.frames = 1 }
    var changes = changes
    changes.grid = grid
    return try? changes.applied(to: base)
  }
}
