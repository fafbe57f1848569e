/// Decides whether a name matches a query and how well, on UTF-8 bytes.
///
/// Each term is found from the left, then pulled tight from the right, as in fzf's first algorithm. Characters at the start
/// of a part (after a dot, underscore or the like) and characters side by side score more; gaps cost.
enum FuzzyScorer {
  /// The sum over all terms; nil when one of them does not hold.
  static func score(
    _ query: FindQuery, plain: UnsafeBufferPointer<UInt8>, folded: UnsafeBufferPointer<UInt8>
  ) -> Int32? {
    var total: Int32 = 0
    for term in query.terms {
      let text = term.mindsCase ? plain : folded
      switch term.kind {
      case .absent:
        if side(by: term.bytes, in: text) != nil { return nil }
      case .exact:
        guard let start = side(by: term.bytes, in: text) else { return nil }
        total &+= value(start..<start + term.bytes.count, of: term, in: text)
      case .fuzzy:
        if let start = side(by: term.bytes, in: text) {
          total &+= value(start..<start + term.bytes.count, of: term, in: text)
        } else if let range = spread(term, in: text) {
          total &+= value(range, of: term, in: text)
        } else {
          return nil
        }
      }
    }
    // Among equals the shorter name is the closer one.
    return total &* 8 &- Int32(truncatingIfNeeded: min(plain.count, 4000)) / 8
  }

  /// Byte positions of `name` that a query matched, ascending; empty when it does not match.
  static func positions(_ query: FindQuery, in name: String) -> [Int] {
    var plain = Array(name.utf8)
    var folded = plain.map(FindIndex.lowered)
    var found = Set<Int>()
    var holds = true
    plain.withUnsafeMutableBufferPointer { plainBytes in
      folded.withUnsafeMutableBufferPointer { foldedBytes in
        for term in query.terms {
          let text = UnsafeBufferPointer(term.mindsCase ? plainBytes : foldedBytes)
          let start = side(by: term.bytes, in: text)
          if term.kind == .absent {
            if start != nil { holds = false }
          } else if let start {
            found.formUnion(start..<start + term.bytes.count)
          } else if term.kind == .fuzzy, let range = spread(term, in: text) {
            var cursor = range.lowerBound
            var from = 0
            for end in term.ends {
              while cursor < range.upperBound, !matches(term.bytes, from, end, text, cursor) {
                cursor += 1
              }
              found.formUnion(cursor..<min(cursor + end - from, text.count))
              cursor += end - from
              from = end
            }
          } else {
            holds = false
          }
        }
      }
    }
    return holds ? found.sorted() : []
  }

  /// First place where `needle` stands as a whole; one that begins a part is preferred.
  private static func side(by needle: [UInt8], in text: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let head = needle.first, needle.count <= text.count else { return nil }
    var first: Int?
    let last = text.count - needle.count
    var at = 0
    while at <= last {
      if text[at] == head && matches(needle, 0, needle.count, text, at) {
        if at == 0 || isBoundary(text[at - 1]) { return at }
        if first == nil { first = at }
      }
      at += 1
    }
    return first
  }

  /// The tightest stretch, ending at the first possible end, that holds the characters in order.
  private static func spread(
    _ term: FindQuery.Term, in text: UnsafeBufferPointer<UInt8>
  ) -> Range<Int>? {
    var at = 0
    var from = 0
    for end in term.ends {
      let width = end - from
      while at + width <= text.count, !matches(term.bytes, from, end, text, at) { at += 1 }
      guard at + width <= text.count else { return nil }
      at += width
      from = end
    }
    let upper = at
    // Backwards from the end, so that an early stray character does not stretch the match.
    var index = term.ends.count - 1
    while index >= 0 {
      let start = index == 0 ? 0 : term.ends[index - 1]
      let width = term.ends[index] - start
      at -= width
      while at > 0, !matches(term.bytes, start, term.ends[index], text, at) { at -= 1 }
      index -= 1
    }
    return at..<upper
  }

  @inline(__always) private static func matches(
    _ needle: [UInt8], _ from: Int, _ end: Int, _ text: UnsafeBufferPointer<UInt8>, _ at: Int
  ) -> Bool {
    guard at + end - from <= text.count else { return false }
    var offset = 0
    while offset < end - from {
      if text[at + offset] != needle[from + offset] { return false }
      offset += 1
    }
    return true
  }

  private static func value(
    _ range: Range<Int>, of term: FindQuery.Term, in text: UnsafeBufferPointer<UInt8>
  ) -> Int32 {
    var score: Int32 = 0
    var at = range.lowerBound
    var from = 0
    var previousEnd = -1
    for end in term.ends {
      let start = at
      while at < range.upperBound, !matches(term.bytes, from, end, text, at) { at += 1 }
      score &+= 16
      if at == 0 || isBoundary(text[at - 1]) { score &+= 8 }
      if previousEnd == at {
        score &+= 6
      } else if previousEnd >= 0 {
        score &-= 3 &+ Int32(truncatingIfNeeded: min(at - start, 20))
      }
      at += end - from
      previousEnd = at
      from = end
    }
    return score
  }

  @inline(__always) private static func isBoundary(_ byte: UInt8) -> Bool {
    byte == 0x2E || byte == 0x5F || byte == 0x2D || byte == 0x2F || byte == 0x20 || byte == 0x3A
  }
}
