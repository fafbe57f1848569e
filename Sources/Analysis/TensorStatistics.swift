/// Summary of the values of one tensor.
///
/// Empty tensors have no minimum, maximum, mean, ...: those are nil, never NaN.
/// NaN and infinite values are counted and left out of mean, deviation, norm, quantiles and histogram.
package struct TensorStatistics: Sendable, Equatable {
  package var elementCount: Int
  /// Over the finite values.
  package var minimum: Double?
  package var maximum: Double?
  package var mean: Double?
  /// Population standard deviation.
  package var deviation: Double?
  /// Euclidean norm.
  package var norm: Double?
  package var zeroCount: Int
  package var nanCount: Int
  package var positiveInfinityCount: Int
  package var negativeInfinityCount: Int
  package var histogram: Histogram?
  package var quantiles: [Quantile]
  /// Coarse counts of the values, from which statistics of several tensors are rolled up.
  package var sketch: ValueSketch?

  package init(
    elementCount: Int, minimum: Double? = nil, maximum: Double? = nil, mean: Double? = nil,
    deviation: Double? = nil, norm: Double? = nil, zeroCount: Int = 0, nanCount: Int = 0,
    positiveInfinityCount: Int = 0, negativeInfinityCount: Int = 0, histogram: Histogram? = nil,
    quantiles: [Quantile] = []
  ) {
    self.elementCount = elementCount
    self.minimum = minimum
    self.maximum = maximum
    self.mean = mean
    self.deviation = deviation
    self.norm = norm
    self.zeroCount = zeroCount
    self.nanCount = nanCount
    self.positiveInfinityCount = positiveInfinityCount
    self.negativeInfinityCount = negativeInfinityCount
    self.histogram = histogram
    self.quantiles = quantiles
  }

  package var infinityCount: Int { positiveInfinityCount + negativeInfinityCount }
}

/// Counts over equally wide bins between two values, both included.
package struct Histogram: Sendable, Equatable {
  package var lower: Double
  package var upper: Double
  package var counts: [Int]

  package init(lower: Double, upper: Double, counts: [Int]) {
    self.lower = lower
    self.upper = upper
    self.counts = counts
  }
}

package struct Quantile: Sendable, Equatable {
  /// Part of the values that are smaller, from 0 to 1.
  package var fraction: Double
  package var value: Double

  package init(fraction: Double, value: Double) {
    self.fraction = fraction
    self.value = value
  }
}

/// A 2-D slice of a tensor reduced to a picture: each pixel is the mean of a block of values.
package struct SlicePicture: Sendable, Equatable {
  package var rows: Int
  package var columns: Int
  /// Row-major means of the blocks; NaN where a block holds no finite value.
  package var values: [Float]
  /// Values that one pixel stands for, down and across.
  package var blockRows: Int
  package var blockColumns: Int
  /// Size of the whole slice.
  package var sliceRows: Int
  package var sliceColumns: Int

  package init(
    rows: Int, columns: Int, values: [Float], blockRows: Int, blockColumns: Int, sliceRows: Int,
    sliceColumns: Int
  ) {
    self.rows = rows
    self.columns = columns
    self.values = values
    self.blockRows = blockRows
    self.blockColumns = blockColumns
    self.sliceRows = sliceRows
    self.sliceColumns = sliceColumns
  }
}

/// Singular values of a tensor seen as a matrix.
package struct SingularSpectrum: Sendable, Equatable {
  /// Largest first.
  package var values: [Float]
  /// Shape of the matrix after flattening all axes but the first.
  package var rows: Int
  package var columns: Int
  /// Smallest number of singular values that hold 90 % of the energy (sum of squares).
  package var rank90: Int

  package init(values: [Float], rows: Int, columns: Int, rank90: Int) {
    self.values = values
    self.rows = rows
    self.columns = columns
    self.rank90 = rank90
  }
}
