package import Cells
import Checkpoints
package import ScopeEngine

/// The full-screen program: joins state, painter, input and engine in one loop on the calling thread.
package enum Dashboard {
  /// What the dashboard starts with.
  package struct Options: Sendable {
    /// The first is opened, a second one is put beside it.
    package var paths: [String]
    package var opensDemo: Bool
    /// Path of the demo checkpoint; nil where none was installed.
    package var demoPath: String?
    package var page: PageID?
    /// Begins with the guided tour.
    package var tour: TourMaterials?
    package var themes: [Theme]
    package var theme: String
    package var symbols: Symbols
    package var depth: ColorDepth
    /// False keeps nothing between runs.
    package var keepsState: Bool

    package init(
      paths: [String] = [], opensDemo: Bool = false, demoPath: String? = nil, page: PageID? = nil,
      tour: TourMaterials? = nil, themes: [Theme] = [.dark, .light],
      theme: String = Theme.dark.name,
      symbols: Symbols = .utf8, depth: ColorDepth = .trueColor, keepsState: Bool = true
    ) {
      self.paths = paths
      self.opensDemo = opensDemo
      self.demoPath = demoPath
      self.page = page
      self.tour = tour
      self.themes = themes
      self.theme = theme
      self.symbols = symbols
      self.depth = depth
      self.keepsState = keepsState
    }
  }

  /// Runs until the user leaves.
  ///
  /// - Parameters:
  ///   - terminal: shows frames and gives input; its `events(within:)` must return soon after `mailbox` called its `wake`.
  ///   - mailbox: where results arrive; made by the caller, who knows how to wake the terminal.
  /// - Returns: why a path that it was started with did not open, where nothing was opened in its place.
  package static func run(
    terminal: inout some DashboardTerminal, engine: Engine, mailbox: Mailbox, options: Options
  ) -> String? {
    var loop = Loop(size: terminal.size, engine: engine, mailbox: mailbox, options: options)
    loop.begin()
    loop.show(graphics: terminal.graphics)
    terminal.present(loop.frame(), cursor: loop.cursor)
    while !loop.isOver {
      let input = terminal.events(within: loop.millisecondsToTimer())
      loop.take(input)
      for request in loop.takeTerminalRequests() {
        switch request {
        case .copy(let text): terminal.copy(text)
        case .suspend: terminal.suspend()
        case .redraw:
          terminal.redraw()
          loop.touch()
        }
      }
      guard !loop.isOver else { break }
      if loop.size != terminal.size { loop.take([.resize(terminal.size)]) }
      loop.show(graphics: terminal.graphics)
      if loop.isDirty { terminal.present(loop.frame(), cursor: loop.cursor) }
    }
    loop.end()
    return loop.problem
  }

  /// The page that a file gives at a size, after some keys, as cells: no terminal is needed.
  ///
  /// Waits for background results, at most `seconds` in all.
  package static func snapshot(
    size: Size, options: Options, keys: [InputEvent] = [], seconds: Double = 20,
    engine: Engine = Engine()
  ) -> (page: CellBuffer, problem: String?) {
    let signal = WakeSignal()
    let mailbox = Mailbox { signal.wake() }
    var loop = Loop(size: size, engine: engine, mailbox: mailbox, options: options)
    let end = Clock.now() + seconds
    loop.begin()
    loop.settle(until: end, signal)
    for key in keys {
      loop.take([key])
      loop.settle(until: end, signal)
    }
    defer { loop.end() }
    var problem: String?
    for case .message(let message) in loop.state.overlays { problem = message.text }
    return (loop.frame(), problem)
  }

  /// Name of the theme that the user chose; nil when none was.
  package static var keptTheme: String? { Memory(isEnabled: true).theme }

  /// One frame.
  static func draw(_ state: State, appearance: Appearance) -> Canvas {
    let canvas = Canvas(size: state.size, appearance: appearance)
    FrameView.draw(state, in: canvas)
    return canvas
  }
}
