/// Resampling of a learned position table to another patch grid.
///
/// Prefix rows (class token) stay as they are; the grid is resampled separately along both axes with the antialiased cubic kernel
/// (a = -0.5, half-pixel centres, weights normalised to 1), the method of OpenCLIP and timm. Computed in Double.
package struct GridResize: Sendable, Equatable {
  package var prefixRows: Int
  package var oldHeight: Int
  package var oldWidth: Int
  package var newHeight: Int
  package var newWidth: Int

  package init(prefixRows: Int, oldHeight: Int, oldWidth: Int, newHeight: Int, newWidth: Int) {
    self.prefixRows = prefixRows
    self.oldHeight = oldHeight
    self.oldWidth = oldWidth
    self.newHeight = newHeight
    self.newWidth = newWidth
  }

  package var oldRows: Int { prefixRows + oldHeight * oldWidth }
  package var newRows: Int { prefixRows + newHeight * newWidth }

  /// `table` is `[oldRows, width]`, the result `[newRows, width]`, row-major.
  package func apply(to table: [Float], width: Int) -> [Float] {
    guard width > 0, table.count == oldRows * width else { return table }
    var result = Array(table[..<(prefixRows * width)])
    let columns = Self.weights(from: oldWidth, to: newWidth)
    let rows = Self.weights(from: oldHeight, to: newHeight)
    // Along x first: [oldHeight, newWidth, width].
    var middle = [Double](repeating: 0, count: oldHeight * newWidth * width)
    for y in 0..<oldHeight {
      for (x, window) in columns.enumerated() {
        let target = (y * newWidth + x) * width
        for (k, weight) in window.weights.enumerated() {
          let source = (prefixRows + y * oldWidth + window.start + k) * width
          for c in 0..<width { middle[target + c] += weight * Double(table[source + c]) }
        }
      }
    }
    for window in rows {
      for x in 0..<newWidth {
        var sum = [Double](repeating: 0, count: width)
        for (k, weight) in window.weights.enumerated() {
          let source = ((window.start + k) * newWidth + x) * width
          for c in 0..<width { sum[c] += weight * middle[source + c] }
        }
        result += sum.map { Float($0) }
      }
    }
    return result
  }

  struct Window {
    var start: Int
    var weights: [Double]
  }

  static func weights(from old: Int, to new: Int) -> [Window] {
    let scale = Double(old) / Double(new)
    let stretch = max(scale, 1)
    let support = 2 * stretch
    return (0..<new).map { index in
      let center = (Double(index) + 0.5) * scale
      let start = max(Int(center - support + 0.5), 0)
      let end = min(Int(center + support + 0.5), old)
      var weights = (start..<max(end, start + 1)).map {
        cubic((Double($0) - center + 0.5) / stretch)
      }
      let sum = weights.reduce(0, +)
      if sum != 0 { weights = weights.map { $0 / sum } }
      return Window(start: start, weights: weights)
    }
  }

  private static func cubic(_ value: Double) -> Double {
    let a = -0.5
    let x = abs(value)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
