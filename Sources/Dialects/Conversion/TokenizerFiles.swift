import Checkpoints
import Tensors

/// Tokenizer files of a conversion: those beside the source, and the forms that are missing.
///
/// CLIP's byte-pair encoding is made in both of its forms, `tokenizer.json` and `vocab.json` with `merges.txt`; all others are copied as they
/// are.
struct TokenizerFiles {
  private let names: Set<String> = [
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json",
    "merges.txt", "spiece.model", "tokenizer.model", "added_tokens.json",
  ]
  private let identity: Identity
  private let layout: String
  private let text: (Companion) -> String?
  /// Files that are copied.
  let copies: [Companion]

  init(
    identity: Identity, layout: String, companions: [Companion],
    text: @escaping (Companion) -> String?
  ) {
    self.identity = identity
    self.layout = layout
    self.text = text
    copies = companions.filter { [names] in names.contains($0.name) }
  }

  private func has(_ name: String) -> Bool { copies.contains { $0.name == name } }

  private var hasWholeTokenizer: Bool {
    has("tokenizer.json") || has("spiece.model") || has("tokenizer.model") || hasPair
  }

  private var hasPair: Bool { has("vocab.json") && has("merges.txt") }

  // MARK: Files that are made

  /// Only for Transformers: OpenCLIP and OpenAI's class have CLIP's vocabulary built in.
  func made(for target: ConversionTarget) -> [ConversionPlan.OutputText] {
    guard target == .transformers, layout == "hf-clip" else { return [] }
    var made: [ConversionPlan.OutputText] = []
    if !has("tokenizer.json") {
      guard
        let encoding = ByteEncoding(
          vocabulary: contents("vocab.json"), merges: contents("merges.txt"))
      else { return [] }
      made.append(
        .init(
          name: "tokenizer.json", text: encoding.tokenizer.text(indent: 2) + "\n",
          provenance: "vocab.json and merges.txt"))
    } else if !hasPair {
      guard let encoding = ByteEncoding(tokenizer: contents("tokenizer.json")) else { return [] }
      made.append(
        .init(
          name: "vocab.json", text: JSONValue.object(encoding.vocabulary).text() + "\n",
          provenance: "tokenizer.json"))
      made.append(
        .init(
          name: "merges.txt",
          text: "#version: 0.2\n" + encoding.merges.joined(separator: "\n") + "\n",
          provenance: "tokenizer.json"))
      made.removeAll { has($0.name) }
    }
    if !has("tokenizer_config.json"), !made.isEmpty {
      let config: JSONValue = [
        "tokenizer_class": "CLIPTokenizer", "bos_token": .string(ByteEncoding.start),
        "eos_token": .string(ByteEncoding.end), "unk_token": .string(ByteEncoding.end),
        "pad_token": .string(ByteEncoding.end), "do_lower_case": true,
        "model_max_length": .integer(identity.text?.contextLength ?? 77),
      ]
      made.append(
        .init(
          name: "tokenizer_config.json", text: config.text(indent: 2) + "\n",
          provenance: "usual for CLIP"))
    }
    return made
  }

  private func contents(_ name: String) -> String? {
    copies.first { $0.name == name }.flatMap(text)
  }

  // MARK: What is missing

  func warnings(for target: ConversionTarget) -> [String] {
    if hasWholeTokenizer || identity.text == nil { return [] }
    let vocabulary = identity.text?.vocabularySize ?? 0
    let isBuiltIn = vocabulary == 49408 && !layout.contains("siglip")
    switch target {
    case .openClip, .openClipCustom, .openAI:
      if isBuiltIn || !layout.contains("siglip") { return [] }
      return [
        "no tokenizer files stand beside the source, and OpenCLIP reads them from the model's folder: add the tokenizer.json and "
          + "tokenizer_config.json of the SigLIP model with \(vocabulary) entries to OUT"
      ]
    case .transformers:
      let half =
        has("vocab.json") || has("merges.txt")
        ? "only \(has("vocab.json") ? "vocab.json" : "merges.txt") stands beside the source, which is half a tokenizer"
        : "no tokenizer files stand beside the source, so none are written"
      if layout != "hf-clip" {
        return [
          "\(half): Transformers needs tokenizer.json or spiece.model of the SigLIP model with \(vocabulary) entries in OUT"
        ]
      }
      return [
        "\(half): Transformers needs tokenizer.json, or vocab.json and merges.txt, in OUT"
          + (isBuiltIn ? "; those of any CLIP model with 49408 entries fit" : "")
      ]
    case .timm, .eva, .pe, .safetensors: return []
    }
  }
}

/// CLIP's byte-pair encoding, in the terms of `tokenizer.json`.
struct ByteEncoding {
  static let start = "<|startoftext|>"
  static let end = "<|endoftext|>"

  let vocabulary: JSONObject
  /// Pairs with a space between their halves, most frequent first.
  let merges: [String]
  private let startID: Int
  private let endID: Int

  /// Nil where the files are not those of CLIP.
  init?(vocabulary: String?, merges: String?) {
    guard let vocabulary, let merges, let parsed = try? JSONValue(parsing: vocabulary).object else {
      return nil
    }
    let lines = merges.split(whereSeparator: \.isNewline).map(String.init)
    self.init(parsed, lines.first?.hasPrefix("#version") == true ? Array(lines.dropFirst()) : lines)
  }

  /// Nil where it is another kind of tokenizer.
  init?(tokenizer: String?) {
    guard let tokenizer, let parsed = try? JSONValue(parsing: tokenizer),
      let model = parsed["model"], model["type"]?.string ?? "BPE" == "BPE",
      model["end_of_word_suffix"]?.string == "</w>", var vocabulary = model["vocab"]?.object,
      let rows = model["merges"]?.array
    else { return nil }
    var known = Set(vocabulary.members.map { ExactString($0.key) })
    for token in parsed["added_tokens"]?.array ?? [] {
      guard let text = token["content"]?.string, let id = token["id"]?.integer,
        known.insert(ExactString(text)).inserted
      else { continue }
      vocabulary.members.append(.init(key: text, value: .integer(id)))
    }
    // Newer files hold pairs as arrays.
    self.init(
      vocabulary,
      rows.compactMap { row in
        row.string ?? row.array.map { $0.compactMap(\.string).joined(separator: " ") }
      })
  }

  private init?(_ vocabulary: JSONObject, _ merges: [String]) {
    guard let startID = vocabulary[Self.start]?.integer, let endID = vocabulary[Self.end]?.integer,
      vocabulary.members.allSatisfy({ ($0.value.integer ?? -1) >= 0 }),
      merges.allSatisfy({ $0.split(separator: " ", omittingEmptySubsequences: false).count == 2 })
    else { return nil }
    self.vocabulary = vocabulary
    self.merges = merges
    self.startID = startID
    self.endID = endID
  }

  var tokenizer: JSONValue {
    func added(_ text: String, _ id: Int) -> JSONValue {
      [
        "id": .integer(id), "content": .string(text), "single_word": false, "lstrip": false,
        "rstrip": false, "normalized": false, "special": true,
      ]
    }
    let tokens = [(Self.start, startID), (Self.end, endID)].sorted { $0.1 < $1.1 }
    let bytes: JSONValue = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    ]
    return [
      "version": "1.0", "truncation": .null, "padding": .null,
      "added_tokens": .array(tokens.map { added($0.0, $0.1) }),
      "normalizer": [
        "type": "Sequence",
        "normalizers": [
          ["type": "NFC"],
          ["type": "Replace", "pattern": ["Regex": #"\s+"#], "content": " "],
          ["type": "Lowercase"],
        ],
      ],
      "pre_tokenizer": [
        "type": "Sequence",
        "pretokenizers": [
          [
            "type": "Split",
            "pattern": [
              "Regex":
                #"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"#
            ],
            "behavior": "Removed", "invert": true,
          ], bytes,
        ],
      ],
      "post_processor": [
        "type": "RobertaProcessing", "sep": [.string(Self.end), .integer(endID)],
        "cls": [.string(Self.start), .integer(startID)], "trim_offsets": false,
        "add_prefix_space": false,
      ],
      "decoder": [
        "type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true,
      ],
      "model": [
        "type": "BPE", "dropout": .null, "unk_token": .string(Self.end),
        "continuing_subword_prefix": "", "end_of_word_suffix": "</w>", "fuse_unk": false,
        "byte_fallback": false, "ignore_merges": false, "vocab": .object(vocabulary),
        "merges": .array(merges.map { .string($0) }),
      ],
    ]
  }
}
