import Dialects
import Preprocess

/// The frames of a clip, which is a folder of pictures, a pattern, or one picture that stands still.
enum ClipFiles {
  /// As many of the pictures as there are frames, evenly taken in their order; with fewer pictures some stand longer.
  static func chosen(_ files: [String], frames: Int) -> [String] {
    files.isEmpty ? [] : (0..<max(frames, 0)).map { files[$0 * files.count / frames] }
  }
}

/// What a folder of pictures is as the clip of a video tower.
package struct ClipFrames: Equatable, Sendable {
  /// Frames that the tower is loaded for: whole tubelets.
  package var count: Int
  /// A sentence about pictures that are not among the frames; nil where all are.
  package var note: String?
}

extension Session {
  /// Frames that a video tower has to be loaded for, so that these pictures are its clip.
  ///
  /// - Parameters:
  ///   - path: a folder, a pattern or one picture.
  ///   - options: what the user knows of the model.
  /// - Returns: as many as there are pictures for and at most the clip of the config; nil for towers of single pictures.
  /// - Throws: `ModelError` where there is no picture.
  package func clipFrames(
    of path: String, options: IdentityOptions = IdentityOptions()
  ) throws -> ClipFrames? {
    let identity = identity(options: options)
    guard let vision = identity.vision, vision.trunk == .vjepa2 else { return nil }
    let tubelet = max(vision.tubelet ?? 2, 1)
    let trained = identity.config?.document["frames_per_clip"]?.integer ?? Self.usualClip
    let found = try PictureFiles.find([path])
    let count = min(found.paths.count, max(trained, tubelet))
    return ClipFrames(count: max(count / tubelet, 1) * tubelet, note: found.note)
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
