/// One cell of the screen.
package struct Cell: Sendable, Hashable {
  /// One displayed character with its combining marks; empty in the second half of a wide one.
  package var glyph: String
  package var style: Style
  /// 1, 2 for a wide character, 0 for the cell behind a wide character.
  package var width: UInt8
  /// A cell of a picture: its place among the page's pictures plus one, or the terminal's number for it; 0 for text.
  package var picture: UInt32 = 0

  package init(glyph: String = " ", style: Style = Style(), width: UInt8 = 1) {
    self.glyph = glyph
    self.style = style
    self.width = width
  }

  package static let blank = Cell()

  /// Which of the page's pictures the cell belongs to.
  package var pictureIndex: Int? { picture == 0 ? nil : Int(picture) - 1 }
}

/// A page of cells: what views draw into, painters show, and snapshots print.
package struct CellBuffer: Sendable, Equatable {
  package let size: Size
  package private(set) var cells: [Cell]
  /// Pictures that cells of the page belong to.
  package var pictures: [PlacedPicture] = []

  package init(size: Size, fill: Cell = .blank) {
    self.size = size
    cells = Array(repeating: fill, count: max(size.columns, 0) * max(size.rows, 0))
  }

  package subscript(column: Int, row: Int) -> Cell {
    get { cells[row * size.columns + column] }
    set { cells[row * size.columns + column] = newValue }
  }
}

extension CellBuffer {
  /// The page as text, one line a row; blanks at the ends of lines are left out.
  package func plainText() -> String {
    var result = ""
    for row in 0..<max(size.rows, 0) {
      var line = ""
      for column in 0..<max(size.columns, 0) { line += self[column, row].glyph }
      while line.last == " " { line.removeLast() }
      result += line + "\n"
    }
    return result
  }
}
