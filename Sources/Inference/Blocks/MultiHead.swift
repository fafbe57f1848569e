import CKernels
import COpenBLAS

/// Attention of all heads of a batch: `softmax(q kᵀ / √d + mask) v`, heads side by side in the rows.
struct MultiHead {
  var heads: Int
  /// Channels of one head.
  var headWidth: Int
  var causal = false
  var path: ProductPath

  /// Rows of queries or keys: image b's row t is `base + (b * count + t) * stride`.
  struct Rows {
    var base: UnsafePointer<Float>
    var stride: Int
    var count: Int

    /// Those of one product whose rows are query, key and value side by side, `[3 * width]`.
    static func fused(
      _ base: UnsafePointer<Float>, width: Int, count: Int
    ) -> (queries: Rows, keys: Rows, values: Rows) {
      func part(_ index: Int) -> Rows {
        Rows(base: base + index * width, stride: 3 * width, count: count)
      }
      return (part(0), part(1), part(2))
    }
  }

  /// - Parameters:
  ///   - batch: inputs.
  ///   - queries: `[batch, T, heads * headWidth]`.
  ///   - hidden: `[batch, S]`, 1 where a key is hidden from all queries.
  ///   - output: `[batch, T, heads * headWidth]`.
  ///   - maps: `[batch, heads, T, S]` to be filled with the probabilities, or nil.
  ///   - sharedQueries: the same query rows serve every input.
  ///   - productsOnly: leaves the softmax out, so that the time of the products can be told from the rest; packed path only.
  func apply(
    batch: Int, queries: Rows, keys: Rows, values: Rows, hidden: UnsafePointer<UInt8>? = nil,
    output: UnsafeMutablePointer<Float>, maps: UnsafeMutablePointer<Float>? = nil,
    sharedQueries: Bool = false, productsOnly: Bool = false, in workspace: Workspace
  ) {
    let scratchCount =
      path == .packed
      ? ck_attention_scratch(keys.count, headWidth) : queries.count * keys.count
    let scratch = workspace.attentionScratch(scratchCount)
    let jobs = batch * heads
    let parts = min(workspace.team.count, jobs)
    let width = heads * headWidth
    workspace.team.run(parts) { part in
      for job in jobs * part / parts..<jobs * (part + 1) / parts {
        let input = job / heads
        let channel = job % heads * headWidth
        let queryBlock = sharedQueries ? 0 : input * queries.count
        let head = ck_attention(
          queries: queries.base + queryBlock * queries.stride + channel,
          keys: keys.base + input * keys.count * keys.stride + channel,
          values: values.base + input * values.count * values.stride + channel,
          output: output + input * queries.count * width + channel,
          query_stride: queries.stride, key_stride: keys.stride, value_stride: values.stride,
          output_stride: width, query_count: queries.count, key_count: keys.count,
          width: headWidth, scale: 1 / Float(headWidth).squareRoot(), causal: causal ? 1 : 0,
          hidden: hidden.map { $0 + input * keys.count },
          probabilities: maps.map { $0 + job * queries.count * keys.count },
          products_only: productsOnly ? 1 : 0)
        attend(head, scratch.base + part * scratch.stride)
      }
    }
  }

  private func attend(_ head: ck_attention, _ scratch: UnsafeMutablePointer<Float>) {
    var head = head
    guard path == .blas else {
      ck_attend(&head, scratch)
      return
    }
    // Same head through the library's products and one softmax over the whole score matrix.
    let queries = blasint(head.query_count)
    let keys = blasint(head.key_count)
    let width = blasint(head.width)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, queries, keys, width, 1, head.queries,
      blasint(head.query_stride), head.keys, blasint(head.key_stride), 0, scratch, keys)
    for query in 0..<head.query_count {
      let row = scratch + query * head.key_count
      for key in 0..<head.key_count
      where (causal && key > query) || (head.hidden.map { $0[key] != 0 } ?? false) {
        row[key] = -.infinity
      }
    }
    ck_softmax(scratch, head.key_count, head.query_count, head.key_count, head.scale)
    head.probabilities?.update(from: scratch, count: head.query_count * head.key_count)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, queries, width, keys, 1, scratch, keys,
      head.values, blasint(head.value_stride), 0, head.output, blasint(head.output_stride))
  }
}
