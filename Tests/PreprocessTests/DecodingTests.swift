import Foundation
import Preprocess
import Tensors
import TestSupport
import Testing

@Suite("Pictures are decoded as Pillow does")
struct DecodingTests {
  @Test(
    "Mode, size, samples, RGB and orientation agree", arguments: ExpectedPictures.rows("decode"))
  func agrees(row: JSONValue) throws {
    let name = try #require(row["file"]?.string)
    let image = try ExpectedPictures.picture(name)
    #expect(image.mode.rawValue == row["mode"]?.string, "\(name)")
    #expect(image.width == row["width"]?.integer)
    #expect(image.height == row["height"]?.integer)
    #expect(image.orientation == row["orientation"]?.integer)
    // A palette is compared through its colours: the order of entries is the writer's.
    #expect(ExpectedPictures.crc(image.samples) == row["samples"]?.integer, "\(name)")
    let rgb = RGBConversion.rgb(image, alpha: .dropped, depth: .saturated)
    #expect(ExpectedPictures.crc(rgb.samples) == row["rgb"]?.integer, "\(name)")
    let white = RGBConversion.rgb(image, alpha: .onWhite, depth: .saturated)
    #expect(ExpectedPictures.crc(white.samples) == row["on_white"]?.integer, "\(name)")
  }

  private func decode(_ bytes: [UInt8]) throws -> DecodedImage {
    try bytes.withUnsafeBytes { try ImageFile.decode($0, path: "made") }
  }

  @Test(
    "What the first frame of a GIF leaves free is entry 0, or the transparent one, not the background"
  )
  func ground() throws {
    // 3 x 2 with four colours and background 2; the frame is one pixel of colour 3 at (1, 0).
    func gif(_ control: [UInt8]) -> [UInt8] {
      Array("GIF89a".utf8) + [3, 0, 2, 0, 0x81, 2, 0] + [0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255]
        + control + [0x2C, 1, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x5C, 1, 0, 0x3B]
    }
    #expect(try decode(gif([])).samples == [0, 3, 0, 0, 0, 0])
    #expect(try decode(gif([0x21, 0xF9, 4, 1, 0, 0, 1, 0])).samples == [1, 3, 1, 1, 1, 1])
  }

  @Test("A number of more than ten digits in a portable map is not cut into two") func longNumber()
  {
    #expect(throws: PreprocessError.self) { try decode(Array("P2 00000000003 1 255 1 2 3".utf8)) }
    #expect(throws: PreprocessError.self) { try decode(Array("P2 3 1 255 1 2 12345678901".utf8)) }
    #expect(throws: Never.self) { try decode(Array("P2 0000000003 1 255 1 2 3".utf8)) }
  }

  static let names = ExpectedPictures.rows("decode").compactMap { $0["file"]?.string }

  @Test("A picture cut anywhere gives an error or a picture, never a trap", arguments: names)
  func cut(name: String) throws {
    let data = try #require(
      FileManager.default.contents(atPath: Fixtures.path("preprocess/pictures/\(name)")))
    let bytes = [UInt8](data)
    for length in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 40)) {
      bytes[..<length].withUnsafeBytes { part in
        _ = try? ImageFile.decode(part, path: name)
      }
    }
    // Half of the data is never enough.
    _ = bytes[..<(bytes.count / 2)].withUnsafeBytes { part in
      #expect(throws: PreprocessError.self) { try ImageFile.decode(part, path: name) }
    }
  }

  @Test("A picture with damaged bytes gives an error or a picture, never a trap", arguments: names)
  func damaged(name: String) throws {
    let data = try #require(
      FileManager.default.contents(atPath: Fixtures.path("preprocess/pictures/\(name)")))
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<60 {
      var bytes = [UInt8](data)
      for _ in 0..<3 {
        // Not the size fields of every round, so that most rounds get past the header.
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      bytes.withUnsafeBytes { part in _ = try? ImageFile.decode(part, path: name) }
    }
  }

  @Test("The format is told by the first bytes and unknown ones are refused")
  func unknown() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("hello, not a picture".utf8), to: "x.png")
    #expect(throws: PreprocessError.unknownPicture(path: path)) {
      try ImageFile.decode(path: path)
    }
    #expect(throws: PreprocessError.self) { try ImageFile.decode(path: folder.file("absent.png")) }
    #expect(throws: PreprocessError.self) { try ImageFile.decode(path: folder.path) }
  }
}
