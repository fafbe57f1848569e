package import Tensors

/// How far a writer has come.
package struct WriteProgress: Sendable, Equatable {
  package var tensorName: String
  package var tensorIndex: Int
  package var tensorCount: Int
  package var bytesWritten: Int
  package var byteCount: Int
}

/// What a writer made.
package struct WrittenFiles: Sendable, Equatable {
  /// Paths, shards first, the index last.
  package var paths: [String]
  package var byteCount: Int
}

/// Writes safetensors files, one tensor after the other, in bounded memory.
///
/// Files are written beside the target, brought to the disk and renamed when all of them are complete; an error or a
/// cancellation leaves nothing behind. Wider element types come first, so that every tensor is aligned; tensors
/// of one width keep their order.
package struct SafetensorsWriter {
  /// Pairs for `__metadata__`.
  ///
  /// Some loaders insist on `format`.
  package var metadata: [MetadataPair] = [MetadataPair(key: "format", value: "pt")]
  /// Whether existing files are replaced.
  package var isReplacing = false
  /// Whether the bytes are on the disk, not only on their way to it, when writing ends.
  package var isDurable = true
  /// Files whose mapped bytes producers hand out: those are read from the file, not through the map.
  package var mappedSources: [MappedFile] = []
  package var progress: (WriteProgress) -> Void = { _ in }
  /// Asked before every piece.
  package var isCancelled: () -> Bool = { false }
  /// Sees every piece that is written, with the index of its tensor in the list that was given (for hashes).
  package var observe: ((_ tensor: Int, _ bytes: UnsafeRawBufferPointer) -> Void)?

  package init() {}

  /// Writes all tensors to one file.
  /// - Throws: `CheckpointError`, or what a producer throws.
  @discardableResult
  package func write(_ tensors: [TensorToWrite], to path: String) throws -> WrittenFiles {
    try write([Shard(path: path, tensors: try ordered(tensors))], tensorCount: tensors.count)
  }

  /// Writes shards of at most `shardByteCount` bytes of tensors (one tensor may be larger) and their index into `folder`.
  ///
  /// One shard is enough: `BASE.safetensors` and no index. Else `BASE-00001-of-0000N.safetensors` and
  /// `BASE.safetensors.index.json`.
  @discardableResult
  package func write(
    _ tensors: [TensorToWrite], inFolder folder: String, baseName: String = "model",
    shardByteCount: Int
  ) throws -> WrittenFiles {
    var groups: [[Placed]] = []
    var size = 0
    for placed in try ordered(tensors) {
      if groups.isEmpty || size > 0 && placed.byteCount > shardByteCount - size {
        groups.append([])
        size = 0
      }
      groups[groups.count - 1].append(placed)
      size += placed.byteCount
    }
    guard groups.count > 1 else {
      return try write(
        tensors, to: DirectoryListing.join(folder, baseName + ".safetensors"))
    }
    func number(_ value: Int) -> String {
      let digits = String(value)
      return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
    }
    var shards: [Shard] = []
    var map = JSONObject()
    var total = 0
    for (index, group) in groups.enumerated() {
      let name = "\(baseName)-\(number(index + 1))-of-\(number(groups.count)).safetensors"
      shards.append(Shard(path: DirectoryListing.join(folder, name), tensors: group))
      for placed in group {
        map.members.append(.init(key: placed.tensor.name, value: .string(name)))
        total += placed.byteCount
      }
    }
    let index: JSONValue = [
      "metadata": ["total_size": .integer(total)], "weight_map": .object(map),
    ]
    return try write(
      shards, tensorCount: tensors.count,
      index: (
        DirectoryListing.join(folder, baseName + ".safetensors.index.json"),
        index.text(order: .sorted, indent: 2) + "\n"
      ))
  }

  // MARK: Layout

  private struct Placed {
    var tensor: TensorToWrite
    var index: Int
    var byteCount: Int
  }

  private struct Shard {
    var path: String
    var tensors: [Placed]
  }

  /// Checks names and sizes, and brings the tensors into the order of the file.
  private func ordered(_ tensors: [TensorToWrite]) throws(CheckpointError) -> [Placed] {
    var names = Set<ExactString>(minimumCapacity: tensors.count)
    var placed: [Placed] = []
    var total = 0
    for (index, tensor) in tensors.enumerated() {
      func unusable(_ reason: String) -> CheckpointError {
        .unusable(path: "", tensor: tensor.name, reason: reason)
      }
      guard tensor.name != "__metadata__" else {
        throw unusable("a safetensors file cannot hold a tensor called `__metadata__`")
      }
      guard names.insert(ExactString(tensor.name)).inserted else {
        throw unusable("two tensors would have this name")
      }
      guard let byteCount = tensor.byteCount else { throw unusable("its size overflows") }
      let (sum, overflow) = total.addingReportingOverflow(byteCount)
      guard !overflow else { throw unusable("the file would be too large") }
      total = sum
      placed.append(Placed(tensor: tensor, index: index, byteCount: byteCount))
    }
    // A stable sort: the index decides between equal widths.
    return placed.sorted {
      ($1.tensor.elementType.byteCount, $0.index) < ($0.tensor.elementType.byteCount, $1.index)
    }
  }

  private func header(of shard: Shard) throws(CheckpointError) -> [UInt8] {
    var root = JSONObject()
    if !metadata.isEmpty {
      let pairs = metadata.map { JSONObject.Member(key: $0.key, value: .string($0.value)) }
      root.members.append(.init(key: "__metadata__", value: .object(JSONObject(pairs))))
      if let key = JSONObject(pairs).duplicateKey {
        throw .malformed(path: shard.path, place: "__metadata__", reason: "duplicate key `\(key)`")
      }
    }
    var offset = 0
    for placed in shard.tensors {
      let description: JSONValue = [
        "dtype": .string(placed.tensor.elementType.rawValue),
        "shape": .array(placed.tensor.shape.sizes.map(JSONValue.integer)),
        "data_offsets": [.integer(offset), .integer(offset + placed.byteCount)],
      ]
      root.members.append(.init(key: placed.tensor.name, value: description))
      offset += placed.byteCount
    }
    var text = Array(JSONValue.object(root).text().utf8)
    // Spaces bring the data to a multiple of eight.
    while text.count % 8 != 0 { text.append(0x20) }
    guard text.count <= SafetensorsHeader.lengthLimit else {
      throw .malformed(
        path: shard.path, place: "header",
        reason: "\(text.count) bytes of names and shapes are more than the format allows")
    }
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }

  // MARK: Writing

  private func write(
    _ shards: [Shard], tensorCount: Int, index: (path: String, text: String)? = nil
  ) throws -> WrittenFiles {
    var outputs: [OutputFile] = []
    defer { for output in outputs { output.discard() } }
    // Every target is looked at before the first byte is written.
    let headers = try shards.map(header(of:))
    for shard in shards {
      outputs.append(try OutputFile(target: shard.path, isReplacing: isReplacing))
    }
    if let index {
      outputs.append(try OutputFile(target: index.path, isReplacing: isReplacing))
    }
    for output in outputs {
      output.isDurable = isDurable
      output.mappedSources = mappedSources
    }
    var state = WriteProgress(
      tensorName: "", tensorIndex: 0, tensorCount: tensorCount, bytesWritten: 0,
      byteCount: shards.reduce(0) { $0 + $1.tensors.reduce(0) { $0 + $1.byteCount } })
    for (number, shard) in shards.enumerated() {
      let output = outputs[number]
      try output.write(headers[number])
      for placed in shard.tensors {
        state.tensorName = placed.tensor.name
        try write(placed, to: output, state: &state)
        state.tensorIndex += 1
        progress(state)
      }
      try output.finish()
    }
    if let index, let output = outputs.last {
      try output.write(Array(index.text.utf8))
      try output.finish()
    }
    if isCancelled() { throw CheckpointError.cancelled }
    for output in outputs { try output.commit() }
    return WrittenFiles(
      paths: outputs.map(\.target), byteCount: outputs.reduce(0) { $0 + $1.byteCount })
  }

  private func write(
    _ placed: Placed, to output: OutputFile, state: inout WriteProgress
  ) throws {
    var written = 0
    var bytesWritten = state.bytesWritten
    let current = state
    if isCancelled() { throw CheckpointError.cancelled }
    try placed.tensor.produce { piece in
      if isCancelled() { throw CheckpointError.cancelled }
      guard piece.count <= placed.byteCount - written else {
        throw CheckpointError.unusable(
          path: output.target, tensor: placed.tensor.name,
          reason: "more bytes were produced than its shape takes")
      }
      try output.write(piece)
      observe?(placed.index, piece)
      written += piece.count
      bytesWritten += piece.count
      var now = current
      now.bytesWritten = bytesWritten
      progress(now)
    }
    guard written == placed.byteCount else {
      throw CheckpointError.unusable(
        path: output.target, tensor: placed.tensor.name,
        reason: "\(written) bytes were produced, its shape takes \(placed.byteCount)")
    }
    state.bytesWritten = bytesWritten
  }
}
