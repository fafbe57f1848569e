import Checkpoints

/// How well each snapshot of a training names pictures that it was not trained to name (zero-shot).
package struct SnapshotAccuracy: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    /// Pictures whose own label scores highest.
    package var correctCount: Int
    /// Mean over the pictures of the probability of the own label, 0 to 1: moves where the count stands still.
    package var meanProbability: Double

    package init(correctCount: Int, meanProbability: Double) {
      self.correctCount = correctCount
      self.meanProbability = meanProbability
    }
  }

  package var pictureCount: Int
  package var labelCount: Int
  package var template: String
  /// One a snapshot; nil for one that cannot be run.
  package var points: [Point?]
  /// Why not, one sentence a snapshot.
  package var problems: [String]

  /// Share of the pictures that guessing names rightly.
  package var chance: Double { 1 / Double(max(labelCount, 1)) }

  /// From 0 to 1, one a snapshot.
  package var shares: [Double?] {
    points.map { point in point.map { Double($0.correctCount) / Double(max(pictureCount, 1)) } }
  }

  /// One snapshot is in memory at a time.
  ///
  /// - Parameters:
  ///   - snapshots: in the order of training.
  ///   - samples: what they are run on.
  ///   - request: what the user says of the model; config and tokenizer that a snapshot has not beside it are those of
  ///     `samples.model`.
  ///   - context: of the job that this is part of.
  /// - Throws: `CheckpointError.cancelled`; a snapshot that cannot be run is reported.
  package init(
    of snapshots: [TrainingSnapshot], on samples: LabelledPictures,
    request: ModelRequest = ModelRequest(), context: JobContext = JobContext()
  ) throws {
    pictureCount = samples.pictures.count
    labelCount = samples.labels.count
    template = samples.template
    points = []
    problems = []
    context.expect(count: snapshots.count * samples.pictures.count, of: "picture")
    for snapshot in snapshots {
      try context.checkCancellation()
      do {
        points.append(try Point(of: snapshot, on: samples, request, context))
      } catch {
        try context.checkCancellation()
        points.append(nil)
        problems.append("\(error)")
      }
    }
  }
}

extension SnapshotAccuracy.Point {
  private static let configNames: Set<String> = ["open_clip_config.json", "config.json"]
  private static let tokenizerNames: Set<String> = [
    "tokenizer.json", "vocab.json", "spiece.model", "tokenizer.model",
    "bpe_simple_vocab_16e6.txt.gz",
  ]

  fileprivate init(
    of snapshot: TrainingSnapshot, on samples: LabelledPictures, _ request: ModelRequest,
    _ context: JobContext
  ) throws {
    var checkpoint = try context.open(snapshot.path)
    var request = request
    if let lender = samples.model {
      let names = Set(checkpoint.catalog.companions.map(\.name))
      if request.tokenizer == nil, names.isDisjoint(with: Self.tokenizerNames) {
        request.tokenizer = lender
      }
      if names.isDisjoint(with: Self.configNames) {
        checkpoint = checkpoint.with(
          companions: try context.open(lender).catalog.companions)
      }
    }
    let model = try Session(checkpoint: checkpoint).loadModel(request, context: context)
    let features = try model.encode(pictures: samples.pictures.map(\.path), context: context)
    let result = try model.zeroShot(
      images: features, labels: samples.labels, templates: [samples.template], context: context)
    correctCount = 0
    var sum = 0.0
    for (scores, picture) in zip(result.scores, samples.pictures) {
      if ZeroShot.ranked(scores).first?.label == picture.label { correctCount += 1 }
      sum += Double(scores.first { $0.label == picture.label }?.probability ?? 0)
    }
    meanProbability = sum / Double(max(samples.pictures.count, 1))
  }
}

extension Engine {
  /// Zero-shot accuracy of each snapshot of a series.
  package func accuracy(
    of snapshots: [TrainingSnapshot], on samples: LabelledPictures,
    request: ModelRequest = ModelRequest()
  ) -> Job<SnapshotAccuracy> {
    start(.accuracy(folder: snapshots.first?.path ?? "")) { context in
      try SnapshotAccuracy(of: snapshots, on: samples, request: request, context: context)
    }
  }
}
