package import Tensors

/// Sizes and element types as people type them.
package enum Amounts {
  /// Bytes of a size such as `5GB`, `500 MB`, `4GiB` or `1000000`; nil for anything else.
  ///
  /// Units are powers of 1000, with an `i` powers of 1024.
  package static func byteCount(_ text: String) -> Int? {
    let lower = text.lowercased().filter { $0 != " " && $0 != "_" }
    let digits = lower.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let units: [String: Double] = [
      "": 1, "b": 1, "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12,
      "tb": 1e12,
      "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
    ]
    guard let number = Double(digits), number > 0,
      let unit = units[String(lower.dropFirst(digits.count))],
      number * unit >= 1, number * unit < 0x1p62
    else { return nil }
    return Int(number * unit)
  }

  /// The usual names of the types that something may be cast to.
  package static let floatingTypeNames = ["F32", "F16", "BF16", "F64"]

  /// `f16`, `float16`, `half`, `BF16`, ...; nil for types that nothing is cast to.
  package static func floatingType(_ text: String) -> ElementType? {
    switch text.lowercased() {
    case "f64", "float64", "fp64", "double": .f64
    case "f32", "float32", "fp32", "float": .f32
    case "f16", "float16", "fp16", "half": .f16
    case "bf16", "bfloat16": .bf16
    default: nil
    }
  }
}
