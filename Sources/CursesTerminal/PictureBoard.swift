import Cells

/// The pictures that the terminal holds, and what has to be sent so that a page finds those it shows.
///
/// A picture that changed gets a new number: the terminal never shows cells of the new frame with pixels of the old one.
struct PictureBoard {
  /// What is written before the cells of a page and after them.
  struct Change: Equatable {
    var before: [UInt8] = []
    var after: [UInt8] = []
  }

  private struct Key: Hashable {
    var columns: Int
    var rows: Int
    var content: Int
  }

  private let numbers: ClosedRange<UInt32>
  private let insideTmux: Bool
  private var shown: [Key: UInt32] = [:]
  private var next: UInt32

  /// - Parameter numbers: those that a foreground colour of the terminal can hold; more of them than pictures on two pages.
  init(numbers: ClosedRange<UInt32>, insideTmux: Bool = false) {
    self.numbers = numbers
    self.insideTmux = insideTmux
    next = numbers.lowerBound
  }

  /// Numbers for the colours of a terminal; those of named colours are left out, which curses and users redefine.
  static func numbers(_ depth: ColorDepth) -> ClosedRange<UInt32>? {
    switch depth {
    case .trueColor: 0x2A_0001...0x2A_FFFF
    case .indexed256: 16...255
    case .indexed16, .mono: nil
    }
  }

  var isEmpty: Bool { shown.isEmpty }

  /// Puts the numbers of the terminal into the cells that name pictures of the page.
  mutating func resolve(_ page: CellBuffer) -> (page: CellBuffer, change: Change) {
    var change = Change()
    var wanted: [Key: UInt32] = [:]
    let numberOf = page.pictures.map { picture -> UInt32 in
      let key = Key(columns: picture.columns, rows: picture.rows, content: picture.content)
      if let number = wanted[key] { return number }
      let known = shown[key]
      let number = known ?? newNumber(besides: wanted)
      wanted[key] = number
      if known == nil {
        change.before += KittyGraphics.transmission(
          picture.render(), id: number, columns: picture.columns, rows: picture.rows,
          insideTmux: insideTmux)
      }
      return number
    }
    for (key, number) in shown.sorted(by: { $0.value < $1.value }) where wanted[key] == nil {
      change.after += KittyGraphics.deletion(id: number, insideTmux: insideTmux)
    }
    shown = wanted
    return (numberOf.isEmpty ? page : page.numbered { numberOf[$0] }, change)
  }

  /// Takes everything off the terminal.
  mutating func clear() -> [UInt8] {
    defer { shown = [:] }
    return shown.values.sorted().flatMap { KittyGraphics.deletion(id: $0, insideTmux: insideTmux) }
  }

  private mutating func newNumber(besides wanted: [Key: UInt32]) -> UInt32 {
    let taken = Set(shown.values).union(wanted.values)
    for _ in numbers {
      let number = next
      next = next == numbers.upperBound ? numbers.lowerBound : next + 1
      if !taken.contains(number) { return number }
    }
    return numbers.upperBound
  }
}

extension CellBuffer {
  /// The page with other numbers in the cells of pictures.
  fileprivate func numbered(_ number: (Int) -> UInt32) -> CellBuffer {
    var result = self
    for row in 0..<size.rows {
      for column in 0..<size.columns {
        guard let index = self[column, row].pictureIndex else { continue }
        result[column, row].picture = number(index)
      }
    }
    return result
  }
}
