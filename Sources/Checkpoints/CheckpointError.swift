package import Tensors

/// Why a checkpoint cannot be opened, read or written.
///
/// One sentence each, made in `description`.
package enum CheckpointError: Error, Equatable, Sendable {
  case file(FileError)
  /// The container is not what it claims to be. `place` is an offset, key or member.
  case malformed(path: String, place: String, reason: String)
  /// No reader knows the file.
  case unrecognised(path: String, reason: String)
  /// The request cannot be served: a tensor that does not exist, a shape that is too large to expand, ...
  case unusable(path: String, tensor: String, reason: String)
  case cancelled
}

extension CheckpointError {
  /// What `body` gives; a system call that fails in it is a `.file`.
  package static func catching<Result>(
    _ body: @autoclosure () throws(FileError) -> Result
  ) throws(CheckpointError) -> Result {
    do {
      return try body()
    } catch {
      throw .file(error)
    }
  }
}

extension CheckpointError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .malformed(let path, let place, let reason):
      place.isEmpty ? "\(path): \(reason)" : "\(path): \(place): \(reason)"
    case .unrecognised(let path, let reason): "\(path): \(reason)"
    case .unusable(let path, let tensor, let reason):
      tensor.isEmpty ? "\(path): \(reason)" : "\(path): tensor `\(tensor)`: \(reason)"
    case .cancelled: "cancelled"
    }
  }

  /// For a file of which bytes were lost while they were read.
  static func cut(_ file: MappedFile) -> CheckpointError {
    .malformed(path: file.path, place: "", reason: "the file was cut short while it was being read")
  }

  /// What is wrong, without the name of the file.
  package var reason: String {
    switch self {
    case .malformed(_, _, let reason), .unrecognised(_, let reason), .unusable(_, _, let reason):
      reason
    case .file(let error): error.reason
    case .cancelled: description
    }
  }

  /// Stable code for JSON output.
  package var code: String {
    switch self {
    case .file: "file"
    case .malformed: "malformed"
    case .unrecognised: "unrecognised"
    case .unusable: "unusable"
    case .cancelled: "cancelled"
    }
  }
}
