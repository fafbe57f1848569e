import Tensors

/// A NumPy scalar inside a pickle: `scalar(dtype('f8'), b'...')`.
struct NumPyScalar {
  /// NumPy's name: `float64`.
  var type: String
  var elementType: ElementType
  var order: ByteOrder
  var content: PickleGraph.Index

  func text(in stream: UnsafeRawBufferPointer, graph: PickleGraph) -> String {
    guard let bytes = graph.rawBytes(content, stream: stream), bytes.count >= elementType.byteCount
    else { return "unreadable" }
    return bytes.withUnsafeBytes { raw in
      let value = ElementDecoder(type: elementType, order: order).value(at: 0, in: raw)
      if elementType == .bool { return value == 0 ? "False" : "True" }
      if elementType.isFloatingPoint || elementType.isComplex { return value.description }
      if elementType == .u64 || elementType == .i64 {
        let word = raw.loadUnaligned(as: UInt64.self)
        let bits = order == .little ? UInt64(littleEndian: word) : UInt64(bigEndian: word)
        return elementType == .u64 ? String(bits) : String(Int64(bitPattern: bits))
      }
      return String(Int(value))
    }
  }
}

extension PickleGraph {
  func numpyScalar(_ object: Object) -> NumPyScalar? {
    guard let name = name(ofCallee: object), name.hasSuffix("multiarray.scalar") else { return nil }
    let arguments = arguments(of: object)
    guard arguments.count == 2, case .object(let place) = self[arguments[0]] else { return nil }
    let dtype = objects[place]
    guard globalName(dtype.callee) == "numpy.dtype",
      let code = self.arguments(of: dtype).first.flatMap({ text($0) }),
      let element = NumPyType.element(code: code)
    else { return nil }
    var order = ByteOrder.little
    if let state = sequence(dtype.state), state.count > 1, text(state[1]) == ">" { order = .big }
    return NumPyScalar(
      type: NumPyType.name(of: element), elementType: element, order: order, content: arguments[1])
  }

  /// Bytes of a bytes value, also in the Latin-1 disguise that protocol 2 uses for it. At most 64.
  func rawBytes(_ index: Index, stream: UnsafeRawBufferPointer) -> [UInt8]? {
    switch self[index] {
    case .bytes(let range):
      guard range.upperBound <= stream.count, range.count <= 64 else { return nil }
      return Array(stream[range])
    case .text(let text):
      var bytes: [UInt8] = []
      for scalar in text.unicodeScalars.prefix(64) {
        guard scalar.value < 256 else { return nil }
        bytes.append(UInt8(scalar.value))
      }
      return bytes
    case .object(let place):
      let object = objects[place]
      guard name(ofCallee: object) == "_codecs.encode", let text = arguments(of: object).first,
        case .text = self[text]
      else { return nil }
      return rawBytes(text, stream: stream)
    default: return nil
    }
  }
}
