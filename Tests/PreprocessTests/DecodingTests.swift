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
