import Checkpoints
import Glibc
import Preprocess
import Tensors

/// The picture files that arguments mean: files, folders (with all below them) and glob patterns.
package enum PictureFiles {
  private static let endings: Set<String> = [
    "jpg", "jpeg", "png", "webp", "gif", "ppm", "pgm", "pbm", "pnm",
  ]

  /// Endings of pictures that no decoder here reads.
  private static let otherEndings: Set<String> = [
    "avif", "bmp", "dib", "exr", "hdr", "heic", "heif", "hif", "ico", "j2k", "jfif", "jp2", "jpe",
    "jxl", "pcx", "pfm", "psd", "qoi", "svg", "tga", "tif", "tiff", "arw", "cr2", "cr3", "dng",
    "nef", "orf", "raf", "rw2",
  ]

  /// The pictures that arguments mean, and those in folders that were passed over.
  package struct Found: Sendable, Equatable {
    package var paths: [String] = []
    /// Pictures of kinds that are not read.
    package var passedOver: [String] = []
    /// Why files are no pictures after all, each a sentence that names the file.
    package private(set) var unreadable: [String] = []

    package init(_ paths: [String] = []) { self.paths = paths }

    /// Takes a file of a folder for what its ending says; files that are no pictures are left out.
    package mutating func add(fileOfFolder path: String) {
      let name = FilePath.name(of: path)
      guard name.contains(".") else { return }
      let ending = name.split(separator: ".").last.map { $0.lowercased() } ?? ""
      if endings.contains(ending) {
        paths.append(path)
      } else if otherEndings.contains(ending) {
        passedOver.append(path)
      }
    }

    /// One sentence about what was passed over and what cannot be read; nil where nothing was.
    package var note: String? {
      let parts = [notePassedOver, noteUnreadable].compactMap { $0 }
      return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private var notePassedOver: String? {
      guard let first = passedOver.first else { return nil }
      let what =
        passedOver.count == 1
        ? "a picture of a kind that is not read was passed over"
        : "passed over, the first of \(passedOver.count) pictures of kinds that are not read"
      return "\(first): \(what)"
    }

    private var noteUnreadable: String? {
      guard let first = unreadable.first else { return nil }
      return unreadable.count == 1
        ? first : "\(first) (the first of \(unreadable.count) that cannot be read)"
    }

    /// Takes off what is no picture: a few are decoded, of many only the first bytes are looked at.
    ///
    /// - Parameters:
    ///   - decodedAtMost: how many are decoded; with more, broken pictures are left for whoever runs them.
    ///   - checkCancellation: throws where it shall stop.
    /// - Throws: what `checkCancellation` throws.
    package mutating func dropUnreadable(
      decodedAtMost: Int = 16, checkCancellation: () throws -> Void = {}
    ) throws {
      let isDecoding = paths.count <= decodedAtMost
      var readable: [String] = []
      for path in paths {
        try checkCancellation()
        if let fault = isDecoding ? Self.fault(ofPicture: path) : Self.fault(ofHead: path) {
          unreadable.append("\(fault)")
        } else {
          readable.append(path)
        }
      }
      paths = readable
    }

    private static func fault(ofPicture path: String) -> PreprocessError? {
      do throws(PreprocessError) {
        _ = try ImageFile.decode(path: path)
        return nil
      } catch {
        return error
      }
    }

    private static func fault(ofHead path: String) -> PreprocessError? {
      do throws(PreprocessError) {
        return try ImageFile.format(ofFile: path) == nil ? .unknownPicture(path: path) : nil
      } catch {
        return error
      }
    }
  }

  /// Deepest folder that is looked into.
  private static let depthLimit = 32

  /// In the order of the arguments; within a folder by name, numbers by value.
  ///
  /// A file that is named is taken whatever its ending.
  /// - Throws: `ModelError` for a folder without pictures, a pattern without matches and a path that is not there.
  package static func list(_ arguments: [String]) throws(ModelError) -> [String] {
    try find(arguments).paths
  }

  /// As `list`, with what was passed over.
  ///
  /// - Throws: as `list`.
  package static func find(_ arguments: [String]) throws(ModelError) -> Found {
    var result = Found()
    for argument in arguments {
      let argument = try resolved(argument)
      switch FilePath.kind(of: argument) {
      case .folder:
        let below = try inFolder(argument)
        guard !below.paths.isEmpty else {
          let others = below.passedOver.first.map {
            " of a kind that is read; the first of \(below.passedOver.count) others is \($0)"
          }
          throw ModelError(
            path: argument, reason: "there are no pictures in this folder" + (others ?? ""))
        }
        result.paths += below.paths
        result.passedOver += below.passedOver
      case nil:
        guard argument.contains(where: { "*?[".contains($0) }) else {
          throw ModelError(path: argument, reason: "there is no such file or folder")
        }
        let matches = matches(argument)
        guard !matches.isEmpty else {
          throw ModelError(path: argument, reason: "no file fits this pattern")
        }
        result.paths += matches
      default: result.paths.append(argument)
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

  /// Pictures below a folder.
  ///
  /// - Parameter limit: folders that are looked into; links can make a few of them stand in any number of places.
  /// - Throws: `ModelError` where there are more.
  static func inFolder(
    _ folder: String, limit: Int = folderLimit
  ) throws(ModelError) -> Found {
    var walk = Walk(root: folder, limit: limit)
    try walk.add(folder, below: [])
    return walk.found
  }

  private static let folderLimit = 100_000

  private struct Walk {
    let root: String
    let limit: Int
    var found = Found()
    var folderCount = 0

    /// - Parameter above: the folders that lead here, by device and number: a link to one of them would never end.
    mutating func add(_ folder: String, below above: [[UInt64]]) throws(ModelError) {
      guard above.count < depthLimit, let identity = FilePath.identity(of: folder),
        !above.contains(identity), let all = try? DirectoryListing.names(in: folder)
      else { return }
      folderCount += 1
      guard folderCount <= limit else {
        throw ModelError(path: root, reason: "there are more than \(limit) folders below it")
      }
      let names = all.filter { !$0.hasPrefix(".") }.sorted(by: NumericOrder.precedes)
      let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
      for name in names {
        let path = "\(base)/\(name)"
        switch FilePath.kind(of: path) {
        case .folder: try add(path, below: above + [identity])
        // A link that leads nowhere is taken too, so that a picture that is missing is told, not left out in silence.
        case .file, nil: found.add(fileOfFolder: path)
        case .other: break
        }
      }
    }
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
