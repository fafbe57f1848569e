import Foundation
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
}
