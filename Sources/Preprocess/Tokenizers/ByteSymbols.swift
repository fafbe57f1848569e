/// The reversible map from bytes to printable characters that byte-level BPE vocabularies are written in.
enum ByteSymbols {
  /// Bytes in vocabulary order: the printable ones first, then the others, which get scalars from U+0100.
  static let order: [UInt8] = {
    let printable = (0...255).filter {
      (33...126).contains($0) || (161...172).contains($0) || (174...255).contains($0)
    }
    return (printable + (0...255).filter { !printable.contains($0) }).map { UInt8($0) }
  }()

  static let symbol: [Unicode.Scalar] = {
    var table = [Unicode.Scalar](repeating: " ", count: 256)
    var next: UInt32 = 256
    for byte in order {
      let isPrintable =
        (33...126).contains(byte) || (161...172).contains(byte) || (174...255).contains(byte)
      if isPrintable {
        table[Int(byte)] = Unicode.Scalar(byte)
      } else if let scalar = Unicode.Scalar(next) {
        table[Int(byte)] = scalar
        next += 1
      }
    }
    return table
  }()

  static let byte: [Unicode.Scalar: UInt8] = {
    var table: [Unicode.Scalar: UInt8] = [:]
    for (byte, scalar) in symbol.enumerated() { table[scalar] = UInt8(byte) }
    return table
  }()

  /// UTF-8 bytes of a text, each as its symbol.
  static func encode(_ text: some Sequence<Unicode.Scalar>) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    for scalar in text {
      if scalar.value < 0x80 {
        result.append(symbol[Int(scalar.value)])
      } else {
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
          result.append(symbol[Int(byte)])
        }
      }
    }
    return result
  }

  /// The text behind symbols; bytes that are no UTF-8 become `\xNN`.
  ///
  /// Scalars that are no symbols stay.
  static func readable(_ token: String) -> String {
    var bytes: [UInt8] = []
    for scalar in token.unicodeScalars {
      if let byte = byte[scalar] { bytes.append(byte) } else { bytes += Array(String(scalar).utf8) }
    }
    return readable(bytes)
  }

  static func readable(_ bytes: [UInt8]) -> String {
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return bytes.map { byte in
      (0x20..<0x7F).contains(byte)
        ? String(Unicode.Scalar(byte))
        : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
  }
}
