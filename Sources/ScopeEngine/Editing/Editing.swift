import Checkpoints
import Dialects
import Tensors

extension Engine {
  /// Writes the edited checkpoint; a cancelled or killed job leaves the output as it was.
  package nonisolated func edit(_ session: Session, _ request: EditRequest) -> Job<EditPlan> {
    start(.edit(output: request.output)) { context in try session.edit(request, context: context) }
  }
}

extension Session {
  /// - Throws: `Refusal` where two tensors would get one name, nothing would be left, or a pattern fits nothing.
  package func editPlan(_ request: EditRequest) throws -> EditPlan {
    if let fault = catalog.diagnostics.first(where: { $0.severity == .error }) {
      throw Refusal("\(fault.sentence); a damaged checkpoint is not written again")
    }
    var usedRules: Set<Int> = []
    var owners: [ExactString: String] = [:]
    let rows = try indicesOfWeights.map { index in
      let row = try editRow(index, request, usedRules: &usedRules)
      if let newName = row.newName,
        let other = owners.updateValue(row.name, forKey: ExactString(newName))
      {
        throw Refusal("`\(other)` and `\(row.name)` would both be called `\(newName)`")
      }
      return row
    }
    let plan = EditPlan(
      rows: rows, metadata: editedMetadata(request),
      warnings: editWarnings(request, rows: rows, usedRules: usedRules))
    guard !plan.kept.isEmpty else { throw Refusal("nothing would be written: no tensor is left") }
    if request.container == .pytorch, !request.metadata.isEmpty {
      throw Refusal(
        "a PyTorch state dict has no metadata; write to a .safetensors file or a folder")
    }
    return plan
  }

  /// What becomes of one tensor.
  ///
  /// - Parameter usedRules: gets the numbers of the renames that fit.
  private func editRow(
    _ index: Int, _ request: EditRequest, usedRules: inout Set<Int>
  ) throws(Refusal) -> EditPlan.Row {
    let entry = catalog.entries[index]
    let name = weightName(of: index)
    var row = EditPlan.Row(
      entry: index, name: name, newName: nil, action: .drop, elementType: entry.elementType,
      byteCount: entry.byteCount)
    let isKept = request.keeps.isEmpty || request.keeps.contains { $0.matches(name) }
    guard isKept, !request.drops.contains(where: { $0.matches(name) }) else { return row }
    var newName = name
    for (number, rule) in request.renames.enumerated() {
      guard let renamed = rule.apply(to: newName) else { continue }
      usedRules.insert(number)
      newName = renamed
    }
    guard !newName.isEmpty else { throw Refusal("`\(name)` would have no name left") }
    if !entry.isReadable {
      throw Refusal(
        "tensor `\(name)` cannot be read: \(entry.remarks.first ?? "its bytes are not usable")")
    }
    row.newName = newName
    let isRenamed = ExactString(newName) != ExactString(name)
    row.action = isRenamed ? .rename : .same
    guard let type = request.elementType, entry.elementType.isFloatingPoint,
      entry.elementType != type
    else { return row }
    guard ElementCast(from: entry.elementType, to: type) != nil else {
      throw Refusal("\(entry.elementType.rawValue) cannot be cast to \(type.rawValue)")
    }
    row.elementType = type
    row.byteCount = entry.elementCount * type.byteCount
    row.action = isRenamed ? .renameAndCast : .cast
    return row
  }

  private func editWarnings(
    _ request: EditRequest, rows: [EditPlan.Row], usedRules: Set<Int>
  ) -> [String] {
    var warnings: [String] = []
    let outside = catalog.entries.count - rows.count
    if outside > 0 {
      warnings.append(
        "\(outside) tensors outside the weights (optimizer state and the like) are left out")
    }
    for number in request.renames.indices where !usedRules.contains(number) {
      warnings.append("rename number \(number + 1) fits no tensor")
    }
    for (option, patterns) in [("--drop", request.drops), ("--keep", request.keeps)] {
      for pattern in patterns where !rows.contains(where: { pattern.matches($0.name) }) {
        warnings.append(
          "\(option) `\(pattern)` fits no tensor\(tensorQuestion(pattern.description))")
      }
    }
    return warnings
  }

  /// The pairs of the source with those of the request; an empty value takes a pair away.
  private func editedMetadata(_ request: EditRequest) -> [MetadataPair] {
    // Some loaders insist on `format`; the pairs of other containers (GGUF and the like) are no metadata of a safetensors file.
    let isSafetensors =
      catalog.container == .safetensors || catalog.container == .safetensorsSharded
    var pairs =
      isSafetensors && !catalog.metadata.isEmpty
      ? catalog.metadata : [MetadataPair(key: "format", value: "pt")]
    for pair in request.metadata {
      pairs.removeAll { ExactString($0.key) == ExactString(pair.key) }
      if !pair.value.isEmpty { pairs.append(pair) }
    }
    return pairs
  }

  /// - Throws: `Refusal`, `CheckpointError`; then the output is as it was before.
  package func edit(_ request: EditRequest, context: JobContext = JobContext()) throws -> EditPlan {
    let plan = try editPlan(request)
    let source = CheckpointSource(checkpoint)
    context.expect(totalBytes: plan.byteCount)
    let tensors = plan.kept.map { row in
      let entry = catalog.entries[row.entry]
      var tensor = TensorPlan(source: row.entry, type: entry.elementType, shape: entry.shape)
      tensor.targetType = row.elementType
      return tensor.tensorToWrite(named: row.newName ?? row.name, from: source, context: context)
    }
    var options = WriteOptions(
      isReplacing: request.isReplacing, mappedSources: checkpoint.mappedFiles,
      isCancelled: { context.isCancelled })
    switch request.container {
    case .pytorch: try PyTorchWriter(options).write(tensors, to: request.output)
    case .safetensors: try plan.write(tensors, to: request.output, options)
    case .folder:
      let folder = try StagedFolder(
        target: request.output, isReplacing: request.isReplacing, sources: catalog.files)
      defer { folder.discard() }
      for companion in catalog.companions where !companion.name.hasSuffix(".index.json") {
        try folder.copy(companion)
      }
      let isOpenClip = catalog.companions.contains { $0.name == "open_clip_config.json" }
      let name = isOpenClip ? "open_clip_model.safetensors" : "model.safetensors"
      options.isReplacing = false
      try plan.write(tensors, to: folder.join(name), options)
      try folder.commit()
    }
    return plan
  }
}

extension EditPlan {
  fileprivate func write(
    _ tensors: [TensorToWrite], to path: String, _ options: WriteOptions
  ) throws {
    var writer = SafetensorsWriter(options)
    writer.metadata = metadata
    try writer.write(tensors, to: path)
  }
}
