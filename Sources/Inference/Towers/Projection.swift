import CKernels

/// From the pooled vector to the joint embedding: none, one linear layer, or two with a GELU between.
struct Projection {
  let hidden: Linear?
  let last: Linear?
  let inputs: Int

  var outputs: Int { last?.outputs ?? inputs }

  init(_ prefix: String, inputs: Int, from loader: WeightLoader) throws(InferenceError) {
    self.inputs = inputs
    var width = inputs
    if loader.has(prefix + ".hidden.weight") {
      let rows = try Self.rows(prefix + ".hidden.weight", inputs, loader)
      hidden = try loader.linear(prefix + ".hidden", inputs: inputs, outputs: rows)
      width = rows
    } else {
      hidden = nil
    }
    if loader.has(prefix + ".weight") {
      last = try loader.linear(
        prefix, inputs: width, outputs: try Self.rows(prefix + ".weight", width, loader))
    } else {
      last = nil
    }
  }

  private static func rows(
    _ name: String, _ inputs: Int, _ loader: WeightLoader
  ) throws(InferenceError) -> Int {
    let shape = try loader.shape(of: name)
    guard shape.count == 2, (1...1 << 20).contains(shape[0]), shape[1] == inputs else {
      throw .shapeMismatch(name: name, expected: [shape.first ?? inputs, inputs], found: shape)
    }
    return shape[0]
  }

  func apply(
    _ input: UnsafePointer<Float>, rows: Int, to output: UnsafeMutablePointer<Float>,
    in workspace: Workspace
  ) {
    guard let last else {
      output.update(from: input, count: rows * inputs)
      return
    }
    var source = input
    if let hidden {
      let inner = workspace.floats(.hidden, rows * hidden.outputs)
      hidden.apply(input, rows: rows, to: inner, Epilogue(activation: CK_GELU), in: workspace)
      source = UnsafePointer(inner)
    }
    last.apply(source, rows: rows, to: output, in: workspace)
  }
}
