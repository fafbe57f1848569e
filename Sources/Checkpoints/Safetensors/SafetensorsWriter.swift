import Tensors

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
  package var options: WriteOptions

  package init(_ options: WriteOptions = WriteOptions()) { self.options = options }

  /// Writes all tensors to one file.
  /// - Throws: `CheckpointError`, or what a producer throws.
  @discardableResult
  package func write(_ tensors: [TensorToWrite], to path: String) throws -> WrittenFiles {
    try write([Shard(path: path, tensors: try ordered(tensors, for: path))])
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
    let groups = Shards.dealt(
      try ordered(tensors, for: folder), limit: shardByteCount, byteCount: \.byteCount)
    guard groups.count > 1 else {
      return try write(tensors, to: FilePath.join(folder, baseName + ".safetensors"))
    }
    let files = groups.enumerated().map { index, group in
      (
        name: Shards.name(baseName, index + 1, of: groups.count, suffix: ".safetensors"),
        tensors: group
      )
    }
    let index = Shards.index(
      files.map { ($0.name, $0.tensors.map(\.tensor.name)) },
      byteCount: groups.joined().reduce(0) { $0 + $1.byteCount })
    return try write(
      files.map { Shard(path: FilePath.join(folder, $0.name), tensors: $0.tensors) },
      index: (
        FilePath.join(folder, baseName + ".safetensors" + ShardIndex.suffix),
        index.text(order: .sorted, indent: 2) + "\n"
      ))
  }

  // MARK: Layout

  private struct Placed {
    var tensor: TensorToWrite
    /// Place in the list that was given.
    var index: Int
    var byteCount: Int
  }

  private struct Shard {
    var path: String
    var tensors: [Placed]
  }

  /// Checks names and sizes, and brings the tensors into the order of the file.
  ///
  /// - Parameter path: of the file or its folder, for errors.
  private func ordered(
    _ tensors: [TensorToWrite], for path: String
  ) throws(CheckpointError) -> [Placed] {
    var names = Set<ExactString>(minimumCapacity: tensors.count)
    var placed: [Placed] = []
    var total = 0
    for (index, tensor) in tensors.enumerated() {
      func unusable(_ reason: String) -> CheckpointError {
        .unusable(path: path, tensor: tensor.name, reason: reason)
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
    _ shards: [Shard], index: (path: String, text: String)? = nil
  ) throws -> WrittenFiles {
    var outputs: [OutputFile] = []
    defer { for output in outputs { output.discard() } }
    // Every target is looked at before the first byte is written.
    let headers = try shards.map(header(of:))
    for path in shards.map(\.path) + (index.map { [$0.path] } ?? []) {
      outputs.append(try options.open(path))
    }
    for (number, shard) in shards.enumerated() {
      try outputs[number].write(headers[number])
      for placed in shard.tensors { try write(placed, to: outputs[number]) }
      try outputs[number].finish()
    }
    if let index, let output = outputs.last {
      try output.write(Array(index.text.utf8))
      try output.finish()
    }
    if options.isCancelled() { throw CheckpointError.cancelled }
    for output in outputs { try output.commit() }
    return WrittenFiles(
      paths: outputs.map(\.target), byteCount: outputs.reduce(0) { $0 + $1.byteCount })
  }

  private func write(_ placed: Placed, to output: OutputFile) throws {
    var written = 0
    if options.isCancelled() { throw CheckpointError.cancelled }
    try placed.tensor.produce { piece in
      if options.isCancelled() { throw CheckpointError.cancelled }
      guard piece.count <= placed.byteCount - written else {
        throw CheckpointError.unusable(
          path: output.target, tensor: placed.tensor.name,
          reason: "more bytes were produced than its shape takes")
      }
      try output.write(piece)
      written += piece.count
    }
    guard written == placed.byteCount else {
      throw CheckpointError.unusable(
        path: output.target, tensor: placed.tensor.name,
        reason: "\(written) bytes were produced, its shape takes \(placed.byteCount)")
    }
  }
}
