/// The way back through a tower's blocks, from the last to the first.
struct BlockStackGradient {
  let blocks: [TransformerBlock]
  let batch: TransformerBlock.Batch
  let control: ForwardControl
  let workspace: Workspace

  /// - Parameters:
  ///   - states: the input of every block, `[layers][T * D]`; freed on the way.
  ///   - gradient: `[T, D]`, of the last block's output; used up.
  ///   - visit: called for every block.
  func run(
    _ states: inout [[Float]], _ gradient: AlignedBuffer, visit: (AttentionGradient) -> Void
  ) throws(InferenceError) {
    for layer in blocks.indices.reversed() {
      try control.check()
      guard let state = states.popLast() else { return }
      let block = blocks[layer]
      let input = AlignedBuffer(state)
      let inside = BlockGradient(block, input: input.floats, batch, in: workspace)
      let mapGradient = withExtendedLifetime(input) {
        inside.apply(gradient.floats, isLast: layer == 0)
      }
      visit(AttentionGradient(place: .block(layer), map: inside.map, gradient: mapGradient))
    }
  }
}
