/// Everything that can be wrong with a picture, a tokenizer or a preprocessing configuration.
package enum PreprocessError: Error, Equatable, Sendable {
  /// The file of a picture cannot be opened or mapped.
  case unreadable(path: String, reason: String)
  /// The first bytes belong to no picture format that is known here.
  case unknownPicture(path: String)
  /// The picture file breaks its format, or a library refused it.
  case brokenPicture(path: String, format: String, reason: String)
  /// The data ends before the picture does.
  case incompletePicture(path: String, format: String)
  /// The declared size is over the limit, or impossible for a file of this length.
  case oversizedPicture(path: String, width: Int, height: Int, reason: String)
  /// A field of a preprocessing configuration has a value that cannot be used.
  case badConfig(path: String, field: String, reason: String)
  /// A file of a tokenizer cannot be opened or mapped.
  case unreadableTokenizer(path: String, reason: String)
  /// No tokenizer was found in any of the places that were searched.
  case noTokenizer(model: String, searched: [String])
  /// A tokenizer file breaks its format.
  case badTokenizer(path: String, reason: String)
  /// A tokenizer uses a part that is not supported.
  case unsupportedTokenizer(path: String, part: String)

  /// Stable name for scripts.
  package var code: String {
    switch self {
    case .unreadable: "picture-unreadable"
    case .unknownPicture: "picture-unknown"
    case .brokenPicture: "picture-broken"
    case .incompletePicture: "picture-incomplete"
    case .oversizedPicture: "picture-oversized"
    case .badConfig: "preprocess-config-bad"
    case .unreadableTokenizer: "tokenizer-unreadable"
    case .noTokenizer: "tokenizer-missing"
    case .badTokenizer: "tokenizer-bad"
    case .unsupportedTokenizer: "tokenizer-unsupported"
    }
  }
}

extension PreprocessError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let path, let reason), .unreadableTokenizer(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .unknownPicture(let path):
      "\(path): not a picture that is known here (JPEG, PNG, WebP, GIF, PPM, PGM)"
    case .brokenPicture(let path, let format, let reason):
      "\(path): the \(format) picture is broken: \(reason)"
    case .incompletePicture(let path, let format):
      "\(path): the \(format) picture is incomplete: the data ends before the last row"
    case .oversizedPicture(let path, let width, let height, let reason):
      "\(path): the declared size \(width) x \(height) is refused: \(reason)"
    case .badConfig(let path, let field, let reason):
      "\(path): preprocessing field \"\(field)\": \(reason)"
    case .noTokenizer(let model, let searched):
      "\(model): no tokenizer found; searched \(searched.joined(separator: ", "))"
        + "; give one with --tokenizer"
        // The last place is where OpenAI's table belongs, if the model takes it.
        + (searched.last?.hasSuffix(TokenizerLocator.tableName) == true
          ? ", or fetch OpenAI's table with ./dev vocab in clipscope's sources" : "")
    case .badTokenizer(let path, let reason):
      "\(path): the tokenizer is broken: \(reason)"
    case .unsupportedTokenizer(let path, let part):
      "\(path): the tokenizer uses \(part), which is not supported"
    }
  }
}
