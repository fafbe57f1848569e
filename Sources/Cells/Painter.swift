/// Shows pages of cells: on a terminal, as text, or in a recording.
package protocol Painter {
  /// The page size that the next `present` should have.
  var size: Size { get }

  /// Shows `page`; only what changed since the last one is written. The cursor is hidden when nil.
  mutating func present(_ page: CellBuffer, cursor: Point?)
}
