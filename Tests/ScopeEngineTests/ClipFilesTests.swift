import Foundation
import Preprocess
import Tensors
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Clips of pictures") struct ClipFilesTests {
  @Test("Frames are taken evenly, and stand longer where there are few pictures") func chosen() {
    let files = (0..<8).map { "\($0)" }
    #expect(ClipFiles.chosen(files, frames: 4) == ["0", "2", "4", "6"])
    #expect(ClipFiles.chosen(files, frames: 8) == files)
    #expect(ClipFiles.chosen(["a", "b", "c"], frames: 6) == ["a", "a", "b", "b", "c", "c"])
    #expect(ClipFiles.chosen(["a"], frames: 2) == ["a", "a"])
    #expect(ClipFiles.chosen([], frames: 4).isEmpty && ClipFiles.chosen(files, frames: 0).isEmpty)
  }

  @Test("Towers of single pictures have no clip") func pictures() throws {
    let folder = try TemporaryFolder()
    let session = try TinyCheckpoint.session(
      [.init(name: "a", shape: [2, 2], values: [1, 2, 3, 4])], in: folder)
    #expect(try session.clipFrames(of: "/nowhere") == nil)
  }

  /// Names and shapes of V-JEPA 2.
  private func video(in folder: TemporaryFolder) throws -> Session {
    let shapes: [(String, Shape)] = [
      ("vjepa2.encoder.embeddings.patch_embeddings.proj.weight", [8, 3, 2, 4, 4]),
      ("vjepa2.encoder.layer.0.attention.query.weight", [8, 8]),
      ("vjepa2.encoder.layernorm.weight", [8]),
    ]
    return try TinyCheckpoint.session(
      shapes.map {
        .init(name: $0.0, shape: $0.1, values: Array(repeating: 0, count: $0.1.elementCount ?? 0))
      }, in: folder)
  }

  @Test("Frames are prepared as the video processors of Transformers do") func preprocessing()
    throws
  {
    let folder = try TemporaryFolder()
    var request = ModelRequest()
    request.identity.imageSize = 112
    let (config, provenance) = try video(in: folder).preprocessing(request: request)
    #expect(config.mean == [0.485, 0.456, 0.406] && config.std == [0.229, 0.224, 0.225])
    #expect(config.filter == .bilinear && config.resizeMode == .shortest)
    #expect(config.width == 112 && config.shortestEdge == 128)
    #expect(config.rules == .transformers && config.passOrder == .horizontalFirst)
    #expect(config.quantization == .torchvision && provenance == "usual for V-JEPA 2")
  }

  @Test("Pictures of a folder that are no frames are counted, and the first one named")
  func passedOver() throws {
    let folder = try TemporaryFolder()
    let session = try video(in: folder)
    mkdir(folder.file("clip"), 0o700)
    for name in ["1.png", "2.png", "3.tif", "4.heic", "notes.txt"] {
      _ = try folder.write([1], to: "clip/\(name)")
    }
    let clip = try #require(try session.clipFrames(of: folder.file("clip")))
    #expect(clip.count == 2)
    #expect(
      clip.note
        == "\(folder.file("clip"))/3.tif: passed over, the first of 2 pictures of kinds that are not read"
    )
    for name in ["3.tif", "4.heic"] { unlink(folder.file("clip/\(name)")) }
    #expect(try session.clipFrames(of: folder.file("clip"))?.note == nil)
  }
}
