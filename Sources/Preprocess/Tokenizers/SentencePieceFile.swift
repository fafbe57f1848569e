import Tensors

/// Reads SentencePiece's own model files (`spiece.model`), unigram only.
///
/// A protobuf message: field 1 repeated pieces (1 text, 2 score as float, 3 type), field 2 the trainer's settings
/// (3 model type, 35 byte fallback, 40 unknown id, 42 end id), field 3 the normaliser's (2 character map, 3 leading
/// space, 4 removal of extra spaces).
enum SentencePieceFile {
  static func tokenizer(
    path: String, options: JSONTokenizer.Options
  ) throws(PreprocessError) -> JSONTokenizer {
    let bytes = try TokenizerFile.bytes(path: path)
    var contents = Contents()
    let fault = bytes.withUnsafeBytes { raw -> Malformed? in
      do {
        try contents.read(raw)
        return contents.names.isEmpty ? Malformed() : nil
      } catch {
        return error as? Malformed ?? Malformed()
      }
    }
    if let fault { throw .badTokenizer(path: path, reason: fault.reason) }
    guard contents.modelType == 1 else {
      throw .unsupportedTokenizer(path: path, part: "a SentencePiece model that is not unigram")
    }
    guard contents.names.indices.contains(contents.unknownId),
      contents.names.indices.contains(contents.endId)
    else {
      throw .badTokenizer(path: path, reason: "the unknown or end id is not in the vocabulary")
    }
    guard let map = Precompiled(contents.characterMap) else {
      throw .badTokenizer(path: path, reason: "the compiled character map contradicts itself")
    }
    return try JSONTokenizer(sentencePiece: contents, map: map, path: path, options: options)
  }

  private struct Malformed: Error {
    var reason = "it is not a SentencePiece model"
  }

  struct Contents {
    var names: [String] = []
    var scores: [Double] = []
    var modelType = 1
    var byteFallback = false
    var unknownId = 0
    var endId = 2
    var characterMap: [UInt8] = []
    var addsLeadingSpace = true
    var removesExtraSpaces = true

    mutating func read(_ bytes: UnsafeRawBufferPointer) throws {
      try Self.fields(bytes) { field, _, body in
        switch field {
        case 1:
          var name = ""
          var score = 0.0
          var type = 1
          try Self.fields(body) { field, number, body in
            if field == 1 { name = String(decoding: body, as: UTF8.self) }
            if field == 2 { score = Double(Float(bitPattern: UInt32(truncatingIfNeeded: number))) }
            if field == 3 { type = Int(truncatingIfNeeded: number) }
          }
          guard names.count < CLIPVocabulary.tokenLimit else {
            throw Malformed(reason: "it has more than \(CLIPVocabulary.tokenLimit) pieces")
          }
          guard score.isFinite else {
            throw Malformed(reason: "the score of piece \(names.count) is not a number")
          }
          // Control and unknown pieces never match text; an impossible name keeps their place.
          names.append(type == 1 || type == 4 || type == 6 ? name : "\u{0}" + name)
          scores.append(score)
        case 2:
          try Self.fields(body) { field, number, _ in
            let value = Int(truncatingIfNeeded: Int32(truncatingIfNeeded: number))
            if field == 3 { modelType = value }
            if field == 35 { byteFallback = value != 0 }
            if field == 40 { unknownId = value }
            if field == 42 { endId = value }
          }
        case 3:
          try Self.fields(body) { field, number, body in
            if field == 2 { characterMap = Array(body) }
            if field == 3 { addsLeadingSpace = number != 0 }
            if field == 4 { removesExtraSpaces = number != 0 }
          }
        default: break
        }
      }
    }

    /// Calls back for each field with its number, or with its bytes.
    private static func fields(
      _ bytes: UnsafeRawBufferPointer,
      _ visit: (Int, UInt64, UnsafeRawBufferPointer) throws -> Void
    ) throws {
      var reader = ByteReader(bytes)
      let none = UnsafeRawBufferPointer(start: nil, count: 0)
      func varint() throws(OutOfBounds) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
          let byte = try reader.read(UInt8.self)
          value |= UInt64(byte & 0x7F) << shift
          if byte < 0x80 { break }
        }
        return value
      }
      while !reader.isAtEnd {
        let key = try varint()
        let field = Int(key >> 3)
        switch key & 7 {
        case 0: try visit(field, try varint(), none)
        case 1: try visit(field, try reader.read(UInt64.self), none)
        case 2:
          guard let length = Int(exactly: try varint()) else {
            throw Malformed()
          }
          try visit(field, 0, try reader.take(length))
        case 5: try visit(field, UInt64(try reader.read(UInt32.self)), none)
        default: throw Malformed()
        }
      }
    }
  }
}

extension JSONTokenizer {
  /// SentencePiece's own order: character map, extra spaces removed, spaces as `▁`, end token.
  convenience init(
    sentencePiece contents: SentencePieceFile.Contents, map: Precompiled, path: String,
    options: Options
  ) throws(PreprocessError) {
    var steps: [TokenNormalizer] = [.precompiled(map)]
    if contents.removesExtraSpaces {
      steps.append(.strip(left: true, right: true))
      let runs = JSONValue.object(JSONObject([.init(key: "Regex", value: .string(" {2,}"))]))
      steps.append(.replace(try TokenPattern(runs, path: path), with: [" "]))
    }
    var post = PostProcessor()
    post.after = [contents.endId]
    let model = UnigramModel(
      pieces: contents.names, scores: contents.scores, unknownId: contents.unknownId,
      byteFallback: contents.byteFallback)
    self.init(
      names: contents.names.map { $0.hasPrefix("\u{0}") ? String($0.dropFirst()) : $0 },
      normalizer: .sequence(steps),
      preTokenizer: .metaspace(
        "\u{2581}", contents.addsLeadingSpace ? .always : .never, splits: false),
      model: .unigram(model), post: post, options: options,
      summary: "Unigram, \(contents.names.count) tokens, \(path)", standardPad: contents.endId)
  }
}
