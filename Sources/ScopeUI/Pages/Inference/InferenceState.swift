import Cells
import Inference
import ScopeEngine

/// The page that runs the model: pictures, labels, and how they fit.
///
/// Features are kept by picture and by text, so that a new label costs one text and no picture.
struct InferenceState: Equatable, Sendable {
  struct Picture: Equatable, Sendable {
    var path: String
    var features: PictureFeatures?
    /// Why it cannot be run.
    var problem: String?
  }

  enum Focus: Equatable, Sendable { case pictures, labels, matrix }

  /// The line that is being typed, and what it is for.
  struct Edit: Equatable, Sendable {
    enum Purpose: Equatable, Sendable {
      case pictures
      case newLabels
      case label(Int)
      case template
      case tokenizer
    }

    var purpose: Purpose
    var line: InputLine
  }

  private(set) var pictures: [Picture] = []
  private(set) var labels: [String] = []
  private(set) var template = "a photo of a {}"
  private(set) var texts: [String: TextFeatures] = [:]
  private(set) var choice = ModelChoice()
  /// What of the checkpoint can be run; nil while that is not known.
  private(set) var outlook: ModelOutlook?
  private(set) var model: RunModel?
  private(set) var scores = InferenceScores()
  /// Labels as the bars show them, by index.
  private(set) var order: [Int] = []

  /// What keeps the model from being loaded.
  var modelProblem: ModelProblem?
  var textProblem: ModelProblem?
  var pictureProblem: ModelProblem?
  private(set) var previews: [String: PicturePreview] = [:]
  private(set) var previewProblems: [String: String] = [:]
  /// Pictures that the run under way could not use.
  private(set) var newlyBroken: [String] = []
  /// The picture whose preview is being made.
  var previewPath: String?

  var list = ListCursor()
  /// Index into `labels`.
  var label = 0
  var labelTop = 0
  var focus = Focus.pictures
  var values = InferenceScores.Values.similarity
  var isSorted = true
  /// The matrix takes the place of the bars.
  var showsMatrix = false
  var edit: Edit?

  // MARK: What is there

  /// Why nothing can be run through a tower; nil where something may be.
  func obstacle(to tower: Tower) -> String? {
    if let obstacle = outlook?.obstacle(to: tower) { return obstacle }
    return tower == .vision && outlook?.takesClips == true
      ? "the image tower takes clips of frames, which page 5 looks at" : nil
  }

  var selectedPicture: Picture? {
    pictures.indices.contains(list.selected) ? pictures[list.selected] : nil
  }

  /// What the text tower reads for a label.
  func text(of label: Int) -> String {
    labels.indices.contains(label) ? ZeroShot.text(labels[label], in: template) : ""
  }

  /// What has no features yet; nil when nothing is missing.
  var missing: InferenceRequest? {
    var seen = Set<String>()
    let wanted =
      obstacle(to: .text) != nil
      ? []
      : labels.indices.map { text(of: $0) }
        .filter { texts[$0] == nil && seen.insert($0).inserted }
    let paths =
      obstacle(to: .vision) != nil
      ? [] : pictures.filter { $0.features == nil && $0.problem == nil }.map(\.path)
    guard !wanted.isEmpty || !paths.isEmpty else { return nil }
    return InferenceRequest(choice: choice, pictures: paths, texts: wanted)
  }

  /// Everything that stands in the way, with what can be done about it.
  var problems: [String] {
    if let refusal = outlook?.refusal { return [refusal + "; o opens another checkpoint"] }
    if let modelProblem {
      let advice =
        modelProblem.lack == .activation
        ? " (here: A chooses it)"
        : choice.activation == nil
          ? "; open another checkpoint, or r tries again" : "; A takes another activation"
      return [modelProblem.reason + advice]
    }
    var result: [String] = []
    if let textProblem, !labels.isEmpty {
      result.append(
        textProblem.reason + (textProblem.lack == .tokenizer ? " (here: t names one)" : ""))
    }
    if let pictureProblem, !pictures.isEmpty { result.append(pictureProblem.reason) }
    if let model, model.scoring == nil {
      result.append("the checkpoint has no logit scale: only similarities can be shown")
    }
    return result
  }

  // MARK: Changes

  /// Says how many were new, and how many had no room.
  mutating func add(pictures paths: [String]) -> (added: Int, refused: Int) {
    var known = Set(pictures.map(\.path))
    let fresh = paths.filter { known.insert($0).inserted }
    let taken = fresh.prefix(max(Self.mostPictures - pictures.count, 0))
    if !taken.isEmpty { list.selected = pictures.count }
    pictures += taken.map { Picture(path: $0) }
    rescore()
    return (taken.count, fresh.count - taken.count)
  }

  /// Something to begin with, where the user has not begun with something else.
  mutating func offer(_ samples: LabelledPictures) {
    guard pictures.isEmpty, labels.isEmpty else { return }
    pictures = samples.pictures.prefix(Self.mostPictures).map { Picture(path: $0.path) }
    labels = Array(samples.labels.prefix(Self.mostLabels))
    template = samples.template
    rescore()
  }

  mutating func removePicture(at index: Int) {
    guard pictures.indices.contains(index) else { return }
    let path = pictures.remove(at: index).path
    previews[path] = nil
    previewProblems[path] = nil
    list.selected = min(list.selected, max(pictures.count - 1, 0))
    rescore()
  }

  /// Commas and line ends stand between labels.
  mutating func add(labels text: String) {
    let fresh = text.split { $0 == "," || $0.isNewline }.map { $0.trimmed }
      .filter { !$0.isEmpty }
    guard !fresh.isEmpty, labels.count < Self.mostLabels else { return }
    labels += fresh.prefix(Self.mostLabels - labels.count)
    label = labels.count - 1
    rescore()
  }

  /// An empty text takes the label away.
  mutating func change(label index: Int, to text: String) {
    guard labels.indices.contains(index) else { return }
    let fresh = text.trimmed
    if fresh.isEmpty {
      labels.remove(at: index)
      label = min(label, max(labels.count - 1, 0))
    } else {
      labels[index] = fresh
    }
    rescore()
  }

  mutating func change(template text: String) {
    template = text
    rescore()
  }

  /// Another way to make the model ready: what the old one said is worth nothing.
  mutating func choose(_ choice: ModelChoice) {
    let isOtherModel = !choice.isSameModel(as: self.choice)
    self.choice = choice
    texts = [:]
    if isOtherModel { forgetPictures() }
    forgetProblems()
    rescore()
  }

  /// Another checkpoint is open: pictures and labels stay, all that a model said of them goes.
  ///
  /// - Parameter outlook: what of it can be run; nil where that is not known.
  mutating func forgetModel(for outlook: ModelOutlook?) {
    self.outlook = outlook
    choice = ModelChoice()
    model = nil
    texts = [:]
    previews = [:]
    previewProblems = [:]
    previewPath = nil
    forgetPictures()
    forgetProblems()
    rescore()
  }

  /// Everything that failed is tried again.
  mutating func forgetProblems() {
    modelProblem = nil
    textProblem = nil
    pictureProblem = nil
    newlyBroken = []
    for index in pictures.indices { pictures[index].problem = nil }
    previewProblems = [:]
  }

  private mutating func forgetPictures() {
    for index in pictures.indices { pictures[index].features = nil }
  }

  mutating func take(_ report: InferenceReport) {
    switch report {
    case .model(let fresh):
      model = fresh
      modelProblem = nil
    case .texts(let fresh):
      textProblem = nil
      for features in fresh { texts[features.text] = features }
      // Old templates and labels are cheap to make again, but not for ever to keep.
      if texts.count > 4 * Self.mostLabels {
        let wanted = Set(labels.indices.map { text(of: $0) })
        texts = texts.filter { wanted.contains($0.key) }
      }
    case .pictures(let fresh):
      pictureProblem = nil
      let features = Dictionary(
        fresh.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
      for index in pictures.indices {
        if let own = features[pictures[index].path] { pictures[index].features = own }
      }
    case .brokenPicture(let path, let reason):
      newlyBroken.append(path)
      for index in pictures.indices where pictures[index].path == path {
        pictures[index].problem = reason
      }
    case .noTexts(let problem): textProblem = problem
    case .noPictures(let problem): pictureProblem = problem
    case .finished: newlyBroken = []
    }
    rescore()
  }

  mutating func take(_ preview: PicturePreview) {
    // Some screens of pictures are enough; the rest is made again in a moment.
    if previews.count >= Self.mostPreviews { previews = [:] }
    previews[preview.path] = preview
    previewProblems[preview.path] = nil
  }

  mutating func takePreviewProblem(_ reason: String) {
    guard let previewPath else { return }
    previewProblems[previewPath] = reason
  }

  private mutating func rescore() {
    scores = InferenceScores(
      pictures: pictures.map { $0.features?.values },
      texts: labels.indices.map { texts[text(of: $0)]?.values }, scoring: model?.scoring)
  }

  /// Brings cursors back into what there is.
  mutating func settle(_ layout: InferenceLayout) {
    list.settle(count: pictures.count, height: layout.pictures.rows)
    label = min(max(label, 0), max(labels.count - 1, 0))
    let before = order
    order = isSorted ? scores.ranking(of: list.selected) : Array(labels.indices)
    // While pictures are gone through, the best label of each is in view.
    if isSorted, focus == .pictures, order != before, let best = order.first { label = best }
    var cursor = ListCursor(selected: order.firstIndex(of: label) ?? 0, top: labelTop)
    cursor.settle(count: labels.count, height: layout.bars.rows)
    labelTop = cursor.top
    if focus == .matrix, layout.matrix.isEmpty, !layout.isNarrow { focus = .labels }
  }

  static let mostPictures = 2000
  static let mostLabels = 1000
  private static let mostPreviews = 64
}
