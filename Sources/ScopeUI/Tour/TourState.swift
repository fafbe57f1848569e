package import ScopeEngine

/// What the guided tour shows things on; made by whoever starts it.
package struct TourMaterials: Equatable, Sendable {
  /// Checkpoint of a CLIP model.
  package var model: String
  /// Checkpoint with rotary positions; nil leaves its step out.
  package var rotary: String?
  /// Folder of snapshots; nil leaves its step out.
  package var epochs: String?
  /// Pictures and labels of `model`.
  package var samples: LabelledPictures
  /// Folder that the conversion makes.
  package var output: String

  package init(
    model: String, rotary: String?, epochs: String?, samples: LabelledPictures, output: String
  ) {
    self.model = model
    self.rotary = rotary
    self.epochs = epochs
    self.samples = samples
    self.output = output
  }

  /// The demo that comes with the program.
  ///
  /// - Throws: `CheckpointError` where it is not installed or damaged.
  package init(demo: DemoModels, output: String) throws(CheckpointError) {
    guard let first = demo.models.first else {
      throw .unrecognised(path: demo.folder, reason: "the demo has no model")
    }
    self.init(
      model: first.path, rotary: demo.models.dropFirst().first?.path,
      epochs: demo.models.lazy.compactMap(\.epochs).first, samples: first.samples, output: output)
  }

  /// All steps, one a line: for where there is no terminal.
  package var plainText: String {
    let steps = TourState(self).steps
    return steps.enumerated().map { index, step in
      let title = Pages.page(step.page).title
      return "\(index + 1)/\(steps.count) \(title): \(step.sentence)\n"
    }.joined()
  }
}

/// The guided tour: a sentence a step, and a page on which the thing it speaks of is done.
struct TourState: Equatable, Sendable {
  let materials: TourMaterials
  private(set) var index = 0
  /// True until the checkpoint of the step is open.
  var isWaiting = false

  init(_ materials: TourMaterials) { self.materials = materials }

  var steps: [TourStep] { TourStep.all.filter { $0.checkpoint(materials) != nil } }
  var step: TourStep { steps[min(index, steps.count - 1)] }
  var isAtEnd: Bool { index >= steps.count - 1 }

  mutating func move(by distance: Int) {
    index = min(max(index + distance, 0), steps.count - 1)
  }

  /// `3/9 sentence`.
  var text: String { "\(index + 1)/\(steps.count) \(step.sentence)" }
}
