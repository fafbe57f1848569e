import Analysis
import Checkpoints

/// Connects tensors of a checkpoint with the functions of `Analysis`.
enum Measurement {
  static func statistics(
    of entry: Entry, in checkpoint: CheckpointFile, threads: Int, context: JobContext
  ) throws -> TensorStatistics {
    throw CheckpointError.unusable(
      path: checkpoint.catalog.path, tensor: entry.name, reason: "cannot be measured")
  }

  static func slicePicture(
    of entry: Entry, in checkpoint: CheckpointFile, _ selection: SliceSelection,
    context: JobContext
  ) throws -> SlicePicture {
    throw CheckpointError.unusable(
      path: checkpoint.catalog.path, tensor: entry.name, reason: "cannot be measured")
  }

  static func spectrum(
    of entry: Entry, in checkpoint: CheckpointFile, context: JobContext
  ) throws -> SingularSpectrum {
    throw CheckpointError.unusable(
      path: checkpoint.catalog.path, tensor: entry.name, reason: "cannot be measured")
  }
}
