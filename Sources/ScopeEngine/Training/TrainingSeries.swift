import Analysis
import Checkpoints
import Synchronization
package import Tensors

/// A folder of snapshots of one training, as one: what each tensor was at each of them, and how far it went between.
package struct TrainingSeries: Sendable, Equatable {
  /// A tensor in one snapshot.
  ///
  /// NaN and infinite values are counted and left out of the rest.
  package struct Point: Sendable, Equatable {
    package var mean: Double?
    /// Population deviation.
    package var deviation: Double?
    package var norm: Double?
    package var nonFiniteCount: Int
    /// ||w_t - w_{t-1}|| / ||w_{t-1}||, over values that are finite in both.
    ///
    /// nil in the first snapshot, where the tensor before is absent, has another shape or is all zeros.
    package var movement: Double?

    package init(
      mean: Double?, deviation: Double?, norm: Double?, nonFiniteCount: Int, movement: Double?
    ) {
      self.mean = mean
      self.deviation = deviation
      self.norm = norm
      self.nonFiniteCount = nonFiniteCount
      self.movement = movement
    }
  }

  package struct Row: Sendable, Equatable {
    /// Name within the weights, without what a training wrapper puts in front of all of them.
    package var name: String
    /// In the last snapshot that has it.
    package var shape: Shape
    /// One a snapshot; nil where it has no such tensor or cannot be read.
    package var points: [Point?]

    package init(name: String, shape: Shape, points: [Point?]) {
      self.name = name
      self.shape = shape
      self.points = points
    }

    /// Sum of the movements between neighbours; nil where there is none.
    package var totalMovement: Double? {
      let movements = points.compactMap { $0?.movement }
      return movements.isEmpty ? nil : movements.reduce(0, +)
    }
  }

  /// How the tensors of a snapshot differ from those of the last.
  package struct Difference: Sendable, Equatable {
    /// Index into `snapshots`.
    package var snapshot: Int
    /// Names that the last has and this has not.
    package var missing: [String]
    package var additional: [String]
    package var reshaped: [String]
  }

  package var folder: String
  /// In the order of training.
  package var snapshots: [TrainingSnapshot]
  /// Largest movers first, then those without a movement; equals in the order of the files.
  package var rows: [Row]
  /// Only snapshots that differ.
  package var differences: [Difference]
  /// Numbered files of the folder that are no part of the series, with the reason.
  package var leftOut: [String]
  /// Snapshots and tensors that cannot be read, one sentence each.
  package var problems: [String]

  package init(
    folder: String, snapshots: [TrainingSnapshot], rows: [Row], differences: [Difference] = [],
    leftOut: [String] = [], problems: [String] = []
  ) {
    self.folder = folder
    self.snapshots = snapshots
    self.rows = rows
    self.differences = differences
    self.leftOut = leftOut
    self.problems = problems
  }

  /// Two snapshots are open at a time, and pages are let go behind the reading: memory does not grow with their number.
  /// - Throws: `CheckpointError`; a snapshot that does not open is left out and reported.
  package init(
    folder: String, matching pattern: GlobPattern? = nil, context: JobContext = JobContext()
  ) throws {
    let found = try SnapshotFolder(folder)
    var table = SeriesTable(pattern: pattern)
    var before: Session?
    for (index, snapshot) in found.snapshots.enumerated() {
      try context.checkCancellation()
      guard let session = try table.opened(snapshot, context) else { continue }
      try table.add(
        session, as: snapshot, before: before, remaining: found.snapshots.count - index, context)
      before = session
    }
    guard table.snapshots.count >= 2 else {
      throw CheckpointError.unrecognised(
        path: folder,
        reason: table.problems.first ?? "a series needs two checkpoints that can be opened")
    }
    self.folder = found.path
    snapshots = table.snapshots
    differences = table.differences()
    leftOut = found.leftOut
    problems = table.problems
    rows = table.rowsByMovement()
  }
}

extension TrainingSnapshot {
  /// The snapshots in a folder, in the order of training; empty where it holds no series.
  ///
  /// Reads names and first bytes only.
  package static func all(in folder: String) -> [TrainingSnapshot] {
    guard let found = try? SnapshotFolder(folder) else { return [] }
    return found.snapshots
  }
}

extension Engine {
  /// Statistics and movement of every tensor (or those whose names fit) over the snapshots of a folder.
  package func trainingSeries(
    folder: String, matching pattern: GlobPattern? = nil
  ) -> Job<TrainingSeries> {
    start(.trainingSeries(folder: folder)) { context in
      try TrainingSeries(
        folder: try DemoModels.resolved(folder, for: .epochs), matching: pattern, context: context)
    }
  }
}

// MARK: Collecting

/// Rows while snapshots are added one after the other.
private struct SeriesTable {
  let pattern: GlobPattern?
  var snapshots: [TrainingSnapshot] = []
  var rows: [TrainingSeries.Row] = []
  var problems: [String] = []
  private var rowOfName: [ExactString: Int] = [:]
  /// Shapes by row, one dictionary a snapshot.
  private var shapes: [[Int: Shape]] = []
  private var doneBytes = 0

  init(pattern: GlobPattern?) { self.pattern = pattern }

  /// nil, and a problem, for a snapshot that does not open.
  mutating func opened(
    _ snapshot: TrainingSnapshot, _ context: JobContext
  ) throws(CheckpointError) -> Session? {
    do {
      return Session(checkpoint: try context.open(snapshot.path))
    } catch .cancelled {
      throw .cancelled
    } catch {
      problems.append(error.description)
      return nil
    }
  }

  mutating func add(
    _ session: Session, as snapshot: TrainingSnapshot, before: Session?, remaining: Int,
    _ context: JobContext
  ) throws {
    var wanted: [(row: Int, entry: Int)] = []
    var shapes: [Int: Shape] = [:]
    for (index, name) in Self.names(of: session) {
      let stored = [session.weightName(of: index), session.catalog.entries[index].name]
      guard pattern.map({ $0.matches(name) || stored.contains(where: $0.matches) }) ?? true else {
        continue
      }
      let shape = session.catalog.entries[index].shape
      let row = row(named: name, shape: shape)
      // A container that says a name twice is told by `scan`; the first counts.
      guard shapes[row] == nil else { continue }
      shapes[row] = shape
      wanted.append((row, index))
    }
    let byteCount = wanted.reduce(0) { $0 &+ session.catalog.entries[$1.entry].byteCount }
    // Later snapshots are taken to be as large as this one.
    context.expect(
      totalBytes: doneBytes &+ byteCount.multipliedReportingOverflow(by: remaining).partialValue)
    let earlier = before.map { Self.entriesByName(of: $0) } ?? [:]
    let pairs = wanted
    let names = rows.map(\.name)
    let results = Mutex(
      [Result<TrainingSeries.Point, CheckpointError>?](repeating: nil, count: pairs.count))
    try Threads.forEach(pairs.count) { turn in
      try context.checkCancellation()
      let (row, index) = pairs[turn]
      let result: Result<TrainingSeries.Point, CheckpointError>
      do {
        let old = before.flatMap { session in
          earlier[ExactString(names[row])].map { (session, session.catalog.entries[$0]) }
        }
        result = .success(
          try TrainingSeries.Point(
            of: session.catalog.entries[index], in: session, after: old, context))
      } catch let error as CheckpointError where error != .cancelled {
        result = .failure(error)
      }
      results.withLock { $0[turn] = result }
    }
    for row in rows.indices { rows[row].points.append(nil) }
    for (pair, result) in zip(pairs, results.withLock { $0 }) {
      switch result {
      case .success(let point): rows[pair.row].points[snapshots.count] = point
      case .failure(let error): problems.append(error.description)
      case nil: continue
      }
    }
    snapshots.append(snapshot)
    self.shapes.append(shapes)
    doneBytes &+= byteCount
  }

  private mutating func row(named name: String, shape: Shape) -> Int {
    if let row = rowOfName[ExactString(name)] {
      rows[row].shape = shape
      return row
    }
    rowOfName[ExactString(name)] = rows.count
    rows.append(
      TrainingSeries.Row(
        name: name, shape: shape, points: Array(repeating: nil, count: snapshots.count)))
    return rows.count - 1
  }

  private static func entriesByName(of session: Session) -> [ExactString: Int] {
    var entries: [ExactString: Int] = [:]
    for (index, name) in names(of: session) where entries[ExactString(name)] == nil {
      entries[ExactString(name)] = index
    }
    return entries
  }

  /// The weights with their names as the model itself calls them: one run may save them wrapped and the next one not.
  private static func names(of session: Session) -> [(index: Int, name: String)] {
    let wrapper = session.catalog.wrapperPrefix.count
    return session.indicesOfWeights.map {
      ($0, String(session.weightName(of: $0).dropFirst(wrapper)))
    }
  }

  func differences() -> [TrainingSeries.Difference] {
    guard let last = shapes.last else { return [] }
    var differences: [TrainingSeries.Difference] = []
    for (index, shapes) in shapes.enumerated() {
      var difference = TrainingSeries.Difference(
        snapshot: index, missing: [], additional: [], reshaped: [])
      for row in rows.indices {
        switch (shapes[row], last[row]) {
        case (nil, _?): difference.missing.append(rows[row].name)
        case (_?, nil): difference.additional.append(rows[row].name)
        case (let here?, let there?) where here != there:
          difference.reshaped.append(rows[row].name)
        default: continue
        }
      }
      if !difference.missing.isEmpty || !difference.additional.isEmpty
        || !difference.reshaped.isEmpty
      {
        differences.append(difference)
      }
    }
    return differences
  }

  func rowsByMovement() -> [TrainingSeries.Row] {
    let order = rows.indices.map { (movement: rows[$0].totalMovement ?? -1, row: $0) }
    return order.sorted { left, right in
      left.movement != right.movement ? left.movement > right.movement : left.row < right.row
    }.map { rows[$0.row] }
  }
}

// MARK: Measuring

extension TrainingSeries.Point {
  /// - Parameter before: the same tensor one snapshot earlier.
  fileprivate init(
    of entry: Entry, in session: Session, after before: (session: Session, entry: Entry)?,
    _ context: JobContext
  ) throws {
    let statistics = try Measurement.statistics(
      of: entry, in: session.checkpoint, context: context)
    mean = statistics.mean
    deviation = statistics.deviation
    norm = statistics.norm
    nonFiniteCount = statistics.nanCount + statistics.infinityCount
    guard let before, before.entry.isReadable, before.entry.shape == entry.shape,
      !entry.elementType.isComplex, !before.entry.elementType.isComplex
    else { return }
    movement = try before.session.checkpoint.withBytes(of: before.entry) { old in
      try session.checkpoint.withBytes(of: entry) { new in
        try Self.movement(
          from: old, before.entry.elementType, to: new, entry.elementType,
          count: entry.elementCount, context)
      }
    }
    before.session.checkpoint.release(before.entry)
    session.checkpoint.release(entry)
  }

  private static func movement(
    from old: UnsafeRawBufferPointer, _ oldType: ElementType, to new: UnsafeRawBufferPointer,
    _ newType: ElementType, count: Int, _ context: JobContext
  ) throws -> Double? {
    let oldDecoder = ElementDecoder(type: oldType)
    let newDecoder = ElementDecoder(type: newType)
    var difference = 0.0
    var norm = 0.0
    var isAnyFinite = false
    for index in 0..<count {
      if index & 0xFFFFF == 0 { try context.checkCancellation() }
      let x = oldDecoder.value(at: index, in: old)
      let y = newDecoder.value(at: index, in: new)
      guard x.isFinite, y.isFinite else { continue }
      isAnyFinite = true
      difference += (y - x) * (y - x)
      norm += x * x
    }
    guard isAnyFinite else { return nil }
    if difference == 0 { return 0 }
    let ratio = (difference / norm).squareRoot()
    return norm > 0 && ratio.isFinite ? ratio : nil
  }
}
