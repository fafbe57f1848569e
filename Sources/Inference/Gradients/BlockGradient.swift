import CKernels

/// The way back through one residual block.
///
/// The forward kept only the block's input. What lies inside is computed again here, so that a deep tower needs the
/// activations of one block at a time.
final class BlockGradient {
  private let block: TransformerBlock
  private let batch: TransformerBlock.Batch
  private let workspace: Workspace
  private let tokens: Int
  private let input: UnsafePointer<Float>
  private let attended: AttentionActivations
  /// The stream between attention and MLP, `[T, D]`.
  private let middle: AlignedBuffer
  private let inside: MLPActivations

  /// Probabilities `[H, T, T]`.
  var map: AttentionMap { attended.map }

  /// Computes the inside of the block again.
  ///
  /// - Parameters:
  ///   - input: `[T, D]`, of one input; must stay valid.
  init(
    _ block: TransformerBlock, input: UnsafePointer<Float>, _ batch: TransformerBlock.Batch,
    in workspace: Workspace
  ) {
    self.block = block
    self.batch = batch
    self.workspace = workspace
    self.input = input
    tokens = batch.tokens
    attended = AttentionActivations(block, input: input, batch, in: workspace)
    middle = AlignedBuffer(copying: attended.branchNormed)
    if block.postNorm {
      block.norm1.apply(
        attended.branchNormed.floats, rows: tokens, to: middle.floats, team: workspace.team)
    }
    if let scale = block.scale1 {
      ck_scale_columns(middle.floats, block.width, tokens, block.width, scale.floats)
    }
    ck_add_rows(middle.floats, block.width, input, block.width, tokens, block.width)
    inside = MLPActivations(block, input: middle.floats, rows: tokens, in: workspace)
  }

  /// Replaces the gradient of the block's output, `[T, D]`, by that of its input.
  ///
  /// - Parameter isLast: nothing below asks for a gradient, so the stream's is left unfinished.
  /// - Returns: the gradient of the probabilities, `[H, T, T]`.
  func apply(_ gradient: UnsafeMutablePointer<Float>, isLast: Bool) -> AttentionMap {
    mlp(gradient)
    return attention(gradient, isLast: isLast)
  }

  /// From the output's gradient to that of the stream between attention and MLP.
  private func mlp(_ gradient: UnsafeMutablePointer<Float>) {
    let width = block.width
    let inner = tokens * block.hidden
    let branch = AlignedBuffer(floats: tokens * width)
    branch.floats.update(from: gradient, count: tokens * width)
    if let scale = block.scale2 {
      ck_scale_columns(branch.floats, width, tokens, width, scale.floats)
    }
    if block.postNorm {
      block.norm2.applyGradient(
        input: inside.output.floats, gradient: branch.floats, rows: tokens, to: branch.floats)
    }
    let hidden = AlignedBuffer(floats: inner)
    block.down.applyTransposed(branch.floats, rows: tokens, to: hidden.floats, in: workspace)
    block.hiddenNorm?.applyGradient(
      input: inside.active.floats, gradient: hidden.floats, rows: tokens, to: hidden.floats)
    if let gate = inside.gate, let weights = block.gate {
      let gateGradient = AlignedBuffer(floats: inner)
      SwishGate.applyGradient(
        value: inside.value.floats, gate: gate.floats, gradient: hidden.floats,
        gateGradient: gateGradient.floats, count: inner)
      block.up.applyTransposed(hidden.floats, rows: tokens, to: branch.floats, in: workspace)
      let other = AlignedBuffer(floats: tokens * width)
      weights.applyTransposed(gateGradient.floats, rows: tokens, to: other.floats, in: workspace)
      ck_add_rows(branch.floats, width, other.floats, width, tokens, width)
    } else {
      block.activation.applyGradient(
        input: inside.value.floats, gradient: hidden.floats, count: inner)
      block.up.applyTransposed(hidden.floats, rows: tokens, to: branch.floats, in: workspace)
    }
    if !block.postNorm {
      block.norm2.applyGradient(
        input: middle.floats, gradient: branch.floats, rows: tokens, to: branch.floats)
    }
    ck_add_rows(gradient, width, branch.floats, width, tokens, width)
  }

  /// From the gradient between attention and MLP to that of the block's input.
  private func attention(
    _ gradient: UnsafeMutablePointer<Float>, isLast: Bool
  ) -> AttentionMap {
    let width = block.width
    let stream = tokens * width
    let branchGradient = AlignedBuffer(floats: stream)
    branchGradient.floats.update(from: gradient, count: stream)
    if let scale = block.scale1 {
      ck_scale_columns(branchGradient.floats, width, tokens, width, scale.floats)
    }
    if block.postNorm {
      block.norm1.applyGradient(
        input: attended.branchNormed.floats, gradient: branchGradient.floats, rows: tokens,
        to: branchGradient.floats)
    }
    block.branchNorm?.applyGradient(
      input: attended.branch.floats, gradient: branchGradient.floats, rows: tokens,
      to: branchGradient.floats)
    let joined = AlignedBuffer(floats: stream)
    block.output.applyTransposed(
      branchGradient.floats, rows: tokens, to: joined.floats, in: workspace)
    block.headNorm?.applyGradient(
      input: attended.scaled.floats, gradient: joined.floats, rows: tokens, to: joined.floats)
    if let factors = block.headFactors {
      ck_scale_columns(joined.floats, width, tokens, width, factors.floats)
    }

    let parts = MultiHead.Rows.fused(attended.turned.floats, width: width, count: tokens)
    let fused = AlignedBuffer(floats: isLast ? 0 : 3 * stream)
    let base = isLast ? nil : fused.floats
    let result = map.derived { maps, target in
      block.multiHead.applyGradient(
        queries: parts.queries, keys: parts.keys, values: parts.values, maps: maps,
        output: joined.floats,
        to: .init(
          maps: target, queries: base, queryStride: 3 * width, keys: base.map { $0 + width },
          values: base.map { $0 + 2 * width }, keyStride: 3 * width), in: workspace)
    }
    if isLast { return result }
    position(fused.floats)
    block.fused.applyTransposed(
      fused.floats, rows: tokens, to: branchGradient.floats, in: workspace)
    if !block.postNorm {
      block.norm1.applyGradient(
        input: input, gradient: branchGradient.floats, rows: tokens, to: branchGradient.floats)
    }
    ck_add_rows(gradient, width, branchGradient.floats, width, tokens, width)
    return result
  }

  /// Back through rotation and norms of queries and keys, in place.
  private func position(_ fused: UnsafeMutablePointer<Float>) {
    let width = block.width
    let headWidth = width / block.heads
    let stride = 3 * width
    for (offset, norm) in [(0, block.queryNorm), (width, block.keyNorm)] {
      batch.rotary?.applyGradient(
        fused + batch.prefixTokens * stride + offset, stride: stride,
        tokens: tokens - batch.prefixTokens, heads: block.heads, width: headWidth)
      guard let norm else { continue }
      for head in 0..<block.heads {
        let start = offset + head * headWidth
        norm.applyGradient(
          input: attended.plain.floats + start, gradient: fused + start, rows: tokens,
          to: fused + start,
          stride: stride)
      }
    }
  }
}

/// What the attention of a block computes on the way forward, for one input.
private struct AttentionActivations {
  /// Queries, keys and values before and after norm and rotation, `[T, 3 D]`.
  let plain: AlignedBuffer
  let turned: AlignedBuffer
  let map: AttentionMap
  /// Joined heads with the head factors, `[T, D]`.
  let scaled: AlignedBuffer
  /// The branch before and after its norm, `[T, D]`.
  let branch: AlignedBuffer
  let branchNormed: AlignedBuffer

  init(
    _ block: TransformerBlock, input: UnsafePointer<Float>, _ batch: TransformerBlock.Batch,
    in workspace: Workspace
  ) {
    let tokens = batch.tokens
    let width = block.width
    let stream = tokens * width
    let team = workspace.team
    let normed = AlignedBuffer(floats: stream)
    var source = input
    if !block.postNorm {
      block.norm1.apply(input, rows: tokens, to: normed.floats, team: team)
      source = UnsafePointer(normed.floats)
    }
    plain = AlignedBuffer(floats: 3 * stream)
    block.fused.apply(source, rows: tokens, to: plain.floats, in: workspace)
    turned = AlignedBuffer(copying: plain)
    block.position(turned.floats, batch)
    let parts = MultiHead.Rows.fused(turned.floats, width: width, count: tokens)
    let heads = AlignedBuffer(floats: stream)
    map = AttentionMap(heads: block.heads, queries: tokens, keys: tokens) {
      block.multiHead.apply(
        batch: 1, queries: parts.queries, keys: parts.keys, values: parts.values,
        hidden: batch.hidden, output: heads.floats, maps: $0, in: workspace)
    }
    scaled = heads
    if let factors = block.headFactors {
      ck_scale_columns(scaled.floats, width, tokens, width, factors.floats)
    }
    let joined = AlignedBuffer(copying: scaled)
    block.headNorm?.apply(scaled.floats, rows: tokens, to: joined.floats, team: team)
    branch = AlignedBuffer(floats: stream)
    block.output.apply(joined.floats, rows: tokens, to: branch.floats, in: workspace)
    branchNormed = AlignedBuffer(copying: branch)
    block.branchNorm?.apply(branch.floats, rows: tokens, to: branchNormed.floats, team: team)
  }
}

/// What the MLP of a block computes on the way forward.
private struct MLPActivations {
  /// Both products before the activation, and the activated product, `[rows, F]`.
  let value: AlignedBuffer
  let gate: AlignedBuffer?
  let active: AlignedBuffer
  /// The branch before the norm that follows it, `[rows, D]`; empty where none does.
  let output: AlignedBuffer

  init(
    _ block: TransformerBlock, input: UnsafePointer<Float>, rows: Int, in workspace: Workspace
  ) {
    let team = workspace.team
    let normed = AlignedBuffer(floats: rows * block.width)
    var source = input
    if !block.postNorm {
      block.norm2.apply(input, rows: rows, to: normed.floats, team: team)
      source = UnsafePointer(normed.floats)
    }
    value = AlignedBuffer(floats: rows * block.hidden)
    block.up.apply(source, rows: rows, to: value.floats, in: workspace)
    active = AlignedBuffer(copying: value)
    var finish = ck_epilogue()
    if let gateWeights = block.gate {
      let gate = AlignedBuffer(floats: rows * block.hidden)
      gateWeights.apply(source, rows: rows, to: gate.floats, in: workspace)
      finish.activation = CK_SILU_GATE
      finish.operand = UnsafePointer(gate.floats)
      finish.operand_stride = block.hidden
      self.gate = gate
    } else {
      finish.activation = block.activation.kernel
      gate = nil
    }
    ck_finish(active.floats, block.hidden, rows, block.hidden, 0, &finish)
    output = AlignedBuffer(floats: block.postNorm ? rows * block.width : 0)
    if block.postNorm {
      let hidden = AlignedBuffer(copying: active)
      block.hiddenNorm?.apply(active.floats, rows: rows, to: hidden.floats, team: team)
      block.down.apply(hidden.floats, rows: rows, to: output.floats, in: workspace)
    }
  }
}

extension AlignedBuffer {
  /// The same numbers in memory of their own.
  fileprivate convenience init(copying other: AlignedBuffer) {
    self.init(byteCount: other.byteCount)
    base.copyMemory(from: other.base, byteCount: byteCount)
  }
}
