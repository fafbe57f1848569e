import Cells

/// Page 2: the keys of the checkpoint beside those of another dialect.
enum MappingPage {
  static let page = Page(
    id: .mapping, number: 2, title: "Mapping", command: .page2, needsCheckpoint: true,
    scopes: { _ in [.mapping, .moving, .everywhere] },
    hints: { state in
      if state.mapping.isTyping || state.mapping.picker != nil { return [.up, .activate, .cancel] }
      return [
        .up, .activate, .mappingTarget, .mappingFind, .mappingFilter, .mappingNextChange,
        .mappingConvert, .copy, .export,
      ]
    },
    takeText: { state, event in state.takeMappingText(event) },
    isTyping: { state in state.mapping.isTyping },
    perform: { state, command in state.performOnMapping(command) },
    takeMouse: { state, mouse in state.takeMappingMouse(mouse) },
    draw: { state, canvas in MappingView.draw(state, canvas) })
}
