/// Antialiased resampling of planes of floats, for position grids and 16-bit pictures.
///
/// Same kernels, no rounding.
package enum FloatResize {
  /// Resamples one plane `[height, width]`, row-major; weights and sums are double, columns first.
  ///
  /// - Parameters:
  ///   - roundEachPass: Applied to each value after each pass; identity for ordinary float work.
  /// - Returns: The plan's window, `[rows, columns]`.
  package static func resize(
    _ plane: [Double], width: Int, height: Int, plan: ResizePlan,
    roundEachPass: (Double) -> Double = { $0 }
  ) -> [Double] {
    precondition(plane.count == width * height)
    let xs = ResamplingTaps(
      input: width, output: plan.width, window: plan.columns, filter: plan.filter)
    let ys = ResamplingTaps(
      input: height, output: plan.height, window: plan.rows, filter: plan.filter)
    let isSameWidth = width == plan.width
    let isSameHeight = height == plan.height
    let neededRows = isSameHeight ? plan.rows : ys.sources
    let neededColumns = isSameWidth ? plan.columns : xs.sources

    func columns(_ data: [Double], _ dataWidth: Int, _ dataHeight: Int, left: Int) -> [Double] {
      var result = [Double]()
      result.reserveCapacity(dataHeight * plan.columns.count)
      for y in 0..<dataHeight {
        for x in 0..<plan.columns.count {
          if isSameWidth {
            result.append(data[y * dataWidth + plan.columns.lowerBound + x - left])
            continue
          }
          var sum = 0.0
          for j in 0..<xs.counts[x] {
            sum += data[y * dataWidth + xs.starts[x] + j - left] * xs.weights[x * xs.stride + j]
          }
          result.append(roundEachPass(sum))
        }
      }
      return result
    }
    func rows(_ data: [Double], _ dataWidth: Int, top: Int) -> [Double] {
      var result = [Double]()
      result.reserveCapacity(plan.rows.count * dataWidth)
      for y in 0..<plan.rows.count {
        for x in 0..<dataWidth {
          if isSameHeight {
            result.append(data[(plan.rows.lowerBound + y - top) * dataWidth + x])
            continue
          }
          var sum = 0.0
          for j in 0..<ys.counts[y] {
            sum += data[(ys.starts[y] + j - top) * dataWidth + x] * ys.weights[y * ys.stride + j]
          }
          result.append(roundEachPass(sum))
        }
      }
      return result
    }
    func cut(_ data: [Double], columns: Range<Int>, rows: Range<Int>) -> [Double] {
      rows.flatMap { data[$0 * width + columns.lowerBound..<$0 * width + columns.upperBound] }
    }
    if plan.isVerticalFirst(sourceWidth: width, sourceHeight: height) {
      let tall = cut(plane, columns: neededColumns, rows: 0..<height)
      let middle = rows(tall, neededColumns.count, top: 0)
      return columns(middle, neededColumns.count, plan.rows.count, left: neededColumns.lowerBound)
    }
    let wide = cut(plane, columns: 0..<width, rows: neededRows)
    let middle = columns(wide, width, neededRows.count, left: 0)
    return rows(middle, plan.columns.count, top: neededRows.lowerBound)
  }
}
