import Checkpoints
package import Dialects
import Tensors

extension Engine {
  /// Converts into a folder that appears only when it is complete; a cancelled or killed job leaves the target as it was.
  package nonisolated func conversion(
    of session: Session, _ request: ConversionRequest
  ) -> Job<ConversionReceipt> {
    start(.conversion(output: request.output)) { context in
      try session.convert(request, context: context)
    }
  }
}

extension Session {
  /// Everything that `convert` would write, with sizes; nothing is written and no tensor is read.
  /// - Throws: `Refusal` with the reason in one sentence, `ModelError` where the tensors contradict what the user said of the model.
  package func conversionPlan(_ request: ConversionRequest) throws -> ConversionPlan {
    if let fault = catalog.diagnostics.first(where: { $0.severity == .error }) {
      throw Refusal("\(path): \(fault.sentence); a damaged checkpoint is not converted")
    }
    let towers = request.options.tower.map { [$0] } ?? Tower.allCases
    return try ConversionPlanner(
      catalog: catalog,
      identity: keptIdentity(options: request.identity, towers: Set(towers)),
      options: request.options,
      companionText: { try? self.text(of: $0, limit: 64 << 20) }
    ).plan()
  }

  /// The receipt of a conversion that was not carried out.
  package func dryRun(_ request: ConversionRequest) throws -> ConversionReceipt {
    ConversionReceipt(
      plan: try conversionPlan(request), request: request, session: self, isDryRun: true)
  }

  /// - Throws: `Refusal`, `CheckpointError`; then the target is as it was before.
  package func convert(
    _ request: ConversionRequest, context: JobContext = JobContext()
  ) throws -> ConversionReceipt {
    let plan = try conversionPlan(request)
    var receipt = ConversionReceipt(plan: plan, request: request, session: self, isDryRun: false)
    let folder = try StagedFolder(
      target: request.output, isReplacing: request.isReplacing, isDurable: request.isDurable,
      sources: catalog.files)
    defer { folder.discard() }
    let readsBack = request.wantsHashes || request.isVerifying
    context.expect(
      totalBytes: plan.byteCount.addingSaturating(
        readsBack ? ConversionAudit.byteCount(plan, self, request) : 0))
    let start = JobContext.now()
    do {
      try write(plan, to: folder, isDurable: request.isDurable, context: context)
    } catch {
      throw folder.seen(error, as: request.output)
    }
    receipt.seconds = JobContext.now() - start
    if readsBack {
      do {
        try ConversionAudit(source: self, request: request, folder: folder.path, context: context)
          .fill(&receipt)
      } catch {
        throw folder.seen(error, as: request.output)
      }
      try folder.write(receipt.json.text(indent: 2) + "\n", as: ConversionReceipt.fileName)
    }
    try context.checkCancellation()
    if let verification = receipt.verification, !verification.passed {
      throw Refusal(
        "\(request.output): not written, \(verification.failure ?? "the verification failed")")
    }
    try folder.commit()
    return receipt
  }

  private func write(
    _ plan: ConversionPlan, to folder: StagedFolder, isDurable: Bool, context: JobContext
  ) throws {
    for text in plan.texts { try folder.write(text.text, as: text.name) }
    for companion in plan.copies { try folder.copy(companion) }
    // The writers let go of the pages that they write from.
    let source = CheckpointSource(checkpoint, leavesPagesToTaker: true)
    let options = WriteOptions(
      isDurable: isDurable, mappedSources: checkpoint.mappedFiles,
      isCancelled: { context.isCancelled })
    for file in plan.files {
      let tensors = file.tensors.map {
        $0.plan.tensorToWrite(named: $0.name, from: source, context: context)
      }
      let path = folder.join(file.name)
      switch plan.options.format {
      case .safetensors:
        var writer = SafetensorsWriter(options)
        writer.metadata = plan.metadata
        try writer.write(tensors, to: path)
      case .pt: try PyTorchWriter(options).write(tensors, to: path)
      }
    }
  }
}

extension StagedFolder {
  /// An error with the path that the user gave, in place of the folder that is filled beside it.
  fileprivate func seen(_ error: any Error, as output: String) -> any Error {
    func shown(_ path: String) -> String {
      path.hasPrefix(self.path) ? output + path.dropFirst(self.path.count) : path
    }
    switch error {
    case CheckpointError.file(var error):
      error.path = shown(error.path)
      return CheckpointError.file(error)
    case CheckpointError.malformed(let path, let place, let reason):
      return CheckpointError.malformed(path: shown(path), place: place, reason: reason)
    case CheckpointError.unrecognised(let path, let reason):
      return CheckpointError.unrecognised(path: shown(path), reason: reason)
    case CheckpointError.unusable(let path, let tensor, let reason):
      return CheckpointError.unusable(path: shown(path), tensor: tensor, reason: reason)
    case var error as ModelError:
      error.path = shown(error.path)
      return error
    default: return error
    }
  }
}
