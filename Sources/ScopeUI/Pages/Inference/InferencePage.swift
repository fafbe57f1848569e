import Cells
import ScopeEngine

/// Page 6: the model at work: zero-shot scores, similarities, what the image tower sees, and how fast it is.
enum InferencePage {
  static let page = Page(
    id: .inference, number: 6, title: "Inference", command: .page6, needsCheckpoint: true,
    scopes: { _ in [.inference, .moving, .everywhere] },
    hints: hints,
    takeText: { state, event in state.takeInferenceText(event) },
    isTyping: { state in state.inference.edit != nil },
    perform: { state, command in state.performOnInference(command) },
    takeMouse: { state, mouse in state.takeInferenceMouse(mouse) },
    draw: { state, canvas in InferenceView.draw(state, canvas) })

  @Sendable private static func hints(_ state: State) -> [CommandID] {
    let inference = state.inference
    if inference.edit != nil { return [.activate, .cancel, .clearLine] }
    if inference.outlook?.refusal != nil { return [.open] }
    let (hasPictures, hasTexts) = (
      inference.obstacle(to: .vision) == nil, inference.obstacle(to: .text) == nil
    )
    var hints: [CommandID] = [.up, .focusNext]
    if hasPictures { hints.append(.inferenceAdd) }
    if hasTexts { hints.append(.inferenceNewLabel) }
    if inference.modelProblem?.lack == .activation {
      hints.insert(.inferenceActivation, at: 0)
    }
    if inference.textProblem?.lack == .tokenizer, !inference.labels.isEmpty {
      hints.insert(.inferenceTokenizer, at: 0)
    }
    if hasTexts { hints.append(.inferenceTemplate) }
    if !inference.pictures.isEmpty || !inference.labels.isEmpty { hints.append(.inferenceRemove) }
    hints += [.inferenceMatrix, .inferenceValues, .inferenceSort, .inferenceRun]
    return hints + [.copy, .export]
  }
}
