import CKernels
import COpenBLAS
import Synchronization
import Tensors

/// What follows a product before its result is stored: `activation(x + bias) * scale + operand`.
struct Epilogue {
  var activation = CK_IDENTITY
  /// LayerScale, one factor an output.
  var scale: AlignedBuffer?
  /// Residual, or the gate of `CK_SILU_GATE`; must not overlap the output.
  var operand: UnsafePointer<Float>?
  var operandStride = 0
}

/// `x Wᵀ + b` with a weight matrix that was brought into its final form at load.
final class Linear: Sendable {
  let inputs: Int
  let outputs: Int
  let bias: AlignedBuffer?
  private let path: ProductPath
  private let element: ck_element
  // Replaced once, by `pack`, before `isPacked` says so.
  private nonisolated(unsafe) var storage: AlignedBuffer
  /// Where the rows are read from until they are packed; nil where they were packed at load.
  private nonisolated(unsafe) var stored: StoredRows?
  private let isPacked: Atomic<Bool>

  /// - Parameters:
  ///   - element: what the panels hold; `CK_F32` for the OpenBLAS path.
  ///   - stored: rows to read from until `pack` is called; only for the packed path.
  init(
    inputs: Int, outputs: Int, element: ck_element, path: ProductPath, bias: AlignedBuffer?,
    stored: StoredRows? = nil
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.bias = bias
    self.path = path
    self.element = element
    self.stored = stored
    isPacked = Atomic(stored == nil)
    storage =
      stored == nil
      ? Self.emptyStorage(inputs, outputs, element, path) : AlignedBuffer(byteCount: 0)
  }

  /// Packs at load, before others know this layer, and lets go of the file.
  /// - Returns: why rows could not be read, if so.
  func packAtLoad() -> InferenceError? {
    pack()
    defer { stored = nil }
    return failure
  }

  /// Why rows could not be read, if so; what was computed since is not to be used.
  var failure: InferenceError? { stored?.failure }

  private static func emptyStorage(
    _ inputs: Int, _ outputs: Int, _ element: ck_element, _ path: ProductPath
  ) -> AlignedBuffer {
    let count = path == .packed ? ck_packed_count(inputs, outputs) : inputs * outputs
    return AlignedBuffer(byteCount: count * element.byteCount)
  }

  /// Brings rows that are still read from the file into panels.
  ///
  /// Products may run meanwhile; calls to this must not overlap. Look at `failure` afterwards.
  func pack() {
    guard let stored, !isPacked.load(ordering: .acquiring) else { return }
    let fresh = Self.emptyStorage(inputs, outputs, element, path)
    stored.pack(into: fresh.base)
    storage = fresh
    isPacked.store(true, ordering: .releasing)
  }

  /// Takes rows `first ..< first + count` of the matrix.
  ///
  /// Calls for different rows may run at the same time.
  /// - Precondition: `type` is one that the kernels read.
  func store(first: Int, count: Int, rows: UnsafeRawBufferPointer, type: ElementType) {
    guard let base = rows.baseAddress else { return }
    guard let kind = type.kernelElement else {
      preconditionFailure("rows of \(type) are widened before")
    }
    switch path {
    case .packed: ck_pack_rows(storage.base, element, inputs, outputs, first, count, base, kind)
    case .blas: ck_widen(storage.floats + first * inputs, base, kind, count * inputs)
    }
  }

  /// Takes the whole matrix from its transpose `[inputs, outputs]`; only for the packed path.
  /// - Precondition: `type` is one that the kernels read.
  func storeTransposed(_ columns: UnsafeRawBufferPointer, type: ElementType) {
    guard let base = columns.baseAddress else { return }
    guard let kind = type.kernelElement, path == .packed else {
      preconditionFailure("columns of \(type) are not packed")
    }
    ck_pack_columns(storage.base, element, inputs, outputs, 0, inputs, base, kind)
  }

  /// `output[rows, outputs] = epilogue(input[rows, inputs] Wᵀ + bias)`, columns split over the team.
  func apply(
    _ input: UnsafePointer<Float>, stride inputStride: Int? = nil, rows: Int,
    to output: UnsafeMutablePointer<Float>, stride outputStride: Int? = nil,
    _ epilogue: Epilogue = Epilogue(), in workspace: Workspace
  ) {
    let inputStride = inputStride ?? inputs
    let outputStride = outputStride ?? outputs
    var finish = ck_epilogue(
      bias: bias.map { UnsafePointer($0.floats) },
      scale: epilogue.scale.map { UnsafePointer($0.floats) }, operand: epilogue.operand,
      operand_stride: epilogue.operandStride, activation: epilogue.activation)
    if let stored, !isPacked.load(ordering: .acquiring) {
      let product = StoredRows.Product(
        input: input, inputStride: inputStride, rows: rows, output: output,
        outputStride: outputStride, epilogue: finish)
      return Self.apply(product, from: stored, in: workspace)
    }
    let panels = (outputs + 15) / 16
    let parts = min(workspace.team.count, panels)
    let scratch = path == .packed ? workspace.productScratch() : nil
    workspace.team.run(parts) { part in
      let first = panels * part / parts
      let last = panels * (part + 1) / parts
      switch path {
      case .packed:
        var packed = ck_packed(
          panels: UnsafeRawPointer(storage.base), element: element, inputs: inputs, outputs: outputs
        )
        ck_product(
          &packed, input, inputStride, rows, output, outputStride, first, last, &finish,
          nil, scratch.map { $0.base + part * $0.stride })
      case .blas:
        let column = first * 16
        let columns = min(last * 16, outputs) - column
        cblas_sgemm(
          CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(columns), blasint(inputs),
          1, input, blasint(inputStride), storage.floats + column * inputs, blasint(inputs), 0,
          output + column, blasint(outputStride))
        ck_finish(output + column, outputStride, rows, columns, column, &finish)
      }
    }
  }

  private static func apply(
    _ product: StoredRows.Product, from stored: StoredRows, in workspace: Workspace
  ) {
    let scratch = workspace.panelScratch(stored.scratchCount(rows: product.rows))
    let next = Atomic<Int>(0)
    workspace.team.run(workspace.team.count) { part in
      stored.multiply(product, scratch: scratch.base + part * scratch.stride) {
        next.add(1, ordering: .relaxed).oldValue
      }
    }
  }
}

extension Linear {
  /// `result[rows, inputs] = gradient[rows, outputs] W`: what an output gradient means for the input.
  ///
  /// The panels serve the forward's product only, so the matrix is unpacked into the workspace, one matrix at a time.
  /// - Precondition: the matrix is packed.
  func applyTransposed(
    _ gradient: UnsafePointer<Float>, stride: Int? = nil, rows: Int,
    to result: UnsafeMutablePointer<Float>, in workspace: Workspace
  ) {
    _ = Team.singleThreadedBLAS
    let team = workspace.team
    var matrix = UnsafePointer(storage.floats)
    if path == .packed {
      let plain = workspace.floats(.unpacked, inputs * outputs)
      let panels = (outputs + 15) / 16
      let parts = min(team.count, panels)
      team.run(parts) { part in
        let first = panels * part / parts * 16
        let last = min(panels * (part + 1) / parts * 16, outputs)
        var packed = ck_packed(
          panels: UnsafeRawPointer(storage.base), element: element, inputs: inputs, outputs: outputs
        )
        ck_unpack_rows(plain + first * inputs, &packed, first, last - first)
      }
      matrix = UnsafePointer(plain)
    }
    let parts = min(team.count, inputs)
    team.run(parts) { part in
      let first = inputs * part / parts
      let last = inputs * (part + 1) / parts
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(last - first),
        blasint(outputs), 1, gradient, blasint(stride ?? outputs), matrix + first, blasint(inputs),
        0, result + first, blasint(inputs))
    }
  }
}
