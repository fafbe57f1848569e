import Analysis
import Cells
import Checkpoints
import ScopeEngine
import Synchronization
import Tensors

/// Carries out the effects of the dashboard with the engine and posts what comes of them.
///
/// With its extensions and `InferenceRun` the only place that knows both the engine's API and the dashboard's actions.
final class EngineEffects: Sendable {
  private let engine: Engine
  private let mailbox: Mailbox
  private let memory: Memory
  private let demoPath: String?
  private let running = Mutex<[JobKey: Job<Void>]>([:])
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
    case .cancel(let key): running.withLock { $0[key] }?.cancel()
    case .keepView(let path, let view): memory.keep(view, for: path)
    case .keepTheme(let name): memory.keepTheme(name)
    case .rememberRecent(let file): memory.remember(file)
    case .forgetRecent(let path): memory.forget(path)
    case .after, .copy, .redraw, .suspend, .quit: break
    }
  }

  func cancelAll() {
    for job in running.withLock({ Array($0.values) }) { job.cancel() }
    engine.cancelAll()
    // A conversion removes what it wrote so far; leaving waits for that, within reason.
    _ = running.withLock { $0[.convert] }?.hasEnded(within: 5000)
  }

  private func start(_ key: JobKey, _ generation: Int, _ work: Work) {
    launch(key, generation) { [self] context in
      guard case .infer(let request) = work else { return try outcome(of: work, context) }
      // The parts of a run are of use before the whole is there.
      let run = InferenceRun(
        session: try session(.left), request: request, context: context,
        deliver: { [mailbox] report in
          mailbox.post(.jobDelivered(key, generation: generation, .inference(report)))
        })
      try run.run()
      return .inference(.finished)
    }
  }

  /// Runs `body` on a thread of the engine; a newer job with the same key cancels the older.
  private func launch(
    _ key: JobKey, _ generation: Int, _ body: @escaping @Sendable (JobContext) throws -> Outcome
  ) {
    let mailbox = mailbox
    let job = engine.start(.other("dashboard \(key)")) { context in
      let outcome: Outcome
      do {
        outcome = try body(context)
      } catch let error where context.isCancelled || (error as? CheckpointError) == .cancelled {
        // The rooms below call a cancellation by names of their own.
        outcome = .cancelled
      } catch let problem as FileProblem {
        outcome = .failed(problem.sentence)
      } catch {
        outcome = .failed("\(error)", lack: ModelLack(error))
      }
      mailbox.post(.jobFinished(key, generation: generation, outcome))
    }
    running.withLock { $0.updateValue(job, forKey: key) }?.cancel()
    // Ends with the job; only the report of progress depends on the cooperative pool.
    Task.detached {
      for await progress in job.progress where progress.totalBytes > 0 {
        if key == .convert {
          mailbox.post(.conversionProgressed(generation: generation, progress))
          continue
        }
        mailbox.post(
          .jobProgressed(key, generation: generation, fraction: progress.fraction))
      }
      // `body` answers for itself; only work that was cancelled before it began cannot say so.
      do {
        try await job.value
      } catch {
        mailbox.post(.jobFinished(key, generation: generation, .cancelled))
      }
    }
  }

  private func outcome(of work: Work, _ context: JobContext) throws -> Outcome {
    switch work {
    case .open(let path): return try open(path, context)
    case .openDemo:
      guard let demoPath else { return .failed("the demo checkpoint is not installed") }
      return try open(demoPath, context)
    case .compare(let path): return try compare(path, context)
    case .differences: return try differences(context)
    case .statistics(let reference):
      return .statistics(
        reference,
        try session(reference.side).statistics(of: reference.index, context: context))
    case .slice(let request): return try slice(request, context)
    case .spectrum(let reference):
      return .spectrum(
        reference, try session(reference.side).spectrum(of: reference.index, context: context))
    case .trainingSeries(let folder):
      return .series(try TrainingSeries(folder: folder, context: context))
    case .accuracy(let snapshots, let samples):
      return .accuracy(try SnapshotAccuracy(of: snapshots, on: samples, context: context))
    case .positions: return .positions(Self.positions(of: try session(.left)))
    case .targets(let options):
      return .targets(try DialectTargets(session(.left), options: options))
    case .mapping(let target, let options):
      return .mapping(
        try MappingAnswer(of: session(.left), to: target, options: options, context: context))
    case .plan(let order):
      let output = FileSystem.absolute(order.output)
      let receipt = try session(.left).dryRun(order.request(output: output))
      var outline = ConversionOutline(receipt)
      outline.occupied = FileSystem.listing(output, showsHidden: true).items.count
      outline.freeByteCount = FileSystem.freeByteCount(near: output)
      return .planned(outline)
    case .convert(let order):
      let request = order.request(output: FileSystem.absolute(order.output))
      let receipt = try session(.left).convert(request, context: context)
      return .converted(ConversionRecord.Report(receipt))
    case .attention(let request): return try attention(request, context)
    case .attentionMap(let capture, let choice):
      return .attentionMap(
        try AttentionRolled.compute(capture, choice) { context.isCancelled })
    case .findPictures(let path):
      return .foundPictures(Self.pictures(beside: path))
    case .listFolder(let path, let showsHidden):
      var listing = FileSystem.listing(path, showsHidden: showsHidden)
      listing.snapshotCount = TrainingSnapshot.all(in: listing.path).count
      return .folder(listing)
    case .startFolder:
      return .startFolder(
        FileSystem.listing(".", showsHidden: false), recent: memory.recent)
    case .readText(let path): return .text(path: path, try FileSystem.text(path).get())
    case .preparePicture(let path, let choice):
      return .preview(try InferenceRun.preview(of: path, choice, in: try session(.left)))
    case .listPictures(let path):
      var found = try PictureFiles.find([FileSystem.absolute(try DemoModels.resolved(path))])
      try found.dropUnreadable(checkCancellation: context.checkCancellation)
      return .pictures(found)
    case .infer, .write: return .nothing
    }
  }

  /// The rotary embedding, and the learned table beside or instead of it.
  static func positions(of session: Session) -> CheckpointPositions {
    var positions = CheckpointPositions(path: session.path)
    do {
      positions.rotary = try session.rotarySource()
    } catch let error as NoRotaryEmbedding {
      positions.reason = error.reason
    } catch {
      positions.reason = "\(error)"
    }
    positions.table = try? session.positionTable()
    if let table = positions.table, !RopeState.isDrawable(table) {
      positions.table = nil
      let sentence =
        "the position table \(table.name) of \(table.rows)x\(table.columns) is too large to draw here"
      positions.reason = positions.reason.map { "\($0); \(sentence)" } ?? sentence
    }
    return positions
  }

  func session(_ side: EntryReference.Side) throws -> Session {
    let session = sessions.withLock { side == .left ? $0.left : $0.right }
    guard let session else { throw CheckpointError.cancelled }
    return session
  }

  // MARK: Opening

  private func open(_ path: String, _ context: JobContext) throws -> Outcome {
    let full = FileSystem.absolute(try DemoModels.resolved(path))
    let session = Session(checkpoint: try context.open(full))
    let (view, note) = memory.view(for: full)
    let (samples, problem) = Self.samples(beside: full)
    let identity = Self.identity(of: session)
    let opened = OpenedCheckpoint(
      path: full, model: TreeModel(catalog: session.catalog),
      summary: Self.summary(identity, of: session),
      stated: identity.map { StatedFacts($0) } ?? StatedFacts(),
      outlook: identity.map(ModelOutlook.init), kept: view, series: TrainingSnapshot.all(in: full),
      samples: samples, note: note ?? problem,
      isInstalled: DemoModels.contains(full))
    try context.checkCancellation()
    sessions.withLock { $0 = Sessions(left: session, right: nil) }
    return .opened(opened)
  }

  /// Labelled pictures that stand with a checkpoint, or why they cannot be used.
  private static func samples(beside path: String) -> (LabelledPictures?, problem: String?) {
    do {
      return (try LabelledPictures.beside(path), nil)
    } catch {
      return (nil, "\(error)")
    }
  }

  /// Pictures in and beside a checkpoint's folder, else those that have labels.
  private static func pictures(beside path: String) -> PictureFiles.Found {
    var found = FileSystem.pictures(beside: path)
    if found.paths.isEmpty { found.paths = samples(beside: path).0?.pictures.map(\.path) ?? [] }
    return found
  }

  /// What the file is; nil for a long list, which must not wait for it: the largest known models have fewer than 2,000 tensors.
  private static func identity(of session: Session) -> Identity? {
    session.catalog.entries.count <= 3000 ? session.identity() : nil
  }

  /// What the file is, in a few words.
  private static func summary(_ identity: Identity?, of session: Session) -> String {
    guard let identity, identity.dialect != .unknown else {
      return session.catalog.container.rawValue
    }
    return identity.family
  }

  private func compare(_ path: String, _ context: JobContext) throws -> Outcome {
    let full = FileSystem.absolute(try DemoModels.resolved(path))
    let left = try session(.left)
    let right = Session(checkpoint: try context.open(full))
    let model = TreeModel(catalog: left.catalog, beside: right.catalog)
    try context.checkCancellation()
    sessions.withLock { $0.right = right }
    return .compared(model, path: full)
  }

  private func differences(_ context: JobContext) throws -> Outcome {
    let left = try session(.left)
    let right = try session(.right)
    let comparison = try Comparison(of: left, with: right, context: context)
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

  // MARK: Slices

  private func slice(_ request: SliceRequest, _ context: JobContext) throws -> Outcome {
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
    return .slice(
      request,
      try view.slicePicture(
        of: 0, selection, rows: request.pixelRows, columns: request.pixelColumns, context: context))
  }

  // MARK: Writing

  func write(
    _ key: JobKey, _ generation: Int, path: String, _ content: ExportContent, replace: Bool,
    page: CellBuffer?
  ) {
    launch(key, generation) { _ in
      let full = FileSystem.absolute(path)
      let bytes: [UInt8]
      switch content {
      case .text(let text): bytes = Array(text.utf8)
      case .picture(let grid):
        guard let picture = grid.png(zoom: max(448 / max(grid.width, grid.height, 1), 1)) else {
          return .failed("\(path): no picture can be made")
        }
        bytes = picture
      case .pageText: bytes = Array((page?.plainText() ?? "").utf8)
      case .pagePicture:
        guard let picture = page?.png() else { return .failed("\(path): no picture can be made") }
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

extension Entry {
  /// The stretch of rows and columns that a slice has in view, as an entry of its own.
  ///
  /// All other axes stay whole.
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
