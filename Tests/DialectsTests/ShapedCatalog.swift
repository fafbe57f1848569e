import Checkpoints
import Tensors

extension Catalog {
  /// A checkpoint of which nothing but names and shapes is there: all that identity and plans look at.
  init(shapes: [(name: String, shape: Shape)]) {
    self.init(
      container: .safetensors, path: "model.safetensors",
      entries: shapes.map {
        Entry(
          path: [$0.name], elementType: .f32, shape: $0.shape,
          location: Location(file: 0, offset: 0, storageByteCount: 0))
      })
  }
}
