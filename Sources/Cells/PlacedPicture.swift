/// Size of one cell in pixels of the screen.
package struct CellPixels: Sendable, Hashable {
  package var width: Int
  package var height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// For terminals that show pictures and do not say how large their cells are.
  package static let usual = CellPixels(width: 10, height: 20)
}

/// A picture in pixels of the screen that covers a rectangle of cells; those cells name it by its place in the page.
///
/// Pixels are made when the terminal does not have the picture yet, so a frame that shows a known one costs nothing.
package struct PlacedPicture: Sendable, Equatable {
  package var columns: Int
  package var rows: Int
  /// Differs where the pixels differ.
  package var content: Int
  package var render: @Sendable () -> PixelGrid

  package init(
    columns: Int, rows: Int, content: Int, render: @escaping @Sendable () -> PixelGrid
  ) {
    self.columns = columns
    self.rows = rows
    self.content = content
    self.render = render
  }

  package static func == (a: PlacedPicture, b: PlacedPicture) -> Bool {
    a.columns == b.columns && a.rows == b.rows && a.content == b.content
  }
}

/// The size at which a picture is to be made.
package struct PictureSize: Sendable, Equatable {
  package var width: Int
  package var height: Int
  /// Pixels of the screen; otherwise halves of cells.
  package var isFine: Bool
}

/// The character that stands for one cell of a picture: a private one with two marks above it that count row and column.
package enum PicturePlaceholder {
  /// Rows and columns that can be counted.
  package static var limit: Int { marks.count }

  /// - Returns: nil outside of 0..<limit.
  package static func glyph(row: Int, column: Int) -> String? {
    guard marks.indices.contains(row), marks.indices.contains(column) else { return nil }
    var text = String.UnicodeScalarView()
    text.append("\u{10EEEE}")
    text.append(marks[row])
    text.append(marks[column])
    return String(text)
  }

  /// Mark number n counts n; the order belongs to the protocol of the terminals.
  package static let marks: [Unicode.Scalar] = markRanges.split(separator: " ").flatMap { part in
    let ends = part.split(separator: "-").compactMap { UInt32($0, radix: 16) }
    guard let first = ends.first, let last = ends.last else { return [Unicode.Scalar]() }
    return (first...last).compactMap { Unicode.Scalar($0) }
  }

  /// Marks above the letter (class 230) of Unicode 6.0 that have no decomposition and take part in no composition.
  private static let markRanges =
    "305 30D-30E 310 312 33D-33F 346 34A-34C 350-352 357 35B 363-36F 483-487 592-595 597-599 "
    + "59C-5A1 5A8-5A9 5AB-5AC 5AF 5C4 610-617 657-65B 65D-65E 6D6-6DC 6DF-6E2 6E4 6E7-6E8 6EB-6EC "
    + "730 732-733 735-736 73A 73D 73F-741 743 745 747 749-74A 7EB-7F1 7F3 816-819 81B-823 825-827 "
    + "829-82D 951 953-954 F82-F83 F86-F87 135D-135F 17DD 193A 1A17 1A75-1A7C 1B6B 1B6D-1B73 "
    + "1CD0-1CD2 1CDA-1CDB 1CE0 1DC0-1DC1 1DC3-1DC9 1DCB-1DCC 1DD1-1DE6 1DFE 20D0-20D1 20D4-20D7 "
    + "20DB-20DC 20E1 20E7 20E9 20F0 2CEF-2CF1 2DE0-2DFF A66F A67C-A67D A6F0-A6F1 A8E0-A8F1 AAB0 "
    + "AAB2-AAB3 AAB7-AAB8 AABE-AABF AAC1 FE20-FE26 10A0F 10A38 1D185-1D189 1D1AA-1D1AD 1D242-1D244"
}
