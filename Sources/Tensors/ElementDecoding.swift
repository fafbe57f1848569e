/// Reads the numbers of one tensor, element by element.
///
/// Plain Swift, for looking at values. The hot paths (statistics, packing) have kernels of their own in C.
package struct ElementDecoder: Sendable {
  package let type: ElementType
  package let order: ByteOrder

  package init(type: ElementType, order: ByteOrder = .little) {
    self.type = type
    self.order = order
  }

  /// The element at `index` of `bytes`, as Double.
  ///
  /// Complex numbers give their real part; 64-bit integers beyond 2^53 are rounded.
  /// - Precondition: the element lies within `bytes`.
  package func value(at index: Int, in bytes: UnsafeRawBufferPointer) -> Double {
    let offset = index * type.byteCount
    switch type {
    case .f64: return Double(bitPattern: word(UInt64.self, offset, bytes))
    case .f32: return Double(Float(bitPattern: word(UInt32.self, offset, bytes)))
    case .f16: return Double(Float(Float16(bitPattern: word(UInt16.self, offset, bytes))))
    case .bf16: return Double(Float(bitPattern: UInt32(word(UInt16.self, offset, bytes)) << 16))
    case .f8e4m3: return Double(Float8.e4m3(bytes[offset]))
    case .f8e5m2: return Double(Float8.e5m2(bytes[offset]))
    case .i64: return Double(Int64(bitPattern: word(UInt64.self, offset, bytes)))
    case .i32: return Double(Int32(bitPattern: word(UInt32.self, offset, bytes)))
    case .i16: return Double(Int16(bitPattern: word(UInt16.self, offset, bytes)))
    case .i8: return Double(Int8(bitPattern: bytes[offset]))
    case .u64: return Double(word(UInt64.self, offset, bytes))
    case .u32: return Double(word(UInt32.self, offset, bytes))
    case .u16: return Double(word(UInt16.self, offset, bytes))
    case .u8: return Double(bytes[offset])
    case .bool: return bytes[offset] == 0 ? 0 : 1
    case .c64: return Double(Float(bitPattern: word(UInt32.self, offset, bytes)))
    case .c128: return Double(bitPattern: word(UInt64.self, offset, bytes))
    }
  }

  /// The first `count` elements of `bytes`, rounded to single precision.
  ///
  /// - Precondition: they lie within `bytes`.
  package func floats(_ count: Int, in bytes: UnsafeRawBufferPointer) -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      if let base = buffer.baseAddress { decode(count, in: bytes, to: base) }
      initializedCount = count
    }
  }

  /// Writes the first `count` elements of `bytes`, rounded to single precision, to `target`.
  ///
  /// - Precondition: they lie within `bytes`.
  package func decode(
    _ count: Int, in bytes: UnsafeRawBufferPointer, to target: UnsafeMutablePointer<Float>
  ) {
    precondition(bytes.count >= count * type.byteCount)
    if type == .f32, order == .little {
      // Machines that Swift runs on are little-endian, as the files are.
      UnsafeMutableRawBufferPointer(start: target, count: 4 * count).copyMemory(
        from: UnsafeRawBufferPointer(rebasing: bytes[..<(4 * count)]))
    } else {
      for index in 0..<count {
        (target + index).initialize(to: Float(value(at: index, in: bytes)))
      }
    }
  }

  private func word<Word: FixedWidthInteger & UnsignedInteger>(
    _ kind: Word.Type, _ offset: Int, _ bytes: UnsafeRawBufferPointer
  ) -> Word {
    let raw = bytes.loadUnaligned(fromByteOffset: offset, as: Word.self)
    return order == .little ? Word(littleEndian: raw) : Word(bigEndian: raw)
  }
}

/// The two 8-bit floating point formats of the OCP specification ("FP8 formats for deep learning", 2022).
package enum Float8 {
  /// 4 exponent bits, bias 7, no infinities; 0x7F and 0xFF are NaN.
  package static func e4m3(_ bits: UInt8) -> Float {
    let sign: Float = bits & 0x80 == 0 ? 1 : -1
    let exponent = Int(bits >> 3 & 0xF)
    let fraction = Float(bits & 7)
    if exponent == 15, bits & 7 == 7 { return .nan }
    if exponent == 0 { return sign * fraction * 0x1p-9 }
    return sign * Float(sign: .plus, exponent: exponent - 7, significand: 1 + fraction / 8)
  }

  /// 5 exponent bits, bias 15, infinities and NaN as in IEEE 754: the upper byte of a half.
  package static func e5m2(_ bits: UInt8) -> Float {
    Float(Float16(bitPattern: UInt16(bits) << 8))
  }
}
