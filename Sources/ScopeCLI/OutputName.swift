import Glibc
import ScopeEngine

/// Checks of OUT before anything is read.
enum OutputName {
  /// Endings of files that people name where a folder is made.
  private static let fileEndings = [
    ".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz", ".npy", ".gguf", ".msgpack", ".h5",
    ".json", ".txt", ".zip",
  ]

  /// Refuses a name that is empty or that of a file; folders that exist may be called anything.
  ///
  /// - Parameters:
  ///   - path: OUT as it was given.
  ///   - accepted: endings of files that the command writes.
  ///   - otherwise: what OUT is, for the message.
  /// - Throws: `Ending`.
  static func check(_ path: String, accepted: [String] = [], otherwise: String) throws {
    guard !path.isEmpty else { throw Ending.usage("OUT has no name; \(otherwise)") }
    let lower = path.lowercased()
    guard let ending = fileEndings.first(where: { lower.hasSuffix($0) }),
      !accepted.contains(ending)
    else { return }
    var status = stat()
    guard stat(path, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else { return }
    throw Ending.usage("\(path) is named like a file; \(otherwise)")
  }
}
