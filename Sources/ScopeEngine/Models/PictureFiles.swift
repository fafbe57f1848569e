import Checkpoints
import Glibc

/// The picture files that arguments mean: files, folders (with all below them) and glob patterns.
package enum PictureFiles {
  package static let endings: Set<String> = [
    "jpg", "jpeg", "png", "webp", "gif", "ppm", "pgm", "pbm", "pnm",
  ]

  /// Deepest folder that is looked into.
  private static let depthLimit = 32

  /// In the order of the arguments; within a folder by name, numbers by value.
  ///
  /// A file that is named is taken whatever its ending.
  /// - Throws: `ModelError` for a folder without pictures, a pattern without matches and a path that is not there.
  package static func list(_ arguments: [String]) throws(ModelError) -> [String] {
    var result: [String] = []
    for argument in arguments {
      let argument = try resolved(argument)
      switch FilePath.kind(of: argument) {
      case .folder:
        let below = inFolder(argument)
        guard !below.isEmpty else {
          throw ModelError(path: argument, reason: "there are no pictures in this folder")
        }
        result += below
      case nil:
        guard argument.contains(where: { "*?[".contains($0) }) else {
          throw ModelError(path: argument, reason: "there is no such file or folder")
        }
        let matches = matches(argument)
        guard !matches.isEmpty else {
          throw ModelError(path: argument, reason: "no file fits this pattern")
        }
        result += matches
      default: result.append(argument)
      }
    }
    return result
  }

  /// `demo/...` is a file or folder of the demo, unless there is one of that name.
  private static func resolved(_ path: String) throws(ModelError) -> String {
    do {
      return try DemoModels.resolved(path)
    } catch {
      throw ModelError(path: path, reason: "there is no such file or folder, nor in the demo")
    }
  }

  /// - Parameter above: the folders that lead here, by device and number: a link to one of them would never end.
  private static func inFolder(_ folder: String, below above: [[UInt64]] = []) -> [String] {
    guard above.count < depthLimit, let identity = FilePath.identity(of: folder),
      !above.contains(identity), let all = try? DirectoryListing.names(in: folder)
    else { return [] }
    let names = all.filter { !$0.hasPrefix(".") }.sorted(by: NumericOrder.precedes)
    var result: [String] = []
    let root = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    for name in names {
      let path = "\(root)/\(name)"
      switch FilePath.kind(of: path) {
      case .folder: result += inFolder(path, below: above + [identity])
      case .file:
        let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
        if name.contains("."), endings.contains(ending) { result.append(path) }
      default: break
      }
    }
    return result
  }

  private static func matches(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0, let paths = found.gl_pathv else { return [] }
    var result: [String] = []
    for index in 0..<Int(found.gl_pathc) {
      guard let path = paths[index] else { continue }
      result.append(String(cString: path))
    }
    return result.sorted(by: NumericOrder.precedes)
  }
}
