import Cells

/// A folder of snapshots as one: each tensor over the training, largest movers first.
///
/// Has no number of its own: it belongs to the tree of the newest snapshot, from where `E` leads here.
enum EpochsPage {
  static let page = Page(
    id: .epochs, number: nil, title: "Epochs", command: .epochs, needsCheckpoint: true,
    scopes: { _ in [.epochs, .moving, .everywhere] },
    hints: { state in
      if state.epochs.isTyping { return [.up, .activate, .cancel, .clearLine] }
      return [
        .up, .activate, .epochsFind, .epochsSort, .epochsScale, .cancel, .copy, .export, .epochsRun,
      ]
    },
    titles: { _ in [.activate: "tensor"] },
    takeText: { state, event in state.takeEpochsText(event) },
    isTyping: { state in state.epochs.isTyping },
    perform: { state, command in state.performOnEpochs(command) },
    takeMouse: { state, mouse in state.takeEpochsMouse(mouse) },
    draw: { state, canvas in EpochsView.draw(state, canvas) })
}
