package import Tensors

/// A tensor for a writer: what it is, and a closure that hands out its bytes piece by piece.
package struct TensorToWrite {
  /// Name in the written file, kept byte for byte.
  package var name: String
  package var elementType: ElementType
  package var shape: Shape
  /// Calls `emit` with the row-major little-endian bytes in order, in pieces of any size, once each.
  package var produce: (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  package init(
    name: String, elementType: ElementType, shape: Shape,
    produce: @escaping (_ emit: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) {
    self.name = name
    self.elementType = elementType
    self.shape = shape
    self.produce = produce
  }

  /// The same tensor; `report` is told the size of every piece that a writer has taken.
  package func reporting(_ report: @escaping (_ byteCount: Int) -> Void) -> TensorToWrite {
    var result = self
    result.produce = { emit in
      try produce { piece in
        try emit(piece)
        report(piece.count)
      }
    }
    return result
  }

  /// Nil where the size leaves `Int`.
  package var byteCount: Int? {
    guard let count = shape.elementCount else { return nil }
    let (bytes, overflow) = count.multipliedReportingOverflow(by: elementType.byteCount)
    return overflow ? nil : bytes
  }
}
