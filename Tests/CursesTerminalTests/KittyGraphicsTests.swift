import CDeflate
import Cells
import Testing

@testable import CursesTerminal

/// A transmission taken apart again.
struct SentPicture {
  var keys: [String: String] = [:]
  /// Lengths of the base64 parts.
  var chunks: [Int] = []
  var samples: [UInt8] = []

  /// - Returns: nil where the bytes are no complete sequence of commands.
  init?(_ bytes: [UInt8]) {
    var rest = String(decoding: bytes, as: UTF8.self)[...]
    var data = ""
    var isLast = false
    while !rest.isEmpty {
      guard !isLast, rest.hasPrefix("\u{1b}_G"), let end = rest.firstRange(of: "\u{1b}\\") else {
        return nil
      }
      let parts = rest[..<end.lowerBound].dropFirst(3).split(
        separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      var control: [String: String] = [:]
      for pair in parts[0].split(separator: ",") {
        let sides = pair.split(separator: "=")
        guard sides.count == 2 else { return nil }
        control[String(sides[0])] = String(sides[1])
      }
      isLast = control["m"] != "1"
      control["m"] = nil
      if chunks.isEmpty { keys = control } else if control != ["q": "2"] { return nil }
      chunks.append(parts[1].utf8.count)
      data += parts[1]
      rest = rest[end.upperBound...]
    }
    guard isLast, let packed = Self.decoded(data), let width = Int(keys["s"] ?? ""),
      let height = Int(keys["v"] ?? ""), let bits = Int(keys["f"] ?? "")
    else { return nil }
    guard keys["o"] == "z" else {
      samples = packed
      return
    }
    samples = [UInt8](repeating: 0, count: width * height * bits / 8)
    guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
    defer { libdeflate_free_decompressor(decompressor) }
    var size = 0
    guard
      libdeflate_zlib_decompress(
        decompressor, packed, packed.count, &samples, samples.count, &size)
        == LIBDEFLATE_SUCCESS, size == samples.count
    else { return nil }
  }

  private static func decoded(_ text: String) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    guard text.utf8.count % 4 == 0 else { return nil }
    var result: [UInt8] = []
    var word = 0
    var bits = 0
    for byte in text.utf8 where byte != UInt8(ascii: "=") {
      guard let value = alphabet.firstIndex(of: byte) else { return nil }
      word = (word << 6 | value) & 0xFFFFFF
      bits += 6
      if bits >= 8 {
        bits -= 8
        result.append(UInt8(truncatingIfNeeded: word >> bits))
      }
    }
    return result
  }
}

@Suite("Pictures for kitty") struct KittyGraphicsTests {
  /// Pixels that do not shrink.
  static func noise(width: Int, height: Int) -> PixelGrid {
    var grid = PixelGrid(width: width, height: height)
    var state: UInt64 = 9
    for y in 0..<height {
      for x in 0..<width {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        grid[x, y] = Color(
          UInt8(truncatingIfNeeded: state >> 33), UInt8(truncatingIfNeeded: state >> 41),
          UInt8(truncatingIfNeeded: state >> 49))
      }
    }
    return grid
  }

  @Test(
    "Base64 as in RFC 4648",
    arguments: [
      ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
      ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
    ])
  func base64(plain: String, encoded: String) {
    #expect(Base64.text(Array(plain.utf8)) == encoded)
  }

  @Test("A small picture is one command with its size in pixels and cells") func small() throws {
    var grid = PixelGrid(width: 2, height: 1, fill: Color(1, 2, 3))
    grid[1, 0] = Color(250, 0, 7)
    let sent = try #require(
      SentPicture(KittyGraphics.transmission(grid, id: 0x2A_0001, columns: 4, rows: 3)))
    #expect(
      sent.keys == [
        "a": "T", "U": "1", "q": "2", "f": "24", "s": "2", "v": "1", "i": "2752513",
        "c": "4", "r": "3",
      ])
    #expect(sent.samples == [1, 2, 3, 250, 0, 7])
    #expect(sent.chunks.count == 1)
  }

  @Test("Empty pixels are transparent") func transparent() throws {
    var grid = PixelGrid(width: 1, height: 2)
    grid[0, 0] = Color(9, 8, 7)
    let sent = try #require(
      SentPicture(KittyGraphics.transmission(grid, id: 20, columns: 1, rows: 1)))
    #expect(sent.keys["f"] == "32")
    #expect(sent.samples == [9, 8, 7, 255, 0, 0, 0, 0])
  }

  @Test("A large one is cut into parts of at most 4096 characters") func large() throws {
    let grid = Self.noise(width: 120, height: 90)
    let sent = try #require(
      SentPicture(KittyGraphics.transmission(grid, id: 300, columns: 60, rows: 20)))
    #expect(sent.chunks.count > 3)
    #expect(sent.chunks.dropLast().allSatisfy { $0 == 4096 })
    #expect(sent.chunks.allSatisfy { (1...4096).contains($0) })
    #expect(sent.samples.count == 120 * 90 * 3)
    #expect(sent.samples[3] == grid[1, 0]?.red)
    #expect(sent.samples[3 * (89 * 120 + 119) + 2] == grid[119, 89]?.blue)
  }

  @Test("What shrinks is sent as a zlib stream") func compressed() throws {
    let grid = PixelGrid(width: 300, height: 200, fill: Color(3, 2, 1))
    let sent = try #require(
      SentPicture(KittyGraphics.transmission(grid, id: 300, columns: 60, rows: 20)))
    #expect(sent.keys["o"] == "z" && sent.chunks.count == 1)
    #expect(sent.samples.count == 180_000 && sent.samples.suffix(3) == [3, 2, 1])
  }

  @Test("An empty picture sends nothing") func empty() {
    let grid = PixelGrid(width: 0, height: 5)
    #expect(KittyGraphics.transmission(grid, id: 1, columns: 1, rows: 1).isEmpty)
  }

  @Test("tmux gets every ESC doubled inside of its own wrapping") func tmux() {
    let text = String(decoding: KittyGraphics.deletion(id: 7, insideTmux: true), as: UTF8.self)
    #expect(
      text == "\u{1b}Ptmux;\u{1b}\u{1b}_Ga=d,d=I,q=2,i=7;\u{1b}\u{1b}\\\u{1b}\\")
  }
}
