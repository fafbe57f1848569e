package import Checkpoints
import Glibc
import Tensors

/// The models that come with the program, with pictures and labels to try them on.
///
/// Read from `demo.json` in the folder of the demo; all paths are absolute.
package struct DemoModels: Sendable, Equatable {
  package struct Model: Sendable, Equatable {
    package var name: String
    /// Folder in OpenCLIP's hub layout.
    package var path: String
    /// Folder of snapshots of its training.
    package var epochs: String?
    /// Pictures to try it on.
    package var samples: LabelledPictures
  }

  package var folder: String
  /// The first is what `demo` alone means.
  package var models: [Model]

  package static let fileName = "demo.json"

  /// - Parameter folder: holds `demo.json` and what it names.
  /// - Throws: `CheckpointError` where the file is absent or names something that is not there.
  package init(in folder: String) throws(CheckpointError) {
    let root = FilePath.resolved(folder)
    self.folder = root
    models = try Self.models(of: LabelledDocument(path: root + "/" + Self.fileName))
  }

  /// Those that were installed with the program.
  /// - Throws: `CheckpointError` where there are none.
  package static func installed() throws(CheckpointError) -> DemoModels {
    guard let folder = Installation.demo, access(folder, R_OK) == 0 else {
      throw .unrecognised(
        path: "demo",
        reason: "the demo models are not installed; `./dev install` brings them, "
          + "CLIPSCOPE_SHARE names the folder that holds demo")
    }
    return try DemoModels(in: folder)
  }

  /// Whether a path lies in the folder of the demo, which may be read-only or a source tree.
  package static func contains(_ path: String) -> Bool {
    guard let folder = Installation.demo else { return false }
    return FilePath.resolved(path).hasPrefix(FilePath.resolved(folder) + "/")
  }

  package func model(named name: String) -> Model? { models.first { $0.name == name } }
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
      let names = models.map { "demo/\($0.name)" }
      let question = NearMatch.question(path, in: names)
      let list = "; there is " + names.joined(separator: ", ")
      throw .unrecognised(
        path: path, reason: "no such file or demo model" + (question.isEmpty ? list : question))
    }
    return file
  }
}

// MARK: Manifest

extension DemoModels {
  /// Models by name and relative path, and the labels, template and pictures that they share.
  private static func models(of manifest: LabelledDocument) throws(CheckpointError) -> [Model] {
    let samples = try manifest.pictures()
    var models: [Model] = []
    for (index, row) in try manifest.list("models").enumerated() {
      let place = "models[\(index)]."
      var model = Model(
        name: try manifest.text(row, "name", at: place),
        path: try manifest.location(row, "path", at: place),
        epochs: row["epochs"] == nil ? nil : try manifest.location(row, "epochs", at: place),
        samples: samples)
      model.samples.model = model.path
      models.append(model)
    }
    return models
  }
}
