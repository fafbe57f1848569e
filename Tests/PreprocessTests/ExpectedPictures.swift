import Foundation
import Preprocess
import Tensors
import TestSupport

/// What the reference libraries make of the committed pictures; written by `Tests/Oracle/preprocess.py`.
enum ExpectedPictures {
  static let document = load("preprocess/expected.json")

  static func load(_ name: String) -> JSONValue {
    guard let data = FileManager.default.contents(atPath: Fixtures.path(name)),
      let value = try? JSONValue(parsing: String(decoding: data, as: UTF8.self))
    else { preconditionFailure("fixture \(name) is missing or broken") }
    return value
  }

  static func rows(_ name: String) -> [JSONValue] { document[name]?.array ?? [] }

  static func picture(_ name: String) throws -> DecodedImage {
    try ImageFile.decode(path: Fixtures.path("preprocess/pictures/\(name)"))
  }

  static let crcTable: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in
      value & 1 != 0 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
    }
  }

  /// CRC-32 as zlib computes it.
  static func crc(_ bytes: [UInt8]) -> Int {
    var value = ~UInt32(0)
    for byte in bytes { value = crcTable[Int((value ^ UInt32(byte)) & 255)] ^ (value >> 8) }
    return Int(~value)
  }

  static func crc(_ floats: [Float]) -> Int {
    crc(
      floats.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } })
  }

  static func noise(_ seed: Int, _ count: Int) -> [UInt8] {
    var generator = SeededGenerator(seed: UInt64(seed))
    return (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
  }
}
