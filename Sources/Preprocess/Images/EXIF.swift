import Tensors

/// The orientation tag of a picture, from wherever its format keeps EXIF.
///
/// Damage is treated as absence.
enum EXIF {
  static func orientation(inJPEG bytes: UnsafeRawBufferPointer) -> Int? {
    var reader = ByteReader(bytes)
    do {
      try reader.skip(2)
      while true {
        guard try reader.read(UInt8.self) == 0xFF else { return nil }
        var marker = try reader.read(UInt8.self)
        while marker == 0xFF { marker = try reader.read(UInt8.self) }
        if marker == 0xD9 || marker == 0xDA { return nil }
        if marker == 0x01 || (0xD0...0xD7).contains(marker) { continue }
        let length = Int(try reader.read(UInt16.self, order: .big))
        let body = try reader.take(length - 2)
        if marker == 0xE1, body.starts(with: Array("Exif\0\0".utf8)) {
          return orientation(inTIFF: UnsafeRawBufferPointer(rebasing: body[6...]))
        }
      }
    } catch {
      return nil
    }
  }

  static func orientation(inPNG bytes: UnsafeRawBufferPointer) -> Int? {
    var reader = ByteReader(bytes)
    do {
      try reader.skip(8)
      while true {
        let length = Int(try reader.read(UInt32.self, order: .big))
        let name = try reader.take(4)
        let body = try reader.take(length)
        if name.elementsEqual("eXIf".utf8) { return orientation(inTIFF: body) }
        try reader.skip(4)
      }
    } catch {
      return nil
    }
  }

  static func orientation(inRIFF bytes: UnsafeRawBufferPointer) -> Int? {
    var reader = ByteReader(bytes)
    do {
      try reader.skip(12)
      while true {
        let name = try reader.take(4)
        let length = Int(try reader.read(UInt32.self))
        let body = try reader.take(length)
        if name.elementsEqual("EXIF".utf8) {
          let start = body.starts(with: Array("Exif\0\0".utf8)) ? 6 : 0
          return orientation(inTIFF: UnsafeRawBufferPointer(rebasing: body[start...]))
        }
        try reader.skip(length & 1)
      }
    } catch {
      return nil
    }
  }

  /// Looks for tag 0x0112 in the first directory of a TIFF block.
  static func orientation(inTIFF bytes: UnsafeRawBufferPointer) -> Int? {
    var reader = ByteReader(bytes)
    do {
      let mark = try reader.read(UInt16.self)
      let order: ByteOrder
      switch mark {
      case 0x4949: order = .little
      case 0x4D4D: order = .big
      default: return nil
      }
      guard try reader.read(UInt16.self, order: order) == 42 else { return nil }
      try reader.seek(to: Int(try reader.read(UInt32.self, order: order)))
      let count = Int(try reader.read(UInt16.self, order: order))
      for _ in 0..<count {
        let tag = try reader.read(UInt16.self, order: order)
        let type = try reader.read(UInt16.self, order: order)
        try reader.skip(4)
        let short = try reader.read(UInt16.self, order: order)
        try reader.skip(2)
        if tag == 0x0112 {
          return type == 3 && (1...8).contains(short) ? Int(short) : nil
        }
      }
      return nil
    } catch {
      return nil
    }
  }
}
