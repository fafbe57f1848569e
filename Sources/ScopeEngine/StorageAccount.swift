package import Checkpoints
import Tensors

/// Counts what tensors hold, bytes that several of them share only once.
package struct StorageAccount {
  /// Elements and bytes.
  package struct Amount: Sendable, Equatable {
    package var elementCount = 0
    package var byteCount = 0

    init(elementCount: Int = 0, byteCount: Int = 0) {
      self.elementCount = elementCount
      self.byteCount = byteCount
    }

    /// What an entry names, as far as there are bytes for it.
    init(of entry: Entry) {
      let stored = entry.location.storageByteCount
      byteCount = stored > 0 ? min(entry.byteCount, stored) : entry.byteCount
      let isBelieved = entry.isReadable || entry.foreignType != nil
      elementCount =
        isBelieved
        ? entry.elementCount : min(entry.elementCount, stored / entry.elementType.byteCount)
    }
  }

  /// What two views of one storage both hold, and no overlap before it has told.
  package struct Overlap: Sendable, Equatable {
    /// Indices of the two entries.
    package var first: Int
    package var second: Int
    package var amount: Amount
  }

  /// What each entry holds by itself: a view reaches the elements from its first to its last one, at most as many as it names.
  package private(set) var own: [Amount] = []
  /// What is counted twice where all of `own` are added up; of equal views each overlaps the one before it.
  package private(set) var overlaps: [Overlap] = []

  /// - Parameter entries: of one checkpoint; equal views meet in this order.
  package init(_ entries: some Sequence<Entry>) {
    var groups: [Key: [View]] = [:]
    for (index, entry) in entries.enumerated() {
      guard let identity = entry.location.storageIdentity, let view = View(entry, index: index)
      else {
        own.append(Amount(of: entry))
        continue
      }
      own.append(view.amount)
      groups[Key(file: entry.location.file, identity: identity), default: []].append(view)
    }
    for views in groups.values where views.count > 1 { addOverlaps(of: views) }
  }

  /// Of all entries together.
  package var total: Amount {
    let sum = own.reduce(into: Amount()) { sum, amount in
      sum.elementCount = sum.elementCount.addingSaturating(amount.elementCount)
      sum.byteCount = sum.byteCount.addingSaturating(amount.byteCount)
    }
    return overlaps.reduce(into: sum) { rest, overlap in
      rest.elementCount -= min(overlap.amount.elementCount, rest.elementCount)
      rest.byteCount -= min(overlap.amount.byteCount, rest.byteCount)
    }
  }

  private struct Key: Hashable {
    var file: Int
    var identity: Int
  }

  /// A view that can be read: its bytes within the storage.
  private struct View {
    var index: Int
    var range: Range<Int>
    var width: Int
    var amount: Amount

    /// Nil for one that reaches nothing.
    init?(_ entry: Entry, index: Int) {
      let strides = entry.location.strides ?? entry.shape.contiguousStrides
      guard entry.isReadable, entry.elementCount > 0,
        let reach = entry.shape.reach(strides: strides, from: entry.location.storageOffset),
        reach.lowerBound >= 0, reach.upperBound < Int.max / 16
      else { return nil }
      self.index = index
      width = entry.elementType.byteCount
      range = reach.lowerBound * width..<(reach.upperBound + 1) * width
      let count = min(entry.elementCount, range.count / width)
      amount = Amount(elementCount: count, byteCount: count * width)
    }
  }

  private mutating func addOverlaps(of views: [View]) {
    let ordered = views.sorted {
      ($0.range.lowerBound, $0.range.upperBound, $0.index)
        < ($1.range.lowerBound, $1.range.upperBound, $1.index)
    }
    var rest = Self.surplus(of: ordered)
    var farthest = ordered[0]
    for (view, previous) in zip(ordered.dropFirst(), ordered) {
      let common = min(view.range.upperBound, farthest.range.upperBound) - view.range.lowerBound
      // Views with strides may lie in each other's gaps.
      let bytes = min(common, view.amount.byteCount, rest)
      if bytes > 0 {
        let partner = previous.range == view.range ? previous : farthest
        overlaps.append(
          Overlap(
            first: partner.index, second: view.index,
            amount: Amount(
              elementCount: bytes / max(partner.width, view.width), byteCount: bytes)))
        rest -= bytes
      }
      if view.range.upperBound > farthest.range.upperBound { farthest = view }
    }
  }

  /// Bytes that the views name beyond those that they reach together.
  private static func surplus(of ordered: [View]) -> Int {
    var named = 0
    var covered = 0
    var end = 0
    for view in ordered {
      named = named.addingSaturating(view.amount.byteCount)
      covered += max(view.range.upperBound - max(view.range.lowerBound, end), 0)
      end = max(end, view.range.upperBound)
    }
    return max(named - covered, 0)
  }
}
