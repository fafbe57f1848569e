import Cells

/// Page 1: the checkpoint as a tree, and the selected tensor's pane.
enum TreePage {
  static let page = Page(
    id: .tree, number: 1, title: "Tree", command: .page1, needsCheckpoint: true,
    scopes: { state in
      state.tree.focus == .detail
        ? [.detail, .treePage, .moving, .everywhere] : [.tree, .treePage, .moving, .everywhere]
    },
    hints: hints,
    takeText: { state, event in state.takeFindText(event) },
    isTyping: { state in state.tree.find?.isEditing == true },
    perform: { state, command in state.performInTree(command) },
    takeMouse: { state, mouse in state.takeTreeMouse(mouse) },
    draw: { state, canvas in
      TreeView.draw(state, canvas)
      DetailView.draw(state, canvas)
    })

  @Sendable private static func hints(_ state: State) -> [CommandID] {
    if state.tree.find?.isEditing == true { return [.up, .activate, .cancel, .clearLine] }
    if state.tree.focus == .detail {
      var hints: [CommandID] = [.up, .focusNext, .spectrum, .zoomIn, .rowAxis, .columnAxis]
      if state.tree.detail.slice?.heldAxis != nil {
        hints += [.nextIndex, .previousIndex, .heldAxis]
      }
      return hints + [.scaleKind, .colorScale, .copy, .export]
    }
    var hints: [CommandID] = [.up, .right, .find]
    if state.opened?.series.isEmpty == false { hints.append(.epochs) }
    if state.tree.find != nil { hints += [.cancel, .findNext] }
    hints += [.sort, .mark]
    hints.append(state.tree.comparison == nil ? .compare : .nextDifference)
    hints += [.focusNext, .metadata, .copy, .export, .open, .theme]
    return hints
  }
}
