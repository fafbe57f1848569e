import Glibc
import Tensors
import TestSupport
import Testing

/// Files that somebody cuts while they are mapped; without the handler each of these ends the process.
@Suite("Files that are cut while they are read") struct CutFileTests {
  private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))

  private func mapped(pages: Int) throws -> MappedFile {
    let folder = try TemporaryFolder()
    let path = try folder.write([UInt8](repeating: 7, count: pages * Self.page), to: "file")
    return try MappedFile(path: path)
  }

  /// The folder is gone by now; the open file is not.
  private func cut(_ file: MappedFile, to byteCount: Int) throws {
    let own = open("/proc/self/fd/\(file.descriptor)", O_RDWR)
    defer { close(own) }
    try #require(ftruncate(own, off_t(byteCount)) == 0)
  }

  @Test("What is lost reads as zeros, and the file says so") func cut() throws {
    let file = try mapped(pages: 3)
    #expect(file.bytes.allSatisfy { $0 == 7 } && !file.isCut)
    try cut(file, to: Self.page)
    #expect(!file.isCut)
    #expect(file.bytes.prefix(Self.page).allSatisfy { $0 == 7 } && !file.isCut)
    #expect(file.bytes.dropFirst(Self.page).allSatisfy { $0 == 0 } && file.isCut)
  }

  @Test("Other mapped files are not touched, and their places can be used again")
  func others() throws {
    for _ in 0..<3 {
      let whole = try mapped(pages: 2)
      let lost = try mapped(pages: 2)
      try cut(lost, to: 0)
      #expect(lost.bytes.allSatisfy { $0 == 0 } && lost.isCut)
      #expect(whole.bytes.allSatisfy { $0 == 7 } && !whole.isCut)
    }
  }

  @Test("A handler that came later is asked second") func laterHandler() throws {
    signal(SIGBUS) { _ in _exit(99) }
    MappedFile.watchForCuts()
    let file = try mapped(pages: 1)
    try cut(file, to: 0)
    #expect(file.bytes[0] == 0 && file.isCut)
  }
}
