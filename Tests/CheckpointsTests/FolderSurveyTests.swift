import Checkpoints
import Glibc
import TestSupport
import Testing

@Suite("Survey of a folder") struct FolderSurveyTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(_ name: String, holding bytes: [UInt8]) throws {
    var path = folder.path
    for part in name.split(separator: "/").dropLast() {
      path += "/\(part)"
      mkdir(path, 0o755)
    }
    _ = try folder.write(bytes, to: name)
  }

  @Test("Near files come first, in numeric order, told apart by their first bytes")
  func order() throws {
    for name in ["sub/a.pt", "b10.bin", "b9", ".git/c.pt"] {
      try make(name, holding: [0x80, 2, 0x4E, 0x2E])
    }
    try make("text", holding: Array("cos\nsystem\n".utf8))
    try make("notes.md", holding: Array("notes".utf8))
    let survey = try FolderSurvey(of: folder.path)
    #expect(survey.files.map(\.name) == ["b9", "b10.bin", "text", "sub/a.pt"])
    #expect(survey.files.map(\.kind) == [.checkpoint, .checkpoint, .maybePickle, .checkpoint])
    #expect(survey.fileCount == 5)
    #expect(survey.otherCount == 1)
    #expect(survey.unvisited.isEmpty)
  }

  @Test("A name that is not UTF-8 is told, whatever its ending, and not taken for one that is")
  func foreignNames() throws {
    try make("a\u{FFFD}.txt", holding: [0x80, 2, 0x4E, 0x2E])
    for name: [UInt8] in [[0x61, 0xFF, 0x2E, 0x74, 0x78, 0x74], [0xC3]] {
      let path = (Array(folder.path.utf8) + [0x2F] + name + [0]).map { CChar(bitPattern: $0) }
      let file = open(path, O_CREAT | O_WRONLY, 0o600)
      #expect(file >= 0)
      close(file)
    }
    let survey = try FolderSurvey(of: folder.path)
    #expect(survey.files.map(\.name) == ["a\u{FFFD}.txt"])
    #expect(survey.unreadable.map(\.name) == ["a\u{FFFD}.txt", "\u{FFFD}"])
    #expect(survey.unreadable.allSatisfy { $0.reason.hasPrefix("its name is not UTF-8") })
  }

  @Test("Folders that are too deep are named, and so is where the count ends") func limits() throws
  {
    try make("a/b/c/d.pt", holding: [0x80, 2])
    try make("z/e.pt", holding: [0x80, 2])
    var limits = FolderSurvey.Limits()
    limits.depth = 2
    let shallow = try FolderSurvey(of: folder.path, limits: limits)
    #expect(shallow.unvisited.map(\.name) == ["a/b/c"])
    #expect(shallow.files.map(\.name) == ["z/e.pt"])
    limits.count = 3
    let short = try FolderSurvey(of: folder.path, limits: limits)
    #expect(short.unvisited.map(\.name) == ["z"])
    limits.count = 1
    #expect(
      try FolderSurvey(of: folder.path, limits: limits).unvisited.map(\.name) == ["", "a"])
  }

  @Test("Links are followed once; pipes are passed over") func links() throws {
    try make("a/x", holding: [0x80, 2])
    #expect(symlink("..", folder.file("a/up")) == 0)
    #expect(symlink("a", folder.file("again")) == 0)
    #expect(mkfifo(folder.file("pipe.pt"), 0o600) == 0)
    let survey = try FolderSurvey(of: folder.path)
    #expect(survey.files.map(\.name) == ["a/x"])
    #expect(survey.fileCount == 1)
  }

  @Test("A survey stops when nobody waits for it") func cancelled() throws {
    #expect(throws: CheckpointError.cancelled) {
      try FolderSurvey(of: folder.path, isCancelled: { true })
    }
  }
}
