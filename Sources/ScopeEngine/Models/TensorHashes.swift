import Checkpoints
import Dialects
import Synchronization

extension Session {
  /// SHA-256 of the contiguous little-endian bytes of every weight, in the order of the file.
  package func tensorHashes(
    context: JobContext = JobContext()
  ) throws -> [(name: String, sha256: String)] {
    let wanted = indicesOfWeights
    context.expect(totalBytes: wanted.reduce(0) { $0 &+ catalog.entries[$1].byteCount })
    let digests = Mutex([String](repeating: "", count: wanted.count))
    try Threads.forEach(wanted.count) { [self] turn in
      try context.checkCancellation()
      let entry = catalog.entries[wanted[turn]]
      let hash = SHA256()
      try checkpoint.withBytes(of: entry) { hash.update($0) }
      checkpoint.release(entry)
      context.advance(entry.byteCount, item: entry.name)
      let digest = hash.hex()
      digests.withLock { $0[turn] = digest }
    }
    return zip(wanted, digests.withLock { $0 }).map { (weightName(of: $0), $1) }
  }
}
