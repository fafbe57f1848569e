extension Projection {
  /// From the gradient of the features, `[rows, outputs]`, to that of the pooled rows, `[rows, inputs]`.
  ///
  /// - Parameter input: `[rows, inputs]`, what the forward was given.
  func applyGradient(
    input: UnsafePointer<Float>, gradient: UnsafePointer<Float>, rows: Int,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    guard let last else {
      result.update(from: gradient, count: rows * inputs)
      return
    }
    guard let hidden else {
      last.applyTransposed(gradient, rows: rows, to: result, in: workspace)
      return
    }
    let inner = AlignedBuffer(floats: rows * hidden.outputs)
    let innerGradient = AlignedBuffer(floats: rows * hidden.outputs)
    hidden.apply(input, rows: rows, to: inner.floats, in: workspace)
    last.applyTransposed(gradient, rows: rows, to: innerGradient.floats, in: workspace)
    Activation.gelu.applyGradient(
      input: inner.floats, gradient: innerGradient.floats, count: rows * hidden.outputs)
    hidden.applyTransposed(innerGradient.floats, rows: rows, to: result, in: workspace)
  }
}
