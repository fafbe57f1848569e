import Cells
import Inference
import ScopeEngine

/// Why a key changed nothing, for the line of news.
extension State {
  /// What to say of a key that had no effect on this state.
  ///
  /// - Returns: nil for what is no key, for text that is typed, and for moving at the end of a list, which needs no word.
  func idleSentence(_ event: InputEvent) -> String? {
    guard overlays.isEmpty, tour == nil, !FrameLayout(size).isTooSmall, let chord = KeyChord(event)
    else { return nil }
    let page = Pages.page(self.page)
    var typing = self
    guard page.takeText(&typing, event) == nil else { return nil }
    guard let id = CommandTable.command(for: event, in: page.scopes(self)),
      let command = CommandTable.command(id)
    else {
      var isNamed = chord.text?.isEmpty == false || chord.modifiers == .control
      if case .function = chord.key { isNamed = true }
      guard isNamed else { return nil }
      return "\(chord.label()) does nothing on this page; ? lists its keys"
    }
    guard command.scope != .moving else { return nil }
    return idleReason(id) ?? "\(command.title): there is nothing to change"
  }

  private func idleReason(_ command: CommandID) -> String? {
    switch command {
    case .page1, .page2, .page3, .page4, .page5, .page6, .epochs: return "this page is on show"
    case .findNext, .findPrevious: return "there is no other match"
    case .mappingNextChange, .mappingPreviousChange: return "there is no row on show"
    case .heldAxis, .nextIndex, .previousIndex, .forwardIndex, .backIndex:
      guard let slice = tree.detail.slice else { return nil }
      return slice.heldAxis == nil
        ? "this tensor has no axis beside those of the heat map"
        : command == .heldAxis ? "there is one such axis" : "the axis ends here"
    case .rowAxis, .columnAxis: return "this tensor has one axis"
    case .zoomIn: return "the heat map shows single values already"
    case .zoomOut, .zoomReset: return "the heat map shows the whole slice already"
    case .spectrum: return "the singular values are there already"
    case .ropeNextFrame, .ropePreviousFrame, .ropeQueryFrame:
      return rope.grid.frames > 1 ? "there is no further frame" : "this embedding has one frame"
    case .ropeThetaUp, .ropeThetaDown: return "theta goes no further"
    case .ropeLarger, .ropeSmaller: return "the grid goes no further"
    case .attentionNextFrame, .attentionPreviousFrame:
      return attention.capture.map { $0.frames > 1 } == true
        ? "there is no further frame" : "a picture has one frame"
    case .attentionNextLayer: return "this is the last layer"
    case .attentionPreviousLayer: return "this is the first layer"
    case .attentionNextHead: return "this is the last head"
    case .attentionPreviousHead: return "this is the first choice of heads"
    case .attentionMoreMap, .attentionLessMap: return "the map goes no further"
    case .attentionFrom: return "the pooling head looks from nowhere else"
    case .attentionRun: return attention.missingInput
    default: return nil
    }
  }
}

extension AttentionState {
  /// Why a command of the page leads nowhere with this model; nil where it may lead somewhere.
  func lack(for command: CommandID) -> String? {
    if let refusal = outlook?.refusal {
      return command == .activate || CommandTable.command(command)?.scope == .attention
        ? refusal : nil
    }
    return switch command {
    case .attentionPicture: lack(of: .picture)
    case .attentionText: lack(of: .text)
    case .attentionTower: AttentionRequest.Side.allCases.compactMap { lack(of: $0) }.first
    default: nil
    }
  }

  /// Commands of a tower that the model lacks, which are not to be offered.
  var commandsWithoutTower: [CommandID] {
    [.attentionPicture, .attentionText, .attentionTower].filter { lack(for: $0) != nil }
  }

  /// What has to be chosen before there is attention to look at, with its key; nil where nothing is missing.
  var missingInput: String? {
    switch side {
    case .picture: picture == nil ? "choose a picture first (i)" : nil
    case .text: text.isEmpty ? "type a text first (t)" : nil
    }
  }

  /// Commands that change how attention is shown.
  static let changesOfView: Set<CommandID> = [
    .attentionNextLayer, .attentionPreviousLayer, .attentionNextHead, .attentionPreviousHead,
    .attentionHere, .attentionFrom, .attentionPool, .attentionDiscardMore, .attentionDiscardLess,
    .attentionNextFrame, .attentionPreviousFrame, .attentionMoreMap, .attentionLessMap,
  ]
}
