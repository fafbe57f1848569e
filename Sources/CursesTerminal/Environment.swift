import Glibc

/// Environment variables; an empty one counts as absent.
enum Environment {
  static subscript(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    let text = String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// Writes bytes to a descriptor, whatever `write` accepts at a time.
func writeAll(_ text: String, to descriptor: Int32) {
  writeAll(Array(text.utf8), to: descriptor)
}

func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
  var bytes = bytes[...]
  while !bytes.isEmpty {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else { return }
    bytes = bytes.dropFirst(count)
  }
}
