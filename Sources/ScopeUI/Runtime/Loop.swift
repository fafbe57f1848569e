import Cells
import ScopeEngine

/// The state with its effects: takes input and results, starts what the update asks for, says when to paint.
struct Loop {
  enum TerminalRequest: Equatable {
    case copy(String)
    case suspend, redraw
  }

  private(set) var state: State
  private(set) var isOver = false
  private(set) var isDirty = true
  /// Why a path of the command line did not open; nil again as soon as something is opened in its place.
  private(set) var problem: String?
  /// Where the terminal's cursor stands on the last frame.
  private(set) var cursor: Point?
  private let mailbox: Mailbox
  private let effects: EngineEffects
  private let options: Dashboard.Options
  private var timers: [TimerKey: (deadline: Double, generation: Int)] = [:]
  private var requests: [TerminalRequest] = []
  private var graphics: CellPixels?

  init(size: Size, engine: Engine, mailbox: Mailbox, options: Dashboard.Options) {
    self.mailbox = mailbox
    self.options = options
    state = State(
      size: size, theme: options.theme, themes: options.themes.map(\.name))
    state.wantedPage = options.page
    state.isASCIIOnly = options.symbols.asciiOnly
    state.colorScale = HeatMapScales.index(of: Self.theme(options.theme, in: options).scale)
    effects = EngineEffects(engine: engine, mailbox: mailbox, options: options)
  }

  var size: Size { state.size }

  /// Asks for a frame though nothing changed.
  mutating func touch() { isDirty = true }

  /// What the terminal can show of pictures; a frame is due where that changed.
  mutating func show(graphics: CellPixels?) {
    guard graphics != self.graphics else { return }
    self.graphics = graphics
    touch()
  }

  mutating func begin() {
    if let tour = options.tour {
      carryOut(state.beginTour(tour))
    } else if options.opensDemo {
      carryOut(state.openDemo())
    } else {
      carryOut(state.begin(opening: options.paths))
    }
  }

  /// Everything that is there: input first, then results, then timers that are due.
  mutating func take(_ input: [InputEvent]) {
    for event in input where !isOver { apply(.input(event)) }
    for action in mailbox.drain() where !isOver {
      apply(action)
      if case .jobFinished(.open, _, .opened) = action, options.paths.count > 1,
        state.tree.comparison == nil, !isSecondTaken
      {
        isSecondTaken = true
        carryOut(state.compare(with: options.paths[1]))
      }
    }
    let now = Clock.now()
    for (key, timer) in timers where timer.deadline <= now {
      timers[key] = nil
      apply(.timerFired(key, generation: timer.generation))
    }
  }

  private var isSecondTaken = false

  mutating func apply(_ action: Action) {
    isDirty = true
    noteProblem(action)
    carryOut(update(&state, action))
  }

  /// Follows the opening of what the command line names; what is opened by hand has its own notices.
  private mutating func noteProblem(_ action: Action) {
    guard case .jobFinished(let key, let generation, let outcome) = action,
      state.jobs[key]?.generation == generation
    else { return }
    switch (key, outcome) {
    case (.open, .failed(let reason, _)):
      let wasAsked = !options.paths.isEmpty || options.opensDemo
      if wasAsked, state.opened == nil { problem = problem ?? reason }
    case (.compare, .failed(let reason, _)):
      if isSecondTaken, !isSecondAnswered { problem = reason }
      isSecondAnswered = true
    case (_, .opened), (_, .compared): problem = nil
    default: break
    }
  }

  private var isSecondAnswered = false

  func millisecondsToTimer() -> Int? {
    timers.values.map(\.deadline).min().map { max(Int(($0 - Clock.now()) * 1000) + 1, 0) }
  }

  mutating func takeTerminalRequests() -> [TerminalRequest] {
    defer { requests = [] }
    return requests
  }

  /// Draws the state.
  mutating func frame() -> CellBuffer {
    isDirty = false
    var appearance = appearance(theme: state.shownTheme)
    appearance.graphics = graphics
    let canvas = Dashboard.draw(state, appearance: appearance)
    cursor = canvas.cursor
    return canvas.buffer
  }

  private func appearance(theme name: String) -> Appearance {
    Appearance(
      theme: Self.theme(name, in: options), symbols: options.symbols, depth: options.depth)
  }

  private static func theme(_ name: String, in options: Dashboard.Options) -> Theme {
    options.themes.first { $0.name == name } ?? options.themes.first ?? .dark
  }

  /// Stops the background work.
  func end() { effects.cancelAll() }

  private mutating func carryOut(_ wanted: [Effect]) {
    for effect in wanted {
      switch effect {
      case .quit: isOver = true
      case .copy(let text): requests.append(.copy(text))
      case .suspend: requests.append(.suspend)
      case .redraw: requests.append(.redraw)
      case .after(let milliseconds, let key, let generation):
        timers[key] = (Clock.now() + Double(milliseconds) / 1000, generation)
      case .start(let key, let generation, .write(let path, let content, let replace)):
        effects.write(
          key, generation, path: path, content, replace: replace,
          page: content.needsPage ? pageForExport() : nil)
      default: effects.run(effect)
      }
    }
  }

  /// The page without what lies over it and without the export's own line.
  private func pageForExport() -> CellBuffer {
    var bare = state
    bare.overlays = []
    bare.jobs[.export] = nil
    return Dashboard.draw(bare, appearance: appearance(theme: state.theme)).buffer
  }

  /// Runs until nothing is under way or the time is over.
  mutating func settle(until end: Double, _ signal: WakeSignal) {
    while !isOver {
      take([])
      let isWaiting = !state.jobs.isEmpty || timers[.rest] != nil
      let now = Clock.now()
      guard isWaiting, now < end else { return }
      let timer = millisecondsToTimer().map { Double($0) / 1000 } ?? 0.2
      signal.wait(seconds: min(timer, end - now, 0.2))
    }
  }
}

extension ExportContent {
  var needsPage: Bool { self == .pageText || self == .pagePicture }
}
