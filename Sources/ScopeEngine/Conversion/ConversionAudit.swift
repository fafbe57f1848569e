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
    let read = used.reduce(0) {
      source.catalog.entries.indices.contains($1) ? $0 &+ source.catalog.entries[$1].byteCount : $0
    }
    let files = Set(source.catalog.entries.map(\.location.file)).compactMap { number in
      source.catalog.entries.first { $0.location.file == number }
        .flatMap { source.checkpoint.file(of: $0)?.byteCount }
    }
    let once = 2 * plan.byteCount + read + files.reduce(0, &+)
    return request.isVerifying ? once + 2 * plan.byteCount : once
  }

  func fill(_ receipt: inout ConversionReceipt) throws {
    let output = try CheckpointFile(opening: folder)
    let outputSource = CheckpointSource(output)
    var numberOfName: [ExactString: Int] = [:]
    for (number, entry) in output.catalog.entries.enumerated() {
      let root = output.catalog.weightsRoot
      numberOfName[ExactString(entry.path.dropFirst(root.count).joined(separator: "."))] = number
    }
    var work: [Digest] = []
    for (index, file) in receipt.sourceFiles.enumerated() where index < source.catalog.files.count {
      let path = source.catalog.files[index]
      work.append(Digest(.sourceFile(index), size: file.byteCount) { try digest(ofFile: path) })
    }
    for (index, file) in receipt.files.enumerated() {
      let path = "\(folder)/\(file.name)"
      work.append(Digest(.file(index), size: file.byteCount) { try digest(ofFile: path) })
    }
    let input = CheckpointSource(source.checkpoint)
    let used = usedEntries(of: receipt.plan)
    for (index, entry) in used.enumerated() {
      let whole = plan(ofEntry: entry, in: source.catalog)
      work.append(
        Digest(.source(index), size: whole.byteCount) {
          try whole.digest(from: input, context: context)
        })
    }
    for (index, tensor) in receipt.tensors.enumerated() {
      guard let number = numberOfName[ExactString(tensor.name)] else {
        throw Refusal("\(request.output): `\(tensor.name)` is missing from what was written")
      }
      let whole = plan(ofEntry: number, in: output.catalog)
      work.append(
        Digest(.target(index), size: whole.byteCount) {
          try whole.digest(from: outputSource, context: context)
        })
    }
    let planned = receipt.plan.files.flatMap(\.tensors)
    if request.isVerifying {
      for (index, tensor) in planned.enumerated() {
        work.append(
          Digest(.expected(index), size: tensor.plan.byteCount) {
            try tensor.plan.digest(from: input, context: context)
          })
      }
    }
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
    for (kind, digest) in digests {
      guard case .expected(let index) = kind else { continue }
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
    var options = request.identity
    options.heads = identity.vision?.heads ?? identity.text?.heads
    options.textHeads = identity.text?.heads
    let session = Session(checkpoint: output)
    let back: Mapping
    do {
      back = try Mapping.make(
        session.identity(options: options), to: layout, graph: RuleTables.graph())
    } catch let refusal as Refusal {
      verification.backSkipped = refusal.reason
      return
    }
    let names = Dictionary(
      planned.map { (ExactString($0.name), $0.plan) }, uniquingKeysWith: { first, _ in first })
    let inexact = Set(
      output.catalog.entries.indices.filter { number in
        let name = session.weightName(of: number)
        guard let plan = names[ExactString(name)] else { return false }
        return plan.resize != nil || plan.sourceType != plan.targetType
          || plan.parts.contains { $0.scale != nil }
      })
    var home: [ExactString: TensorPlan] = [:]
    for (name, plan) in Array(identity.normalisation.tensors) { home[ExactString(name)] = plan }
    let input = CheckpointSource(source.checkpoint)
    let outputSource = CheckpointSource(output)
    var work: [Digest] = []
    var compared: [String] = []
    for (name, plan) in Array(back.tensors) {
      guard let original = home[ExactString(name)] else { continue }
      guard !plan.sources.contains(where: inexact.contains) else {
        verification.inexactSources.append(name)
        continue
      }
      let index = compared.count
      compared.append(name)
      work.append(
        Digest(.back(index), size: plan.byteCount) {
          try plan.digest(from: outputSource, context: context)
        })
      work.append(
        Digest(.home(index), size: plan.byteCount) {
          try original.digest(from: input, context: context)
        })
    }
    var digests: [Int: (back: String, home: String)] = [:]
    for (kind, digest) in try run(work) {
      switch kind {
      case .back(let index): digests[index, default: ("", "")].back = digest
      case .home(let index): digests[index, default: ("", "")].home = digest
      default: break
      }
    }
    verification.comparedSources = compared.count
    for (index, name) in compared.enumerated()
    where digests[index].map({ $0.back != $0.home }) ?? true {
      verification.differingSources.append(name)
    }
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
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw CheckpointError.file(error)
    }
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
