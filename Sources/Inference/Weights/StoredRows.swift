import CKernels
import Synchronization
import Tensors

/// The rows of a linear layer where the checkpoint file holds them, read a panel at a time.
///
/// A product can be made from here without packing the whole matrix: a few panels are read and packed into the second-level cache,
/// used and forgotten.
final class StoredRows: Sendable {
  /// Rows that stand together, by the name of their tensor; one below the other they are the matrix.
  struct Piece {
    var name: String
    var slice: FileSlice
    var element: ck_element
    var count: Int
  }

  let pieces: [Piece]
  let inputs: Int
  let outputs: Int
  let element: ck_element
  let source: any WeightSource
  private let hasFailed = Atomic<Bool>(false)

  init(
    pieces: [Piece], inputs: Int, outputs: Int, element: ck_element, source: any WeightSource
  ) {
    self.pieces = pieces
    self.inputs = inputs
    self.outputs = outputs
    self.element = element
    self.source = source
  }

  private static let panelWidth = 16
  /// Floats of a group of panels: with the rows being read and the tile of the input they fit into the second-level cache.
  private static let cachedFloats = 96 << 10

  /// Panels that are packed at once; an even number, since the kernel takes them in pairs.
  private var groupWidth: Int {
    max(1, Self.cachedFloats / (2 * Self.panelWidth * max(inputs, 1))) * 2
  }

  private var groupCount: Int { groupWidth * Self.panelWidth * inputs }

  /// Floats of scratch that `multiply` needs: a group of panels and the rows of one.
  var scratchCount: Int { groupCount + Self.panelWidth * inputs }

  /// Why a read failed, if one did: the file has changed since it was opened.
  var failure: InferenceError? {
    guard hasFailed.load(ordering: .relaxed) else { return nil }
    return .unreadableTensor(
      name: pieces.first?.name ?? "", reason: "the file was changed while it was read")
  }

  /// Packs all rows into `panels`, which are zeroed.
  func pack(into panels: UnsafeMutableRawPointer) {
    let rows = AlignedBuffer(floats: Self.panelWidth * inputs)
    pack(rows: 0..<outputs, into: panels, reading: rows.base)
    for piece in pieces { source.release(piece.name) }
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
      let last = min(min(first + groupWidth, panels.upperBound) * Self.panelWidth, outputs)
      let columns = last - column
      guard columns > 0 else { return }
      if columns % Self.panelWidth != 0 { scratch.update(repeating: 0, count: groupCount) }
      pack(
        rows: column..<last, into: UnsafeMutableRawPointer(scratch),
        reading: UnsafeMutableRawPointer(scratch + groupCount))
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

  /// Packs some rows of the matrix as a matrix of its own; `buffer` holds the rows of one panel.
  private func pack(
    rows: Range<Int>, into panels: UnsafeMutableRawPointer, reading buffer: UnsafeMutableRawPointer
  ) {
    var first = 0
    for piece in pieces {
      let part = rows.clamped(to: first..<first + piece.count)
      let rowByteCount = inputs * piece.element.byteCount
      var row = part.lowerBound
      while row < part.upperBound {
        let target = row - rows.lowerBound
        // Up to the end of the panel, so that whole panels are packed the fast way.
        let count = min(Self.panelWidth - target % Self.panelWidth, part.upperBound - row)
        let start = (row - first) * rowByteCount
        guard piece.slice.read(start..<start + count * rowByteCount, into: buffer) else {
          hasFailed.store(true, ordering: .relaxed)
          return
        }
        ck_pack_rows(panels, element, inputs, rows.count, target, count, buffer, piece.element)
        row += count
      }
      first += piece.count
    }
  }
}
