import ScopeEngine

/// A conversion as the form asks for it, comparable.
struct ConversionOrder: Equatable, Sendable {
  var output: String
  var options: ConversionOptions
  var identity = IdentityOptions()
  var isReplacing = false
  var isDurable = false
  var wantsReceipt = false
  var isVerifying = false

  func request(output: String) -> ConversionRequest {
    // A changed picture size applies to both sides of the comparison.
    var running = identity
    running.imageSize = options.imageSize
    return ConversionRequest(
      output: output, options: options, identity: identity, isReplacing: isReplacing,
      isDurable: isDurable, wantsHashes: wantsReceipt, isVerifying: isVerifying,
      comparesFeatures: isVerifying
        ? ConversionRequest.featureComparison(
          ModelRequest(
            identity: running, towers: options.tower.map { [$0] } ?? [.vision, .text])) : nil)
  }

  /// The same as a command line, for scripts and notes.
  func commandLine(source: String) -> String {
    var words = ["clipscope", "convert", source, output, "--to", options.target.rawValue]
    func add(_ flag: String, _ value: String?) {
      if let value { words += [flag, value] }
    }
    add("--tower", options.tower?.rawValue)
    if let kept = options.withProjection {
      words.append(kept ? "--with-projection" : "--no-projection")
    }
    add("--dtype", options.elementType?.rawValue)
    if options.format != (options.target == .openAI ? .pt : .safetensors) {
      add("--format", options.format.rawValue)
    }
    add("--max-shard-size", options.maxShardByteCount.map(String.init))
    add("--image-size", options.imageSize.map(String.init))
    add("--activation", identity.activation?.rawValue)
    if let heads = identity.heads {
      add("--heads", identity.textHeads.map { "\(heads),\($0)" } ?? "\(heads)")
    }
    if isVerifying { words.append("--verify") }
    if wantsReceipt, !isVerifying { words.append("--receipt") }
    if isDurable { words.append("--sync") }
    if isReplacing { words.append("--force") }
    return words.map(Self.quoted).joined(separator: " ")
  }

  /// For a POSIX shell.
  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      byte >= 0x30 && byte <= 0x39 || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A
        || "-_./,=:+@%".utf8.contains(byte)
    }
    if isPlain, !word.isEmpty { return word }
    let parts = word.split(separator: "'", omittingEmptySubsequences: false)
    return "'" + parts.joined(separator: "'\\''") + "'"
  }
}
