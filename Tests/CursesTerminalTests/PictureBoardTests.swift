import Cells
import Testing

@testable import CursesTerminal

@Suite("Pictures that the terminal holds") struct PictureBoardTests {
  /// A page of pictures side by side, one cell each.
  private func page(_ contents: [Int]) -> CellBuffer {
    var page = CellBuffer(size: Size(columns: max(contents.count, 1), rows: 1))
    for (index, content) in contents.enumerated() {
      page.pictures.append(
        PlacedPicture(columns: 1, rows: 1, content: content) {
          PixelGrid(width: 1, height: 1, fill: Color(UInt8(content), 0, 0))
        })
      page[index, 0].picture = UInt32(index + 1)
    }
    return page
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  private func numbers(_ page: CellBuffer) -> [UInt32] { page.cells.map(\.picture) }

  @Test("A picture is sent once and keeps its number") func once() {
    var board = PictureBoard(numbers: 100...200)
    let (first, change) = board.resolve(page([1, 2]))
    #expect(numbers(first) == [100, 101])
    #expect(text(change.before).contains("i=100,") && text(change.before).contains("i=101,"))
    #expect(change.after.isEmpty)
    let (second, nothing) = board.resolve(page([2, 1]))
    #expect(numbers(second) == [101, 100])
    #expect(nothing == PictureBoard.Change())
  }

  @Test("A changed picture gets a new number before the cells, the old one goes after them")
  func changed() {
    var board = PictureBoard(numbers: 100...200)
    _ = board.resolve(page([1, 2]))
    let (next, change) = board.resolve(page([1, 3]))
    #expect(numbers(next) == [100, 102])
    #expect(text(change.before).contains("i=102,") && !text(change.before).contains("a=d"))
    #expect(text(change.after) == "\u{1b}_Ga=d,d=I,q=2,i=101;\u{1b}\\")
  }

  @Test("A page without pictures takes all away") func leaving() {
    var board = PictureBoard(numbers: 100...200)
    _ = board.resolve(page([1, 2]))
    let (_, change) = board.resolve(CellBuffer(size: Size(columns: 3, rows: 1)))
    #expect(change.before.isEmpty)
    #expect(text(change.after).contains("i=100;") && text(change.after).contains("i=101;"))
    #expect(board.isEmpty && board.clear().isEmpty)
  }

  @Test("Two pictures alike are one") func shared() {
    var board = PictureBoard(numbers: 100...200)
    let (same, change) = board.resolve(page([5, 5]))
    #expect(numbers(same) == [100, 100])
    #expect(!text(change.before).contains("i=101"))
  }

  @Test("Numbers come round and never meet one that is on the screen") func around() {
    var board = PictureBoard(numbers: 16...19)
    _ = board.resolve(page([1]))
    for content in 2...9 {
      let (next, _) = board.resolve(page([1, content]))
      #expect(numbers(next)[0] == 16)
      #expect(next.cells[1].picture != 16)
    }
  }

  @Test("Clearing deletes, and the next page is sent again") func clearing() {
    var board = PictureBoard(numbers: 100...200)
    _ = board.resolve(page([1]))
    #expect(text(board.clear()) == "\u{1b}_Ga=d,d=I,q=2,i=100;\u{1b}\\")
    #expect(!board.resolve(page([1])).change.before.isEmpty)
  }

  @Test("Only terminals whose colours can be numbers have pictures") func depths() {
    #expect(PictureBoard.numbers(.mono) == nil && PictureBoard.numbers(.indexed16) == nil)
    #expect(PictureBoard.numbers(.indexed256)?.upperBound == 255)
    #expect((PictureBoard.numbers(.trueColor)?.upperBound ?? .max) < 1 << 24)
  }
}
