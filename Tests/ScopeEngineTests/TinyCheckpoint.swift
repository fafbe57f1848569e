import Checkpoints
import ScopeEngine
import Tensors
import TestSupport

/// Small safetensors files made for one test.
enum TinyCheckpoint {
  struct Tensor {
    var name: String
    var shape: Shape
    var values: [Float]
  }

  static func write(_ tensors: [Tensor], to path: String) throws -> String {
    try SafetensorsWriter().write(
      tensors.map { tensor in
        TensorToWrite(name: tensor.name, elementType: .f32, shape: tensor.shape) { emit in
          try tensor.values.withUnsafeBytes { try emit($0) }
        }
      }, to: path)
    return path
  }

  static func session(_ tensors: [Tensor], in folder: TemporaryFolder, name: String = "a") throws
    -> Session
  {
    let path = try write(tensors, to: folder.file(name + ".safetensors"))
    return Session(checkpoint: try CheckpointFile(opening: path))
  }
}
