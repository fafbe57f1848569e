package import Tensors

/// Where a tower takes its weights from, by canonical name (`vision.blocks.3.attention.query.weight`).
///
/// Linear weights are `[out, in]`; query, key and value are separate, as views of fused storage where
/// the checkpoint fuses them. A tensor that the model does not have gives a nil shape.
package protocol WeightSource: Sendable {
  func shape(of name: String) -> Shape?

  /// Known without reading the values; nil where only reading them tells.
  func elementType(of name: String) -> ElementType?

  /// Calls `body` with the values, row-major and little-endian. May be called from several threads.
  func withElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result

  /// Calls `body` with the values of the transposed matrix, row-major, where they stand in the file like that.
  ///
  /// Nil where they do not; `body` was not called then. May be called from several threads.
  func withTransposedElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result?

  /// The part of a file that holds the values as `withElements` gives them.
  ///
  /// Nil where they would have to be put together first.
  func slice(of name: String) -> FileSlice?

  /// The values of this tensor have been packed and will not be read again.
  func release(_ name: String)
}

extension WeightSource {
  package func release(_ name: String) {}
  package func withTransposedElements<Result>(
    of name: String, _ body: (ElementType, UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result? { nil }
  package func slice(of name: String) -> FileSlice? { nil }
  package func elementType(of name: String) -> ElementType? { nil }
}
