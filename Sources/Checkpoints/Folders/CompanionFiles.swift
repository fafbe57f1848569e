import Tensors

/// Files beside the weights that describe them: configurations and tokenizers.
enum CompanionFiles {
  /// Names that OpenCLIP, Transformers, timm and PEFT give such files.
  static let names = [
    "config.json", "open_clip_config.json", "preprocessor_config.json", "processor_config.json",
    "video_preprocessor_config.json", "adapter_config.json", "generation_config.json",
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
    "vocab.json", "merges.txt", "vocab.txt", "spiece.model", "tokenizer.model",
    "bpe_simple_vocab_16e6.txt.gz", "params.txt", "README.md",
  ]

  /// Companions in the folder of the file at `path`.
  static func beside(_ path: String) -> [Companion] {
    inside(FilePath.folder(of: path))
  }

  /// Companions in `folder`; an empty text is the current folder.
  static func inside(_ folder: String) -> [Companion] {
    names.compactMap { name in
      let path = FilePath.join(folder, name)
      return FilePath.byteCount(ofFile: path).map {
        Companion(name: name, path: path, byteCount: $0)
      }
    }
  }
}
