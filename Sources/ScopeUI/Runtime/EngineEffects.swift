import Analysis
import Cells
import Checkpoints
import ScopeEngine
import Synchronization
import Tensors

/// Carries out the effects of the dashboard with the engine and posts what comes of them.
///
/// The only file that knows both the engine's API and the dashboard's actions.
final class EngineEffects: Sendable {
  private let engine: Engine
  private let mailbox: Mailbox
  private let memory: Memory
  private let demoPath: String?
  private let tasks = Mutex<[JobKey: Task<Void, Never>]>([:])
  private let sessions = Mutex(Sessions())

  /// The open checkpoint and the one beside it.
  private struct Sessions {
    var left: Session?
    var right: Session?
  }

  init(engine: Engine, mailbox: Mailbox, options: Dashboard.Options) {
    self.engine = engine
    self.mailbox = mailbox
    memory = Memory(isEnabled: options.keepsState)
    demoPath = options.demoPath
  }

  func run(_ effect: Effect) {
    switch effect {
    case .start(let key, let generation, let work): start(key, generation, work)
    case .cancel(let key): tasks.withLock { $0.removeValue(forKey: key) }?.cancel()
    case .keepView(let path, let view): memory.keep(view, for: path)
    case .keepTheme(let name): memory.keepTheme(name)
    case .rememberRecent(let file): memory.remember(file)
    case .forgetRecent(let path): memory.forget(path)
    case .closeAll: sessions.withLock { $0 = Sessions() }
    case .after, .copy, .redraw, .suspend, .quit: break
    }
  }

  func cancelAll() {
    for task in tasks.withLock({ Array($0.values) }) { task.cancel() }
    engine.cancelAll()
  }

  private func start(_ key: JobKey, _ generation: Int, _ work: Work) {
    launch(key, generation) { [self] in try await outcome(of: work, key, generation) }
  }

  private func launch(
    _ key: JobKey, _ generation: Int, _ body: @escaping @Sendable () async throws -> Outcome
  ) {
    let mailbox = mailbox
    let task = Task.detached {
      let outcome: Outcome
      do {
        outcome = try await body()
      } catch CheckpointError.cancelled {
        outcome = .cancelled
      } catch is CancellationError {
        outcome = .cancelled
      } catch let problem as FileProblem {
        outcome = .failed(problem.sentence)
      } catch {
        outcome = .failed("\(error)")
      }
      mailbox.post(.jobFinished(key, generation: generation, outcome))
    }
    tasks.withLock { $0.updateValue(task, forKey: key) }?.cancel()
  }

  /// The result of an engine job, with its progress posted on the way.
  private func value<Value: Sendable>(
    of job: Job<Value>, _ key: JobKey, _ generation: Int
  ) async throws -> Value {
    let mailbox = mailbox
    let reporting = Task.detached {
      for await progress in job.progress where progress.totalBytes > 0 {
        mailbox.post(
          .jobProgressed(key, generation: generation, fraction: progress.fraction))
      }
    }
    defer { reporting.cancel() }
    return try await job.value
  }

  /// Runs quick but not instant work off the loop's thread and off the cooperative pool.
  private func aside<Value: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await engine.start(.other(name)) { _ in try body() }.value
  }

  private func outcome(of work: Work, _ key: JobKey, _ generation: Int) async throws -> Outcome {
    switch work {
    case .open(let path): return try await open(path)
    case .openDemo:
      guard let demoPath else { return .failed("the demo checkpoint is not installed") }
      return try await open(demoPath)
    case .compare(let path): return try await compare(path)
    case .differences: return try await differences(key, generation)
    case .statistics(let reference):
      let session = try session(reference.side)
      let job = engine.statistics(of: reference.index, in: session)
      return .statistics(reference, try await value(of: job, key, generation))
    case .slice(let request): return try await slice(request, key, generation)
    case .spectrum(let reference):
      let job = engine.spectrum(of: reference.index, in: try session(reference.side))
      return .spectrum(reference, try await value(of: job, key, generation))
    case .positions:
      let session = try session(.left)
      return try await aside("read positions") { .positions(Self.positions(of: session)) }
    case .listFolder(let path, let showsHidden):
      return .folder(
        try await aside("list folder") {
          FileSystem.listing(path, showsHidden: showsHidden)
        })
    case .startFolder:
      let memory = memory
      return try await aside("list start folder") {
        .startFolder(FileSystem.listing(".", showsHidden: false), recent: memory.recent)
      }
    case .readText(let path):
      return try await aside("read text") {
        .text(path: path, try FileSystem.text(path).get())
      }
    case .write: return .nothing
    }
  }

  /// The rotary embedding, and the learned table beside or instead of it.
  private static func positions(of session: Session) -> CheckpointPositions {
    var positions = CheckpointPositions(path: session.path)
    do {
      positions.rotary = try session.rotarySource()
    } catch let error as NoRotaryEmbedding {
      positions.reason = error.reason
    } catch {
      positions.reason = "\(error)"
    }
    positions.table = try? session.positionTable()
    return positions
  }

  private func session(_ side: EntryReference.Side) throws -> Session {
    let session = sessions.withLock { side == .left ? $0.left : $0.right }
    guard let session else { throw CheckpointError.cancelled }
    return session
  }

  // MARK: Opening

  private func open(_ path: String) async throws -> Outcome {
    let full = FileSystem.absolute(path)
    let session = try await engine.opening(full).value
    let memory = memory
    let opened = try await aside("build tree") {
      let (view, note) = memory.view(for: full)
      return OpenedCheckpoint(
        path: full, model: TreeModel(catalog: session.catalog),
        summary: Self.summary(of: session), kept: view, note: note)
    }
    try Task.checkCancellation()
    sessions.withLock { $0 = Sessions(left: session, right: nil) }
    return .opened(opened)
  }

  /// What the file is, in a few words.
  private static func summary(of session: Session) -> String { session.catalog.container.rawValue }

  private func compare(_ path: String) async throws -> Outcome {
    let full = FileSystem.absolute(path)
    let left = try session(.left)
    let right = try await engine.opening(full).value
    let model = try await aside("join trees") {
      TreeModel(catalog: left.catalog, beside: right.catalog)
    }
    try Task.checkCancellation()
    sessions.withLock { $0.right = right }
    return .compared(model, path: full)
  }

  private func differences(_ key: JobKey, _ generation: Int) async throws -> Outcome {
    let left = try session(.left)
    let right = try session(.right)
    let comparison = try await value(
      of: engine.comparison(of: left, with: right), key, generation)
    return try await aside("match differences") {
      let items = TreeItem.items(of: left.catalog, beside: right.catalog)
      var itemOfEntry: [Int32: Int32] = [:]
      for (index, item) in items.enumerated() where item.left >= 0 && item.right >= 0 {
        itemOfEntry[item.left] = Int32(truncatingIfNeeded: index)
      }
      return .differences(
        comparison.rows.compactMap { row in
          guard let a = row.a, let item = itemOfEntry[Int32(truncatingIfNeeded: a)] else {
            return nil
          }
          switch row.status {
          case .same: return ItemDifference(item: item, maximum: 0)
          case .differs: return ItemDifference(item: item, maximum: row.largestDifference ?? .nan)
          case .unreadable, .unread: return ItemDifference(item: item, maximum: nil)
          case .shape, .onlyInA, .onlyInB: return nil
          }
        })
    }
  }

  // MARK: Slices

  private func slice(
    _ request: SliceRequest, _ key: JobKey, _ generation: Int
  ) async throws -> Outcome {
    let session = try session(request.entry.side)
    guard session.catalog.entries.indices.contains(request.entry.index) else {
      throw CheckpointError.cancelled
    }
    let part = session.catalog.entries[request.entry.index].part(request.slice)
    let catalog = Catalog(
      container: session.catalog.container, path: session.catalog.path,
      files: session.catalog.files, entries: [part])
    let files = session.catalog.files.indices.map { index in
      index == part.location.file ? session.checkpoint.file(of: part) : nil
    }
    let view = Session(checkpoint: CheckpointFile(catalog: catalog, files: files))
    var selection: SliceSelection?
    if let rowAxis = request.slice.rowAxis, let columnAxis = request.slice.columnAxis {
      selection = SliceSelection(
        rowAxis: rowAxis, columnAxis: columnAxis, indices: request.slice.indices)
    }
    let job = engine.slicePicture(
      of: 0, in: view, selection, rows: request.pixelRows, columns: request.pixelColumns)
    return .slice(request, try await value(of: job, key, generation))
  }

  // MARK: Writing

  func write(
    _ key: JobKey, _ generation: Int, path: String, _ content: ExportContent, replace: Bool,
    page: CellBuffer?
  ) {
    launch(key, generation) { [self] in
      try await aside("export") {
        let full = FileSystem.absolute(path)
        let bytes: [UInt8]
        switch content {
        case .text(let text): bytes = Array(text.utf8)
        case .pageText: bytes = Array((page?.plainText() ?? "").utf8)
        case .pagePicture:
          guard let picture = page?.png() else {
            return .failed("\(path): the page cannot be drawn")
          }
          bytes = picture
        }
        switch FileSystem.write(bytes, to: full, replace: replace) {
        case .success(true): return .written(path: full)
        case .success(false): return .exists(path: path)
        case .failure(let problem): return .failed(problem.sentence)
        }
      }
    }
  }
}

extension Entry {
  /// The stretch of rows and columns that a slice has in view, as an entry of its own. All other axes stay whole.
  func part(_ slice: SliceChoice) -> Entry {
    guard !slice.isWhole, slice.sizes == shape.sizes else { return self }
    var part = self
    let strides = location.strides ?? shape.contiguousStrides
    part.location.strides = strides
    for (axis, range) in [(slice.rowAxis, slice.rows), (slice.columnAxis, slice.columns)] {
      guard let axis, shape.sizes.indices.contains(axis), strides.indices.contains(axis),
        range.lowerBound >= 0, range.upperBound <= shape.sizes[axis]
      else { continue }
      part.shape.sizes[axis] = range.count
      let (step, o1) = strides[axis].multipliedReportingOverflow(by: range.lowerBound)
      let (start, o2) = part.location.storageOffset.addingReportingOverflow(step)
      guard !o1, !o2 else { return self }
      part.location.storageOffset = start
    }
    return part
  }
}
