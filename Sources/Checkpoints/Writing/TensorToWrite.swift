package import Tensors

/// A tensor for a writer: what it is, and a closure that hands out its bytes piece by piece.
package struct TensorToWrite {
  /// Name in the written file, kept byte for byte.
  package var name: String
  package var elementType: ElementType
  package var shape: Shape
  /// Calls `emit` with the row-major little-endian bytes in order, in pieces of any size, once each.
  package var produce: (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  package init(
    name: String, elementType: ElementType, shape: Shape,
    produce: @escaping (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.produce = produce
  }

  /// An entry of an open checkpoint, copied as it is; its pages are let go once they are written.
  ///
  /// - Parameter limit: bytes that a strided or compressed tensor may take when it is written out.
  package init(
    copying entry: Entry, of checkpoint: CheckpointFile, as name: String? = nil,
    limit: Int = CheckpointFile.copyLimit
  ) {
    self.init(
      name: name ?? entry.name, elementType: entry.elementType, shape: entry.shape
    ) { emit in
      let isInPlace =
        entry.location.compression == .none && entry.location.strides == nil
        && entry.location.order == .little
      if isInPlace { checkpoint.file(of: entry)?.expectSequentialReading(entry) }
      try checkpoint.withBytes(of: entry, limit: limit) { bytes in
        let pieceByteCount = 8 << 20
        var start = 0
        while start < bytes.count {
          let end = min(start + pieceByteCount, bytes.count)
          try emit(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
          if isInPlace { checkpoint.file(of: entry)?.release(entry, from: start, to: end) }
          start = end
        }
      }
      if !isInPlace { checkpoint.release(entry) }
    }
  }

  /// The same tensor; `report` is told the size of every piece that a writer has taken.
  package func reporting(_ report: @escaping (_ byteCount: Int) -> Void) -> TensorToWrite {
    var result = self
    result.produce = { emit in
      try produce { piece in
        try emit(piece)
        report(piece.count)
      }
    }
    return result
  }

  /// Nil where the size leaves `Int`.
  package var byteCount: Int? {
    guard let count = shape.elementCount else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    return overflow ? nil : bytes
  }
}

extension MappedFile {
  /// Wraps where an empty tensor claims to begin anywhere: such a place is in no file.
  fileprivate func start(of entry: Entry) -> Int {
    entry.location.offset &+ entry.location.storageOffset &* entry.elementType.byteCount
  }

  fileprivate func expectSequentialReading(_ entry: Entry) {
    let start = start(of: entry)
    let (end, overflow) = start.addingReportingOverflow(entry.byteCount)
    if !overflow { expectSequentialReading(start..<max(start, end)) }
  }

  /// Lets go of the whole pages in a part of an entry, counted from its first byte.
  fileprivate func release(_ entry: Entry, from: Int, to: Int) {
    let start = start(of: entry)
    release(start + from..<start + to)
  }
}
