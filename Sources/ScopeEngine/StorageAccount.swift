import Checkpoints

/// Counts what tensors hold, bytes that several of them share only once.
struct StorageAccount {
  private(set) var elementCount = 0
  private(set) var byteCount = 0

  /// Views of one storage count as the elements that they reach together, at most as many as they name.
  init(_ entries: some Sequence<Entry>) {
    var shared: [Key: [Entry]] = [:]
    for entry in entries {
      if let identity = entry.location.storageIdentity {
        shared[Key(file: entry.location.file, identity: identity), default: []].append(entry)
      } else {
        add(entry.elementCount, width: entry.elementType.byteCount)
      }
    }
    for views in shared.values {
      guard let width = views.map(\.elementType.byteCount).min() else { continue }
      if views.allSatisfy({ $0.elementType.byteCount == width }) {
        add(Self.reach(of: views), width: width)
      } else {
        // Views of different widths: the storage itself is the only common measure.
        let bytes = views.map(\.location.storageByteCount).max() ?? 0
        add(bytes / max(width, 1), width: width)
      }
    }
  }

  private struct Key: Hashable {
    var file: Int
    var identity: Int
  }

  private mutating func add(_ elements: Int, width: Int) {
    let (bytes, overflow) = elements.multipliedReportingOverflow(by: width)
    elementCount = Self.sum(elementCount, elements)
    byteCount = Self.sum(byteCount, overflow ? .max : bytes)
  }

  private static func sum(_ a: Int, _ b: Int) -> Int {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  /// Elements of the storage between the first and the last one of each view, overlaps once.
  private static func reach(of views: [Entry]) -> Int {
    var named = 0
    var ranges: [Range<Int>] = []
    for view in views where view.elementCount > 0 {
      named = sum(named, view.elementCount)
      guard view.isReadable else { continue }
      let strides = view.location.strides ?? view.shape.contiguousStrides
      guard let reach = view.shape.reach(strides: strides, from: view.location.storageOffset),
        reach.upperBound < Int.max
      else { return named }
      ranges.append(Range(reach))
    }
    var covered = 0
    var end = Int.min
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      covered = sum(covered, max(range.upperBound - max(range.lowerBound, end), 0))
      end = max(end, range.upperBound)
    }
    return min(named, covered)
  }
}
