import CKernels

/// `(x - mean) / sqrt(variance + eps) * weight + bias` over the last axis.
struct LayerNorm: Sendable {
  let width: Int
  let weight: AlignedBuffer
  let bias: AlignedBuffer?
  let epsilon: Float

  /// Rows `stride` floats apart; in place where both pointers are the same.
  func apply(
    _ input: UnsafePointer<Float>, stride: Int? = nil, rows: Int,
    to output: UnsafeMutablePointer<Float>, stride outputStride: Int? = nil, team: Team
  ) {
    // A region costs about a microsecond, a row of a thousand numbers a quarter of one.
    let parts = rows * width > 65_536 ? team.count : 1
    let inputStride = stride ?? width
    let outputStride = outputStride ?? width
    team.run(parts) { part in
      let first = rows * part / parts
      let last = rows * (part + 1) / parts
      ck_layer_norm(
        output + first * outputStride, outputStride, input + first * inputStride, inputStride,
        last - first, width, weight.floats, bias.map { UnsafePointer($0.floats) }, epsilon)
    }
  }
}
