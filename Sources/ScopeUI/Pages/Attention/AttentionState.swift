import Analysis
import ScopeEngine

/// The page of attention.
struct AttentionState: Equatable, Sendable {
  enum Focus: Equatable, Sendable, CaseIterable { case picture, heads, fields }

  enum Method: String, Equatable, Sendable, CaseIterable { case raw, rollout, relevance }

  /// What stands beside the picture where there is no room for all.
  enum HeadsView: String, Equatable, Sendable, CaseIterable {
    case heads, measures, overview
  }

  /// A line that is being typed.
  struct Typing: Equatable, Sendable {
    enum Purpose: String, Equatable, Sendable { case picture, text, heads, tokenizer }

    var purpose: Purpose
    var line: InputLine
  }

  var side = AttentionRequest.Side.picture
  /// What of the checkpoint can be run; nil while that is not known.
  private(set) var outlook: ModelOutlook?
  var picture: String?
  var text = ""
  /// What the user knows of the model; changed with that of the other pages.
  private(set) var choice = ModelChoice()
  var typing: Typing?
  /// Picture files to choose from: those beside the model, then those of the inference page that are not among them.
  private(set) var pictures: [String] = []
  /// Picture files beside the model, and the model they were looked for of.
  private var picturesBeside: [String] = []
  var picturesOf: String?
  /// Picture files of the inference page.
  private var picturesAdded: [String] = []
  /// Why some pictures beside the model are not among them; nil where all are.
  var picturesNote: String?
  var list = ListCursor()

  var captures: [AttentionRequest.Side: AttentionCapture] = [:]
  /// What was asked for last; asked for again only by the user.
  var asked: AttentionRequest?
  var problem: AttentionProblem?

  var method = Method.raw
  /// Index into the capture's layers; nil = the last block.
  var layer: Int?
  var head = AttentionQuery.Head.fused(.mean)
  /// Nil = the usual one of the tower.
  var origin: AttentionOrigin?
  var row = 0
  var column = 0
  var frame = 0
  /// Index into `discards`.
  var discard = 0
  /// How much of the map covers the picture, in percent.
  var opacity = 60
  var headsView = HeadsView.heads
  var focus = Focus.picture
  var field = AttentionField.layer
  /// What the page draws, made once a change.
  var shown: AttentionShown?

  /// Rollouts and relevances that were computed.
  var rolled: [AttentionChoice: [Float]] = [:]
  var matrices: [AttentionChoice: [Float]] = [:]
  /// The rollout that is being computed in the background.
  var askedMap: AttentionChoice?

  static let discards = [0, 0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95]
  static let opacities = [0, 30, 60, 80, 100]

  var capture: AttentionCapture? { captures[side] }

  /// What the page needs to have captured; nil while something is missing for it.
  var wanted: AttentionRequest? {
    let pairs = method == .relevance
    switch side {
    case .picture:
      guard let picture else { return nil }
      return AttentionRequest(
        side: .picture, picture: picture, text: pairs && !text.isEmpty ? text : nil,
        choice: choice)
    case .text:
      guard !text.isEmpty else { return nil }
      return AttentionRequest(
        side: .text, picture: pairs ? picture : nil, text: text, choice: choice)
    }
  }

  /// The sides that the model has a tower for.
  var sides: [AttentionRequest.Side] {
    AttentionRequest.Side.allCases.filter { lack(of: $0) == nil }
  }

  /// Why there is nothing to look at on a side; nil where there may be.
  func lack(of side: AttentionRequest.Side) -> String? {
    outlook?.obstacle(to: side == .picture ? .vision : .text)
  }

  /// Methods that the model has the towers for: relevance takes both.
  var methods: [Method] {
    sides.count == AttentionRequest.Side.allCases.count ? Method.allCases : [.raw, .rollout]
  }

  /// Another checkpoint: the inputs stay, what came of them goes.
  ///
  /// - Parameter outlook: what of it can be run; nil where that is not known.
  mutating func forget(for outlook: ModelOutlook?) {
    self.outlook = outlook
    if !sides.contains(side) { side = sides.first ?? .picture }
    if !methods.contains(method) { method = .raw }
    choice = ModelChoice()
    captures = [:]
    asked = nil
    problem = nil
    shown = nil
    layer = nil
    head = .fused(.mean)
    origin = nil
    forgetMaps()
    offer(beside: [])
    picturesOf = nil
    picturesNote = nil
    typing = nil
  }

  /// A picture to begin with, where the user has not chosen one.
  mutating func offer(_ samples: LabelledPictures) {
    if picture == nil { picture = samples.pictures.first?.path }
  }

  mutating func offer(beside paths: [String]) {
    picturesBeside = paths
    gatherPictures()
  }

  mutating func offer(added paths: [String]) {
    guard paths != picturesAdded else { return }
    picturesAdded = paths
    gatherPictures()
  }

  private mutating func gatherPictures() {
    let known = Set(picturesBeside)
    pictures = picturesBeside + picturesAdded.filter { !known.contains($0) }
  }

  /// Another way to make the model ready: maps of the old one are of no use.
  mutating func choose(_ choice: ModelChoice) {
    guard choice != self.choice else { return }
    if !choice.isSameModel(as: self.choice) {
      captures = [:]
      forgetMaps()
    }
    self.choice = choice
    asked = nil
    problem = nil
  }

  /// Heads of the tower on show, where the user said them.
  var chosenHeads: Int? {
    side == .text ? choice.textHeads ?? choice.heads : choice.heads
  }

  mutating func forgetMaps() {
    rolled = [:]
    matrices = [:]
    askedMap = nil
  }

  mutating func take(_ capture: AttentionCapture) {
    let isFirst = captures[capture.request.side] == nil
    captures[capture.request.side] = capture
    problem = nil
    forgetMaps()
    if isFirst, capture.request.side == side {
      row = capture.rows / 2
      column = capture.columns / 2
    }
  }

  mutating func take(_ rolled: AttentionRolled) {
    guard rolled.capture == captures[rolled.choice.side] else { return }
    if rolled.problem == nil {
      keep(rolled.values, for: rolled.choice)
      if let matrix = rolled.matrix {
        if matrices.count >= Self.keptMatrices { matrices = [:] }
        matrices[rolled.choice.matrixKey] = matrix
      }
    } else if shown?.choice == rolled.choice {
      shown?.problem = rolled.problem
    }
  }

  mutating func keep(_ values: [Float], for choice: AttentionChoice) {
    if rolled.count >= Self.keptMaps { rolled = [:] }
    rolled[choice] = values
  }

  private static let keptMaps = 256
  private static let keptMatrices = 4
}
