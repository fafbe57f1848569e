import Cells

/// Page 3: writes the checkpoint in another dialect or container.
enum ConvertPage {
  static let page = Page(
    id: .convert, number: 3, title: "Convert", command: .page3, needsCheckpoint: true,
    scopes: { _ in [.convert, .moving, .everywhere] },
    hints: { state in
      if state.convert.line != nil { return [.activate, .cancel, .clearLine] }
      var hints: [CommandID] = state.convert.isRunning ? [.convertStop] : []
      switch state.convert.focus {
      case .form:
        hints += [.up, .convertNext]
        if state.convert.field.isText || state.convert.field == .start { hints.append(.activate) }
      case .sheet, .history: hints += [.up, .activate, .cancel]
      }
      if !state.convert.isRunning { hints.append(.convertStart) }
      hints += [.focusNext]
      if let record = state.convert.shownRecord {
        hints.append(.convertPlan)
        if case .done = record.phase { hints.append(.convertOpen) }
      }
      return hints + [.copy, .export]
    },
    titles: { state in
      switch state.convert.focus {
      case .form: [.activate: state.convert.field == .start ? "start" : "edit"]
      case .sheet, .history: [.activate: "read"]
      }
    },
    takeText: { state, event in state.takeConvertText(event) },
    isTyping: { state in state.convert.line != nil },
    perform: { state, command in state.performInConvert(command) },
    takeMouse: { state, mouse in state.takeConvertMouse(mouse) },
    draw: { state, canvas in ConvertView.draw(state, canvas) })
}
