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
  /// Floats of a group of panels: with the rows being read they fit into the second-level cache.
  private static let cachedFloats = 48 << 10
  /// Bytes that are read at once: small reads cost system calls, large ones leave the second-level cache.
  private static let readByteCount = 192 << 10

  /// Panels that are packed at once; an even number, since the kernel takes them in pairs.
  private var groupWidth: Int {
    max(1, Self.cachedFloats / (2 * Self.panelWidth * max(inputs, 1))) * 2
  }

  private var groupCount: Int { groupWidth * Self.panelWidth * inputs }

  /// Rows that are read at once: whole panels.
  private var readWidth: Int {
    max(1, Self.readByteCount / (4 * Self.panelWidth * max(inputs, 1))) * Self.panelWidth
  }

  /// Floats of scratch that `multiply` needs: a group of panels, the rows that are read at once, and the input in tiles.
  func scratchCount(rows: Int) -> Int {
    groupCount + readWidth * inputs + Int(ck_tiled_count(rows, inputs))
  }

  /// Why a read failed, if one did: the file has changed since it was opened.
  var failure: InferenceError? {
    guard hasFailed.load(ordering: .relaxed) else { return nil }
    return .unreadableTensor(
      name: pieces.first?.name ?? "", reason: "the file was changed while it was read")
  }

  /// Packs all rows into `panels`, which are zeroed.
  func pack(into panels: UnsafeMutableRawPointer) {
    let rows = AlignedBuffer(floats: readWidth * inputs)
    pack(rows: 0..<outputs, into: panels, buffer: rows.base)
    for piece in pieces { source.release(piece.name) }
  }

  /// What `Linear.apply` is asked for.
  struct Product {
    var input: UnsafePointer<Float>
    var inputStride: Int
    var rows: Int
    var output: UnsafeMutablePointer<Float>
    var outputStride: Int
    var epilogue: ck_epilogue
  }

  /// One worker's share of a product.
  ///
  /// - Parameters:
  ///   - scratch: `scratchCount(rows:)` floats of this worker.
  ///   - takeGroup: the number of the next group that no worker has taken; a worker whose reads take longer takes fewer.
  func multiply(
    _ product: Product, scratch: UnsafeMutablePointer<Float>, takeGroup: () -> Int
  ) {
    let reading = scratch + groupCount
    let tiles = reading + readWidth * inputs
    ck_tile_input(product.input, product.inputStride, product.rows, inputs, element, tiles)
    while true {
      let first = takeGroup() * groupWidth * Self.panelWidth
      guard first < outputs else { return }
      let columns = first..<min(first + groupWidth * Self.panelWidth, outputs)
      if columns.count % Self.panelWidth != 0 {
        scratch.update(repeating: 0, count: groupCount)
      }
      pack(rows: columns, into: scratch, buffer: reading)
      var packed = ck_packed(
        panels: UnsafeRawPointer(scratch), element: element, inputs: inputs, outputs: columns.count)
      var epilogue = product.epilogue
      epilogue.bias = epilogue.bias.map { $0 + first }
      epilogue.scale = epilogue.scale.map { $0 + first }
      epilogue.operand = epilogue.operand.map { $0 + first }
      ck_product(
        &packed, nil, 0, product.rows, product.output + first, product.outputStride, 0, groupWidth,
        &epilogue, tiles, nil)
    }
  }

  /// Packs some rows of the matrix as a matrix of its own; `buffer` holds `readWidth` rows.
  private func pack(
    rows: Range<Int>, into panels: UnsafeMutableRawPointer, buffer: UnsafeMutableRawPointer
  ) {
    var first = 0
    for piece in pieces {
      let part = rows.clamped(to: first..<first + piece.count)
      let rowByteCount = inputs * piece.element.byteCount
      var row = part.lowerBound
      while row < part.upperBound {
        let target = row - rows.lowerBound
        // Up to the end of a panel, so that whole panels are packed the fast way.
        let count = min(readWidth - target % Self.panelWidth, part.upperBound - row)
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
