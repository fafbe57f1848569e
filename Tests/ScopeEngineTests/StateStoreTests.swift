import Foundation
import ScopeEngine
import Tensors
import TestSupport
import Testing

@Suite("State between runs") struct StateStoreTests {
  private let folder: TemporaryFolder
  private let store: StateStore

  init() throws {
    folder = try TemporaryFolder()
    store = StateStore(folder: folder.file("state/clipscope"))
  }

  @Test("Nothing is remembered at first") func empty() {
    #expect(store.recentPaths().isEmpty)
    #expect(store.state(for: "/a") == nil)
  }

  @Test("The latest file stands first, each once, fifty at most") func recent() {
    for number in 0..<60 { store.remember("/checkpoints/\(number).pt") }
    store.remember("/checkpoints/20.pt")
    let paths = store.recentPaths()
    #expect(paths.count == 50)
    #expect(paths.first == "/checkpoints/20.pt")
    #expect(Set(paths).count == 50)
    store.forget("/checkpoints/20.pt")
    #expect(!store.recentPaths().contains("/checkpoints/20.pt"))
  }

  @Test("State is kept for each file") func state() {
    store.setState(["cursor": 3, "filter": "权重"], for: "/a.pt")
    store.setState(["cursor": 4], for: "/b.pt")
    #expect(store.state(for: "/a.pt") == ["cursor": 3, "filter": "权重"])
    #expect(store.state(for: "/b.pt") == ["cursor": 4])
  }

  @Test("Damaged files count as absent and are replaced by the next write") func damaged() throws {
    store.remember("/a.pt")
    let path = store.folder + "/recent.json"
    for text in ["", "{", "[1]", "{\"paths\": 3}", String(repeating: "[", count: 10_000)] {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      #expect(store.recentPaths().isEmpty)
    }
    store.remember("/b.pt")
    #expect(store.recentPaths() == ["/b.pt"])
  }

  @Test("No drafts are left behind") func drafts() throws {
    store.remember("/a.pt")
    store.setState(1, for: "/a.pt")
    let names = try FileManager.default.contentsOfDirectory(atPath: store.folder)
    #expect(names.count == 2 && names.allSatisfy { $0.hasSuffix(".json") })
  }

  @Test("A folder that cannot be made is no error") func unwritable() throws {
    let blocker = try folder.write([1], to: "file")
    let store = StateStore(folder: blocker + "/clipscope")
    store.remember("/a.pt")
    #expect(store.recentPaths().isEmpty)
  }
}
