import Cells

/// Where the parts of the frame stand: tabs on top, status and keys at the foot, the page between.
struct FrameLayout: Equatable, Sendable {
  let isTooSmall: Bool
  let tabs: Rect
  let body: Rect
  let status: Rect
  let keys: Rect
  /// Rows of thin lines.
  let rules: [Int]

  init(_ size: Size) {
    isTooSmall = size.columns < Self.smallest.columns || size.rows < Self.smallest.rows
    let all = Rect(size)
    let (tabs, belowTabs) = all.splitTop(1)
    let (keys, aboveKeys) = belowTabs.splitBottom(1)
    let (status, middle) = aboveKeys.splitBottom(1)
    self.tabs = tabs
    self.keys = keys
    self.status = status
    // On low screens the rows are worth more than the lines.
    if size.rows >= 16 {
      rules = [middle.row, middle.endRow - 1]
      body = middle.inset(rows: 1)
    } else {
      rules = []
      body = middle
    }
  }

  static let smallest = Size(columns: 40, rows: 10)
}
