import Tensors

extension TensorPlan {
  /// Hands out the bytes of the target tensor in order, little-endian, in blocks of at most about `blockByteCount` bytes.
  ///
  /// Byte ranges of a source are handed out in place. Transposes gather tile by tile into one block. Memory use is a few blocks, whatever the
  /// size; only a resized position table is held as a whole.
  /// - Throws: what the source or `emit` throws; `TransformError` where a source is shorter than its shape says.
  package func produce(
    from source: any TensorSource, blockByteCount: Int = 1 << 22,
    emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    if let resize {
      try produceResized(resize, from: source, emit: emit)
      return
    }
    guard sourceType == targetType else {
      try produceCast(from: source, blockByteCount: blockByteCount, emit: emit)
      return
    }
    for part in parts {
      try PartProducer(
        part: part, type: sourceType, blockByteCount: blockByteCount, handsOut: true
      )
      .produce(from: source, emit: emit)
    }
  }

  /// All bytes at once; for small tensors and tests.
  package func bytes(from source: any TensorSource) throws -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(byteCount)
    try produce(from: source) { result.append(contentsOf: $0) }
    return result
  }

  private func produceCast(
    from source: any TensorSource, blockByteCount: Int,
    emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard let cast = ElementCast(from: sourceType, to: targetType) else {
      throw TransformError("\(sourceType.rawValue) cannot be cast to \(targetType.rawValue)")
    }
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockByteCount, alignment: 64)
    defer { block.deallocate() }
    let step = max(blockByteCount / max(sourceType.byteCount, targetType.byteCount), 1)
    for part in parts {
      try PartProducer(part: part, type: sourceType, blockByteCount: blockByteCount)
        .produce(from: source) { bytes in
          var start = 0
          let width = sourceType.byteCount
          while start < bytes.count {
            let end = min(start + step * width, bytes.count)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            cast.convert(piece, into: block)
            let written = piece.count / width * targetType.byteCount
            try emit(UnsafeRawBufferPointer(rebasing: block[..<written]))
            start = end
          }
        }
    }
  }

  private func produceResized(
    _ resize: GridResize, from source: any TensorSource,
    emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var plain = self
    plain.resize = nil
    plain.targetType = .f32
    var table: [Float] = []
    try plain.produce(from: source) { bytes in
      for i in 0..<bytes.count / 4 {
        table.append(
          Float(
            bitPattern: UInt32(
              littleEndian: bytes.loadUnaligned(fromByteOffset: i * 4, as: UInt32.self))))
      }
    }
    let width = shape.sizes.last ?? 0
    guard table.count == resize.oldRows * width else {
      throw TransformError("the position table does not have \(resize.oldRows) rows")
    }
    let result = resize.apply(to: table, width: width)
    if targetType == .f32 {
      try result.withUnsafeBytes(emit)
      return
    }
    guard let cast = ElementCast(from: .f32, to: targetType) else {
      throw TransformError("F32 cannot be cast to \(targetType.rawValue)")
    }
    var output = [UInt8](repeating: 0, count: result.count * targetType.byteCount)
    result.withUnsafeBytes { input in
      output.withUnsafeMutableBytes { cast.convert(input, into: $0) }
    }
    try output.withUnsafeBytes(emit)
  }
}

/// Produces one part of a plan.
struct PartProducer {
  let part: TensorPlan.Part
  let type: ElementType
  let blockByteCount: Int
  /// Whether bytes go to the end taker as they are, who may read them later; else `emit` is done with them when it returns.
  var handsOut = false

  private var width: Int { type.byteCount }
  private var blockElements: Int { max(blockByteCount / width, 1) }

  func produce(
    from source: any TensorSource, emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    switch part.content {
    case .zeros(let count): try filled(count: count, diagonal: nil, emit: emit)
    case .eye(let size, let row, let count):
      try filled(count: count, diagonal: (size, row), emit: emit)
    case .view(let index, let offset, let sizes, let strides):
      try source.withBytes(of: index) { bytes in
        try checkReach(offset: offset, sizes: sizes, strides: strides, bytes: bytes)
        if let scale = part.scale {
          try source.withBytes(of: scale.source) { factors in
            try scaled(bytes, offset: offset, by: factors, scale: scale, emit: emit)
          }
        } else if StridedView.isContiguous(sizes: sizes, strides: strides) {
          var start = offset * width
          let end = start + part.count * width
          while start < end {
            let next = min(start + blockElements * width, end)
            try emit(UnsafeRawBufferPointer(rebasing: bytes[start..<next]))
            if handsOut {
              source.handedOut(index, start..<next)
            } else {
              source.release(index, start..<next)
            }
            start = next
          }
        } else {
          try StridedGather(sizes: sizes, strides: strides, offset: offset, width: width)
            .produce(from: bytes, blockElements: blockElements, emit: emit)
          source.release(index, 0..<bytes.count)
        }
      }
    }
  }

  private func checkReach(
    offset: Int, sizes: [Int], strides: [Int], bytes: UnsafeRawBufferPointer
  ) throws {
    if sizes.contains(0) { return }
    let last = zip(sizes, strides).reduce(offset) { $0 + ($1.0 - 1) * $1.1 }
    guard offset >= 0, last >= 0, (last + 1) * width <= bytes.count else {
      throw TransformError("the tensor is shorter than its shape")
    }
  }

  private func filled(
    count: Int, diagonal: (size: Int, row: Int)?, emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var one = [UInt8](repeating: 0, count: width)
    if diagonal != nil, let cast = ElementCast(from: .f32, to: type) {
      withUnsafeBytes(of: Float(1).bitPattern.littleEndian) { input in
        one.withUnsafeMutableBytes { cast.convert(input, into: $0) }
      }
    }
    var start = 0
    while start < count {
      let end = min(start + blockElements, count)
      var block = [UInt8](repeating: 0, count: (end - start) * width)
      if let diagonal {
        let lastRow = (end - 1) / diagonal.size
        for row in start / diagonal.size...lastRow {
          let element = row * diagonal.size + row + diagonal.row
          guard element >= start, element < end, row + diagonal.row < diagonal.size else {
            continue
          }
          for byte in 0..<width { block[(element - start) * width + byte] = one[byte] }
        }
      }
      try block.withUnsafeBytes(emit)
      start = end
    }
  }

  /// Multiplies rows by their factor in Float and rounds once.
  private func scaled(
    _ bytes: UnsafeRawBufferPointer, offset: Int, by factors: UnsafeRawBufferPointer,
    scale: TensorPlan.RowScale, emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let rowLength = max(scale.rowLength, 1)
    let rows = part.count / rowLength
    guard (scale.offset + rows) * width <= factors.count,
      let back = ElementCast(from: .f32, to: type)
    else { throw TransformError("the scale is shorter than the tensor that it scales") }
    let decoder = ElementDecoder(type: type)
    let rowsPerBlock = max(blockElements / rowLength, 1)
    var row = 0
    while row < rows {
      let count = min(rowsPerBlock, rows - row)
      var product = [Float](repeating: 0, count: count * rowLength)
      for r in 0..<count {
        let factor = Float(decoder.value(at: scale.offset + row + r, in: factors))
        for c in 0..<rowLength {
          let element = offset + (row + r) * rowLength + c
          product[r * rowLength + c] = factor * Float(decoder.value(at: element, in: bytes))
        }
      }
      var output = [UInt8](repeating: 0, count: product.count * width)
      product.withUnsafeBytes { input in
        output.withUnsafeMutableBytes { back.convert(input, into: $0) }
      }
      try output.withUnsafeBytes(emit)
      row += count
    }
  }
}
