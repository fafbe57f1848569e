import Glibc
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Pictures in folders") struct PictureFilesTests {
  /// Folders of which each leads to the next by two links: 2^`depth` ways to one picture.
  private func ladder(depth: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for level in 0...depth { mkdir(folder.file("f\(level)"), 0o700) }
    for level in 0..<depth {
      for name in ["a", "b"] {
        try #require(
          symlink("../f\(level + 1)", folder.file("f\(level)/\(name)")) == 0)
      }
    }
    _ = try folder.write([1], to: "f\(depth)/x.png")
    return folder
  }

  @Test("Every way to a picture counts") func ways() throws {
    let folder = try ladder(depth: 3)
    #expect(try PictureFiles.list([folder.file("f0")]).count == 8)
  }

  @Test("What is no picture is dropped with the reason: few are decoded, of many the head is read")
  func unreadable() throws {
    let folder = try TemporaryFolder()
    let picture = Fixtures.path("preprocess/pictures/rgb.png")
    let text = try folder.write(Array("hello".utf8), to: "hello.png")
    let broken = try folder.write(
      [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10, 0], to: "broken.png")
    var found = try PictureFiles.find([picture, text, broken])
    #expect(found.note == nil)
    var many = found
    try found.dropUnreadable()
    #expect(found.paths == [picture] && found.unreadable.count == 2)
    #expect(
      found.note?.hasPrefix("\(text): not a picture that is known here") == true
        && found.note?.hasSuffix("(the first of 2 that cannot be read)") == true, "\(found)")
    try many.dropUnreadable(decodedAtMost: 2)
    #expect(many.paths == [picture, broken] && many.unreadable.count == 1)
    #expect(throws: CancellationError.self) {
      try many.dropUnreadable(checkCancellation: { throw CancellationError() })
    }
  }

  @Test("Links that lead to more folders than anybody has are refused") func many() throws {
    let folder = try ladder(depth: 20)
    let error = #expect(throws: ModelError.self) {
      try PictureFiles.inFolder(folder.file("f0"), limit: 1_000)
    }
    #expect(error?.description.contains("more than 1000 folders") == true)
  }

  @Test("A picture whose link leads nowhere is not left out in silence") func dangling() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write([1], to: "a.png")
    for (name, goal) in [("b.png", "gone.png"), ("c.txt", "gone.txt")] {
      try #require(symlink(goal, folder.file(name)) == 0)
    }
    #expect(
      try PictureFiles.list([folder.path]) == [folder.file("a.png"), folder.file("b.png")])
  }
}
