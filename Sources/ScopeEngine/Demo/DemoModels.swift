package import Checkpoints
import Glibc
import Tensors

/// The models that come with the program, with pictures and labels to try them on.
///
/// Read from `demo.json` in the folder of the demo; all paths are absolute.
package struct DemoModels: Sendable, Equatable {
  package struct Picture: Sendable, Equatable {
    package var path: String
    /// One of the model's labels.
    package var label: String
    package var caption: String
  }

  package struct Model: Sendable, Equatable {
    package var name: String
    /// Folder in OpenCLIP's hub layout.
    package var path: String
    /// Folder of snapshots of its training.
    package var epochs: String?
    /// What zero-shot classification chooses from.
    package var labels: [String]
    /// A sentence in which `{}` stands for the label.
    package var template: String
    package var pictures: [Picture]
  }

  package var folder: String
  /// The first is what `demo` alone means.
  package var models: [Model]

  package static let fileName = "demo.json"

  /// - Parameter folder: holds `demo.json` and what it names.
  /// - Throws: `CheckpointError` where the file is absent or names something that is not there.
  package init(in folder: String) throws(CheckpointError) {
    let root = Self.absolute(folder)
    let manifest = try Manifest(path: root + "/" + Self.fileName, folder: root)
    self.folder = root
    models = try manifest.models()
  }

  /// Those that were installed with the program.
  /// - Throws: `CheckpointError` where there are none.
  package static func installed() throws(CheckpointError) -> DemoModels {
    guard let folder = Installation.demo, access(folder, R_OK) == 0 else {
      throw .unrecognised(path: "demo", reason: "the demo models are not installed")
    }
    return try DemoModels(in: folder)
  }

  package func model(named name: String) -> Model? { models.first { $0.name == name } }

  private static func absolute(_ path: String) -> String {
    guard let full = realpath(path, nil) else { return path }
    defer { free(full) }
    return String(cString: full)
  }
}

// MARK: Paths

extension DemoModels {
  /// What a path that may spell a demo model leads to.
  package enum Purpose: Sendable {
    case checkpoint
    /// A folder of snapshots.
    case epochs
  }

  /// `demo` is the first model, `demo/NAME` the model of that name, `demo/...` a file or folder of the demo; every other
  /// path, and one that exists in the current folder, is what it is.
  /// - Throws: `CheckpointError` for a demo model that is not there.
  package static func resolved(
    _ path: String, for purpose: Purpose = .checkpoint
  ) throws(CheckpointError) -> String {
    guard path == "demo" || path.hasPrefix("demo/"), access(path, F_OK) != 0 else { return path }
    return try installed().resolved(path, for: purpose)
  }

  /// - Parameter path: starts with `demo`.
  func resolved(_ path: String, for purpose: Purpose) throws(CheckpointError) -> String {
    let parts = path.split(separator: "/").dropFirst()
    let model = parts.isEmpty ? models.first : model(named: parts.joined(separator: "/"))
    if let model {
      switch purpose {
      case .checkpoint: return model.path
      case .epochs:
        if let epochs = model.epochs { return epochs }
        throw .unrecognised(path: path, reason: "this demo model comes without snapshots")
      }
    }
    let file = folder + parts.reduce("") { $0 + "/" + $1 }
    guard !parts.contains(".."), access(file, F_OK) == 0 else {
      let names = models.map { "demo/\($0.name)" }.joined(separator: ", ")
      throw .unrecognised(path: path, reason: "no such file or demo model; there is \(names)")
    }
    return file
  }
}

// MARK: Manifest

extension DemoModels {
  /// `demo.json`: models by name and relative path, and the labels, template and pictures that they share.
  private struct Manifest {
    let path: String
    let folder: String
    let root: JSONValue

    init(path: String, folder: String) throws(CheckpointError) {
      self.path = path
      self.folder = folder
      let file: MappedFile
      do {
        file = try MappedFile(path: path)
      } catch {
        throw .file(error)
      }
      do {
        root = try JSONValue(parsing: file.bytes, depthLimit: 16)
      } catch {
        throw .malformed(path: path, place: "", reason: error.description)
      }
    }

    func models() throws(CheckpointError) -> [Model] {
      let template = try text(root, "template", at: "")
      guard template.contains("{}") else {
        throw .malformed(path: path, place: "template", reason: "holds no {} for the label")
      }
      var labels: [String] = []
      for (index, label) in try list("labels").enumerated() {
        guard let label = label.string, !label.isEmpty else {
          throw .malformed(path: path, place: "labels[\(index)]", reason: "is no text")
        }
        labels.append(label)
      }
      let pictures = try pictures(labels: labels)
      var models: [Model] = []
      for (index, row) in try list("models").enumerated() {
        let place = "models[\(index)]."
        models.append(
          Model(
            name: try text(row, "name", at: place), path: try location(row, "path", at: place),
            epochs: row["epochs"] == nil ? nil : try location(row, "epochs", at: place),
            labels: labels, template: template, pictures: pictures))
      }
      return models
    }

    private func pictures(labels: [String]) throws(CheckpointError) -> [Picture] {
      let known = Set(labels)
      var pictures: [Picture] = []
      for (index, row) in try list("pictures").enumerated() {
        let place = "pictures[\(index)]."
        let label = try text(row, "label", at: place)
        guard known.contains(label) else {
          throw .malformed(path: path, place: place + "label", reason: "`\(label)` is no label")
        }
        pictures.append(
          Picture(
            path: try location(row, "path", at: place), label: label,
            caption: row["caption"]?.string ?? label))
      }
      return pictures
    }

    private func list(_ key: String) throws(CheckpointError) -> [JSONValue] {
      guard let values = root[key]?.array, !values.isEmpty else {
        throw .malformed(path: path, place: key, reason: "is not a list with something in it")
      }
      return values
    }

    private func text(
      _ row: JSONValue, _ key: String, at place: String
    ) throws(CheckpointError) -> String {
      guard let text = row[key]?.string, !text.isEmpty else {
        throw .malformed(path: path, place: place + key, reason: "is no text")
      }
      return text
    }

    /// A file or folder below the folder of the demo, as an absolute path.
    private func location(
      _ row: JSONValue, _ key: String, at place: String
    ) throws(CheckpointError) -> String {
      let relative = try text(row, key, at: place)
      guard !relative.hasPrefix("/"), !relative.split(separator: "/").contains("..") else {
        throw .malformed(
          path: path, place: place + key, reason: "`\(relative)` leads out of the folder")
      }
      let full = folder + "/" + relative
      guard access(full, R_OK) == 0 else {
        throw .malformed(path: path, place: place + key, reason: "`\(relative)` is not there")
      }
      return full
    }
  }
}
