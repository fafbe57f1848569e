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
  /// Before and after norm and rotation of queries and keys, `[T, 3 D]`.
  private let plain: AlignedBuffer
  private let turned: AlignedBuffer
  /// Probabilities `[H, T, T]`.
  let maps: [Float]
  /// Joined heads with the head factors.
  private let scaled: AlignedBuffer
  /// Attention branch before its norms.
  private let branch: AlignedBuffer
  private let branchNormed: AlignedBuffer
  private let middle: AlignedBuffer
  /// MLP: both products before the activation, and the activated product.
  private let value: AlignedBuffer
  private let gate: AlignedBuffer?
  private let active: AlignedBuffer
  private let output: AlignedBuffer
  private let input: UnsafePointer<Float>

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
    let tokens = batch.tokens
    self.tokens = tokens
    let width = block.width
    let stream = tokens * width
    let inner = tokens * block.hidden
    let team = workspace.team
    let normed = AlignedBuffer(floats: stream)
    var source = input
    if !block.postNorm {
      block.norm1.apply(input, rows: tokens, to: normed.floats, team: team)
      source = UnsafePointer(normed.floats)
    }
    plain = AlignedBuffer(floats: 3 * stream)
    turned = AlignedBuffer(floats: 3 * stream)
    block.fused.apply(source, rows: tokens, to: plain.floats, in: workspace)
    turned.floats.update(from: plain.floats, count: 3 * stream)
    block.position(turned.floats, batch)
    var maps = [Float](repeating: 0, count: block.heads * tokens * tokens)
    let attended = AlignedBuffer(floats: stream)
    let rows = Self.rows(turned.floats, tokens, width)
    maps.withUnsafeMutableBufferPointer {
      block.multiHead.apply(
        batch: 1, queries: rows[0], keys: rows[1], values: rows[2], hidden: batch.hidden,
        output: attended.floats, maps: $0.baseAddress, in: workspace)
    }
    self.maps = maps
    scaled = attended
    if let factors = block.headFactors {
      ck_scale_columns(scaled.floats, width, tokens, width, factors.floats)
    }
    let joined = AlignedBuffer(floats: stream)
    if let norm = block.headNorm {
      norm.apply(scaled.floats, rows: tokens, to: joined.floats, team: team)
    } else {
      joined.floats.update(from: scaled.floats, count: stream)
    }
    branch = AlignedBuffer(floats: stream)
    block.output.apply(joined.floats, rows: tokens, to: branch.floats, in: workspace)
    branchNormed = AlignedBuffer(floats: stream)
    branchNormed.floats.update(from: branch.floats, count: stream)
    block.branchNorm?.apply(branch.floats, rows: tokens, to: branchNormed.floats, team: team)
    middle = AlignedBuffer(floats: stream)
    middle.floats.update(from: branchNormed.floats, count: stream)
    if block.postNorm {
      block.norm1.apply(branchNormed.floats, rows: tokens, to: middle.floats, team: team)
    }
    if let scale = block.scale1 {
      ck_scale_columns(middle.floats, width, tokens, width, scale.floats)
    }
    ck_add_rows(middle.floats, width, input, width, tokens, width)

    source = UnsafePointer(middle.floats)
    if !block.postNorm {
      block.norm2.apply(middle.floats, rows: tokens, to: normed.floats, team: team)
      source = UnsafePointer(normed.floats)
    }
    value = AlignedBuffer(floats: inner)
    active = AlignedBuffer(floats: inner)
    block.up.apply(source, rows: tokens, to: value.floats, in: workspace)
    active.floats.update(from: value.floats, count: inner)
    var finish = ck_epilogue()
    if let gateWeights = block.gate {
      let gate = AlignedBuffer(floats: inner)
      gateWeights.apply(source, rows: tokens, to: gate.floats, in: workspace)
      finish.activation = CK_SILU_GATE
      finish.operand = UnsafePointer(gate.floats)
      finish.operand_stride = block.hidden
      self.gate = gate
    } else {
      finish.activation = block.activation.kernel
      gate = nil
    }
    ck_finish(active.floats, block.hidden, tokens, block.hidden, 0, &finish)
    output = AlignedBuffer(floats: block.postNorm ? stream : 0)
    if block.postNorm {
      let hidden = AlignedBuffer(floats: inner)
      hidden.floats.update(from: active.floats, count: inner)
      block.hiddenNorm?.apply(active.floats, rows: tokens, to: hidden.floats, team: team)
      block.down.apply(hidden.floats, rows: tokens, to: output.floats, in: workspace)
    }
  }

  private static func rows(
    _ base: UnsafePointer<Float>, _ tokens: Int, _ width: Int
  ) -> [MultiHead.Rows] {
    (0..<3).map { .init(base: base + $0 * width, stride: 3 * width, count: tokens) }
  }

  /// Replaces the gradient of the block's output, `[T, D]`, by that of its input.
  ///
  /// - Parameter isLast: nothing below asks for a gradient, so the stream's is left unfinished.
  /// - Returns: the gradient of the probabilities, `[H, T, T]`.
  func apply(_ gradient: UnsafeMutablePointer<Float>, isLast: Bool) -> [Float] {
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
        input: output.floats, gradient: branch.floats, rows: tokens, to: branch.floats)
    }
    let hidden = AlignedBuffer(floats: inner)
    block.down.applyTransposed(branch.floats, rows: tokens, to: hidden.floats, in: workspace)
    block.hiddenNorm?.applyGradient(
      input: active.floats, gradient: hidden.floats, rows: tokens, to: hidden.floats)
    if let gate, let weights = block.gate {
      let gateGradient = AlignedBuffer(floats: inner)
      SwishGate.applyGradient(
        value: value.floats, gate: gate.floats, gradient: hidden.floats,
        gateGradient: gateGradient.floats, count: inner)
      block.up.applyTransposed(hidden.floats, rows: tokens, to: branch.floats, in: workspace)
      let other = AlignedBuffer(floats: tokens * width)
      weights.applyTransposed(gateGradient.floats, rows: tokens, to: other.floats, in: workspace)
      ck_add_rows(branch.floats, width, other.floats, width, tokens, width)
    } else {
      block.activation.applyGradient(
        input: value.floats, gradient: hidden.floats, count: inner)
      block.up.applyTransposed(hidden.floats, rows: tokens, to: branch.floats, in: workspace)
    }
    if !block.postNorm {
      block.norm2.applyGradient(
        input: middle.floats, gradient: branch.floats, rows: tokens, to: branch.floats)
    }
    ck_add_rows(gradient, width, branch.floats, width, tokens, width)
  }

  private func attention(_ gradient: UnsafeMutablePointer<Float>, isLast: Bool) -> [Float] {
    let width = block.width
    let stream = tokens * width
    let branchGradient = AlignedBuffer(floats: stream)
    branchGradient.floats.update(from: gradient, count: stream)
    if let scale = block.scale1 {
      ck_scale_columns(branchGradient.floats, width, tokens, width, scale.floats)
    }
    if block.postNorm {
      block.norm1.applyGradient(
        input: branchNormed.floats, gradient: branchGradient.floats, rows: tokens,
        to: branchGradient.floats)
    }
    block.branchNorm?.applyGradient(
      input: branch.floats, gradient: branchGradient.floats, rows: tokens,
      to: branchGradient.floats)
    let joined = AlignedBuffer(floats: stream)
    block.output.applyTransposed(
      branchGradient.floats, rows: tokens, to: joined.floats, in: workspace)
    block.headNorm?.applyGradient(
      input: scaled.floats, gradient: joined.floats, rows: tokens, to: joined.floats)
    if let factors = block.headFactors {
      ck_scale_columns(joined.floats, width, tokens, width, factors.floats)
    }

    let rows = Self.rows(turned.floats, tokens, width)
    let fused = AlignedBuffer(floats: isLast ? 0 : 3 * stream)
    let base = isLast ? nil : fused.floats
    var result = [Float](repeating: 0, count: maps.count)
    result.withUnsafeMutableBufferPointer { result in
      maps.withUnsafeBufferPointer { maps in
        guard let target = result.baseAddress, let maps = maps.baseAddress else { return }
        block.multiHead.applyGradient(
          queries: rows[0], keys: rows[1], values: rows[2], maps: maps, output: joined.floats,
          to: .init(
            maps: target, queries: base, queryStride: 3 * width, keys: base.map { $0 + width },
            values: base.map { $0 + 2 * width }, keyStride: 3 * width), in: workspace)
      }
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
          input: plain.floats + start, gradient: fused + start, rows: tokens, to: fused + start,
          stride: stride)
      }
    }
  }
}
