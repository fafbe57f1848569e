import Cells
import Inference
import ScopeEngine
import Testing

@testable import ScopeUI

/// What docs/keys.md promises: it is made of the table of commands, and here every key of the table is pressed.
@Suite("Every documented key does something") struct KeyBehaviourTests {
  /// Pages with something on them, and the cursor in the middle of it.
  private static func states() async throws -> [State] {
    var tree = PageSnapshotTests.tensor(120, 40)
    tree.press("/", "i", "n", "enter")
    var detail = PageSnapshotTests.tensor(120, 40)
    detail.press("tab", "+", "down", "right", "down", "right")
    var convolution = State.showing(
      SampleCatalogs.training { $0.weightsRoot = ["state_dict"] }, columns: 120, rows: 40)
    if let node = convolution.tree.model?.node(named: "state_dict.visual.conv1.weight") {
      convolution.tree.reveal(node)
    }
    convolution.settle()
    convolution.press("tab", ".")
    var mapping = try State.mapping(SampleMappings.clip())
    mapping.press("down", "down", "down")
    var convert = try State.convert(SampleMappings.clip())
    convert.press("down", "down")
    var converting = convert
    converting.press("s")
    var attention = State.attention()
    attention.press("down", "right", ".", ".", "[")
    var start = PageSnapshotTests.startState(120, 40)
    var rope = State.rope()
    let clip = RotaryPreset.all.firstIndex { $0.name == "vjepa2-l" }
    rope.rope.choose(.preset(try #require(clip)))
    rope.press("]", ".", "+")
    var frames = State.attention()
    if let request = frames.attention.asked {
      frames.finish(.attention, .attention(SampleAttention.capture(request, frames: 2)))
    }
    var later = frames
    later.press(")")
    start.press("down")
    var epochs = try await EpochsPageTests.shown()
    epochs.press("down", "down")
    var tour = PageSnapshotTests.tensor(120, 40)
    tour.tour = TourState(
      TourMaterials(
        model: tour.opened?.path ?? "", rotary: nil, epochs: nil,
        samples: EpochsPageTests.samples, output: "/tmp/none"))
    var inference = InferencePageTests.scored()
    inference.press("tab")
    var typing = State.inference()
    typing.press("n", "a", "b", "left")
    return [
      PageSnapshotTests.tensor(120, 40), tree, detail, convolution, mapping, convert, converting,
      .rope(), rope,
      PageSnapshotTests.startState(120, 40),
      attention, frames, later, InferencePageTests.scored(), inference, start, epochs, tour, typing,
    ]
  }

  @Test("A key of the table leads to its command where it says so, and something happens")
  func everyKey() async throws {
    let states = try await Self.states()
    for command in CommandTable.commands where Pages.leadsSomewhere(command.id) {
      for key in command.keys {
        var isBound = false
        var didAct = false
        for state in states {
          var scopes = Pages.page(state.page).scopes(state)
          if state.tour != nil { scopes.insert(.tour, at: 0) }
          if Pages.page(state.page).isTyping(state) { scopes.insert(.line, at: 0) }
          guard CommandTable.command(for: key.event, in: scopes) == command.id else {
            continue
          }
          isBound = true
          var after = state
          let effects = update(&after, .input(key.event))
          // To say why nothing happened is no deed.
          let isIdle =
            after.toast != nil && after.toast?.text == state.idleSentence(key.event)
          if !isIdle, !effects.isEmpty || after != state { didAct = true }
        }
        #expect(isBound, "\(key.label()) leads nowhere: \(command.id)")
        #expect(didAct, "\(key.label()) does nothing anywhere: \(command.id)")
      }
    }
  }

  @Test("The commands of a page are all carried out by it") func everyCommand() async throws {
    for state in try await Self.states() {
      let page = Pages.page(state.page)
      let own = Set(page.scopes(state)).subtracting([.moving, .everywhere])
      for command in CommandTable.commands where own.contains(command.scope) {
        var copy = state
        #expect(
          page.perform(&copy, command.id) != nil || command.id == .demo,
          "\(page.id): \(command.id)")
      }
    }
  }
}
