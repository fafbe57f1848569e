import Synchronization
import Tensors

/// Byte pair encoding: a word's symbols are joined pair by pair, the pair of lowest rank first.
final class BPEModel: Sendable {
  struct Options: Sendable {
    /// Put before every symbol but the first.
    var continuingPrefix = ""
    /// Put after the last symbol.
    var endSuffix = ""
    var unknownId: Int?
    var fusesUnknown = false
    /// A character without a token becomes its bytes as `<0xHH>`.
    var byteFallback = false
    /// A word that is a token is taken whole.
    var ignoresMerges = false
  }

  struct Merge: Sendable {
    var rank: Int32
    var id: Int32
  }

  let ids: [ExactString: Int]
  let merges: [UInt64: Merge]
  let options: Options
  private let byteIds: [Int?]
  /// Words seen before; dropped when it grows large.
  private let cache = Mutex<[ExactString: [Int]]>([:])

  init(ids: [ExactString: Int], merges: [UInt64: Merge], options: Options) {
    self.ids = ids
    self.merges = merges
    self.options = options
    byteIds = (0..<256).map { byte in
      let hex = String(byte, radix: 16, uppercase: true)
      return ids[ExactString("<0x" + (byte < 16 ? "0" : "") + hex + ">")]
    }
  }

  static func key(_ left: Int, _ right: Int) -> UInt64 {
    UInt64(UInt32(truncatingIfNeeded: left)) << 32 | UInt64(UInt32(truncatingIfNeeded: right))
  }

  func encode(_ word: [Unicode.Scalar]) -> [Int] {
    if word.isEmpty { return [] }
    let name = ExactString(word.text)
    if let known = cache.withLock({ $0[name] }) { return known }
    let result = options.ignoresMerges ? ids[name].map { [$0] } ?? merge(word) : merge(word)
    if word.count < 64 {
      cache.withLock { cache in
        if cache.count > 16384 { cache.removeAll(keepingCapacity: true) }
        cache[name] = result
      }
    }
    return result
  }

  /// Ids of the single symbols of a word.
  private func symbols(_ word: [Unicode.Scalar]) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(word.count)
    var lastIsUnknown = false
    for (index, scalar) in word.enumerated() {
      var text = String(scalar)
      if index > 0 { text = options.continuingPrefix + text }
      if index == word.count - 1 { text += options.endSuffix }
      if let id = ids[ExactString(text)] {
        result.append(id)
        lastIsUnknown = false
        continue
      }
      if options.byteFallback {
        let bytes = text.utf8.map { byteIds[Int($0)] }
        if !bytes.contains(nil) {
          result += bytes.compactMap { $0 }
          lastIsUnknown = false
          continue
        }
      }
      if let unknown = options.unknownId {
        if !(lastIsUnknown && options.fusesUnknown) { result.append(unknown) }
        lastIsUnknown = true
      }
    }
    return result
  }

  private struct Candidate: Comparable {
    var rank: Int32
    var position: Int
    var left: Int
    var right: Int
    var id: Int

    static func < (a: Self, b: Self) -> Bool {
      a.rank == b.rank ? a.position < b.position : a.rank < b.rank
    }
  }

  /// Joins with a heap of candidate pairs over a linked list, so that a word of n symbols costs n log n.
  private func merge(_ word: [Unicode.Scalar]) -> [Int] {
    var symbol = symbols(word)
    let count = symbol.count
    if count < 2 { return symbol }
    var next = (0..<count).map { $0 + 1 < count ? $0 + 1 : -1 }
    var previous = (0..<count).map { $0 - 1 }
    var isAlive = [Bool](repeating: true, count: count)
    var heap = MinimumHeap<Candidate>()
    func offer(_ left: Int) {
      guard left >= 0, next[left] >= 0 else { return }
      let right = next[left]
      if let merge = merges[Self.key(symbol[left], symbol[right])] {
        heap.push(
          Candidate(
            rank: merge.rank, position: left, left: symbol[left], right: symbol[right],
            id: Int(merge.id)))
      }
    }
    for index in 0..<count - 1 { offer(index) }
    while let best = heap.pop() {
      let left = best.position
      guard isAlive[left], symbol[left] == best.left, next[left] >= 0 else { continue }
      let right = next[left]
      guard symbol[right] == best.right else { continue }
      symbol[left] = best.id
      isAlive[right] = false
      next[left] = next[right]
      if next[right] >= 0 { previous[next[right]] = left }
      offer(previous[left])
      offer(left)
    }
    return (0..<count).filter { isAlive[$0] }.map { symbol[$0] }
  }
}

/// A binary heap that gives its smallest element first.
struct MinimumHeap<Element: Comparable> {
  private var items: [Element] = []

  mutating func push(_ item: Element) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if items[child] < items[parent] {
        items.swapAt(child, parent)
        child = parent
      } else {
        return
      }
    }
  }

  mutating func pop() -> Element? {
    guard let first = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return first }
    items[0] = last
    var parent = 0
    while true {
      var child = parent * 2 + 1
      if child >= items.count { return first }
      if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
      if items[child] < items[parent] {
        items.swapAt(child, parent)
        parent = child
      } else {
        return first
      }
    }
  }
}
