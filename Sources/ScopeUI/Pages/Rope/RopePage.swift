import Cells
import Inference
import ScopeEngine

/// Page 4: rotary embeddings and learned position tables; works with nothing open.
enum RopePage {
  static let page = Page(
    id: .rope, number: 4, title: "RoPE", command: .page4, needsCheckpoint: false,
    scopes: { _ in [.rope, .moving, .everywhere] },
    hints: { state in
      if state.rope.picker != nil { return [.up, .activate, .cancel] }
      var hints: [CommandID] =
        state.rope.focus == .fields ? [.up, .left, .focusNext] : [.up, .focusNext]
      hints.append(.ropeSources)
      if state.rope.table == nil {
        hints += [.ropeNextChannel, .ropeView, .ropeScaling, .ropeLarger, .ropeCompare]
        if state.rope.grid.frames > 1 { hints.append(.ropeNextFrame) }
      } else {
        hints.append(.ropeLarger)
      }
      return hints + [.ropeReset, .export]
    },
    takeText: { _, _ in nil },
    perform: { state, command in state.performOnRope(command) },
    takeMouse: { state, mouse in state.takeRopeMouse(mouse) },
    draw: { state, canvas in RopeView.draw(state, canvas) })
}
