import Cells

/// Page 2: the keys of the checkpoint beside those of another dialect.
enum MappingPage {
  static let page = Page(
    id: .mapping, number: 2, title: "Mapping", command: .page2, needsCheckpoint: true,
    scopes: { _ in [.mapping, .moving, .everywhere] },
    hints: { state in
      let mapping = state.mapping
      if mapping.isTyping { return [.up, .activate, .cancel, .clearLine] }
      if mapping.picker != nil { return [.up, .activate, .cancel] }
      // Without rows there is nothing to move on: another target helps, or none does.
      if let answer = mapping.answer, mapping.table == nil {
        return answer.isKnown ? [.mappingTarget, .export] : [.page3, .open]
      }
      return [
        .up, .activate, .mappingTarget, .mappingFind, .mappingFilter, .mappingNextChange,
        .mappingConvert, .copy, .export,
      ]
    },
    titles: { state in state.mapping.picker == nil ? [.activate: "tensor"] : [:] },
    takeText: { state, event in state.takeMappingText(event) },
    isTyping: { state in state.mapping.isTyping },
    perform: { state, command in state.performOnMapping(command) },
    takeMouse: { state, mouse in state.takeMappingMouse(mouse) },
    draw: { state, canvas in MappingView.draw(state, canvas) })
}
