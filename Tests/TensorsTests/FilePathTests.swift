import Tensors
import Testing

@Suite("Paths") struct FilePathTests {
  @Test(
    "The parts of a path, with and without a slash at its end",
    arguments: [
      ("a", ".", "a"), ("a/", ".", "a"), ("a/b", "a", "b"), ("a/b//", "a", "b"), ("a//b", "a", "b"),
      ("/", "/", "/"), ("//", "/", "/"), ("/a", "/", "a"), ("/a/", "/", "a"), ("", ".", ""),
      ("/a/b.pt", "/a", "b.pt"), ("./", ".", "."),
    ])
  func parts(path: String, parent: String, name: String) {
    #expect(FilePath.parent(of: path) == parent)
    #expect(FilePath.name(of: path) == name)
  }

  @Test func joined() {
    #expect(FilePath.join("a", "b") == "a/b" && FilePath.join("a/", "b") == "a/b")
    #expect(FilePath.join("", "b") == "b" && FilePath.join("/", "b") == "/b")
  }
}

@Suite("Failed calls on files") struct FileErrorTests {
  @Test("A path whose bytes were replaced says so instead of not being there")
  func lostBytes() throws {
    let lost = String(decoding: [0x67, 0x72, 0xFC, 0x6E] as [UInt8], as: UTF8.self)
    let path = "/tmp/clipscope-absent/\(lost).png"
    let error = #expect(throws: FileError.self) { try MappedFile(path: path) }
    #expect(error?.description == "\(path): cannot open: its name is not UTF-8; rename it")
    let plain = #expect(throws: FileError.self) {
      try MappedFile(path: "/tmp/clipscope-absent/a.png")
    }
    #expect(plain?.reason == "cannot open: No such file or directory")
  }
}
