import Glibc
import TestSupport
import Testing

@testable import Preprocess

/// Pictures that ask for much more than they weigh.
@Suite("What a small picture may cost") struct HostilePictureTests {
  private func decode(_ bytes: [UInt8]) throws(PreprocessError) -> DecodedImage {
    let result: Result<DecodedImage, PreprocessError> = bytes.withUnsafeBytes { buffer in
      do throws(PreprocessError) {
        return .success(try ImageFile.decode(buffer, path: "hostile"))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private func expectOversized(_ bytes: [UInt8], _ words: String) {
    let error = #expect(throws: PreprocessError.self) { try decode(bytes) }
    guard case .oversizedPicture(_, _, _, let reason)? = error else {
      Issue.record("\(error?.description ?? "decoded")")
      return
    }
    #expect(reason.contains(words), "\(reason)")
  }

  @Test("A flat lossless WebP of a few bytes is refused by the memory that libwebp takes for it")
  func losslessWebP() throws {
    let small = try decode(HandMadePictures.lossless(width: 30, height: 20))
    #expect(small.width == 30 && small.height == 20 && small.samples.allSatisfy { $0 == 0 })
    // 7 bytes a pixel: 4 while it is decoded, 3 in the result.
    let limit = ImageFile.memoryBase / 7
    expectOversized(
      HandMadePictures.lossless(width: 16_383, height: 10_922), "\(16_383 * 10_922 * 7) bytes")
    expectOversized(HandMadePictures.lossless(width: 8_192, height: limit / 8_192 + 2), "memory")
  }

  @Test("An animation of a few bytes is refused by its canvas") func animatedWebP() throws {
    let small = try decode(HandMadePictures.animation(width: 30, height: 20))
    #expect(small.width == 30 && small.height == 20)
    expectOversized(HandMadePictures.animation(width: 16_000, height: 11_000), "memory")
  }

  @Test(
    "A flat PNG is refused by its samples, and by what RGB takes beside them",
    arguments: [(UInt8(8), UInt8(2), 3), (16, 2, 3), (8, 6, 7), (16, 4, 7), (16, 0, 5), (1, 0, 4)])
  func flatPNG(depth: UInt8, colorType: UInt8, bytesAPixel: Int) {
    let side = 13_000
    // As long as deflate needs for so much; what it holds is not looked at.
    let data = [UInt8](repeating: 0, count: side * side * Int(depth) / 8 * 4 / 1032)
    let png = HandMadePictures.png(
      width: side, height: side, depth: depth, colorType: colorType, data: data)
    expectOversized(png, "\(side * side * bytesAPixel) bytes")
  }

  @Test("A GIF of a few bytes is refused by its canvas") func canvas() {
    let frame: [UInt8] = [0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B]
    func gif(_ side: UInt16) -> [UInt8] {
      let size = HandMadePictures.little(side)
      return Array("GIF89a".utf8) + size + size + [0, 0, 0] + frame
    }
    #expect(throws: Never.self) { try decode(gif(100)) }
    expectOversized(gif(13_000), "\(13_000 * 13_000 * 4) bytes")
  }

  @Test("A picture longer than a million pixels is refused, however thin") func thin() throws {
    let png = HandMadePictures.png(
      width: ImageFile.sideLimit + 1, height: 1, depth: 8, colorType: 0,
      data: HandMadePictures.zeros(ImageFile.sideLimit + 2))
    expectOversized(png, "a side of more than")
    let fits = HandMadePictures.png(
      width: ImageFile.sideLimit, height: 1, depth: 8, colorType: 0,
      data: HandMadePictures.zeros(ImageFile.sideLimit + 1))
    #expect(try decode(fits).width == ImageFile.sideLimit)
  }

  @Test("Texts in a PNG are not inflated") func texts() throws {
    let text = HandMadePictures.pngChunk(
      "zTXt", Array("Comment".utf8) + [0, 0] + HandMadePictures.zeros(7_000_000))
    let extra = [[UInt8]](repeating: text, count: 200).flatMap { $0 }
    let png = HandMadePictures.png(
      width: 3, height: 2, depth: 8, colorType: 0, extra: extra,
      data: HandMadePictures.zeros(8))
    let before = Self.peak()
    #expect(try decode(png).samples == [UInt8](repeating: 0, count: 6))
    // Together they are 1.4 GB.
    #expect(Self.peak() - before < 256 << 20)
  }

  /// Largest memory of this process so far, in bytes.
  private static func peak() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  }

  @Test("Coefficients of a JPEG in scans count as memory") func progressiveMemory() throws {
    let small = try decode(HandMadePictures.progressive(width: 40, height: 24, scans: 3))
    #expect(small.width == 40 && small.samples.allSatisfy { $0 == 128 })
    // 1 byte of gray and 3 of RGB; while it is decoded 2 of a coefficient.
    expectOversized(
      HandMadePictures.progressive(width: 12_000, height: 9_600, scans: 2),
      "\(12_000 * 9_600 * 4) bytes")
  }

  @Test("Passes over a large JPEG are counted by the pixels that they touch")
  func progressivePasses() throws {
    let many = HandMadePictures.progressive(width: 6_400, height: 6_400, scans: 120)
    let error = #expect(throws: PreprocessError.self) { try decode(many) }
    #expect(error?.description.contains("too many scans") == true)
    #expect(
      try decode(HandMadePictures.progressive(width: 640, height: 640, scans: 120)).width == 640)
  }
}
