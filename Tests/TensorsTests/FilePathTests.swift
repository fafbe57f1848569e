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
