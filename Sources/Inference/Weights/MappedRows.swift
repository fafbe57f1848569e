import CKernels

/// The rows of a linear layer where the mapped checkpoint holds them.
///
/// The first product of a layer can be made from here: a few panels at a time are packed into the second-level cache, used and
/// forgotten. It costs about what a product with packed panels costs, and spares the memory and the time of packing
/// everything before the first feature.
struct MappedRows: @unchecked Sendable {
  /// Rows that stand together, by the name of their tensor; one below the other they are the matrix.
  struct Piece {
    var name: String
    var bytes: UnsafeRawBufferPointer
    var element: ck_element
    var count: Int
  }

  // The bytes belong to the mapped file, which `source` keeps alive and nobody writes.
  let pieces: [Piece]
  let inputs: Int
  let outputs: Int
  let element: ck_element
  let source: any WeightSource

  /// Floats of one worker's panels: with the tile of the input they fit into the second-level cache.
  private static let cachedFloats = 96 << 10

  private static let panelWidth = 16

  /// Panels that are packed at once; an even number, since the kernel takes them in pairs.
  private var groupWidth: Int { max(1, Self.cachedFloats / (2 * Self.panelWidth * inputs)) * 2 }

  /// Floats of scratch that `multiply` needs.
  var scratchCount: Int { groupWidth * Self.panelWidth * inputs }

  /// Packs all rows into `panels`, and lets go of their pages in the file.
  func pack(into panels: UnsafeMutableRawPointer) {
    var first = 0
    for piece in pieces {
      pack(piece, rows: 0..<piece.count, to: first, of: outputs, into: panels)
      source.release(piece.name)
      first += piece.count
    }
  }

  /// As `ck_product` with packed panels, for the panels `panels`.
  func multiply(
    _ input: UnsafePointer<Float>, stride inputStride: Int, rows: Int,
    to output: UnsafeMutablePointer<Float>, stride outputStride: Int, panels: Range<Int>,
    _ epilogue: ck_epilogue, scratch: UnsafeMutablePointer<Float>,
    productScratch: UnsafeMutablePointer<Float>
  ) {
    for first in stride(from: panels.lowerBound, to: panels.upperBound, by: groupWidth) {
      let column = first * Self.panelWidth
      let last = min((min(first + groupWidth, panels.upperBound)) * Self.panelWidth, outputs)
      let columns = last - column
      guard columns > 0 else { return }
      if columns % Self.panelWidth != 0 { scratch.update(repeating: 0, count: scratchCount) }
      pack(rows: column..<last, into: UnsafeMutableRawPointer(scratch))
      var packed = ck_packed(
        panels: UnsafeRawPointer(scratch), element: element, inputs: inputs, outputs: columns)
      var finish = epilogue
      finish.bias = finish.bias.map { $0 + column }
      finish.scale = finish.scale.map { $0 + column }
      finish.operand = finish.operand.map { $0 + column }
      ck_product(
        &packed, input, inputStride, rows, output + column, outputStride, 0,
        (columns + Self.panelWidth - 1) / Self.panelWidth, &finish, productScratch)
    }
  }

  /// Packs some rows of the matrix as a matrix of its own.
  private func pack(rows: Range<Int>, into panels: UnsafeMutableRawPointer) {
    var first = 0
    for piece in pieces {
      let part = rows.clamped(to: first..<first + piece.count)
      if !part.isEmpty {
        pack(
          piece, rows: part.lowerBound - first..<part.upperBound - first,
          to: part.lowerBound - rows.lowerBound, of: rows.count, into: panels)
      }
      first += piece.count
    }
  }

  private func pack(
    _ piece: Piece, rows: Range<Int>, to first: Int, of outputs: Int,
    into panels: UnsafeMutableRawPointer
  ) {
    guard let base = piece.bytes.baseAddress else { return }
    let size = piece.element == CK_F32 ? 4 : 2
    ck_pack_rows(
      panels, element, inputs, outputs, first, rows.count,
      base + rows.lowerBound * inputs * size, piece.element)
  }
}
