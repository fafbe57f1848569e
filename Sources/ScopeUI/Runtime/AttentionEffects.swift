import ScopeEngine

extension EngineEffects {
  /// Runs one tower of the open checkpoint once; relevance runs the other one, too.
  func attention(_ request: AttentionRequest, _ context: JobContext) throws -> Outcome {
    let session = try session(.left)
    let path = try request.picture.map { FileSystem.absolute(try DemoModels.resolved($0)) }
    var wanted = try request.choice.request()
    let clip = try path.flatMap { try session.clipFrames(of: $0, options: wanted.identity) }
    wanted.frames = clip?.count
    let model = try model(of: session, for: request, wanted, context)
    let text = request.text.map { Model.TextInput.text($0) }
    let picture = path.map { Model.PictureInput.file($0) }
    switch request.side {
    case .picture:
      guard let picture else { return .nothing }
      return .attention(
        AttentionCapture(
          request, try model.attention(ofPicture: picture, text: text, context: context),
          note: clip?.note))
    case .text:
      guard let text else { return .nothing }
      return .attention(
        AttentionCapture(
          request, try model.attention(ofText: text, picture: picture, context: context)))
    }
  }

  /// Both towers, as the other pages use them; only the one that is looked at where the other cannot be run.
  private func model(
    of session: Session, for request: AttentionRequest, _ wanted: ModelRequest,
    _ context: JobContext
  ) throws -> Model {
    do {
      return try session.model(wanted, context: context)
    } catch let error as ModelError {
      guard request.picture == nil || request.text == nil else { throw error }
      var single = wanted
      single.towers = [request.side == .picture ? .vision : .text]
      return try session.model(single, context: context)
    }
  }
}

extension FileSystem {
  /// Pictures in the folder of a checkpoint and in the folders of pictures in it.
  static func pictures(beside path: String) -> PictureFiles.Found {
    let own = listing(path, showsHidden: false)
    let folder = own.problem == nil ? own : listing(FilePath.parent(of: path), showsHidden: false)
    var found = PictureFiles.Found()
    add(folder, to: &found)
    for item in folder.items where item.isFolder && pictureFolders.contains(item.name.lowercased())
    {
      add(listing(FilePath.join(folder.path, item.name), showsHidden: false), to: &found)
    }
    found.paths = Array(found.paths.prefix(mostPictures))
    return found
  }

  private static func add(_ folder: FolderListing, to found: inout PictureFiles.Found) {
    for item in folder.items where !item.isFolder {
      found.add(fileOfFolder: FilePath.join(folder.path, item.name))
    }
  }

  private static let pictureFolders: Set<String> = [
    "pictures", "images", "photos", "samples", "examples", "assets",
  ]
  private static let mostPictures = 1000
}
