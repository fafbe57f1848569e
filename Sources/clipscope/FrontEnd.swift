import Cells
import CursesTerminal
import Glibc
import ScopeCLI
import ScopeEngine
import ScopeUI

/// Chooses between the dashboard and plain text.
enum FrontEnd {
  /// Opens the dashboard, or prints a page of it where there is no terminal.
  static func dashboard(_ arguments: DashboardArguments, opensDemo: Bool = false) -> Int32 {
    if opensDemo, let word = arguments.paths.first {
      return CommandLineProgram.usageError(CommandLineProgram.mistake(behindDemo: word))
    }
    var options = Dashboard.Options(
      paths: arguments.paths, opensDemo: opensDemo, demoPath: Installation.demoCheckpoint)
    options.page = arguments.page.flatMap { PageID(number: $0) }
    guard arguments.isTour else { return dashboard(arguments, options) }
    guard opensDemo, arguments.paths.isEmpty else {
      return CommandLineProgram.usageError("--tour belongs to demo, without a path")
    }
    do {
      let folder = try TemporaryFolder()
      defer { folder.remove() }
      let tour = try TourMaterials(
        demo: try DemoModels.installed(), output: folder.path + "/clip-shapes-hf")
      options.tour = tour
      guard arguments.snapshot != nil || arguments.snapshotPNG != nil || isTerminal else {
        return StandardStreams.show(tour.plainText)
      }
      return dashboard(arguments, options)
    } catch {
      return StandardStreams.trouble("\(error)")
    }
  }

  private static var isTerminal: Bool { isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 }

  private static func dashboard(
    _ arguments: DashboardArguments, _ base: Dashboard.Options
  ) -> Int32 {
    var options = base
    if let mistake = CommandLineProgram.mistake(in: arguments.paths) {
      return StandardStreams.trouble(mistake)
    }
    if arguments.snapshot != nil || arguments.snapshotPNG != nil {
      return snapshot(arguments, options)
    }
    guard isTerminal else {
      if let message = unusable(arguments) { return CommandLineProgram.usageError(message) }
      var plain = arguments
      if plain.paths.isEmpty, options.opensDemo, let demo = options.demoPath {
        plain.paths = [demo]
      }
      return PlainPage.show(plain)
    }
    if let message = tooMany(arguments.paths) { return CommandLineProgram.usageError(message) }
    let facts = TerminalFacts.current()
    if let problem = facts.problem { return refuse(problem) }
    let background = background(facts, theme: arguments.theme)
    if let message = chooseTheme(
      &options, arguments, isDark: background.isDark, depth: facts.depth)
    {
      return CommandLineProgram.usageError(message)
    }
    options.symbols = facts.isUTF8 && !arguments.isASCIIOnly ? .utf8 : .ascii
    options.depth = facts.depth
    do {
      return try show(options, facts: facts, arguments, lateReply: background.late)
    } catch {
      return refuse(error)
    }
  }

  private static func show(
    _ options: Dashboard.Options, facts: TerminalFacts, _ arguments: DashboardArguments,
    lateReply: TerminalQuery.LateReply?
  ) throws(TerminalError) -> Int32 {
    let graphics: GraphicsChoice =
      switch arguments.graphics {
      case .off: .off
      case .kitty: .kitty
      // Pictures in pixels of the screen are no ASCII either.
      case .auto: arguments.isASCIIOnly ? .off : .auto
      }
    let session = try TerminalSession(
      facts: facts, mouse: arguments.usesMouse, graphics: graphics, lateReply: lateReply)
    // The session takes signals of faults for itself.
    MappedFile.watchForCuts()
    var terminal = Screen(session: session)
    let problem = Dashboard.run(
      terminal: &terminal, engine: Engine(), mailbox: Mailbox(wake: session.wake), options: options)
    session.stop()
    if let signal = terminal.endingSignal { return ExitStatus.interrupted(by: signal) }
    // The notice went with the screen; a script only sees the status.
    return problem.map { StandardStreams.trouble($0) } ?? 0
  }

  /// A page shows one checkpoint, and a second one beside it.
  private static func tooMany(_ paths: [String]) -> String? {
    paths.count <= 2
      ? nil : "the dashboard takes a checkpoint and a second one to compare, not \(paths.count)"
  }

  /// An option that means nothing where the checkpoints are printed.
  private static func unusable(_ arguments: DashboardArguments) -> String? {
    if arguments.page != nil {
      return "--page needs a terminal; --snapshot WxH prints the page without one"
    }
    return arguments.theme.flatMap { name in
      unknownTheme(name, in: ThemeLibrary(folders: Installation.themeFolders))
    }
  }

  private static func refuse(_ problem: TerminalError) -> Int32 {
    StandardStreams.trouble(
      "\(problem); \(problem.remedy); `clipscope ls PATH` and `clipscope info PATH` work everywhere"
    )
  }

  // MARK: Themes

  /// A kept or named theme needs no question; a terminal that does not answer must not hold up the first frame.
  private static func background(_ facts: TerminalFacts, theme: String?) -> TerminalQuery.Answer {
    if theme != nil || Dashboard.keptTheme != nil { return TerminalQuery.Answer() }
    return TerminalQuery.background(facts: facts, timeoutMilliseconds: 20)
  }

  /// Returns what is wrong with the theme that was asked for.
  private static func chooseTheme(
    _ options: inout Dashboard.Options, _ arguments: DashboardArguments, isDark: Bool?,
    depth: ColorDepth
  ) -> String? {
    let library = ThemeLibrary(folders: Installation.themeFolders)
    options.themes = library.themes
    options.theme = ThemeLibrary.standard(isDark: isDark, depth: depth).name
    if let name = arguments.theme {
      if let message = unknownTheme(name, in: library) { return message }
      options.theme = name
    } else if let kept = Dashboard.keptTheme, library.themes.contains(where: { $0.name == kept }) {
      options.theme = kept
    }
    return nil
  }

  private static func unknownTheme(_ name: String, in library: ThemeLibrary) -> String? {
    let names = library.themes.map(\.name)
    guard !names.contains(name) else { return nil }
    let question = NearMatch.question(name, in: names)
    return "there is no theme `\(name)`"
      + (question.isEmpty ? "; `clipscope themes` lists them" : question)
  }

  // MARK: Snapshots

  private static func snapshot(
    _ arguments: DashboardArguments, _ base: Dashboard.Options
  ) -> Int32 {
    if let message = tooMany(arguments.paths) { return CommandLineProgram.usageError(message) }
    var options = base
    options.keepsState = false
    if let message = chooseTheme(&options, arguments, isDark: true, depth: .trueColor) {
      return CommandLineProgram.usageError(message)
    }
    if arguments.isASCIIOnly { options.symbols = .ascii }
    let size = arguments.snapshot.map { Size(columns: $0.columns, rows: $0.rows) }
    let (page, problem) = Dashboard.snapshot(
      size: size ?? Size(columns: 120, rows: 40), options: options)
    if let problem { return StandardStreams.trouble(problem) }
    guard let file = arguments.snapshotPNG else {
      return StandardStreams.show(page.plainText())
    }
    guard let picture = page.png() else { return StandardStreams.trouble("\(file): cannot draw") }
    return SnapshotFile.write(picture, to: file, isReplacing: arguments.isReplacing)
      .map { StandardStreams.trouble($0) } ?? 0
  }
}

/// The terminal as the dashboard wants it.
final class Screen: Painter, EventSource, TerminalControl {
  private let session: TerminalSession
  /// The signal that ended the dashboard.
  private(set) var endingSignal: Int32?

  init(session: TerminalSession) { self.session = session }

  var size: Size { session.size }
  var graphics: CellPixels? { session.graphics }

  func present(_ page: CellBuffer, cursor: Point?) { session.present(page, cursor: cursor) }

  func events(within milliseconds: Int?) -> [InputEvent] {
    let events = session.events(timeoutMilliseconds: milliseconds)
    // One that was answered with a question ends nothing.
    endingSignal = nil
    for case .signal(let number) in events { endingSignal = number }
    return events
  }

  func copy(_ text: String) { session.copy(text) }
  func suspend() { raise(SIGTSTP) }
  func redraw() { session.redrawAll() }
}
