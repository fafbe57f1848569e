package import Dialects
package import Preprocess

extension TokenizerLocator.Request {
  /// Asks for the tokenizer of a checkpoint's text tower.
  ///
  /// - Parameters:
  ///   - model: path of the checkpoint.
  ///   - identity: what the checkpoint is; its text tower tells the context length and the size of the vocabulary.
  package init(model: String, identity: Identity) {
    self.init(model: model)
    if let kind = identity.config?.kind {
      convention = kind == .openClip ? .openCLIP : nil
    } else {
      convention = identity.dialect.rawValue.hasPrefix("hf-") ? .transformers : .openCLIP
    }
    contextLength = identity.text?.contextLength
    vocabularySize = identity.text?.vocabularySize
  }
}
