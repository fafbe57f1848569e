package import Tensors

/// Finds and opens the tokenizer of a model: beside the checkpoint, by the user's word, or in the user's data folder.
package enum TokenizerLocator {
  /// Whose rules of cleaning and padding the model was trained or ported with.
  package enum Convention: String, Sendable {
    case openCLIP = "open_clip"
    case transformers
  }

  /// What is known about the model, and what the user asks for.
  ///
  /// Only `model` is needed.
  package struct Request: Sendable {
    /// A checkpoint, a model folder, or a tokenizer itself.
    package var model: String
    /// `--tokenizer`: a folder, a `tokenizer.json`, a `vocab.json`, or a merge table.
    ///
    /// Nothing else is searched then.
    package var tokenizer: String?
    /// nil: told by the files (an `open_clip_config.json` means OpenCLIP).
    package var convention: Convention?
    package var contextLength: Int?
    package var cleaning: TextCleaning?
    package var padId: Int?
    /// OpenCLIP's `text_cfg`; nil: read from `open_clip_config.json` where there is one.
    package var textConfig: JSONValue?
    /// Rows of the token embedding; nil: read from `open_clip_config.json` where there is one.
    ///
    /// OpenAI's table is taken from the data folder only where this says that it fits.
    package var vocabularySize: Int?
    /// Where fetched tokenizers are: `$XDG_DATA_HOME/clipscope`, or `~/.local/share/clipscope`; nil where there is no home.
    package var dataFolder = UserFolder.data.path

    package init(model: String) { self.model = model }
  }

  /// Name of OpenAI's table in the user's data folder.
  package static let tableName = "bpe_simple_vocab_16e6.txt.gz"

  /// Opens the tokenizer that a request leads to.
  ///
  /// - Throws: `PreprocessError.noTokenizer` with every place that was searched.
  package static func open(_ request: Request) throws(PreprocessError) -> any Tokenizer {
    var searched: [String] = []
    if let path = request.tokenizer {
      if let found = try open(path, request, named: true) { return found }
      throw .unreadableTokenizer(path: path, reason: "there is no tokenizer in this folder")
    }
    if let found = try open(request.model, request, named: false) { return found }
    searched.append(
      FilePath.isFolder(request.model) ? request.model : FilePath.parent(of: request.model))
    let text = try textConfig(request, folder: searched[0])
    if let data = request.dataFolder {
      if let name = text?["hf_tokenizer_name"]?.string {
        if !name.split(separator: "/").contains("..") {
          let folder = "\(data)/tokenizers/\(name)"
          if FilePath.isFolder(folder), let found = try open(folder, request, named: true) {
            return found
          }
          searched.append(folder)
        }
      } else if vocabularySize(request, text) == tableSize {
        let table = "\(data)/\(tableName)"
        if FilePath.isFile(table), let found = try open(table, request, named: true) {
          return found
        }
        searched.append(table)
      }
    }
    throw .noTokenizer(model: request.model, searched: searched)
  }

  /// Tokens of OpenAI's table, which an `open_clip_config.json` means where it does not name a number.
  private static let tableSize = 49408

  /// Nil where nothing tells it.
  private static func vocabularySize(_ request: Request, _ text: JSONValue?) -> Int? {
    request.vocabularySize ?? text.map { $0["vocab_size"]?.integer ?? tableSize }
  }

  // MARK: One place

  /// Whether a file is named like a tokenizer, or like a part of one that leads to the others beside it.
  package static func isTokenizer(file path: String) -> Bool {
    let name = FilePath.name(of: path)
    return isTable(name) || sentencePieceNames.contains(name)
      || ["tokenizer.json", "vocab.json", "merges.txt"].contains(name)
  }

  private static func isTable(_ name: String) -> Bool {
    name.hasSuffix(".txt.gz") || (name.hasPrefix("bpe_") && name.hasSuffix(".txt"))
  }

  private static let sentencePieceNames = [
    "spiece.model", "sentencepiece.model", "tokenizer.model",
  ]

  /// - Parameters:
  ///   - named: The path was given as a tokenizer, so any file there must be one.
  private static func open(
    _ path: String, _ request: Request, named: Bool
  ) throws(PreprocessError) -> (any Tokenizer)? {
    if FilePath.isFolder(path) { return try open(folder: path, request) }
    guard FilePath.isFile(path) else {
      if named {
        throw .unreadableTokenizer(path: path, reason: "there is no such file or folder")
      }
      return nil
    }
    let name = FilePath.name(of: path)
    if isTable(name) {
      return try table(path, request)
    }
    if name == "vocab.json" || name == "merges.txt" {
      return try open(folder: FilePath.parent(of: path), request)
    }
    if name == "tokenizer.json" || (named && name.hasSuffix(".json")) {
      return try document(path, request, folder: FilePath.parent(of: path))
    }
    if named {
      throw .unreadableTokenizer(
        path: path,
        reason: "a tokenizer is a folder, a tokenizer.json, a vocab.json or a bpe_*.txt.gz")
    }
    return try open(folder: FilePath.parent(of: path), request)
  }

  private static func open(
    folder: String, _ request: Request
  ) throws(PreprocessError) -> (any Tokenizer)? {
    let merges = "\(folder)/merges.txt"
    let vocabulary = "\(folder)/vocab.json"
    let documentPath = "\(folder)/tokenizer.json"
    let convention = try convention(request, folder: folder)
    let tablePath = tableIn(folder)
    // OpenCLIP's own tokenizer reads its table; the other forms hold the same merges.
    if convention == .openCLIP, let tablePath,
      try textConfig(request, folder: folder)?["hf_tokenizer_name"]?.string == nil
    {
      return try table(tablePath, request, folder: folder)
    }
    if FilePath.isFile(documentPath) { return try document(documentPath, request, folder: folder) }
    if FilePath.isFile(merges), FilePath.isFile(vocabulary) {
      let style = style(convention, request)
      let named = try padByName(folder, vocabulary: vocabulary, style)
      return try CLIPTokenizer(
        vocabulary: vocabulary, merges: merges, style: style,
        contextLength: try contextLength(request, folder: folder) ?? 77,
        padId: request.padId ?? named)
    }
    if let tablePath { return try table(tablePath, request, folder: folder) }
    for name in sentencePieceNames
    where FilePath.isFile("\(folder)/\(name)") {
      return try SentencePieceFile.tokenizer(
        path: "\(folder)/\(name)", options: try jsonOptions(request, convention, folder: folder))
    }
    return nil
  }

  private static func table(
    _ path: String, _ request: Request, folder: String? = nil
  ) throws(PreprocessError) -> any Tokenizer {
    let place =
      folder
      ?? (FilePath.isFolder(request.model) ? request.model : FilePath.parent(of: request.model))
    return try CLIPTokenizer(
      table: path, cleaning: request.cleaning ?? .lower,
      contextLength: try contextLength(request, folder: place) ?? 77, padId: request.padId ?? 0)
  }

  private static func document(
    _ path: String, _ request: Request, folder: String
  ) throws(PreprocessError) -> any Tokenizer {
    let json = try TokenizerFile.json(path: path)
    let convention = try convention(request, folder: folder)
    let text = try textConfig(request, folder: folder)
    if convention == .openCLIP, text?["hf_tokenizer_name"]?.string == nil,
      let clip = try CLIPTokenizer(
        document: json, path: path, style: .openCLIP(request.cleaning ?? .lower),
        contextLength: try contextLength(request, folder: folder) ?? 77, padId: request.padId)
    {
      return clip
    }
    return try JSONTokenizer(
      json, path: path, options: try jsonOptions(request, convention, folder: folder))
  }

  private static func jsonOptions(
    _ request: Request, _ convention: Convention, folder: String
  ) throws(PreprocessError) -> JSONTokenizer.Options {
    var options = JSONTokenizer.Options()
    let text = try textConfig(request, folder: folder)
    let arguments = text?["tokenizer_kwargs"]
    options.contextLength = try contextLength(request, folder: folder)
    options.padId = request.padId
    options.zeroesSeparator = arguments?["strip_sep_token"]?.bool ?? false
    if convention == .openCLIP {
      options.cleaning =
        arguments?["clean"]?.string.flatMap(TextCleaning.init(rawValue:)) ?? .whitespace
    }
    options.cleaning = request.cleaning ?? options.cleaning
    options.padToken = try padToken(folder)
    return options
  }

  // MARK: Facts from the files beside

  private static func optionalJSON(_ path: String) throws(PreprocessError) -> JSONValue? {
    FilePath.isFile(path) ? try TokenizerFile.json(path: path) : nil
  }

  private static func convention(
    _ request: Request, folder: String
  ) throws(PreprocessError) -> Convention {
    if let convention = request.convention { return convention }
    if request.textConfig != nil || FilePath.isFile("\(folder)/open_clip_config.json") {
      return .openCLIP
    }
    return .transformers
  }

  private static func textConfig(
    _ request: Request, folder: String
  ) throws(PreprocessError) -> JSONValue? {
    if let config = request.textConfig { return config }
    return try optionalJSON("\(folder)/open_clip_config.json")?["model_cfg"]?["text_cfg"]
  }

  private static func contextLength(
    _ request: Request, folder: String
  ) throws(PreprocessError) -> Int? {
    func usable(_ value: JSONValue?) -> Int? {
      value?.integer.flatMap { (1...65536).contains($0) ? $0 : nil }
    }
    if let length = request.contextLength { return length }
    if let text = try textConfig(request, folder: folder) {
      return usable(text["context_length"]) ?? 77
    }
    let config = try optionalJSON("\(folder)/config.json")
    if let length = usable(
      config?["text_config"]?["max_position_embeddings"] ?? config?["max_position_embeddings"])
    {
      return length
    }
    return usable(try optionalJSON("\(folder)/tokenizer_config.json")?["model_max_length"])
  }

  private static func padToken(_ folder: String) throws(PreprocessError) -> String? {
    for name in ["tokenizer_config.json", "special_tokens_map.json"] {
      let token = try optionalJSON("\(folder)/\(name)")?["pad_token"]
      if let text = token?.string ?? token?["content"]?.string { return text }
    }
    return nil
  }

  private static func padByName(
    _ folder: String, vocabulary: String, _ style: CLIPTokenizer.Style
  ) throws(PreprocessError) -> Int? {
    guard style == .transformers, let token = try padToken(folder) else { return nil }
    return try TokenizerFile.json(path: vocabulary)[token]?.integer
  }

  private static func style(
    _ convention: Convention, _ request: Request
  ) -> CLIPTokenizer.Style {
    convention == .transformers && request.cleaning == nil
      ? .transformers : .openCLIP(request.cleaning ?? .lower)
  }

  // MARK: Paths

  private static func tableIn(_ folder: String) -> String? {
    let plain = "\(folder)/\(tableName)"
    if FilePath.isFile(plain) { return plain }
    let names = ((try? DirectoryListing.names(in: folder)) ?? [])
      .filter { $0.hasPrefix("bpe_") && $0.hasSuffix(".txt.gz") }
    return names.min().map { "\(folder)/\($0)" }
  }
}
