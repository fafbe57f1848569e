import Inference
import ScopeEngine

/// Writes embeddings to one file.
struct EmbeddingOutput {
  enum Format: String, Sendable, OutputFormat { case npy, safetensors, json }

  let run: EmbeddingRun
  let result: EmbeddingResult

  func write(to path: String, as format: Format) throws {
    switch format {
    case .json:
      let text = run.document(result).text() + "\n"
      try CompleteFile.write(Array(text.utf8), to: path, isReplacing: run.isReplacing)
    case .npy:
      let (values, shape) = try array(path)
      try values.withUnsafeBytes {
        try NumPyWriter.write(
          $0, type: .f32, shape: shape, to: path, isReplacing: run.isReplacing)
      }
    case .safetensors:
      var tensors: [TensorToWrite] = []
      func add(_ name: String, _ values: [Float], _ shape: Shape) {
        tensors.append(
          TensorToWrite(name: name, elementType: .f32, shape: shape) { emit in
            try values.withUnsafeBytes { try emit($0) }
          })
      }
      if let logits = result.logits, let images = result.images, let texts = result.texts {
        add("logits", logits, Shape([images.count, texts.count]))
      } else {
        if let images = result.images { add("images", images.values, images.shape) }
        if let texts = result.texts { add("texts", texts.values, texts.shape) }
      }
      try SafetensorsWriter(WriteOptions(isReplacing: run.isReplacing)).write(tensors, to: path)
    }
  }

  private func array(_ path: String) throws -> ([Float], Shape) {
    if let logits = result.logits, let images = result.images, let texts = result.texts {
      return (logits, Shape([images.count, texts.count]))
    }
    guard var rows = result.images ?? result.texts else { return ([], Shape([0, 0])) }
    if result.images != nil, let texts = result.texts {
      guard texts.tokens == rows.tokens, texts.width == rows.width else {
        throw ModelError(
          path: path, reason: "pictures and texts have rows of other sizes; write them one by one")
      }
      rows.append(texts)
    }
    return (rows.values, rows.shape)
  }
}
