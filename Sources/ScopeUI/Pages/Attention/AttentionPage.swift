import Cells
import ScopeEngine

/// Page 5: where the model looks.
enum AttentionPage {
  static let page = Page(
    id: .attention, number: 5, title: "Attention", command: .page5, needsCheckpoint: true,
    scopes: { _ in [.attention, .moving, .everywhere] },
    hints: { state in
      let attention = state.attention
      if let typing = attention.typing {
        // The arrows take pictures from beside the model and from page 6.
        let hasList = typing.purpose == .picture && !attention.pictures.isEmpty
        return (hasList ? [.up] : []) + [.activate, .cancel, .clearLine]
      }
      if attention.outlook?.refusal != nil { return [.open] }
      let lacking = attention.commandsWithoutTower
      guard let capture = attention.capture else {
        let missing: [CommandID] =
          switch attention.problem?.problem.lack {
          case .activation: [.attentionActivation]
          case .heads: [.attentionHeads]
          case .tokenizer: [.attentionTokenizer]
          case .imageTower, .textTower, .logitScale, nil: []
          }
        let hasList = attention.side == .picture && !attention.pictures.isEmpty
        let hints: [CommandID] =
          (hasList ? [.up, .activate] : []) + [
            .attentionPicture, .attentionText, .attentionTower, .attentionRun, .open,
          ]
        return missing + hints.filter { !lacking.contains($0) }
      }
      var hints: [CommandID] = [
        .up, .attentionHere, .attentionNextLayer, .attentionNextHead, .attentionMethod,
        .attentionPicture, .attentionText, .focusNext, .attentionTower, .attentionSide,
        .attentionFrom, .export,
      ]
      if capture.view.pooling != nil { hints.insert(.attentionPool, at: 5) }
      if attention.focus == .fields { hints.insert(.left, at: 1) }
      return hints.filter { !lacking.contains($0) }
    },
    takeText: { state, event in state.takeAttentionText(event) },
    isTyping: { state in state.attention.typing != nil },
    perform: { state, command in state.performOnAttention(command) },
    takeMouse: { state, mouse in state.takeAttentionMouse(mouse) },
    draw: { state, canvas in AttentionPageView.draw(state, canvas) })
}
