import Checkpoints
import Tensors

/// Pixels or token ids that were prepared elsewhere, from a `.npy` file.
package struct InputArray<Element: Sendable>: Sendable {
  package var shape: [Int]
  package var values: [Element]
}

extension InputArray {
  /// Most elements that a file may hold: 16 GB of pixels.
  private static var elementLimit: Int { 1 << 32 }

  fileprivate init(
    path: String, ranks: ClosedRange<Int>, what: String,
    accepts: (ElementType) -> Bool,
    _ read: (ElementDecoder, Int, UnsafeRawBufferPointer) throws -> [Element]
  ) throws {
    let file = try CheckpointFile(opening: path)
    guard file.catalog.container == .npy, let entry = file.catalog.entries.first else {
      throw ModelError(path: path, reason: "is not a .npy file of one array")
    }
    guard ranks.contains(entry.shape.rank), accepts(entry.elementType),
      let count = entry.shape.elementCount, count <= Self.elementLimit
    else {
      throw ModelError(
        path: path,
        reason: "holds \(entry.elementType.rawValue) \(entry.shape), expected \(what)")
    }
    let decoder = ElementDecoder(type: entry.elementType)
    values = try file.withBytes(of: entry) { bytes in
      guard bytes.count >= count * entry.elementType.byteCount else {
        throw ModelError(path: path, reason: "is shorter than its header says")
      }
      return try read(decoder, count, bytes)
    }
    shape = entry.shape.sizes
  }

  /// No inputs at all are fine, inputs of nothing are not.
  fileprivate func refuseEmptyInputs(_ path: String) throws(ModelError) {
    guard !shape.dropFirst().contains(0) else {
      throw ModelError(path: path, reason: "has shape \(shape), so that its inputs hold nothing")
    }
  }
}

extension InputArray where Element == Float {
  /// `[N, 3, H, W]`, or `[N, T, 3, H, W]` for video; `[3, H, W]` is one picture.
  package static func pixels(path: String) throws -> InputArray {
    var array = try InputArray(
      path: path, ranks: 3...5, what: "pixels [N, 3, H, W] or [N, T, 3, H, W]",
      accepts: \.isFloatingPoint
    ) { $0.floats($1, in: $2) }
    if array.shape.count == 3 { array.shape.insert(1, at: 0) }
    guard array.shape[array.shape.count - 3] == 3 else {
      throw ModelError(
        path: path, reason: "has shape \(array.shape), expected three channels before the rows")
    }
    try array.refuseEmptyInputs(path)
    return array
  }
}

extension InputArray where Element == Int {
  /// Token ids `[N, L]`; `[L]` is one text.
  package static func tokens(path: String) throws -> InputArray {
    func ids(
      _ decoder: ElementDecoder, _ count: Int, _ bytes: UnsafeRawBufferPointer
    ) throws -> [Int] {
      try (0..<count).map { index in
        guard let id = Int(exactly: decoder.value(at: index, in: bytes)) else {
          throw ModelError(path: path, reason: "element \(index) is not usable")
        }
        return id
      }
    }
    var array = try InputArray(
      path: path, ranks: 1...2, what: "token ids [N, L] of an integer type",
      accepts: { !$0.isFloatingPoint && !$0.isComplex && $0 != .bool }, ids)
    if array.shape.count == 1 { array.shape.insert(1, at: 0) }
    try array.refuseEmptyInputs(path)
    return array
  }
}
