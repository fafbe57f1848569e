import Checkpoints
import Dialects
import Synchronization
import Tensors

/// Reads what a conversion wrote, before it gets its name: hashes for the receipt, and the comparison with the source.
///
/// Everything is read from the files, not from memory, so a fault between the two shows.
struct ConversionAudit: Sendable {
  let source: Session
  let request: ConversionRequest
  /// Where the output stands for now.
  let folder: String
  let context: JobContext

  /// Bytes that an audit will read, for the progress.
  static func byteCount(_ plan: ConversionPlan, _ source: Session, _ request: ConversionRequest)
    -> Int
  {
    let used = Set(plan.files.flatMap { $0.tensors.flatMap(\.plan.sources) })
    let read = used.filter { source.catalog.entries.indices.contains($0) }
      .map { source.catalog.entries[$0].byteCount }
    let files = source.checkpoint.mappedFiles.map(\.byteCount)
    let written = [Int](repeating: plan.byteCount, count: request.isVerifying ? 4 : 2)
    return (read + files + written).reduce(0) { $0.addingSaturating($1) }
  }

  /// Adds the hashes, and the verification where one was asked for.
  ///
  /// - Throws: `Refusal` where a tensor of the plan is missing from the files; `CheckpointError`.
  func fill(_ receipt: inout ConversionReceipt) throws {
    let output = try CheckpointFile(opening: folder)
    var work = fileWork(of: receipt) + sourceWork(of: receipt)
    work += try targetWork(of: receipt, in: output)
    let planned = receipt.plan.files.flatMap(\.tensors)
    if request.isVerifying { work += expectedWork(of: planned) }
    let digests = try run(work)
    for (kind, digest) in digests {
      switch kind {
      case .sourceFile(let index): receipt.sourceFiles[index].digest = digest
      case .file(let index): receipt.files[index].digest = digest
      case .source(let index): receipt.sources[index].digest = digest
      case .target(let index): receipt.tensors[index].digest = digest
      case .expected, .back, .home: break
      }
    }
    guard request.isVerifying else { return }
    var verification = ConversionVerification()
    for case (.expected(let index), let digest) in digests {
      verification.comparedTargets += 1
      if receipt.tensors[index].digest != digest {
        verification.differingTargets.append(receipt.tensors[index].name)
      }
    }
    verification.differingTargets.sort()
    try goBack(output, planned: planned, &verification)
    if let compare = request.comparesFeatures {
      switch try compare(source, Session(checkpoint: output), context) {
      case .compared(let difference): verification.features = difference
      case .skipped(let reason): verification.featuresSkipped = reason
      }
    }
    receipt.verification = verification
  }

  // MARK: What is hashed

  /// All files, read and written, as a whole.
  private func fileWork(of receipt: ConversionReceipt) -> [Digest] {
    let read = zip(receipt.sourceFiles, source.catalog.files).enumerated().map { index, file in
      Digest(.sourceFile(index), size: file.0.byteCount) { try digest(ofFile: file.1) }
    }
    return read
      + receipt.files.enumerated().map { index, file in
        let path = "\(folder)/\(file.name)"
        return Digest(.file(index), size: file.byteCount) { try digest(ofFile: path) }
      }
  }

  /// The tensors that were read.
  private func sourceWork(of receipt: ConversionReceipt) -> [Digest] {
    let input = CheckpointSource(source.checkpoint)
    return usedEntries(of: receipt.plan).enumerated().map { index, entry in
      work(.source(index), plan(ofEntry: entry, in: source.catalog), from: input)
    }
  }

  /// The tensors that were written, found again by name.
  private func targetWork(
    of receipt: ConversionReceipt, in output: CheckpointFile
  ) throws -> [Digest] {
    let written = CheckpointSource(output)
    let rootLength = output.catalog.weightsRoot.count
    var numberOfName: [ExactString: Int] = [:]
    for (number, entry) in output.catalog.entries.enumerated() {
      numberOfName[ExactString(entry.path.dropFirst(rootLength).joined(separator: "."))] = number
    }
    return try receipt.tensors.enumerated().map { index, tensor in
      guard let number = numberOfName[ExactString(tensor.name)] else {
        throw Refusal("\(request.output): `\(tensor.name)` is missing from what was written")
      }
      return work(.target(index), plan(ofEntry: number, in: output.catalog), from: written)
    }
  }

  /// The tensors of the plan, computed once more from the source.
  private func expectedWork(of planned: [ConversionPlan.OutputTensor]) -> [Digest] {
    let input = CheckpointSource(source.checkpoint)
    return planned.enumerated().map { work(.expected($0), $1.plan, from: input) }
  }

  private func work(
    _ kind: Digest.Kind, _ plan: TensorPlan, from source: CheckpointSource
  ) -> Digest {
    Digest(kind, size: plan.byteCount) { try plan.digest(from: source, context: context) }
  }

  /// Entries in the order of `ConversionReceipt.sources`.
  private func usedEntries(of plan: ConversionPlan) -> [Int] {
    var seen: Set<Int> = []
    var order: [Int] = []
    for tensor in plan.files.flatMap(\.tensors) {
      for entry in tensor.plan.sources
      where source.catalog.entries.indices.contains(entry) && seen.insert(entry).inserted {
        order.append(entry)
      }
    }
    return order
  }

  private func plan(ofEntry number: Int, in catalog: Catalog) -> TensorPlan {
    let entry = catalog.entries[number]
    return TensorPlan(source: number, type: entry.elementType, shape: entry.shape)
  }

  // MARK: There and back

  /// Maps the output to the source's own layout and compares each tensor that comes back with the source.
  private func goBack(
    _ output: CheckpointFile, planned: [ConversionPlan.OutputTensor],
    _ verification: inout ConversionVerification
  ) throws {
    let identity = source.identity(options: request.identity)
    guard request.options.target != .safetensors, let layout = identity.layout else {
      verification.backSkipped = "the names are those of the source"
      return
    }
    let session = Session(checkpoint: output)
    let back: Mapping
    do {
      back = try mappingBack(session, to: layout, identity)
    } catch let refusal as Refusal {
      verification.backSkipped = refusal.reason
      return
    }
    let inexact = inexactEntries(of: session, planned: planned)
    let home = Dictionary(
      identity.normalisation.tensors.map { (ExactString($0.key), $0.value) },
      uniquingKeysWith: { _, last in last })
    let (input, written) = (CheckpointSource(source.checkpoint), CheckpointSource(output))
    var digesting: [Digest] = []
    var compared: [String] = []
    for (name, plan) in Array(back.tensors) {
      guard let original = home[ExactString(name)] else { continue }
      var plan = plan
      if plan.sources.isEmpty {
        // What the rules fill in has the type of the other tensors, which may have been cast.
        plan.sourceType = original.targetType
        plan.targetType = original.targetType
      }
      guard !plan.sources.contains(where: inexact.contains) else {
        verification.inexactSources.append(name)
        continue
      }
      digesting.append(work(.back(compared.count), plan, from: written))
      digesting.append(work(.home(compared.count), original, from: input))
      compared.append(name)
    }
    var digests = [(back: String?, home: String?)](repeating: (nil, nil), count: compared.count)
    for (kind, digest) in try run(digesting) {
      switch kind {
      case .back(let index): digests[index].back = digest
      case .home(let index): digests[index].home = digest
      default: break
      }
    }
    verification.comparedSources = compared.count
    verification.differingSources += zip(compared, digests)
      .filter { $1.back == nil || $1.back != $1.home }.map(\.0)
  }

  /// What `session`, the output, is in the layout of the source.
  ///
  /// - Throws: `Refusal` where no rules lead back.
  private func mappingBack(
    _ session: Session, to layout: String, _ identity: Identity
  ) throws -> Mapping {
    var options = request.identity
    options.heads = identity.vision?.heads ?? identity.text?.heads
    options.textHeads = identity.text?.heads
    return try Mapping.make(
      session.identity(options: options), to: layout, graph: RuleTables.graph())
  }

  /// Entries of the output whose bytes do not lead back to those of the source: resized, cast, or scaled.
  private func inexactEntries(
    of session: Session, planned: [ConversionPlan.OutputTensor]
  ) -> Set<Int> {
    let plans = Dictionary(
      planned.map { (ExactString($0.name), $0.plan) }, uniquingKeysWith: { first, _ in first })
    return Set(
      session.catalog.entries.indices.filter { number in
        guard let plan = plans[ExactString(session.weightName(of: number))] else { return false }
        return plan.resize != nil || plan.sourceType != plan.targetType
          || plan.parts.contains { $0.scale != nil }
      })
  }

  // MARK: Hashing

  private struct Digest: Sendable {
    enum Kind: Sendable {
      case sourceFile(Int)
      case file(Int)
      case source(Int)
      case target(Int)
      case expected(Int)
      case back(Int)
      case home(Int)
    }
    var kind: Kind
    var size: Int
    var digest: @Sendable () throws -> String

    init(_ kind: Kind, size: Int, digest: @escaping @Sendable () throws -> String) {
      self.kind = kind
      self.size = size
      self.digest = digest
    }
  }

  /// All hashes, the longest first, on all threads.
  private func run(_ work: [Digest]) throws -> [(Digest.Kind, String)] {
    let order = work.sorted { $0.size > $1.size }
    let results = Mutex<[(Digest.Kind, String)]>([])
    try Threads.forEach(order.count) { turn in
      try context.checkCancellation()
      let digest = try order[turn].digest()
      results.withLock { $0.append((order[turn].kind, digest)) }
    }
    return results.withLock { $0 }
  }

  private func digest(ofFile path: String) throws -> String {
    let file = try CheckpointError.catching(try MappedFile(path: path))
    let hash = SHA256()
    var start = 0
    while start < file.byteCount {
      try context.checkCancellation()
      let end = min(start + TensorPlan.pieceByteCount, file.byteCount)
      hash.update(UnsafeRawBufferPointer(rebasing: file.bytes[start..<end]))
      file.release(start..<end)
      context.advance(end - start)
      start = end
    }
    return hash.hex()
  }
}
