import Foundation
import Preprocess
import Tensors
import TestSupport
import Testing

@Suite("Pictures that people had trouble with")
struct PictureCaseTests {
  static let expected = ExpectedPictures.load("cases/expected.json")

  private func decode(_ name: String) throws -> DecodedImage {
    try ImageFile.decode(path: Fixtures.path("cases/\(name)"))
  }

  private func small(order: PreprocessConfig.Order = .rgbFirst) -> Preprocessor {
    var config = PreprocessConfig(width: 32, height: 32)
    config.order = order
    return Preprocessor(config)
  }

  private func pixel(_ image: DecodedImage, _ x: Int, _ y: Int) -> [Int] {
    let at = (y * image.width + x) * 3
    return image.samples[at..<at + 3].map(Int.init)
  }

  @Test(
    "c25: every colour mode becomes the RGB that Pillow makes",
    arguments: [
      "c25_gray8.png", "c25_gray_alpha.png", "c25_rgba.png", "c25_palette_trns.png",
      "c25_gray2bit.png",
    ])
  func colours(name: String) throws {
    let facts = try #require(Self.expected["c25"]?[name])
    let seen = small().prepare(try decode(name)).preview
    let first = (facts["first_pixels"]?.array ?? []).map { $0.array?.compactMap(\.integer) ?? [] }
    try #require(first.count == 4)
    for (x, value) in first.enumerated() { #expect(pixel(seen, x, 0) == value) }
    #expect(SHA256.hex(seen.samples) == facts["rgb_sha256"]?.string)
  }

  @Test("c25: a CMYK JPEG stored inverted is red")
  func cmyk() throws {
    let seen = small().prepare(try decode("c25_cmyk.jpg")).preview
    for index in 0..<32 * 32 {
      for (have, want) in zip(pixel(seen, index % 32, index / 32), [255, 0, 0]) {
        #expect(abs(have - want) <= 3)
      }
    }
  }

  @Test(
    "c26: pictures one pixel wide or high stay one colour",
    arguments: [
      ("c26_1x1.png", [10, 20, 30]), ("c26_200x1.png", [200, 100, 50]),
      ("c26_1x200.png", [200, 100, 50]),
    ])
  func thin(name: String, color: [Int]) throws {
    let prepared = small().prepare(try decode(name))
    #expect(prepared.pixels.shape == [3, 32, 32])
    for index in 0..<32 * 32 { #expect(pixel(prepared.preview, index % 32, index / 32) == color) }
    if let normalized = Self.expected["c26"]?[name]?["normalized"]?.array?.compactMap(\.number) {
      for (channel, value) in normalized.enumerated() {
        #expect(abs(Double(prepared.pixels.values[channel * 1024 + 77]) - value) < 1e-5)
      }
    }
  }

  @Test("A strip of a million columns needs only the columns that are kept")
  func strip() {
    let image = DecodedImage(
      width: 1_000_000, height: 1, mode: .gray,
      samples: [UInt8](repeating: 9, count: 1_000_000))
    let prepared = small().prepare(image)
    #expect(prepared.mapping.resizedWidth == 32_000_000)
    #expect(pixel(prepared.preview, 31, 31) == [9, 9, 9])
  }

  @Test("c26: 16-bit gray is scaled by default and saturates in the reference's order")
  func gray16() throws {
    let image = try decode("c26_gray16.png")
    #expect(image.mode == .gray16)
    let seen = small().prepare(image).preview
    for x in 0..<32 {
      #expect(abs(pixel(seen, x, 5)[0] - x * 2114 / 257) <= 1)
    }
    let exact = small(order: .exact).prepare(image).preview
    #expect(pixel(exact, 1, 5) == [255, 255, 255])
  }

  @Test("c26: a huge declared size is refused before anything is allocated")
  func bomb() throws {
    let path = Fixtures.path("cases/c26_header_60000x60000.png")
    let error = #expect(throws: PreprocessError.self) { try ImageFile.decode(path: path) }
    guard case .oversizedPicture(_, 60000, 60000, _)? = error else {
      Issue.record("wrong error: \(String(describing: error))")
      return
    }
  }

  @Test("c26: a picture that is cut off says that it is incomplete")
  func cut() throws {
    let path = Fixtures.path("cases/c26_cut.png")
    let error = #expect(throws: PreprocessError.self) { try ImageFile.decode(path: path) }
    #expect(error == .incompletePicture(path: path, format: "PNG"))
    #expect(error?.description.contains("incomplete") == true)
  }

  @Test("c26: the EXIF orientation is reported and not applied")
  func orientation() throws {
    let prepared = small().prepare(try decode("c26_exif_6.jpg"))
    #expect(prepared.orientation == 6)
    let image = RGBConversion.rgb(try decode("c26_exif_6.jpg"), alpha: .dropped, depth: .scaled)
    for (have, want) in zip(pixel(image, 0, 0), [255, 0, 0]) { #expect(abs(have - want) <= 12) }
    for (have, want) in zip(pixel(image, image.width - 1, 0), [0, 255, 0]) {
      #expect(abs(have - want) <= 12)
    }
  }

  @Test("c26: the first frame of a GIF is taken")
  func gif() throws {
    let seen = small().prepare(try decode("c26_two_frames.gif")).preview
    for index in 0..<32 * 32 { #expect(pixel(seen, index % 32, index / 32) == [255, 0, 0]) }
  }
}

/// SHA-256 of small data, to compare with digests that the case files state.
private enum SHA256 {
  static let roundConstants: [UInt32] = {
    func fraction(_ root: Double) -> UInt32 { UInt32((root - root.rounded(.down)) * 4_294_967_296) }
    let primes = (2...311).filter { n in !(2..<n).contains { $0 * $0 <= n && n % $0 == 0 } }
    return primes.prefix(64).map { fraction(cbrt(Double($0))) }
  }()

  static func hex(_ data: [UInt8]) -> String {
    var state: [UInt32] = [
      0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
      0x5be0_cd19,
    ]
    var message = data + [0x80]
    while message.count % 64 != 56 { message.append(0) }
    message += (0..<8).map { UInt8(truncatingIfNeeded: (data.count * 8) >> (56 - 8 * $0)) }
    func rotate(_ x: UInt32, _ n: UInt32) -> UInt32 { x >> n | x << (32 - n) }
    for block in stride(from: 0, to: message.count, by: 64) {
      var w = (0..<16).map { i in
        (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(message[block + i * 4 + $1]) }
      }
      for i in 16..<64 {
        let s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3
        let s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10
        w.append(w[i - 16] &+ s0 &+ w[i - 7] &+ s1)
      }
      var v = state
      for i in 0..<64 {
        let s1 = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
        let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
        let first = v[7] &+ s1 &+ choice &+ roundConstants[i] &+ w[i]
        let s0 = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
        let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
        v = [first &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
      }
      for i in 0..<8 { state[i] = state[i] &+ v[i] }
    }
    return state.map { String(format: "%08x", $0) }.joined()
  }
}
