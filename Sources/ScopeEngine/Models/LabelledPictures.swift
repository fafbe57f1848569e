package import Checkpoints
import Glibc
import Tensors

/// Pictures whose labels are known, with all labels to choose from: what zero-shot accuracy is measured on.
///
/// Come from a document (`labelled-pictures.json`, or the `demo.json` of the demo), or from folders named by label.
package struct LabelledPictures: Sendable, Equatable {
  package struct Picture: Sendable, Equatable {
    package var path: String
    /// One of the labels.
    package var label: String
    package var caption: String

    package init(path: String, label: String, caption: String) {
      self.path = path
      self.label = label
      self.caption = caption
    }
  }

  /// What zero-shot classification chooses from.
  package var labels: [String]
  /// A sentence in which `{}` stands for the label.
  package var template: String
  package var pictures: [Picture]
  /// A folder with the config and the tokenizer of the model, for checkpoints that stand without them.
  package var model: String?

  package init(
    labels: [String], template: String, pictures: [Picture], model: String? = nil
  ) {
    self.labels = labels
    self.template = template
    self.pictures = pictures
    self.model = model
  }

  /// Looked for in the folder of a checkpoint and in the folder above.
  package static let fileName = "labelled-pictures.json"

  /// Where neither a document nor the user gives one: OpenAI's.
  package static let usualTemplate = "a photo of a {}"
}

// MARK: Finding

extension LabelledPictures {
  /// Those that stand with a checkpoint file, a model folder or a folder of snapshots; nil where there are none.
  ///
  /// - Throws: `CheckpointError` for a document that is there and cannot be used.
  package static func beside(_ path: String) throws(CheckpointError) -> LabelledPictures? {
    let folder = FilePath.isFolder(path) ? path : FilePath.parent(of: FilePath.resolved(path))
    for place in [folder, FilePath.parent(of: FilePath.resolved(folder))] {
      let document = place + "/" + fileName
      if access(document, F_OK) == 0 { return try LabelledPictures(document: document) }
    }
    let above = FilePath.parent(of: FilePath.resolved(folder))
    guard access(above + "/" + DemoModels.fileName, F_OK) == 0 else { return nil }
    let demo = try DemoModels(in: above)
    let full = FilePath.resolved(folder)
    return demo.models.first { $0.path == full || $0.epochs == full }?.samples
  }

  /// A document, or a folder that holds a folder a label, whose name is the label with `_` for blanks.
  ///
  /// - Throws: `CheckpointError` for a document, `ModelError` for a folder that cannot be used.
  package init(from path: String) throws {
    self =
      FilePath.isFolder(path) ? try Self.inFolders(path) : try LabelledPictures(document: path)
  }

  /// The same pictures with other labels to choose from, and in another sentence.
  ///
  /// - Parameters:
  ///   - labels: empty leaves those that there are.
  ///   - template: nil leaves the one that there is.
  /// - Throws: `ModelError` for a picture whose own label is not among them.
  package func choosing(
    from labels: [String], in template: String?
  ) throws(ModelError) -> LabelledPictures {
    var result = self
    if let template { result.template = template }
    guard !labels.isEmpty else { return result }
    let known = Set(labels)
    if let stranger = pictures.first(where: { !known.contains($0.label) }) {
      throw ModelError(
        path: stranger.path,
        reason: "its label `\(stranger.label)` is not among those to choose from"
      )
    }
    result.labels = labels
    return result
  }

  private static func inFolders(_ root: String) throws(ModelError) -> LabelledPictures {
    let base = root.hasSuffix("/") ? root : root + "/"
    var labels: [String] = []
    var pictures: [Picture] = []
    for path in try PictureFiles.list([root]) {
      let parts = path.dropFirst(base.count).split(separator: "/")
      guard parts.count > 1, let name = parts.first else {
        throw ModelError(
          path: path,
          reason: "a folder of labelled pictures holds a folder a label, and pictures in those")
      }
      let label = String(name.map { $0 == "_" ? " " : $0 })
      if labels.last != label { labels.append(label) }
      pictures.append(Picture(path: path, label: label, caption: label))
    }
    return LabelledPictures(labels: labels, template: usualTemplate, pictures: pictures)
  }
}

// MARK: Document

extension LabelledPictures {
  /// - Parameter path: a document as `fileName`; what it names lies below its folder.
  /// - Throws: `CheckpointError` where it is absent, malformed, or names something that is not there.
  package init(document path: String) throws(CheckpointError) {
    let document = try LabelledDocument(path: path)
    self = try document.pictures()
    if document.root["model"] != nil {
      model = try document.location(document.root, "model", at: "")
    }
  }
}

/// A JSON document of labels, a template and pictures, and what it says besides.
struct LabelledDocument {
  let path: String
  let folder: String
  let root: JSONValue

  /// - Throws: `CheckpointError` where the file cannot be read or is no JSON.
  init(path: String) throws(CheckpointError) {
    self.path = path
    folder = FilePath.parent(of: path)
    let file = try CheckpointError.catching(try MappedFile(path: path))
    defer { withExtendedLifetime(file) {} }
    do {
      root = try JSONValue(parsing: file.bytes, depthLimit: 16)
    } catch {
      throw .malformed(
        path: path, place: "",
        reason: "is no JSON document of labels and pictures: \(error.description)")
    }
  }

  /// What `labels`, `template` and `pictures` say.
  func pictures() throws(CheckpointError) -> LabelledPictures {
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
    let known = Set(labels)
    var pictures: [LabelledPictures.Picture] = []
    for (index, row) in try list("pictures").enumerated() {
      let place = "pictures[\(index)]."
      let label = try text(row, "label", at: place)
      guard known.contains(label) else {
        throw .malformed(path: path, place: place + "label", reason: "`\(label)` is no label")
      }
      pictures.append(
        LabelledPictures.Picture(
          path: try location(row, "path", at: place), label: label,
          caption: row["caption"]?.string ?? label))
    }
    return LabelledPictures(labels: labels, template: template, pictures: pictures)
  }

  func list(_ key: String) throws(CheckpointError) -> [JSONValue] {
    guard let values = root[key]?.array, !values.isEmpty else {
      throw .malformed(path: path, place: key, reason: "is not a list with something in it")
    }
    return values
  }

  func text(
    _ row: JSONValue, _ key: String, at place: String
  ) throws(CheckpointError) -> String {
    guard let text = row[key]?.string, !text.isEmpty else {
      throw .malformed(path: path, place: place + key, reason: "is no text")
    }
    return text
  }

  /// A file or folder below the folder of the document.
  func location(
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
