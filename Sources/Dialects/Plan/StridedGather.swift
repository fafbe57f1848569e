/// Walks a strided view in row-major order and hands it out in blocks.
///
/// The last axis of the view and the source axis with stride 1 span the tiles, so that a transpose reads whole cache lines. Other axes are
/// walked from outside.
struct StridedGather {
  let sizes: [Int]
  let strides: [Int]
  let offset: Int
  /// Bytes of an element: 1, 2, 4, 8 or 16.
  let width: Int

  init(sizes: [Int], strides: [Int], offset: Int, width: Int) {
    // Axes of size 1 say nothing; neighbours that continue each other are one axis.
    var axes: [(size: Int, stride: Int)] = []
    for (size, stride) in zip(sizes, strides) where size != 1 {
      if let last = axes.last, last.stride == size * stride {
        axes[axes.count - 1] = (last.size * size, stride)
      } else {
        axes.append((size, stride))
      }
    }
    if axes.isEmpty { axes = [(1, 1)] }
    self.sizes = axes.map(\.size)
    self.strides = axes.map(\.stride)
    self.offset = offset
    self.width = width
  }

  func produce(
    from bytes: UnsafeRawBufferPointer, blockElements: Int,
    emit: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    let count = sizes.reduce(1, *)
    guard count > 0, let source = bytes.baseAddress else { return }
    let rowLength = sizes[sizes.count - 1]
    let rowCount = count / rowLength
    let rowsPerBlock = min(max(blockElements / rowLength, 1), rowCount)
    let block = UnsafeMutableRawBufferPointer.allocate(
      byteCount: rowsPerBlock * rowLength * width, alignment: 64)
    defer { block.deallocate() }
    guard let target = block.baseAddress else { return }
    var row = 0
    while row < rowCount {
      // Rows of a block share all outer axes, so that consecutive rows stand one stride apart.
      let perOuter = sizes.count > 1 ? sizes[sizes.count - 2] : 1
      let inner = row % perOuter
      let rows = min(rowsPerBlock, perOuter - inner)
      let start = source + (offset + outerOffset(of: row / perOuter) + inner * rowStride) * width
      copy(rows: rows, rowLength: rowLength, from: start, to: target)
      try emit(UnsafeRawBufferPointer(rebasing: block[..<(rows * rowLength * width)]))
      row += rows
    }
  }

  private var rowStride: Int { sizes.count > 1 ? strides[strides.count - 2] : 0 }

  private func outerOffset(of index: Int) -> Int {
    var index = index
    var sum = 0
    var axis = sizes.count - 3
    while axis >= 0 {
      sum += index % sizes[axis] * strides[axis]
      index /= sizes[axis]
      axis -= 1
    }
    return sum
  }

  private func copy(
    rows: Int, rowLength: Int, from source: UnsafeRawPointer, to target: UnsafeMutableRawPointer
  ) {
    switch width {
    case 1: tiles(UInt8.self, rows, rowLength, source, target)
    case 2: tiles(UInt16.self, rows, rowLength, source, target)
    case 4: tiles(UInt32.self, rows, rowLength, source, target)
    case 8: tiles(UInt64.self, rows, rowLength, source, target)
    default:
      let step = strides[strides.count - 1]
      for r in 0..<rows {
        for c in 0..<rowLength {
          (target + (r * rowLength + c) * width).copyMemory(
            from: source + (r * rowStride + c * step) * width, byteCount: width)
        }
      }
    }
  }

  private func tiles<Word: FixedWidthInteger & BitwiseCopyable>(
    _ type: Word.Type, _ rows: Int, _ rowLength: Int, _ source: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer
  ) {
    let size = MemoryLayout<Word>.size
    let step = strides[strides.count - 1]
    let tile = 32
    for r0 in stride(from: 0, to: rows, by: tile) {
      let r1 = min(r0 + tile, rows)
      for c0 in stride(from: 0, to: rowLength, by: tile) {
        let c1 = min(c0 + tile, rowLength)
        for r in r0..<r1 {
          var from = source + (r * rowStride + c0 * step) * size
          var to = target + (r * rowLength + c0) * size
          for _ in c0..<c1 {
            to.storeBytes(of: from.loadUnaligned(as: Word.self), as: Word.self)
            from += step * size
            to += size
          }
        }
      }
    }
  }
}
