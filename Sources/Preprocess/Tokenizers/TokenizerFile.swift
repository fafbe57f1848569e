import Tensors

/// Reads small files of a tokenizer.
enum TokenizerFile {
  /// The largest published tokenizer.json has about 35 MB.
  static let sizeLimit = 256 << 20

  static func bytes(path: String) throws(PreprocessError) -> [UInt8] {
    let file: MappedFile
    do {
      file = try MappedFile(path: path)
    } catch {
      throw .unreadableTokenizer(path: path, reason: error.reason)
    }
    guard file.byteCount <= sizeLimit else {
      throw .badTokenizer(path: path, reason: "\(file.byteCount) bytes are too many")
    }
    return [UInt8](file.bytes)
  }

  static func json(path: String) throws(PreprocessError) -> JSONValue {
    let bytes = try bytes(path: path)
    let result: Result<JSONValue, JSONError> = bytes.withUnsafeBytes { raw in
      do throws(JSONError) {
        return .success(try JSONValue(parsing: raw))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .success(let value): return value
    case .failure(let error): throw .badTokenizer(path: path, reason: error.description)
    }
  }
}
