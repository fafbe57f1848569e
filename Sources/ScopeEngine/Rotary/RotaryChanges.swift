package import Inference

/// What a user changes of a published embedding, or of a checkpoint's own; nil keeps what is there.
package struct RotaryChanges: Sendable, Equatable {
  package var grid: TokenGrid?
  package var headWidth: Int?
  package var theta: Double?
  package var method: RotaryScaling.Method?
  /// New length over trained length; nil takes the longer side of the grid over `trainedLength`.
  package var factor: Double?
  /// Tokens along an axis in training; nil takes the longer side of the grid before the change.
  package var trainedLength: Double?
  package var normalization: RotarySpecification.Normalization?

  package init() {}

  package var isEmpty: Bool { self == RotaryChanges() }

  /// The specification after the changes.
  ///
  /// - Throws: `RotaryError` where the changes do not fit the family.
  package func applied(
    to base: RotarySpecification
  ) throws(RotaryError) -> RotarySpecification {
    var changed = base
    if let grid {
      // Qwen's vision towers repeat the table of a frame.
      guard grid.frames == 1 || base.axes.contains(.t) || base.family == .qwenVision else {
        throw RotaryError("this embedding has no time axis, so the grid is HxW, not \(grid)")
      }
      changed.grid = grid
    }
    if let theta {
      guard base.learnedFrequencies == nil else {
        throw RotaryError("learned frequencies have no base that theta could change")
      }
      changed.theta = theta
    }
    if let normalization {
      guard base.family == .dinov3 else {
        throw RotaryError("only DINOv3 normalises its coordinates by the sides of the grid")
      }
      changed.normalization = normalization
    }
    if let headWidth, headWidth != base.headWidth {
      guard base.learnedFrequencies == nil else {
        throw RotaryError(
          "the learned frequencies are those of head width \(base.headWidth), not \(headWidth)")
      }
      changed.headWidth = headWidth
      changed.section = try section(of: base, headWidth: headWidth)
    }
    if let method, method != .none {
      guard base.learnedFrequencies == nil else {
        throw RotaryError("learned frequencies have no spectrum that could be scaled")
      }
      let length = trainedLength ?? Double(max(base.grid.rows, base.grid.columns))
      let now = Double(max(changed.grid.rows, changed.grid.columns))
      guard length > 0, length.isFinite else {
        throw RotaryError("the trained length must be positive")
      }
      changed.scaling = RotaryScaling(
        method: method, factor: factor ?? now / length, trainedLength: length)
    } else if factor != nil || trainedLength != nil {
      throw RotaryError("a factor or a trained length needs a scaling: linear, ntk or yarn")
    }
    // Builds nothing large: it only checks that the parameters fit together.
    _ = try changed.embedding()
    return changed
  }

  /// Widths for t, y and x of another head: in proportion, or by Wan's rule where the model follows it.
  private func section(
    of base: RotarySpecification, headWidth: Int
  ) throws(RotaryError) -> [Int] {
    guard !base.section.isEmpty, base.family != .mropeInterleaved else { return base.section }
    guard headWidth >= 4, headWidth <= 4096 else {
      throw RotaryError("head width \(headWidth) is outside 4 to 4096")
    }
    func wan(_ width: Int) -> [Int] {
      let side = 2 * (width / 6)
      return [width - 2 * side, side, side]
    }
    if base.family == .blocks, base.section == wan(base.headWidth) { return wan(headWidth) }
    let scaled = base.section.map { $0 * headWidth / base.headWidth }
    let isWhole = base.section.allSatisfy { $0 * headWidth % base.headWidth == 0 }
    guard isWhole else {
      throw RotaryError(
        "head width \(headWidth) cannot be dealt out to t, y and x as \(base.section) of "
          + "\(base.headWidth)")
    }
    return scaled
  }
}
