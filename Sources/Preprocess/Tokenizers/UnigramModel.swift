import Tensors

/// SentencePiece's unigram model: the cut of a text whose pieces have the largest sum of log probabilities.
final class UnigramModel: Sendable {
  private let pieces: [[UInt8]]
  private let scores: [Double]
  /// Pieces by hash of their bytes; `following` chains those of the same hash.
  private let first: [UInt64: Int32]
  private let following: [Int32]
  private let longest: Int
  private let unknownId: Int
  private let unknownScore: Double
  private let byteIds: [Int?]

  /// - Parameters:
  ///   - unknownId: Stands for characters that no piece holds.
  ///   - byteFallback: Unknown characters become `<0xHH>` pieces where all of them exist.
  init(pieces names: [String], scores: [Double], unknownId: Int, byteFallback: Bool) {
    pieces = names.map { Array($0.utf8) }
    self.scores = scores
    self.unknownId = unknownId
    unknownScore = (scores.min() ?? 0) - 10
    var first: [UInt64: Int32] = [:]
    first.reserveCapacity(names.count)
    var following = [Int32](repeating: -1, count: names.count)
    var longest = 0
    var bytes = [Int?](repeating: nil, count: 256)
    for (id, piece) in pieces.enumerated() {
      longest = max(longest, piece.count)
      let hash = Self.hash(piece)
      following[id] = first[hash] ?? -1
      first[hash] = Int32(id)
      if byteFallback, piece.count == 6, names[id].hasPrefix("<0x"), names[id].hasSuffix(">"),
        let byte = UInt8(names[id].dropFirst(3).prefix(2), radix: 16)
      {
        bytes[Int(byte)] = id
      }
    }
    self.first = first
    self.following = following
    // Longer pieces would cost time for each character of every text; published ones stay below 100 bytes.
    self.longest = min(longest, 512)
    byteIds = bytes
  }

  private static func step(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
    FNVHash.step(hash, UInt64(byte))
  }
  private static func hash(_ bytes: [UInt8]) -> UInt64 { bytes.reduce(FNVHash.basis, step) }

  /// Ids of a text; runs of unknown characters are one unknown id.
  func encode(_ scalars: [Unicode.Scalar]) -> [Int] {
    let text = Array(scalars.text.utf8)
    if text.isEmpty { return [] }
    var score = [Double](repeating: 0, count: text.count + 1)
    var origin = [Int](repeating: -1, count: text.count + 1)
    var ids = [Int](repeating: 0, count: text.count + 1)
    var start = 0
    while start < text.count {
      var width = 1
      while start + width < text.count, text[start + width] & 0xC0 == 0x80 { width += 1 }
      var hasSingle = false
      var hash = FNVHash.basis
      var end = start
      while end < text.count, end - start < longest {
        hash = Self.step(hash, text[end])
        end += 1
        guard var id = first[hash] else { continue }
        while id >= 0, !pieces[Int(id)].elementsEqual(text[start..<end]) { id = following[Int(id)] }
        guard id >= 0 else { continue }
        let candidate = scores[Int(id)] + score[start]
        if origin[end] < 0 || candidate > score[end] {
          score[end] = candidate
          origin[end] = start
          ids[end] = Int(id)
        }
        if end - start == width { hasSingle = true }
      }
      if !hasSingle {
        let candidate = unknownScore + score[start]
        if origin[start + width] < 0 || candidate > score[start + width] {
          score[start + width] = candidate
          origin[start + width] = start
          ids[start + width] = unknownId
        }
      }
      start += width
    }
    return walk(text, origin, ids)
  }

  private func walk(_ text: [UInt8], _ origin: [Int], _ ids: [Int]) -> [Int] {
    var parts: [(id: Int, range: Range<Int>)] = []
    var end = text.count
    while end > 0, origin[end] >= 0 {
      let start = origin[end]
      if ids[end] == unknownId, let last = parts.last, last.id == unknownId {
        parts[parts.count - 1].range = start..<last.range.upperBound
      } else {
        parts.append((ids[end], start..<end))
      }
      end = start
    }
    return parts.reversed().flatMap { part -> [Int] in
      guard part.id == unknownId else { return [part.id] }
      let bytes = text[part.range].map { byteIds[Int($0)] }
      return bytes.contains(nil) ? [unknownId] : bytes.compactMap { $0 }
    }
  }
}
