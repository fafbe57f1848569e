import Cells
import Checkpoints
import ScopeEngine

/// Applies what happened to the state and says what to do about it.
///
/// Pure, total, and quick.
func update(_ state: inout State, _ action: Action) -> [Effect] {
  var effects: [Effect]
  var before: State?
  switch action {
  case .input(let event):
    if event.isPress { state.toast?.isFolded = true }
    before = state
    effects = state.take(event)
  case .commandChosen(let command): effects = state.perform(command)
  case .timerFired(let key, let generation): effects = state.timerFired(key, generation)
  case .jobProgressed(let key, let generation, let fraction):
    guard state.jobs[key]?.generation == generation else { return [] }
    state.jobs[key]?.fraction = fraction
    return []
  case .conversionProgressed(let generation, let progress):
    guard state.jobs[.convert]?.generation == generation else { return [] }
    state.jobs[.convert]?.fraction = progress.fraction
    state.convert.progress = progress
    return []
  case .jobDelivered(let key, let generation, let outcome):
    guard state.jobs[key]?.generation == generation else { return [] }
    effects = state.take(outcome, of: key)
  case .jobFinished(let key, let generation, let outcome):
    guard state.jobs[key]?.generation == generation else { return [] }
    state.jobs[key] = nil
    effects = state.take(outcome, of: key)
  }
  state.settle()
  effects += state.startReadingText()
  effects += state.startAttentionWork()
  // A key that changes nothing says why; results are shared, so the comparison costs little.
  if case .input(let event) = action {
    if !effects.isEmpty || state != before {
      if state.toast?.isOfIdleKey == true { state.toast = nil }
    } else if let sentence = state.idleSentence(event) {
      effects = state.say(.info, sentence)
      state.toast?.isOfIdleKey = true
    }
  }
  return effects
}

extension InputEvent {
  /// Whether the user did something, rather than the terminal.
  fileprivate var isPress: Bool {
    switch self {
    case .key, .text, .paste: true
    case .mouse(let mouse): mouse.kind == .press
    case .resize, .wake, .signal: false
    }
  }
}

extension State {
  // MARK: Input

  mutating func take(_ event: InputEvent) -> [Effect] {
    switch event {
    case .resize(let size):
      guard size != self.size else { return [] }
      self.size = size
      return restartRest()
    case .wake: return []
    case .signal(Self.interrupt) where !isAskingToQuit:
      // The terminal makes this signal of Ctrl-C: a line that is typed and what lies over the page end as by the key.
      let isOverPage = !overlays.isEmpty || Pages.page(page).isTyping(self)
      return isOverPage ? take(.key(.character("c"), .control)) : askToQuit()
    case .signal: return leave()
    default: break
    }
    // Nothing is drawn below the smallest size, so nothing can be meant; only leaving works.
    if FrameLayout(size).isTooSmall {
      switch CommandTable.command(for: event, in: [.everywhere]) {
      case .quit: return perform(.quit)
      case .suspend: return [.suspend]
      default: return []
      }
    }
    if !overlays.isEmpty { return takeInOverlay(event) }
    let page = Pages.page(self.page)
    if case .mouse(let mouse) = event { return takeMouse(mouse, page: page) }
    if let effects = page.takeText(&self, event) { return effects }
    if let effects = takeTourKey(event) { return effects }
    guard let command = CommandTable.command(for: event, in: page.scopes(self)) else { return [] }
    return perform(command)
  }

  private mutating func takeMouse(_ mouse: MouseEvent, page: Page) -> [Effect] {
    let layout = FrameLayout(size)
    if mouse.kind == .press, mouse.button == 1, drag == nil {
      if layout.tabs.contains(mouse.point) {
        for tab in FrameTabs.tabs(self) where tab.columns.contains(mouse.point.column) {
          return perform(tab.command)
        }
        return []
      }
      if layout.keys.contains(mouse.point) {
        for hint in FrameHints.hints(self, columns: size.columns, symbols: symbols)
        where hint.columns.contains(mouse.point.column) {
          // While a line is typed the keys are the line's.
          if page.isTyping(self), let chord = CommandTable.command(hint.command)?.keys.first,
            let effects = page.takeText(&self, chord.event)
          {
            return effects
          }
          return perform(hint.command)
        }
        return []
      }
    }
    return page.takeMouse(&self, mouse)
  }

  // MARK: Commands

  mutating func perform(_ command: CommandID) -> [Effect] {
    if let page = Pages.page(for: command), command != .startPage { return show(page) }
    switch command {
    case .quit: return askToQuit()
    case .help:
      overlays.append(.help(HelpState()))
      return []
    case .palette:
      overlays.append(.palette(PaletteState(availableCommands)))
      return []
    case .open: return pickFile(.open)
    case .startPage: return showStart()
    case .demo: return openDemo()
    case .theme:
      if !themes.isEmpty {
        overlays.append(.themes(ThemePickerState(names: themes, current: theme)))
      }
      return []
    case .messages: return showMessages()
    case .copy: return offerCopy()
    case .export:
      overlays.append(.export(ExportState(path: exportName + ".txt")))
      return []
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    case .stopJobs: return stopJobs()
    case .tourNext: return stepTour(1)
    case .tourBack: return stepTour(-1)
    case .tourLeave: return leaveTour()
    default: return Pages.page(page).perform(&self, command) ?? []
    }
  }

  /// Commands that do something on this page, for the palette.
  var availableCommands: [CommandID] {
    let scopes = Set(Pages.page(page).scopes(self))
    return CommandTable.commands.compactMap { command in
      guard Pages.leadsSomewhere(command.id), command.scope != .moving else { return nil }
      // Opening the demo makes sense from everywhere, though its key is the start page's.
      return scopes.contains(command.scope) || command.id == .demo ? command.id : nil
    }
  }

  /// The page that was asked for at the start, as soon as it has what it needs.
  mutating func showWantedPage() -> [Effect] {
    guard let wanted = wantedPage, let page = Pages.all.first(where: { $0.id == wanted }),
      !page.needsCheckpoint || opened != nil
    else { return [] }
    wantedPage = nil
    return show(page)
  }

  mutating func show(_ page: Page) -> [Effect] {
    guard !page.needsCheckpoint || opened != nil else {
      return say(.info, "open a checkpoint first (o)")
    }
    guard page.id != .epochs || opened?.series.isEmpty == false else {
      // The demo has such a folder beside it.
      let example = opened?.isInstalled == true ? "; clipscope demo/epochs is one" : ""
      return say(
        .info,
        "open a folder of snapshots (epoch_1.pt, epoch_2.pt, ...) to see them as one\(example)")
    }
    // What went wrong on a page is said there, and what was told of it belongs to it.
    if self.page != page.id, toast?.kind == .error || toast?.kind == .info { toast = nil }
    self.page = page.id
    switch page.id {
    case .tree: return restartRest()
    case .epochs: return showEpochs()
    case .mapping: return showMapping()
    case .convert: return showConvert()
    case .rope: return showRope()
    case .inference: return showInference()
    default: return []
    }
  }

  // MARK: Leaving

  /// SIGINT, which is how Ctrl-C arrives.
  private static let interrupt: Int32 = 2

  /// Whether the question is open, which a second Ctrl-C answers.
  private var isAskingToQuit: Bool {
    guard case .choice(let choice)? = overlays.last else { return false }
    return choice.options.contains { $0.answer == .quit }
  }

  private mutating func askToQuit() -> [Effect] {
    guard let job = jobs.first(where: { $0.key.isWorthAsking }) else { return leave() }
    overlays.append(
      .choice(
        ChoiceState(
          title: "\(job.value.title) is still running",
          options: [
            .init(key: "q", label: "stop it and quit", answer: .quit),
            .init(key: "s", label: "stay", answer: .stay),
          ])))
    return []
  }

  /// Keeps what is kept of the open file, then goes.
  func leave() -> [Effect] { keepView() + [.quit] }

  func keepView() -> [Effect] {
    guard let opened else { return [] }
    return [.keepView(path: opened.path, tree.kept)]
  }

  private mutating func stopJobs() -> [Effect] {
    guard !jobs.isEmpty else { return say(.info, "nothing is running") }
    let keys = jobs.keys.sorted { "\($0)" < "\($1)" }
    let title = jobs.count == 1 ? jobs.first?.value.title ?? "" : "\(jobs.count) jobs"
    let effects = say(.warning, "stopped: \(title)")
    // A conversion removes what it wrote before it is over; its last word is waited for.
    jobs = jobs.filter { $0.key == .convert }
    if jobs[.convert] != nil { _ = stopConversion() }
    return keys.map { .cancel($0) } + effects
  }

  // MARK: Jobs and timers

  mutating func start(_ key: JobKey, _ work: Work, title: String) -> Effect {
    generation += 1
    jobs[key] = JobRow(generation: generation, title: title, fraction: nil)
    return .start(key, generation: generation, work)
  }

  mutating func stop(_ key: JobKey) -> [Effect] {
    jobs.removeValue(forKey: key) == nil ? [] : [.cancel(key)]
  }

  mutating func say(_ kind: Toast.Kind, _ text: String) -> [Effect] {
    generation += 1
    let news = Toast(kind: kind, text: text, generation: generation)
    toast = news
    keep(news)
    // Long sentences take their time.
    let time = max(
      kind == .error || kind == .warning ? 12_000 : 5_000, text.count * Self.millisecondsOfSign)
    return [.after(milliseconds: time, .toast, generation: generation)]
  }

  /// Of a series; more of them are no longer read.
  private static let problemsSaid = 5

  /// Reading time of a character for someone who has looked up from something else.
  private static let millisecondsOfSign = 70

  mutating func timerFired(_ key: TimerKey, _ generation: Int) -> [Effect] {
    switch key {
    case .toast:
      if toast?.generation == generation { toast = nil }
      return []
    case .rest:
      guard generation == restGeneration else { return [] }
      if page == .inference { return requestPreview() }
      guard page == .tree else { return [] }
      return requestDetail()
    }
  }

  /// The selection, the slice or the size changed: numbers are asked for when it rests.
  mutating func restartRest() -> [Effect] {
    restGeneration += 1
    return [.after(milliseconds: 90, .rest, generation: restGeneration)]
  }

  // MARK: Results

  mutating func take(_ outcome: Outcome, of key: JobKey) -> [Effect] {
    switch outcome {
    case .opened(let opened): return take(opened)
    case .compared(let model, let path): return take(comparison: model, path: path)
    case .statistics(let entry, let statistics):
      tree.detail.statistics[entry] = statistics
      return []
    case .slice(let request, let picture):
      take(picture, for: request)
      return []
    case .spectrum(let entry, let spectrum):
      tree.detail.spectra[entry] = spectrum
      return []
    case .differences(let differences):
      if let model = tree.model { tree.comparison?.take(differences, model: model) }
      return jobs[key] == nil ? reportComparison() : []
    case .series(let series):
      epochs.take(series)
      // Above the table there is room for a part of the first.
      let problems = series.problems.prefix(Self.problemsSaid).joined(separator: "; ")
      return problems.isEmpty ? [] : say(.warning, problems)
    case .accuracy(let accuracy):
      epochs.accuracy = accuracy
      return []
    case .positions(let positions): return take(positions)
    case .targets(let targets): return take(targets)
    case .mapping(let answer): return take(answer)
    case .planned(let outline):
      take(outline)
      return []
    case .converted(let report): return endConversion(.done(report))
    case .inference(let report): return take(report)
    case .preview(let preview):
      inference.take(preview)
      return []
    case .pictures(let found): return take(pictures: found)
    case .attention(let capture):
      attention.take(capture)
      return capture.note.map { say(.warning, $0) } ?? []
    case .attentionMap(let rolled):
      attention.take(rolled)
      return []
    case .foundPictures(let found): return take(picturesBeside: found)
    case .folder(let listing):
      takeInPicker(listing)
      return []
    case .startFolder(let listing, let recent):
      start.folder = listing
      start.recent = recent
      return []
    case .text(let path, let text):
      takeInViewer(text, path: path)
      return []
    case .written(let path):
      return say(.success, "written: \(path)")
    case .exists(let path):
      return askToReplace(path)
    case .nothing: return []
    case .cancelled: return key == .convert ? endConversion(.cancelled) : []
    case .failed(let reason, let lack): return fail(reason, lack, key)
    }
  }

  /// The rest of the session goes on: small failures are a line where they belong, others a box.
  private mutating func fail(_ reason: String, _ lack: ModelLack?, _ key: JobKey) -> [Effect] {
    switch key {
    case .statistics, .slice, .spectrum:
      if let entry = tree.detail.entry { tree.detail.problems[entry] = reason }
      return []
    case .series:
      epochs.problem = reason
      return []
    case .accuracy:
      epochs.accuracyProblem = reason
      return []
    case .positions, .targets, .pictures: return say(.error, reason)
    case .mapping:
      mapping.answer = MappingAnswer(
        family: "", targets: mapping.answer?.targets ?? [], problem: reason)
      mapping.listLines()
      return say(.error, reason)
    case .plan:
      failPlan(reason)
      return []
    case .convert: return endConversion(.failed(reason))
    case .inference:
      inference.modelProblem = ModelProblem(reason, lack: lack)
      return []
    case .preview:
      inference.takePreviewProblem(reason)
      return []
    case .attention:
      failAttention(ModelProblem(reason, lack: lack))
      return []
    case .attentionMap, .attentionPictures: return say(.error, reason)
    case .text:
      if case .viewer(let viewer) = overlays.last, let path = viewer.missingPath {
        takeInViewer(reason, path: path)
        return []
      }
      return say(.error, reason)
    case .open, .compare, .differences, .export, .folder, .startFolder:
      let title: String =
        switch key {
        case .open, .compare: "cannot open"
        case .export: "cannot write"
        default: "something went wrong"
        }
      overlays.append(.message(MessageState(kind: .error, title: title, text: reason)))
      generation += 1
      keep(Toast(kind: .error, text: reason, generation: generation))
      // A path of the command line that does not open leaves the start page, whose lists were never asked for.
      let hasNothingToShow = key == .open && opened == nil && start.folder == nil
      return hasNothingToShow ? showStart() : []
    }
  }

  private mutating func take(_ opened: OpenedCheckpoint) -> [Effect] {
    var effects = keepView()
    overlays = overlays.filter { if case .message = $0 { true } else { false } }
    self.opened = opened
    jobs = jobs.filter { $0.key == .export || $0.key == .convert }
    tree = TreeState(showing: opened.model, kept: opened.kept)
    epochs = EpochsState()
    mapping = MappingState()
    convert.forgetCheckpoint()
    rope.checkpoint = nil
    inference.forgetModel(for: opened.outlook)
    attention.forget(for: opened.outlook)
    chooseAgain()
    if let samples = opened.samples {
      inference.offer(samples)
      attention.offer(samples)
    }
    page = .tree
    effects += [
      .cancel(.compare), .cancel(.differences), .cancel(.statistics), .cancel(.slice),
      .cancel(.spectrum), .cancel(.series), .cancel(.accuracy), .cancel(.positions),
      .cancel(.targets), .cancel(.mapping), .cancel(.plan),
      .cancel(.inference), .cancel(.preview),
      .cancel(.attention), .cancel(.attentionMap),
      .rememberRecent(
        RecentFile(
          path: opened.path, summary: opened.summary, byteCount: opened.model.total.byteCount)),
    ]
    effects += restartRest()
    effects += showWantedPage()
    effects += arrangeTourStep()
    let warnings = opened.model.catalog.diagnostics.filter { $0.severity != .note }
    if let note = opened.note {
      effects += say(.warning, note)
    } else if let first = warnings.first {
      let kind: Toast.Kind =
        first.severity == .danger || first.severity == .error ? .error : .warning
      let more = warnings.count > 1 ? " (and \(warnings.count - 1) more, i shows them)" : ""
      effects += say(kind, first.message + more)
    } else if let newest = opened.series.last, tour == nil {
      let count = "\(opened.series.count) snapshots"
      effects += say(.info, "\(count), the newest is shown (\(newest.name)); E shows all over time")
    } else {
      toast = nil
    }
    return effects
  }

  // MARK: After every action

  /// Brings cursors back into what there is, whatever happened.
  mutating func settle() {
    if Pages.page(page).needsCheckpoint, opened == nil { page = .start }
    settleTree()
    if page == .epochs { settleEpochs() }
    if page == .mapping { settleMapping() }
    if page == .convert { settleConvert() }
    if page == .rope { rope.settle() }
    if page == .attention { attention.settle() }
    if page == .inference { inference.settle(InferenceLayout(self)) }
    let body = FrameLayout(size).body
    start.list.settle(count: start.rowCount, height: StartLayout(body, start).listHeight)
    settleOverlays()
  }
}
