import Dialects
import Glibc
import Inference
import Tensors

/// Two checkpoints without a tower in common.
package struct NothingToCompare: Error, Equatable, Sendable, CustomStringConvertible {
  package var path: String
  package var reason: String
  package var description: String { "\(path): \(reason)" }
}

/// Runs two checkpoints on the same generated inputs and compares what they compute.
package struct FeatureVerification: Sendable {
  package var difference: FeatureDifference
  /// Largest difference that passes, relative to the largest feature.
  package var tolerance: Double
  /// What was not compared, and why; and what one file does not say and was taken from the other.
  package var notes: [String]

  /// Images and texts that are run.
  static let count = 2

  /// - Parameters:
  ///   - a: the first checkpoint.
  ///   - b: the second; where it has no tower that `a` has, that tower is left out.
  ///   - request: how both are made ready to run, and the towers that are compared.
  ///   - tolerance: nil: 1e-5 where both store floats of the same kind, else what the narrower kind can hold.
  ///   - isConversion: `b` was made from `a`; a change of the activation that the conversion announced is made on both sides.
  ///   - context: of the job that this is part of.
  /// - Throws: `ModelError` where no tower can be compared or one cannot be run.
  package init(
    of a: Session, with b: Session, request: ModelRequest = ModelRequest(),
    tolerance: Double? = nil, isConversion: Bool = false, context: JobContext = JobContext()
  ) throws {
    let first = try a.keptIdentity(options: request.identity, towers: request.towers)
    let second = try b.keptIdentity(options: request.identity, towers: request.towers)
    for (session, identity) in [(a, first), (b, second)]
    where identity.vision == nil && identity.text == nil {
      throw NothingToCompare(path: session.path, reason: "there is no tower that can be run")
    }
    var run = PairRun(
      a: a, b: b, first: first, second: second, request: request,
      tolerance: tolerance ?? Self.tolerance(a, b), isConversion: isConversion, context: context)
    let image = try run.compareImages()
    let text = try run.compareTexts()
    guard image != nil || text != nil else {
      throw NothingToCompare(
        path: b.path,
        reason: run.notes.first ?? "neither checkpoint has a tower that can be run and compared")
    }
    self.tolerance = run.tolerance
    notes = run.notes
    difference = FeatureDifference(image: image, text: text, passed: run.passed)
  }

  /// Two checkpoints on the same inputs, a tower at a time.
  private struct PairRun {
    let a: Session
    let b: Session
    let first: Identity
    let second: Identity
    let request: ModelRequest
    let tolerance: Double
    let isConversion: Bool
    let context: JobContext
    var notes: [String] = []
    var passed = true

    /// Nil where the image towers cannot be compared; `notes` says why.
    mutating func compareImages() throws -> FeatureDifference.Tower? {
      guard request.towers.contains(.vision) else { return nil }
      guard let left = first.vision, let right = second.vision else {
        if first.vision != nil || second.vision != nil {
          notes.append("only one of the two has an image tower")
        }
        return nil
      }
      let isOneSize =
        left.imageHeight == right.imageHeight && left.imageWidth == right.imageWidth
      guard isOneSize || request.identity.imageSize != nil else {
        notes.append("the image towers take pictures of different sizes and were not compared")
        return nil
      }
      let context = context
      let stage = stage(of: .vision, left.hasProjection, right.hasProjection)
      return try compare(.vision, stage) { model in
        let tower = try model.requireImageTower()
        let pixels = FeatureVerification.pixels(tower.inputCount * FeatureVerification.count)
        return try model.encode(
          pixels: pixels, count: FeatureVerification.count, output: stage.output, context: context
        ).values
      }
    }

    /// The same for texts.
    mutating func compareTexts() throws -> FeatureDifference.Tower? {
      guard request.towers.contains(.text) else { return nil }
      guard let left = first.text, let right = second.text else {
        if first.text != nil || second.text != nil {
          notes.append("only one of the two has a text tower")
        }
        return nil
      }
      let length = min(left.contextLength, right.contextLength)
      let vocabulary = min(left.vocabularySize, right.vocabularySize)
      guard length > 0, vocabulary > 4 else {
        throw ModelError(path: a.path, reason: "the text tower is too small to be compared")
      }
      let context = context
      let stage = stage(of: .text, left.hasProjection, right.hasProjection)
      return try compare(.text, stage) { model in
        let ids = FeatureVerification.tokens(length: length, vocabulary: vocabulary, of: model)
        return try model.encode(
          ids: ids, count: FeatureVerification.count, output: stage.output, context: context
        ).values
      }
    }

    /// What is computed of both, and whether a projection to the joint space is part of it.
    private typealias Stage = (output: TowerOutput, isProjected: Bool)

    /// What both have: the pooled vector where one of them has no projection to the joint space.
    ///
    /// A conversion may add one that changes nothing, which is compared like any other.
    private mutating func stage(
      of tower: Dialects.Tower, _ isInA: Bool, _ isInB: Bool
    ) -> Stage {
      guard isInA != isInB, isInA || !isConversion else { return (.features, isInA || isInB) }
      notes.append(
        "the \(tower.noun) towers were compared before the projection, which only one of the two has"
      )
      return (.pooled, false)
    }

    private mutating func compare(
      _ tower: Dialects.Tower, _ stage: Stage, _ run: (Model) throws -> [Float]
    ) throws -> FeatureDifference.Tower {
      // One model at a time: two of them may not fit.
      let left = try Self.outcome(of: model(tower, a, first, second), tower, run)
      let right = try Self.outcome(of: model(tower, b, second, first), tower, run)
      var (result, isClose) = try FeatureVerification.compare(
        left.values, right.values, tolerance: tolerance, path: b.path)
      if let one = left.activation, let other = right.activation, one != other {
        notes.append(
          "the \(tower.noun) towers have different activations: \(one.rawValue) and \(other.rawValue)"
        )
      }
      result.isProjected = stage.isProjected
      if !isClose { passed = false }
      return result
    }

    /// What a model computes, and the activation that it does so with.
    private static func outcome(
      of model: Model, _ tower: Dialects.Tower, _ run: (Model) throws -> [Float]
    ) throws -> (values: [Float], activation: Dialects.Activation?) {
      (try run(model), model.identity.activation(of: tower))
    }

    /// One side, with what only the other one's files say.
    private mutating func model(
      _ tower: Dialects.Tower, _ session: Session, _ own: Identity, _ other: Identity
    ) throws -> Model {
      var request = request
      request.towers = [tower]
      let borrowed = FeatureVerification.borrowed(tower, own: own, other: other)
      if let heads = borrowed.heads {
        request.identity.heads = heads
        request.identity.textHeads = heads
      }
      if let activation = borrowed.activation { request.identity.activation = activation }
      if !borrowed.isEmpty {
        notes.append(
          "\(session.path): \(borrowed.words) of the \(tower.noun) tower taken from "
            + (session.path == a.path ? b.path : a.path))
      }
      if isConversion, own.isSiglipOfOpenCLIP, !other.isSiglipOfOpenCLIP {
        request.identity.activation = other.activation(of: tower)
      }
      return try session.loadModel(request, context: context)
    }
  }

  /// What a checkpoint does not name and the other one does.
  private struct Borrowed {
    var heads: Int?
    var activation: Dialects.Activation?

    var isEmpty: Bool { heads == nil && activation == nil }
    var words: String {
      [heads.map { "\($0) heads" }, activation.map { "activation \($0.rawValue)" }]
        .compactMap { $0 }.joined(separator: " and ")
    }
  }

  /// Heads and activation that the other checkpoint is surer of: a state dict of OpenAI or a bare timm tower names neither.
  ///
  /// Only what makes a difference, and only where it fits.
  private static func borrowed(
    _ tower: Dialects.Tower, own: Identity, other: Identity
  ) -> Borrowed {
    func isSurer(_ fact: String) -> Bool {
      let name = "\(tower.rawValue).\(fact)"
      return other.certainty(of: name) > own.certainty(of: name)
    }
    func size(_ identity: Identity) -> (heads: Int?, width: Int?) {
      tower == .vision
        ? (identity.vision?.heads, identity.vision?.width)
        : (identity.text?.heads, identity.text?.width)
    }
    var borrowed = Borrowed()
    let (mine, theirs) = (size(own), size(other))
    if isSurer("heads"), let heads = theirs.heads, heads != mine.heads, heads > 0,
      mine.width.map({ $0 % heads == 0 }) ?? true
    {
      borrowed.heads = heads
    }
    // A gate is a shape, which nothing that is said of it can give or take.
    let activations = [own.activation(of: tower), other.activation(of: tower)]
    if isSurer("activation"), activations[0] != activations[1], !activations.contains(.swiglu) {
      borrowed.activation = activations[1]
    }
    return borrowed
  }

  static func compare(
    _ a: [Float], _ b: [Float], tolerance: Double, path: String
  ) throws -> (FeatureDifference.Tower, isClose: Bool) {
    guard a.count == b.count, !a.isEmpty else {
      throw ModelError(
        path: path, reason: "the features have other sizes: \(a.count / count), \(b.count / count)")
    }
    var largest = 0.0
    var scale = 0.0
    var dot = 0.0
    var squares = (0.0, 0.0)
    for (x, y) in zip(a, b) {
      let (x, y) = (Double(x), Double(y))
      // A difference of NaN is no agreement.
      let distance = x == y ? 0 : abs(x - y)
      largest = distance.isNaN ? .infinity : max(largest, distance)
      if x.isFinite { scale = max(scale, abs(x)) }
      dot += x * y
      squares.0 += x * x
      squares.1 += y * y
    }
    let cosine = dot / max((squares.0 * squares.1).squareRoot(), .leastNormalMagnitude)
    return (
      FeatureDifference.Tower(largest: largest, cosine: cosine),
      largest.isFinite && largest <= tolerance * scale
    )
  }

  /// What the narrower of two element types can be expected to keep over a whole tower.
  private static func tolerance(_ a: Session, _ b: Session) -> Double {
    func kinds(_ session: Session) -> Set<ElementType> {
      Set(session.indicesOfWeights.map { session.catalog.entries[$0].elementType })
        .filter(\.isFloatingPoint)
    }
    let (left, right) = (kinds(a), kinds(b))
    if left == right { return 1e-5 }
    let all = left.union(right)
    if all.contains(where: { $0.byteCount == 1 }) { return 0.5 }
    return all.contains(.bf16) ? 5e-2 : all.contains(.f16) ? 1e-2 : 1e-5
  }

  /// Numbers in -2 ..< 2 that every run repeats.
  private static func pixels(_ count: Int) -> [Float] {
    var state: UInt64 = 0x1234_5678
    return (0..<count).map { _ in Float(Self.next(&state) >> 40) / 4_194_304 - 2 }
  }

  private static func tokens(length: Int, vocabulary: Int, of model: Model) -> [Int] {
    var state: UInt64 = 0x8765_4321
    let end: Int =
      if case .endOfText(let id) = model.textTower?.config.pooling { min(id, vocabulary - 1) } else
      {
        vocabulary - 1
      }
    var ids: [Int] = []
    for text in 0..<count {
      let words = max(length - 1 - text * (length / 3), 1)
      for position in 0..<length {
        let id = 3 + Int(next(&state) % UInt64(vocabulary - 4))
        ids.append(position < words - 1 ? id : position == words - 1 ? end : 0)
      }
    }
    return ids
  }

  /// SplitMix64.
  private static func next(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension Engine {
  package func featureVerification(
    of a: Session, with b: Session, request: ModelRequest = ModelRequest(),
    tolerance: Double? = nil
  ) -> Job<FeatureVerification> {
    start(.verification(a.id, b.id)) { context in
      try FeatureVerification(
        of: a, with: b, request: request, tolerance: tolerance, context: context)
    }
  }
}

extension ConversionRequest {
  /// Runs source and output of a conversion; skipped where the source is no model that can be run.
  package static func featureComparison(_ request: ModelRequest) -> FeatureComparison {
    { source, output, context in
      do {
        return .compared(
          try FeatureVerification(
            of: source, with: output, request: request, isConversion: true, context: context
          ).difference)
      } catch let error as ModelError where error.path == source.path {
        return .skipped(error.reason)
      } catch let error as NothingToCompare {
        return .skipped(error.reason)
      }
    }
  }
}
