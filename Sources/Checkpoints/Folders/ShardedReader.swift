import Tensors

/// Opens all shards that an index names as one checkpoint, and compares what they hold with the index.
enum ShardedReader {
  static func open(
    _ path: String, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    let index = try ShardIndex(path)
    let folder = FilePath.folder(of: path)
    var merge = ShardMerge(path: path, index: index)
    var opened: [[UInt64]: String] = [:]
    for (number, name) in index.shards.enumerated() {
      try cancellation.check()
      let shardPath = FilePath.join(folder, name)
      guard FilePath.byteCount(ofFile: shardPath) != nil else {
        merge.addMissing(number, path: shardPath, reason: "the file is missing")
        continue
      }
      // Links could have one header read as often as the index has names.
      if let identity = FilePath.identity(of: shardPath) {
        if let first = opened[identity] {
          merge.addMissing(number, path: shardPath, reason: "it is the same file as `\(first)`")
          continue
        }
        opened[identity] = name
      }
      do throws(CheckpointError) {
        merge.add(try ContainerSniffer.openFile(shardPath, cancellation), as: number)
      } catch .cancelled {
        throw .cancelled
      } catch {
        merge.addMissing(number, path: shardPath, reason: "\(error)")
      }
    }
    return merge.finished()
  }
}

/// The shards opened so far.
private struct ShardMerge {
  let index: ShardIndex
  private var catalog: Catalog
  private var files: [MappedFile?] = []
  /// Shard that the index names for a tensor.
  private var wanted: [ExactString: Int] = [:]
  /// Shard in which a tensor was found, and its place in `catalog.entries`.
  private var found: [ExactString: (shard: Int, entry: Int)] = [:]
  private var unavailable = Set<Int>()
  /// What `catalog.metadata` holds: shards repeat each other's pairs.
  private var knownPairs: Set<MetadataPair>
  /// Place of each shard in `catalog.files`, in the order of `index.shards`.
  private var fileOfShard: [Int] = []
  private var identityBase = 0

  /// Shards must then be added in the order of the index.
  init(path: String, index: ShardIndex) {
    self.index = index
    catalog = Catalog(container: .safetensorsSharded, path: path, metadata: index.metadata)
    knownPairs = Set(index.metadata)
    wanted.reserveCapacity(index.tensors.count)
    for (name, shard) in index.tensors { wanted[ExactString(name)] = shard }
  }

  private mutating func report(
    _ severity: Diagnostic.Severity, _ kind: String, _ place: String, _ message: String
  ) {
    catalog.diagnostics.append(
      Diagnostic(severity: severity, kind: kind, place: place, message: message))
  }

  mutating func addMissing(_ shard: Int, path: String, reason: String) {
    unavailable.insert(shard)
    fileOfShard.append(catalog.files.count)
    catalog.files.append(path)
    files.append(nil)
    let name = index.shards[shard]
    report(.error, "missing-shard", name, "shard `\(name)` cannot be used: \(reason)")
  }

  mutating func add(_ opened: OpenedContainer, as shard: Int) {
    let fileBase = catalog.files.count
    fileOfShard.append(fileBase)
    let shardName = index.shards[shard]
    catalog.files += opened.catalog.files
    files += opened.files
    if catalog.entries.isEmpty, opened.catalog.container != .safetensors {
      catalog.container = opened.catalog.container
    }
    catalog.others += opened.catalog.others
    catalog.pickleGlobals += opened.catalog.pickleGlobals
    catalog.diagnostics += opened.catalog.diagnostics
    for pair in opened.catalog.metadata where knownPairs.insert(pair).inserted {
      catalog.metadata.append(pair)
    }
    var identityCount = 0
    for var entry in opened.catalog.entries {
      entry.location.file += fileBase
      if let identity = entry.location.storageIdentity {
        identityCount = max(identityCount, identity &+ 1)
        entry.location.storageIdentity = identity &+ identityBase
      }
      let key = ExactString(entry.name)
      let place = JSONValue.quoted(entry.name)
      let expected = wanted[key]
      if let earlier = found[key] {
        report(
          .error, "duplicate-tensor", entry.name,
          "tensor \(place) stands in `\(index.shards[earlier.shard])` and in `\(shardName)`")
        // The one that the index names counts.
        if expected == shard, earlier.shard != shard {
          catalog.entries[earlier.entry] = entry
          found[key] = (shard, earlier.entry)
        }
        continue
      }
      if expected == nil {
        report(
          .warning, "unlisted-tensor", entry.name,
          "tensor \(place) stands in `\(shardName)` but not in the index")
      }
      found[key] = (shard, catalog.entries.count)
      catalog.entries.append(entry)
    }
    identityBase &+= identityCount
  }

  mutating func finished() -> OpenedContainer {
    for (name, shard) in index.tensors {
      let place = JSONValue.quoted(name)
      let shardName = index.shards[shard]
      if let seen = found[ExactString(name)] {
        if seen.shard != shard {
          let actual = index.shards[seen.shard]
          report(
            .warning, "misplaced-tensor", name,
            "tensor \(place) stands in `\(actual)`, the index says `\(shardName)`")
        }
        continue
      }
      let reason: String
      if unavailable.contains(shard) {
        reason = "its shard `\(shardName)` cannot be used"
      } else {
        reason = "the index says that it is in `\(shardName)`, but it is not"
        report(.error, "missing-tensor", name, "tensor \(place): \(reason)")
      }
      catalog.entries.append(
        Entry(
          path: [name], elementType: .u8, shape: [0],
          location: Location(file: fileOfShard[shard], offset: 0, storageByteCount: 0),
          remarks: [reason],
          isReadable: false, foreignType: "?"))
    }
    checkTotal()
    return OpenedContainer(catalog: catalog, files: files)
  }

  /// `total_size` counts the bytes of all tensors, shared storages once or twice depending on the writer.
  private mutating func checkTotal() {
    guard unavailable.isEmpty, let declared = index.totalSize else { return }
    var nominal = 0
    var stored = 0
    var storages = Set<Int>()
    for entry in catalog.entries {
      nominal = nominal.addingReportingOverflow(entry.byteCount).partialValue
      if let identity = entry.location.storageIdentity, !storages.insert(identity).inserted {
        continue
      }
      stored = stored.addingReportingOverflow(entry.byteCount).partialValue
    }
    if declared != nominal, declared != stored {
      report(
        .warning, "total-size", "metadata.total_size",
        "the index says total_size \(declared), the tensors take \(nominal) bytes")
    }
  }
}
