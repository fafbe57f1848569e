import Cells
import ScopeEngine

extension State {
  /// Keys and mouse while something lies over the page.
  mutating func takeInOverlay(_ event: InputEvent) -> [Effect] {
    guard let overlay = overlays.last else { return [] }
    if case .key(.character("z"), .control) = event { return [.suspend] }
    if case .key(.character("l"), .control) = event { return [.redraw] }
    if case .key(.escape, _) = event { return closeOverlay() }
    if case .key(.character("c"), .control) = event { return closeOverlay() }
    switch overlay {
    case .help(let help): return take(event, help)
    case .palette(let palette): return take(event, palette)
    case .themes(let picker): return take(event, picker)
    case .files(let picker): return take(event, picker)
    case .message(let message): return take(event, message)
    case .choice(let choice): return take(event, choice)
    case .export(let export): return take(event, export)
    case .viewer(let viewer): return take(event, viewer)
    }
  }

  mutating func closeOverlay() -> [Effect] {
    guard let closed = overlays.popLast() else { return [] }
    switch closed {
    case .files: return stop(.folder) + stop(.compare)
    case .viewer: return stop(.text)
    default: return []
    }
  }

  mutating func replaceOverlay(_ overlay: Overlay) {
    if !overlays.isEmpty { overlays[overlays.count - 1] = overlay }
  }

  /// Where the pieces of the overlay on top stand.
  var overlayLayout: OverlayLayout { OverlayLayout(size, overlays.last) }

  // MARK: One for each kind

  private mutating func take(_ event: InputEvent, _ help: HelpState) -> [Effect] {
    var help = help
    let height = overlayLayout.list.rows
    let count = HelpText.lines(self, columns: overlayLayout.list.columns, symbols: symbols).count
    var list = ListCursor(selected: help.top, top: help.top)
    switch Self.scrolling(event) {
    case .some(let step):
      switch step {
      case .by(let rows): list.scroll(rows, count: count, height: height)
      case .pages(let pages): list.scroll(pages * max(height - 1, 1), count: count, height: height)
      case .halfPages(let halves):
        list.scroll(halves * max(height / 2, 1), count: count, height: height)
      case .first: list.top = 0
      case .last: list.top = max(count - height, 0)
      }
    case nil:
      if Self.isClosing(event) { return closeOverlay() }
    }
    help.top = list.top
    replaceOverlay(.help(help))
    return []
  }

  private mutating func take(_ event: InputEvent, _ message: MessageState) -> [Effect] {
    if case .mouse(let mouse) = event, mouse.kind != .press { return [] }
    switch event {
    case .key(.enter, _), .text, .mouse: return closeOverlay()
    default: return []
    }
  }

  private mutating func take(_ event: InputEvent, _ palette: PaletteState) -> [Effect] {
    var palette = palette
    let height = overlayLayout.list.rows
    if case .key(.enter, _) = event {
      guard palette.found.indices.contains(palette.list.selected) else { return [] }
      overlays.removeLast()
      return perform(palette.found[palette.list.selected])
    }
    if let clicked = clickedRow(event, palette.list) {
      guard palette.found.indices.contains(clicked) else { return [] }
      overlays.removeLast()
      return perform(palette.found[clicked])
    }
    if let step = Self.listStep(event) {
      palette.list.move(step, count: palette.found.count, height: height)
    } else if palette.line.take(event) {
      palette.search()
    }
    replaceOverlay(.palette(palette))
    return []
  }

  private mutating func take(_ event: InputEvent, _ picker: ThemePickerState) -> [Effect] {
    var picker = picker
    let height = overlayLayout.list.rows
    var isChosen = false
    if case .key(.enter, _) = event { isChosen = true }
    if let clicked = clickedRow(event, picker.list) {
      isChosen = clicked == picker.list.selected
      if picker.names.indices.contains(clicked) { picker.list.selected = clicked }
    } else if let step = Self.scrolling(event) {
      picker.list.move(step, count: picker.names.count, height: height)
    } else if Self.isClosing(event), !isChosen {
      return closeOverlay()
    }
    replaceOverlay(.themes(picker))
    guard isChosen, let name = picker.selectedName else { return [] }
    theme = name
    overlays.removeLast()
    return [.keepTheme(name)] + say(.success, "theme: \(name)")
  }

  private mutating func take(_ event: InputEvent, _ choice: ChoiceState) -> [Effect] {
    var choice = choice
    var chosen: Int?
    switch event {
    case .key(.enter, _): chosen = choice.selected
    case .text(let text): chosen = choice.options.firstIndex { $0.key == text }
    default:
      if let clicked = clickedRow(event, ListCursor()) { chosen = clicked }
    }
    if let chosen, choice.options.indices.contains(chosen) {
      overlays.removeLast()
      return answer(choice.options[chosen].answer)
    }
    if case .text("q") = event { return closeOverlay() }
    if let step = Self.scrolling(event) {
      var list = ListCursor(selected: choice.selected)
      list.move(step, count: choice.options.count, height: choice.options.count)
      choice.selected = list.selected
    }
    replaceOverlay(.choice(choice))
    return []
  }

  private mutating func answer(_ answer: ChoiceState.Answer) -> [Effect] {
    switch answer {
    case .copy(let text):
      return [.copy(text)] + say(.success, "copied \(text.count) characters to the clipboard")
    case .quit: return leave()
    case .stay: return []
    }
  }

  private mutating func take(_ event: InputEvent, _ export: ExportState) -> [Effect] {
    var export = export
    switch event {
    case .key(.enter, _):
      guard !export.line.text.isEmpty else { return [] }
      let content = exportContent(export.format)
      let replace = export.existing == export.line.text
      overlays.removeLast()
      return [
        start(
          .export, .write(path: export.line.text, content, replace: replace),
          title: "export \(FilePath.name(of: export.line.text))")
      ]
    case .key(.tab, _), .key(.down, _):
      export.take(ExportFormat.allCases.neighbour(of: export.format, 1))
    case .key(.backTab, _), .key(.up, _):
      export.take(ExportFormat.allCases.neighbour(of: export.format, -1))
    default:
      if export.line.take(event) { export.existing = nil }
    }
    replaceOverlay(.export(export))
    return []
  }

  mutating func askToReplace(_ path: String) -> [Effect] {
    var export = ExportState(path: path)
    export.format = ExportFormat.allCases.first { path.hasSuffix("." + $0.ending) } ?? .text
    export.existing = path
    overlays.append(.export(export))
    return []
  }

  // MARK: Words for keys in overlays

  /// Keys that move in a list while letters are typed.
  static func listStep(_ event: InputEvent) -> ListCursor.Step? {
    switch event {
    case .key(.up, _), .key(.character("k"), .control): return .by(-1)
    case .key(.down, _), .key(.character("j"), .control): return .by(1)
    case .key(.character("p"), .control): return .by(-1)
    case .key(.character("n"), .control): return .by(1)
    case .key(.pageUp, _): return .pages(-1)
    case .key(.pageDown, _): return .pages(1)
    case .mouse(let mouse) where mouse.kind == .wheelUp: return .by(-3)
    case .mouse(let mouse) where mouse.kind == .wheelDown: return .by(3)
    default: return nil
    }
  }

  /// Keys that move where no letters are typed.
  static func scrolling(_ event: InputEvent) -> ListCursor.Step? {
    if let step = listStep(event) { return step }
    return CommandTable.command(for: event, in: [.moving]).flatMap { ListCursor.Step($0) }
  }

  static func isClosing(_ event: InputEvent) -> Bool {
    switch event {
    case .text("q"), .text("?"), .text("i"), .text("M"), .key(.enter, _), .key(.left, _),
      .text("h"):
      true
    default: false
    }
  }

  /// The row of the overlay's list that was clicked.
  func clickedRow(_ event: InputEvent, _ list: ListCursor) -> Int? {
    guard case .mouse(let mouse) = event, mouse.kind == .press, mouse.button == 1 else {
      return nil
    }
    let area = overlayLayout.list
    guard area.contains(mouse.point) else { return nil }
    return list.top + mouse.point.row - area.row
  }

  mutating func settleOverlays() {
    guard let last = overlays.last else { return }
    let layout = overlayLayout
    switch last {
    case .palette(var palette):
      palette.list.settle(count: palette.found.count, height: layout.list.rows)
      replaceOverlay(.palette(palette))
    case .themes(var picker):
      picker.list.settle(count: picker.names.count, height: layout.list.rows)
      replaceOverlay(.themes(picker))
    case .files(var picker):
      picker.list.settle(count: picker.items.count, height: layout.list.rows)
      replaceOverlay(.files(picker))
    case .viewer(var viewer):
      viewer.list.settle(count: viewer.documents.count, height: layout.list.rows)
      viewer.wrap(columns: layout.text.columns)
      viewer.top = min(max(viewer.top, 0), max(viewer.lines.count - layout.text.rows, 0))
      replaceOverlay(.viewer(viewer))
    case .help(var help):
      let count = HelpText.lines(self, columns: layout.list.columns, symbols: symbols).count
      help.top = min(max(help.top, 0), max(count - layout.list.rows, 0))
      replaceOverlay(.help(help))
    case .message, .choice, .export: break
    }
  }
}
