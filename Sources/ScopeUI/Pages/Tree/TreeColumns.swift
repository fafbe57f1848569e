import Cells

/// Which columns the tree has room for and where they end.
///
/// The name keeps at least a third.
struct TreeColumns: Equatable {
  enum Kind: Equatable {
    case type, shortType, count, parameters, bytes, difference

    func title(_ symbols: Symbols) -> String {
      switch self {
      case .type: "dtype and shape"
      case .shortType: "dtype"
      case .count: "tensors"
      case .parameters: "values"
      case .bytes: "bytes"
      case .difference: symbols.delta + " max"
      }
    }

    var width: Int {
      switch self {
      case .type: 21
      case .shortType: 7
      case .count: 7
      case .parameters: 7
      case .bytes: 8
      case .difference: 10
      }
    }
  }

  struct Column: Equatable {
    var kind: Kind
    var end: Int
    var width: Int
  }

  let paneStart: Int
  let nameStart: Int
  let nameEnd: Int
  let columns: [Column]

  init(_ pane: Rect, hasComparison: Bool) {
    paneStart = pane.column
    nameStart = pane.column + 1
    // What matters most is granted room first.
    var wishes: [Kind] = [.bytes, .type, .shortType, .parameters, .count]
    if hasComparison { wishes.insert(.difference, at: 0) }
    var granted: [Kind] = []
    var left = pane.columns - 2
    let leastName = min(max(pane.columns * 2 / 5, 24), 34)
    for kind in wishes where left - kind.width - 1 >= leastName {
      // One of the two says the type.
      if kind == .shortType, granted.contains(.type) { continue }
      granted.append(kind)
      left -= kind.width + 1
    }
    let order: [Kind] = [.type, .shortType, .count, .parameters, .bytes, .difference]
    var end = pane.endColumn - 1
    var placed: [Column] = []
    for kind in order.reversed() where granted.contains(kind) {
      placed.append(Column(kind: kind, end: end, width: kind.width))
      end -= kind.width + 1
    }
    columns = placed.reversed()
    nameEnd = max(end, nameStart)
  }

  var nameColumns: Int { nameEnd - nameStart }
}
