import Cells
import ScopeEngine

/// Page 5: where the model looks.
enum AttentionPage {
  static let page = Page(
    id: .attention, number: 5, title: "Attention", command: .page5, needsCheckpoint: true,
    scopes: { _ in [.attention, .moving, .everywhere] },
    hints: { state in
      if state.attention.typing != nil { return [.up, .activate, .cancel] }
      guard let capture = state.attention.capture else {
        let missing: [CommandID] =
          switch state.attention.problem?.problem.lack {
          case .activation: [.attentionActivation]
          case .heads: [.attentionHeads]
          case .tokenizer: [.attentionTokenizer]
          case .imageTower, .textTower, .logitScale, nil: []
          }
        return missing + [
          .up, .activate, .attentionPicture, .attentionText, .attentionTower, .attentionRun, .open,
        ]
      }
      var hints: [CommandID] = [
        .up, .attentionHere, .attentionNextLayer, .attentionNextHead, .attentionMethod,
        .attentionPicture, .attentionText, .focusNext, .attentionTower, .attentionSide,
        .attentionFrom, .export,
      ]
      if capture.view.pooling != nil { hints.insert(.attentionPool, at: 5) }
      if state.attention.focus == .fields { hints.insert(.left, at: 1) }
      return hints
    },
    takeText: { state, event in state.takeAttentionText(event) },
    isTyping: { state in state.attention.typing != nil },
    perform: { state, command in state.performOnAttention(command) },
    takeMouse: { state, mouse in state.takeAttentionMouse(mouse) },
    draw: { state, canvas in AttentionPageView.draw(state, canvas) })
}
