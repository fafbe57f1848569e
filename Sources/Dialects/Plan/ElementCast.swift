package import Tensors

/// Conversion between floating point types, rounding to nearest, ties to even.
package struct ElementCast: Sendable {
  package let source: ElementType
  package let target: ElementType

  /// Nil where one of the types is no floating point type this cast can write.
  package init?(from source: ElementType, to target: ElementType) {
    guard source.isFloatingPoint, [.f64, .f32, .f16, .bf16].contains(target) else { return nil }
    self.source = source
    self.target = target
  }

  /// Converts as many elements as `input` holds; `output` must be long enough.
  package func convert(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) {
    let count = input.count / source.byteCount
    switch (source, target) {
    case (.f32, .bf16):
      for i in 0..<count {
        store(Self.bfloat(load(input, i, UInt32.self)), output, i)
      }
    case (.f32, .f16):
      for i in 0..<count {
        store(Float16(Float(bitPattern: load(input, i, UInt32.self))).bitPattern, output, i)
      }
    case (.f16, .f32):
      for i in 0..<count {
        store(Float(Float16(bitPattern: load(input, i, UInt16.self))).bitPattern, output, i)
      }
    case (.bf16, .f32):
      for i in 0..<count { store(UInt32(load(input, i, UInt16.self)) << 16, output, i) }
    default:
      let decoder = ElementDecoder(type: source)
      for i in 0..<count { write(decoder.value(at: i, in: input), output, i) }
    }
  }

  private func write(_ value: Double, _ output: UnsafeMutableRawBufferPointer, _ index: Int) {
    switch target {
    case .f64: store(value.bitPattern, output, index)
    case .f16: store(Float16(Float(value)).bitPattern, output, index)
    case .bf16: store(Self.bfloat(Float(value).bitPattern), output, index)
    default: store(Float(value).bitPattern, output, index)
    }
  }

  /// Upper half of a float, rounded to nearest even; NaN stays a quiet NaN.
  static func bfloat(_ bits: UInt32) -> UInt16 {
    if bits & 0x7FFF_FFFF > 0x7F80_0000 { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }

  @inline(__always)
  private func load<Word: FixedWidthInteger>(
    _ bytes: UnsafeRawBufferPointer, _ index: Int, _ type: Word.Type
  ) -> Word {
    Word(
      littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Word>.size, as: type))
  }

  @inline(__always)
  private func store(
    _ word: some FixedWidthInteger & BitwiseCopyable, _ bytes: UnsafeMutableRawBufferPointer,
    _ index: Int
  ) {
    let word = word.littleEndian
    bytes.storeBytes(
      of: word, toByteOffset: index * MemoryLayout.size(ofValue: word), as: type(of: word))
  }
}
