/// Antialiased resampling of planes of floats, for position grids and 16-bit pictures.
///
/// Same kernels, no rounding.
package enum FloatResize {
  /// Values that may stand between the two passes.
  private static let middleLimit = 8 << 20

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
    return plane.withUnsafeBufferPointer { plane in
      resize(width: width, height: height, plan: plan, roundEachPass: roundEachPass) { plane[$0] }
    }
  }

  /// As above, of a plane that is asked for its values instead of being held.
  ///
  /// - Parameter source: The value at an index of `[height, width]`.
  static func resize(
    width: Int, height: Int, plan: ResizePlan, roundEachPass: (Double) -> Double,
    source: (Int) -> Double
  ) -> [Double] {
    let xs = Axis(plan.columns, from: width, to: plan.width, filter: plan.filter)
    let ys = Axis(plan.rows, from: height, to: plan.height, filter: plan.filter)
    var result = [Double](repeating: 0, count: plan.columns.count * plan.rows.count)
    if plan.isVerticalFirst(sourceWidth: width, sourceHeight: height) {
      let needed = xs.sources
      for rows in ResizePlan.strips(of: plan.rows, length: needed.count, limit: middleLimit) {
        let middle = Middle(lines: rows, length: needed) { y, x in
          ys.value(y, rounded: roundEachPass) { source($0 * width + x) }
        }
        for y in rows {
          for x in plan.columns {
            result[(y - plan.rows.lowerBound) * plan.columns.count + x - plan.columns.lowerBound] =
              xs.value(x, rounded: roundEachPass) { middle[y, $0] }
          }
        }
      }
      return result
    }
    let needed = ys.sources
    for columns in ResizePlan.strips(of: plan.columns, length: needed.count, limit: middleLimit) {
      let middle = Middle(lines: columns, length: needed) { x, y in
        xs.value(x, rounded: roundEachPass) { source(y * width + $0) }
      }
      for y in plan.rows {
        for x in columns {
          result[(y - plan.rows.lowerBound) * plan.columns.count + x - plan.columns.lowerBound] =
            ys.value(y, rounded: roundEachPass) { middle[x, $0] }
        }
      }
    }
    return result
  }

  /// The outputs of one axis.
  private struct Axis {
    let outputs: Range<Int>
    /// nil where the axis keeps its length.
    let taps: ResamplingTaps<Double>?

    init(_ outputs: Range<Int>, from input: Int, to output: Int, filter: ResamplingFilter) {
      self.outputs = outputs
      taps =
        input == output
        ? nil
        : ResamplingTaps<Double>(input: input, output: output, window: outputs, filter: filter)
    }

    var sources: Range<Int> { taps?.sources ?? outputs }

    /// Output `position` of a line of which `source` gives the values.
    func value(
      _ position: Int, rounded: (Double) -> Double, _ source: (Int) -> Double
    ) -> Double {
      guard let taps else { return source(position) }
      let row = position - outputs.lowerBound
      var sum = 0.0
      for j in 0..<taps.counts[row] {
        sum += source(taps.starts[row] + j) * taps.weights[row * taps.stride + j]
      }
      return rounded(sum)
    }
  }

  /// Lines of values between the two passes.
  private struct Middle {
    let lines: Range<Int>
    let length: Range<Int>
    private let values: [Double]

    init(lines: Range<Int>, length: Range<Int>, _ value: (Int, Int) -> Double) {
      self.lines = lines
      self.length = length
      var values: [Double] = []
      values.reserveCapacity(lines.count * length.count)
      for line in lines {
        for position in length { values.append(value(line, position)) }
      }
      self.values = values
    }

    subscript(line: Int, position: Int) -> Double {
      values[(line - lines.lowerBound) * length.count + position - length.lowerBound]
    }
  }
}
