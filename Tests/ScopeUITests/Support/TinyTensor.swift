import Foundation

/// A tensor for a small safetensors file.
struct TinyTensor {
  var name: String
  var values: [Float]

  init(_ name: String, _ values: [Float]) {
    self.name = name
    self.values = values
  }

  static func write(_ tensors: [TinyTensor], to path: String) throws {
    var offset = 0
    let members = tensors.map { tensor in
      let end = offset + 4 * tensor.values.count
      defer { offset = end }
      return "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":[\(tensor.values.count)],"
        + "\"data_offsets\":[\(offset),\(end)]}"
    }
    let header = "{" + members.joined(separator: ",") + "}"
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(contentsOf: header.utf8)
    for tensor in tensors { tensor.values.withUnsafeBytes { data.append(contentsOf: $0) } }
    try data.write(to: URL(fileURLWithPath: path))
  }
}
