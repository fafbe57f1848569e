package import Tensors

/// Which 2-D slice of a tensor is looked at.
package struct SliceSelection: Sendable, Equatable {
  /// Axes that run down and across; they differ.
  package var rowAxis: Int
  package var columnAxis: Int
  /// One index for each axis of the tensor; those at the two axes above are ignored.
  package var indices: [Int]

  package init(rowAxis: Int, columnAxis: Int, indices: [Int]) {
    self.rowAxis = rowAxis
    self.columnAxis = columnAxis
    self.indices = indices
  }
}

extension SlicePicture {
  /// Reduces a slice of a tensor to at most `rows` x `columns` means; reads only the bytes of the slice.
  ///
  /// Of complex numbers the real part is shown: a mean of magnitudes would hide the sign.
  ///
  /// - Parameters:
  ///   - storage: bytes of the storage, in `order`.
  ///   - shape: `[...]` of the tensor. A scalar is a 1 x 1 picture, a vector one row.
  ///   - strides: in elements; nil for row-major.
  ///   - storageOffset: first element of the tensor in the storage.
  ///   - selection: nil for the last two axes at index 0 of all others.
  ///   - isCancelled: asked once per row of the slice, and within long ones.
  /// - Throws: `AnalysisError.badSlice` when a number does not fit the shape or the storage, `.cancelled`.
  package init(
    of storage: UnsafeRawBufferPointer, type: ElementType, shape: Shape, strides: [Int]? = nil,
    storageOffset: Int = 0, order: ByteOrder = .little, selection: SliceSelection? = nil,
    rows: Int, columns: Int, isCancelled: () -> Bool = { false }
  ) throws(AnalysisError) {
    let slice = try TensorSlice(
      shape: shape, strides: strides, storageOffset: storageOffset, selection: selection,
      elementsInStorage: storage.count / type.byteCount)
    guard rows > 0, columns > 0 else { throw .badSlice("a picture needs at least one pixel") }
    let blockRows = max((slice.rows + rows - 1) / rows, 1)
    let blockColumns = max((slice.columns + columns - 1) / columns, 1)
    let height = (slice.rows + blockRows - 1) / blockRows
    let width = (slice.columns + blockColumns - 1) / blockColumns
    let decoder = ElementDecoder(type: type, order: order)
    var values: [Float] = []
    values.reserveCapacity(height * width)
    var sums = [Double](repeating: 0, count: width)
    var counts = [Int](repeating: 0, count: width)
    for pixelRow in 0..<height {
      for column in 0..<width {
        sums[column] = 0
        counts[column] = 0
      }
      for row in pixelRow * blockRows..<min((pixelRow + 1) * blockRows, slice.rows) {
        if isCancelled() { throw .cancelled }
        var element = slice.start + row * slice.rowStride
        for pixel in 0..<width {
          let length = min(blockColumns, slice.columns - pixel * blockColumns)
          for step in 1...length {
            // Strides of zero can make a row of any length.
            if step & 0xFFFFF == 0, isCancelled() { throw .cancelled }
            let value = decoder.value(at: element, in: storage)
            if value.isFinite {
              sums[pixel] += value
              counts[pixel] += 1
            }
            element += slice.columnStride
          }
        }
      }
      for pixel in 0..<width {
        values.append(counts[pixel] > 0 ? Float(sums[pixel] / Double(counts[pixel])) : .nan)
      }
    }
    self.init(
      rows: height, columns: width, values: values, blockRows: blockRows,
      blockColumns: blockColumns, sliceRows: slice.rows, sliceColumns: slice.columns)
  }
}

/// A 2-D slice with checked arithmetic: every element lies in the storage.
struct TensorSlice {
  private(set) var rows = 1
  private(set) var columns = 1
  private(set) var rowStride = 0
  private(set) var columnStride = 0
  /// First element in the storage.
  private(set) var start: Int

  init(
    shape: Shape, strides: [Int]?, storageOffset: Int, selection: SliceSelection?,
    elementsInStorage: Int
  ) throws(AnalysisError) {
    guard let count = shape.elementCount else { throw .badSlice("the shape \(shape) overflows") }
    let strides = strides ?? shape.contiguousStrides
    guard strides.count == shape.rank else {
      throw .badSlice("\(strides.count) strides do not match the shape \(shape)")
    }
    let selection =
      selection
      ?? SliceSelection(
        rowAxis: shape.rank - 2, columnAxis: shape.rank - 1,
        indices: [Int](repeating: 0, count: shape.rank))
    guard selection.indices.count == shape.rank else {
      throw .badSlice("\(selection.indices.count) indices do not match the shape \(shape)")
    }
    let isMatrix = shape.rank >= 2
    if isMatrix {
      guard selection.rowAxis != selection.columnAxis,
        shape.sizes.indices.contains(selection.rowAxis),
        shape.sizes.indices.contains(selection.columnAxis)
      else {
        throw .badSlice(
          "axes \(selection.rowAxis) and \(selection.columnAxis) do not belong to the shape \(shape)"
        )
      }
      rows = shape[selection.rowAxis]
      rowStride = strides[selection.rowAxis]
    }
    if shape.rank >= 1 {
      let axis = isMatrix ? selection.columnAxis : 0
      columns = shape[axis]
      columnStride = strides[axis]
    }
    start = storageOffset
    guard count > 0, rows > 0, columns > 0 else {
      // Nothing is read of an empty tensor.
      rows = count > 0 ? rows : 0
      return
    }
    if isMatrix {
      for axis in shape.sizes.indices
      where axis != selection.rowAxis && axis != selection.columnAxis {
        let index = selection.indices[axis]
        guard index >= 0, index < shape[axis] else {
          throw .badSlice("index \(index) is outside axis \(axis) of the shape \(shape)")
        }
        start = try Self.sum(start, index, strides[axis])
      }
    }
    let downEnd = try Self.sum(start, rows - 1, rowStride)
    let acrossEnd = try Self.sum(start, columns - 1, columnStride)
    let corner = try Self.sum(downEnd, columns - 1, columnStride)
    let places = [start, downEnd, acrossEnd, corner]
    guard places.allSatisfy({ $0 >= 0 && $0 < elementsInStorage }) else {
      throw .badSlice("the slice reaches outside the storage of \(elementsInStorage) elements")
    }
  }

  private static func sum(_ start: Int, _ index: Int, _ stride: Int) throws(AnalysisError) -> Int {
    let (step, o1) = index.multipliedReportingOverflow(by: stride)
    let (sum, o2) = start.addingReportingOverflow(step)
    guard !o1, !o2 else { throw .badSlice("the strides overflow") }
    return sum
  }
}
