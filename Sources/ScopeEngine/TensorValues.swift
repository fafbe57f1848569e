package import Checkpoints
import Tensors

/// The first values of a tensor, row-major, in the type that keeps them exact.
package struct TensorValues: Sendable, Equatable {
  package enum Numbers: Sendable, Equatable {
    case floating([Double])
    case integers([Int])
    /// U64 beyond the range of `Int`.
    case unsigned([UInt64])
    case booleans([Bool])
    /// Pairs of real and imaginary part.
    case complex([Pair])
  }

  package struct Pair: Sendable, Equatable {
    package var real: Double
    package var imaginary: Double
  }

  package var numbers: Numbers
  /// Elements of the whole tensor.
  package var elementCount: Int

  /// Copies at most `limit` values.
  /// - Throws: `CheckpointError.unusable` when the bytes cannot be read.
  package init(of entry: Entry, in checkpoint: CheckpointFile, limit: Int) throws {
    elementCount = entry.elementCount
    let wanted = entry.prefix(limit)
    numbers = try checkpoint.withBytes(of: wanted) { bytes in
      let count = min(wanted.elementCount, max(limit, 0))
      let type = wanted.elementType
      let decoder = ElementDecoder(type: type)
      switch type {
      case .bool:
        return .booleans((0..<count).map { bytes[$0] != 0 })
      case .u64:
        return .unsigned(
          (0..<count).map {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
          })
      case .i64:
        return .integers(
          (0..<count).map {
            Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)))
          })
      case .c64, .c128:
        let half = ElementDecoder(type: type == .c64 ? .f32 : .f64)
        return .complex(
          (0..<count).map {
            Pair(
              real: half.value(at: 2 * $0, in: bytes),
              imaginary: half.value(at: 2 * $0 + 1, in: bytes))
          })
      default:
        let values = (0..<count).map { decoder.value(at: $0, in: bytes) }
        return type.isFloatingPoint ? .floating(values) : .integers(values.map { Int($0) })
      }
    }
  }
}

extension Entry {
  /// The same tensor cut along its first axes to little more than `limit` elements, so that looking at the
  /// beginning of a strided tensor never gathers all of it.
  func prefix(_ limit: Int) -> Entry {
    var cut = self
    guard elementCount > limit, shape.rank > 0 else { return self }
    if cut.location.strides == nil { cut.location.strides = shape.contiguousStrides }
    var needed = max(limit, 1)
    // Elements that lie below each axis, innermost first.
    for axis in (0..<shape.rank).reversed() {
      let size = shape[axis]
      if needed <= size {
        cut.shape.sizes[axis] = needed
        for outer in 0..<axis { cut.shape.sizes[outer] = 1 }
        break
      }
      needed = (needed + size - 1) / size
    }
    return cut
  }
}
