/// How a spectrum is changed for a grid that is larger than the trained one.
package struct RotaryScaling: Sendable, Equatable {
  package enum Method: String, Sendable, CaseIterable {
    case none
    /// Position interpolation: every frequency is divided by the factor.
    case linear
    /// "NTK-aware": the base grows so that the fastest band stays and the slowest is divided by the factor.
    case ntk
    /// Peng et al., "YaRN" (2023): fast bands stay, slow bands are divided, a ramp between; scores get a factor.
    case yarn
  }

  package var method: Method
  /// New length over trained length, > 0.
  package var factor: Double
  /// Trained length L in tokens along an axis; used by YaRN.
  package var trainedLength: Double

  package init(method: Method = .none, factor: Double = 1, trainedLength: Double = 1) {
    self.method = method
    self.factor = factor
    self.trainedLength = trainedLength
  }

  package static let none = RotaryScaling()

  /// Factor on cos and sin that the method brings.
  package var scale: Double {
    method == .yarn && factor > 1 ? 0.1 * Trigonometry.logarithm(factor) + 1 : 1
  }

  /// Frequencies `base^(-j/count)`, j in 0..<count, after scaling.
  package func bands(base: Double, count: Int) -> [Double] {
    let n = Double(count)
    func plain(_ base: Double) -> [Double] {
      (0..<count).map { Trigonometry.power(base, -Double($0) / n) }
    }
    switch method {
    case .none: return plain(base)
    case .linear: return plain(base).map { $0 / factor }
    case .ntk:
      // One band has no slowest to divide: it stays.
      return count < 2 ? plain(base) : plain(base * Trigonometry.power(factor, n / (n - 1)))
    case .yarn:
      let width = 2 * n
      func bandTurning(_ turns: Double) -> Double {
        width * Trigonometry.logarithm(trainedLength / (2 * Double.pi * turns))
          / (2 * Trigonometry.logarithm(base))
      }
      let low = max(bandTurning(32).rounded(.down), 0)
      var high = min(bandTurning(1).rounded(.up), width - 1)
      if low == high { high += 0.001 }
      return plain(base).enumerated().map { index, omega in
        let ramp = min(max((Double(index) - low) / (high - low), 0), 1)
        return omega * (1 - ramp) + omega / factor * ramp
      }
    }
  }
}

/// Periods of embeddings that are given by them (DINOv3) instead of by a base.
package enum RotaryPeriods {
  /// The base of `base^(i/count)`, i in 0..<count, from the last and longest period.
  package static func base(ofLast period: Double, count: Int) -> Double {
    count > 1 ? Trigonometry.power(period, Double(count) / Double(count - 1)) : period
  }
}
