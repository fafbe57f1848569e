import Cells

/// The keys of the last line, with the columns that they take.
enum FrameHints {
  struct Hint: Equatable, Sendable {
    var key: String
    var title: String
    var command: CommandID
    var columns: Range<Int>
  }

  /// As many as fit, most important first; help and quit stay but where their letters are text.
  ///
  /// None below an overlay, which takes every key and names its own.
  static func hints(
    _ state: State, columns: Int, symbols: Symbols
  ) -> [Hint] {
    guard state.overlays.isEmpty else { return [] }
    let page = Pages.page(state.page)
    let always: [CommandID] = page.isTyping(state) ? [] : [.help, .palette, .quit]
    var wanted = page.hints(state).filter { !always.contains($0) }
    var titles = page.titles(state)
    if page.isTyping(state) { titles[.activate] = "done" }
    while true {
      let hints = place(wanted + always, titles, symbols)
      if wanted.isEmpty || (hints.last?.columns.upperBound ?? 0) <= columns - 1 { return hints }
      wanted.removeLast()
    }
  }

  /// - Parameter titles: what commands are called here, where that is not their name in the table.
  private static func place(
    _ commands: [CommandID], _ titles: [CommandID: String], _ symbols: Symbols
  ) -> [Hint] {
    var column = 1
    var hints: [Hint] = []
    for id in commands {
      guard let command = CommandTable.command(id), let key = command.keys.first else { continue }
      // Two keys that belong together, with the word for both.
      let (label, title) =
        switch id {
        case .up: (symbols.arrowUp + symbols.arrowDown, "move")
        case .left: (symbols.arrowLeft + symbols.arrowRight, "change")
        default: (key.label(symbols), titles[id] ?? command.title)
        }
      let width = SafeText.columns(of: label) + 1 + title.count
      hints.append(
        Hint(
          key: label, title: title, command: id == .left ? .right : id,
          columns: column..<column + width))
      column += width + 2
    }
    return hints
  }
}
