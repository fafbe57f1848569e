/// Short words for pickled values, for people to read.
extension PickleGraph {
  /// Class of a value as Python names it.
  func kind(_ index: Index) -> String {
    switch self[index] {
    case .none: return "NoneType"
    case .boolean: return "bool"
    case .integer, .wideInteger: return "int"
    case .real: return "float"
    case .text: return "str"
    case .bytes, .buffer: return "bytes"
    case .tuple: return "tuple"
    case .list: return "list"
    case .map: return "dict"
    case .set: return "set"
    case .global(let place): return dtypeName(place) == nil ? "class" : "torch.dtype"
    case .persistent: return "persistent id"
    case .object(let place):
      let object = objects[place]
      guard let name = name(ofCallee: object) else { return "result of an uncalled function" }
      if let scalar = numpyScalar(object) { return "numpy.\(scalar.type)" }
      if name.hasSuffix("multiarray._reconstruct") { return "numpy.ndarray" }
      if name == "copyreg._reconstructor" || name == "copy_reg._reconstructor" {
        return globalName(arguments(of: object).first) ?? name
      }
      if name.hasPrefix("__builtin__.") { return String(name.dropFirst(12)) }
      return name.hasPrefix("builtins.") ? String(name.dropFirst(9)) : name
    }
  }

  private func dtypeName(_ place: Int) -> String? {
    let global = globals[place]
    return global.module == "torch" && PickleGlobalTable.dtypes[global.name] != nil
      ? global.fullName : nil
  }

  /// At most a few hundred characters; deeper values are cut to `...`. `stream` holds the pickle's bytes.
  func wording(_ index: Index, stream: UnsafeRawBufferPointer, depth: Int = 0) -> String {
    switch self[index] {
    case .none: return "None"
    case .boolean(let value): return value ? "True" : "False"
    case .integer(let value): return String(value)
    case .wideInteger(let value): return value
    case .real(let value): return value.description
    case .text(let value): return depth == 0 ? Self.cut(value) : "'\(Self.cut(value, 60))'"
    case .bytes(let range): return "\(range.count) bytes"
    case .buffer: return "out-of-band buffer"
    case .tuple(let place): return "(" + list(collections[place], stream, depth) + ")"
    case .list(let place): return "[" + list(collections[place], stream, depth) + "]"
    case .set(let place): return "{" + list(collections[place], stream, depth) + "}"
    case .map(let place): return "{" + pairText(collections[place], stream, depth) + "}"
    case .global(let place): return globals[place].fullName
    case .persistent(let id):
      return depth > 2 ? "..." : wording(id, stream: stream, depth: depth + 1)
    case .object(let place):
      let object = objects[place]
      if let scalar = numpyScalar(object) { return scalar.text(in: stream, graph: self) }
      if let sizes = sequence(index) { return "torch.Size([" + list(sizes, stream, depth) + "])" }
      if depth > 2 { return "..." }
      if let flat = pairs(index) { return "{" + pairText(flat, stream, depth) + "}" }
      let inside = list(arguments(of: object), stream, depth)
      return Self.cut("\(kind(index))(\(inside))")
    }
  }

  private func list(_ items: [Index], _ stream: UnsafeRawBufferPointer, _ depth: Int) -> String {
    if depth > 2 { return items.isEmpty ? "" : "..." }
    var words = items.prefix(12).map { wording($0, stream: stream, depth: depth + 1) }
    if items.count > 12 { words.append("... \(items.count) in all") }
    return Self.cut(words.joined(separator: ", "))
  }

  private func pairText(_ flat: [Index], _ stream: UnsafeRawBufferPointer, _ depth: Int) -> String {
    if depth > 2 { return flat.isEmpty ? "" : "..." }
    var words: [String] = []
    for position in stride(from: 0, to: min(flat.count - 1, 24), by: 2) {
      words.append(
        wording(flat[position], stream: stream, depth: depth + 1) + ": "
          + wording(flat[position + 1], stream: stream, depth: depth + 1))
    }
    if flat.count > 24 { words.append("... \(flat.count / 2) in all") }
    return Self.cut(words.joined(separator: ", "))
  }

  static func cut(_ text: String, _ limit: Int = 300) -> String {
    text.unicodeScalars.count <= limit
      ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) + "..."
  }
}
