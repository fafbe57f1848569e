import ScopeEngine

/// One stop of the tour, as a row of the table `all`.
struct TourStep: Sendable {
  var sentence: String
  var page: PageID
  /// What must be open; nil where the materials lack it, and the step is left out.
  var checkpoint: @Sendable (TourMaterials) -> String?
  /// Does on the page what the sentence speaks of.
  var arrange: @Sendable (inout State, TourMaterials) -> [Effect]

  private init(
    _ page: PageID, _ sentence: String,
    on checkpoint: @escaping @Sendable (TourMaterials) -> String? = { $0.model },
    arrange: @escaping @Sendable (inout State, TourMaterials) -> [Effect] = { _, _ in [] }
  ) {
    self.sentence = sentence
    self.page = page
    self.checkpoint = checkpoint
    self.arrange = arrange
  }

  static let all: [TourStep] = [
    TourStep(
      .tree,
      "A small CLIP that was really trained: all tensors as a tree, with sums on every branch."),
    TourStep(
      .tree,
      "One tensor: statistics, histogram, singular values, and a heat map of any slice of it.",
      arrange: { state, _ in state.revealOnTour(suffix: mixedTensor) }),
    TourStep(
      .mapping,
      "Its keys beside those of Transformers: here one tensor becomes queries, keys and values.",
      arrange: { state, _ in
        state.mapping.wantedEntry = state.entryOnTour(suffix: mixedTensor)
        return state.selectWanted()
      }),
    TourStep(
      .convert,
      "The plan of a conversion into a temporary folder; nothing is written before you start it.",
      arrange: { state, materials in state.planOnTour(to: materials.output) }),
    TourStep(
      .convert,
      "Started: every byte is read back, and both models must give the same features.",
      arrange: { state, materials in state.convertOnTour(to: materials.output) }),
    TourStep(
      .rope,
      "A second model turns queries and keys by their position: waves, grid, what a patch sees.",
      on: { $0.rotary }),
    TourStep(
      .attention,
      "Where the class token looks in the last layer; [ and ] change the layer, . the head.",
      arrange: { state, materials in
        state.attention.picture = materials.samples.pictures.first?.path
        state.attention.asked = nil
        return []
      }),
    TourStep(
      .inference,
      "Pictures against labels it was never told to choose from: the bars are probabilities.",
      arrange: { state, materials in
        state.inference.offer(materials.samples)
        return state.showInference()
      }),
    TourStep(
      .epochs,
      "Snapshots of its training as one: what moved most, and how many pictures each names.",
      on: { $0.epochs }),
    TourStep(
      .tree,
      "That was all: ? lists the keys of a page, : finds commands, o opens a file of yours."),
  ]

  /// A tensor that the mapping splits, in every dialect that has one.
  private static let mixedTensor = "resblocks.0.attn.in_proj_weight"
}

extension State {
  /// Index of the first tensor whose name ends so.
  func entryOnTour(suffix: String) -> Int? {
    tree.model?.catalog.entries.firstIndex { $0.name.hasSuffix(suffix) }
  }

  mutating func revealOnTour(suffix: String) -> [Effect] {
    guard let model = tree.model, let index = entryOnTour(suffix: suffix),
      let node = model.node(named: model.catalog.entries[index].name)
    else { return [] }
    tree.reveal(node)
    settleTree()
    return restartRest()
  }

  /// A plan to Transformers, unless the conversion was already made.
  mutating func planOnTour(to output: String) -> [Effect] {
    convert.form.target = .transformers
    convert.form.isTargetOwn = true
    convert.form.isVerifying = true
    convert.form.set(.output, to: output)
    convert.sheet = .plan
    convert.top = 0
    return convert.targets == nil ? [] : askForPlan()
  }

  mutating func convertOnTour(to output: String) -> [Effect] {
    guard !convert.history.contains(where: { $0.order.output == output }) else { return [] }
    return planOnTour(to: output) + startConversion()
  }
}
