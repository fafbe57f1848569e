import Dialects
import Preprocess

/// The frames of a clip, which is a folder of pictures, a pattern, or one picture that stands still.
enum ClipFiles {
  /// As many of the pictures as there are frames, evenly taken in their order; with fewer pictures some stand longer.
  static func chosen(_ files: [String], frames: Int) -> [String] {
    files.isEmpty ? [] : (0..<max(frames, 0)).map { files[$0 * files.count / frames] }
  }
}

extension Session {
  /// Frames that a video tower has to be loaded for, so that these pictures are its clip.
  ///
  /// - Parameters:
  ///   - path: a folder, a pattern or one picture.
  ///   - options: what the user knows of the model.
  /// - Returns: whole tubelets, as many as there are pictures for and at most the clip of the config; nil for towers of single pictures.
  /// - Throws: `ModelError` where there is no picture.
  package func clipFrames(
    of path: String, options: IdentityOptions = IdentityOptions()
  ) throws -> Int? {
    let identity = identity(options: options)
    guard let vision = identity.vision, vision.trunk == .vjepa2 else { return nil }
    let tubelet = max(vision.tubelet ?? 2, 1)
    let trained = identity.config?.document["frames_per_clip"]?.integer ?? Self.usualClip
    let count = min(try PictureFiles.list([path]).count, max(trained, tubelet))
    return max(count / tubelet, 1) * tubelet
  }

  private static let usualClip = 64
}

extension Model {
  /// Pixels of a clip, `[frames, 3, H, W]`, and the first picture of every tubelet.
  func clip(_ path: String, frames: Int, tubelet: Int) throws -> ([Float], [PreparedPicture]) {
    let files = ClipFiles.chosen(try PictureFiles.list([path]), frames: frames)
    let preprocessor = try preprocessor()
    var pixels: [Float] = []
    var pictures: [PreparedPicture] = []
    var last: (path: String, picture: PreparedPicture)?
    for (index, file) in files.enumerated() {
      let picture: PreparedPicture
      if let last, last.path == file {
        picture = last.picture
      } else {
        picture = try preprocessor.prepare(path: file)
      }
      last = (file, picture)
      pixels += picture.pixels.values
      if index % max(tubelet, 1) == 0 { pictures.append(picture) }
    }
    return (pixels, pictures)
  }
}
