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
    try refuseUnused(request, usedRules: usedRules)
    let plan = EditPlan(
      rows: rows, metadata: editedMetadata(request),
      warnings: leftOut(besides: rows).map { [$0] } ?? [])
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
    let isKept = request.keeps.isEmpty || request.keeps.contains { fits($0, index) }
    guard isKept, !request.drops.contains(where: { fits($0, index) }) else { return row }
    var newName = name
    for (number, rule) in request.renames.enumerated() {
      guard let renamed = renamed(newName, by: rule) else { continue }
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
    row.byteCount = entry.elementCount.multipliedSaturating(by: type.byteCount)
    row.action = isRenamed ? .renameAndCast : .cast
    return row
  }

  /// Whether a pattern fits the name within the weights or the whole one, as `ls` prints it.
  private func fits(_ pattern: GlobPattern, _ index: Int) -> Bool {
    pattern.matches(weightName(of: index)) || pattern.matches(catalog.entries[index].name)
  }

  /// The new name within the weights; nil where the rule fits neither that name nor the whole one.
  private func renamed(_ name: String, by rule: RenameRule) -> String? {
    if let renamed = rule.apply(to: name) { return renamed }
    guard !catalog.weightsRoot.isEmpty else { return nil }
    let root = catalog.weightsRoot.joined(separator: ".") + "."
    guard let renamed = rule.apply(to: root + name) else { return nil }
    return renamed.hasPrefix(root) ? String(renamed.dropFirst(root.count)) : renamed
  }

  /// - Throws: `Refusal` for a rule that fits no tensor.
  private func refuseUnused(_ request: EditRequest, usedRules: Set<Int>) throws(Refusal) {
    let indices = indicesOfWeights
    for (option, patterns) in [("--drop", request.drops), ("--keep", request.keeps)] {
      for pattern in patterns where !indices.contains(where: { fits(pattern, $0) }) {
        throw Refusal("\(option) `\(pattern)` fits no tensor\(tensorQuestion(pattern.description))")
      }
    }
    if let number = request.renames.indices.first(where: { !usedRules.contains($0) }) {
      throw Refusal("--rename `\(request.renames[number])` fits no tensor")
    }
  }

  /// What stands beside the weights and is not written, by name; nil where there is nothing.
  private func leftOut(besides rows: [EditPlan.Row]) -> String? {
    let root = catalog.weightsRoot
    // TorchScript keeps attributes of modules among the weights: they are no values of their own.
    let modules = Set(rows.compactMap { $0.name.split(separator: ".").first.map(String.init) })
    var order: [String] = []
    var tensorCounts: [String: Int] = [:]
    func count(_ path: [String], tensors: Int) {
      guard let name = path.first, root.isEmpty || !path.starts(with: root) else { return }
      if tensorCounts[name] == nil { order.append(name) }
      tensorCounts[name, default: 0] += tensors
    }
    let weights = Set(indicesOfWeights)
    for index in catalog.entries.indices where !weights.contains(index) {
      count(catalog.entries[index].path, tensors: 1)
    }
    for other in catalog.others where !modules.contains(other.path.first ?? "") || !root.isEmpty {
      count(other.path, tensors: 0)
    }
    guard !order.isEmpty else { return nil }
    let names = order.prefix(Self.leftOutLimit).map { name in
      let count = tensorCounts[name] ?? 0
      return count == 0 ? name : "\(name) (\(count) \(count == 1 ? "tensor" : "tensors"))"
    }
    let rest = order.count > names.count ? " and \(order.count - names.count) more" : ""
    return "only the weights are written; left out: \(names.joined(separator: ", "))\(rest)"
  }

  /// Names of what is left out that one message holds.
  private static let leftOutLimit = 16

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
        if let config = config(companion, of: request) {
          try folder.write(config, as: companion.name)
        } else {
          try folder.copy(companion)
        }
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

extension Session {
  /// The config of Transformers with the element type of a cast; nil where it stays as it is.
  private func config(_ companion: Companion, of request: EditRequest) -> String? {
    guard let type = request.elementType, companion.name == TransformersConfig.fileName,
      let text = try? text(of: companion)
    else { return nil }
    return TransformersConfig.text(text, statingType: type)
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
