/// Names laid out for searching: bytes side by side, and for each name a mask of the bytes that occur in it.
final class FindIndex: Sendable {
  /// UTF-8 of all names.
  private let bytes: [UInt8]
  /// The same with ASCII letters lowered.
  private let folded: [UInt8]
  /// Start of each name; one more than there are names.
  private let starts: [Int]
  private let masks: [UInt64]

  init(_ names: [String]) {
    var bytes: [UInt8] = []
    var starts: [Int] = [0]
    var masks: [UInt64] = []
    starts.reserveCapacity(names.count + 1)
    masks.reserveCapacity(names.count)
    for name in names {
      bytes.append(contentsOf: name.utf8)
      starts.append(bytes.count)
    }
    let folded = bytes.map(Self.lowered)
    for index in names.indices {
      var mask: UInt64 = 0
      for byte in folded[starts[index]..<starts[index + 1]] { mask |= Self.bit(of: byte) }
      masks.append(mask)
    }
    self.bytes = bytes
    self.folded = folded
    self.starts = starts
    self.masks = masks
  }

  var count: Int { masks.count }

  /// A name that matches, and how well.
  struct Match: Sendable, Equatable {
    var index: Int32
    var score: Int32
  }

  /// All matches in the order of the names.
  ///
  /// - Parameter candidates: matches of a wider query to look at, ascending; nil for all.
  func matches(_ query: FindQuery, within candidates: [Match]? = nil) -> [Match] {
    var result: [Match] = []
    let mask = query.mask
    bytes.withUnsafeBufferPointer { plain in
      folded.withUnsafeBufferPointer { low in
        func look(_ index: Int) {
          guard masks[index] & mask == mask else { return }
          let range = starts[index]..<starts[index + 1]
          guard
            let score = FuzzyScorer.score(
              query, plain: UnsafeBufferPointer(rebasing: plain[range]),
              folded: UnsafeBufferPointer(rebasing: low[range]))
          else { return }
          result.append(Match(index: Int32(truncatingIfNeeded: index), score: score))
        }
        if let candidates {
          for candidate in candidates { look(Int(candidate.index)) }
        } else {
          for index in 0..<masks.count { look(index) }
        }
      }
    }
    return result
  }

  @inline(__always) static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
  }

  /// One of 64 bits: letters without case, digits, and a few buckets for the rest.
  @inline(__always) static func bit(of byte: UInt8) -> UInt64 {
    let low = lowered(byte)
    if low >= 0x61 && low <= 0x7A { return 1 << UInt64(low - 0x61) }
    if low >= 0x30 && low <= 0x39 { return 1 << UInt64(26 + low - 0x30) }
    return 1 << UInt64(36 + low % 28)
  }
}
