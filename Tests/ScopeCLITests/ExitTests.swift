import Foundation
import Glibc
import ScopeCLI
import TestSupport
import Testing

@Suite("Exit statuses and messages") struct ExitTests {
  private static let good = Fixtures.path("cases/c01_valid.safetensors")
  private static let ids = Fixtures.path("features/coca/ids.npy")

  @Test(
    "The status says how it went",
    arguments: [
      (["ls", good], 0), (["info", good], 0), (["stats", good], 0), (["scan", good], 0),
      (["doctor"], 0), (["completions", "bash"], 0), (["--version"], 0), (["--help"], 0),
      (["help", "ls"], 0), (["ls", "--help"], 0), (["manual"], 0),
      (["ls", "/nonexistent"], 2), (["info", "/"], 2), (["ls", good, "nothing*"], 2),
      (["stats", Fixtures.path("cases/c01_empty.safetensors")], 2),
      (["scan", Fixtures.path("cases/c01_lfs_pointer.safetensors")], 2),
      (["scan", Fixtures.path("cases/c12_html_page.pt")], 2),
      (["scan", Fixtures.path("cases/c03_overlap_exact.safetensors")], 1),
      (["ls"], 64), (["ls", good, "a", "b"], 64), (["ls", good, "--sort", "colour"], 64),
      (["ls", good, "--limit", "-1"], 64), (["stats", "--nonsense", good], 64),
      (["completions", "tcsh"], 64), (["scan"], 64), (["ls", good, "--color", "sometimes"], 64),
    ] as [([String], Int32)])
  func status(arguments: [String], wanted: Int32) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == wanted, "\(run.errors)")
    if wanted == 0 {
      #expect(run.errors.isEmpty)
      #expect(!run.output.isEmpty)
    } else if wanted > 1 {
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("clipscope: "))
      #expect(run.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test("A tensor that cannot be read does not hide the values of the others") func values() throws
  {
    var bytes = [UInt8](
      try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("cases/c12_deflated.pt"))))
    // The ten compressed bytes of `data/0`: no block of deflate begins with ones alone.
    bytes.replaceSubrange(283..<293, with: repeatElement(0xFF, count: 10))
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, to: "damaged.pt")
    let run = try CommandRun("ls", path, "--values")
    #expect(run.status == 2, "\(run.output)")
    #expect(run.errors.hasPrefix("clipscope: \(path): tensor `"))
    #expect(run.errors.hasSuffix("`: its compressed data is damaged\n"))
    let whole = try CommandRun("ls", Fixtures.path("cases/c12_deflated.pt"), "--values")
    #expect(whole.status == 0)
    #expect(run.output.hasSuffix(whole.output.suffix(12)))
  }

  @Test(
    "Errors are one sentence that says what, where and why",
    arguments: [
      (
        ["ls", "/nonexistent.pt"],
        "clipscope: /nonexistent.pt: cannot open: No such file or directory\n"
      ),
      (["ls", good, "x?"], "clipscope: \(good): no tensor fits `x?`\n"),
      (
        ["ls", good, "--limit", "many"],
        "clipscope: The value 'many' is invalid for '--limit <limit>'; see clipscope ls --help\n"
      ),
      (
        ["bench", good],
        "clipscope: Missing expected argument '--tower <tower>', one of vision, text; "
          + "see clipscope bench --help\n"
      ),
      (
        ["bench", good, "--tower"],
        "clipscope: Missing value for '--tower <tower>', one of vision, text; "
          + "see clipscope bench --help\n"
      ),
      (
        ["convert", good, "out"],
        "clipscope: Missing expected argument '--to <target>', one of openclip, openclip-custom, openai, "
          + "hf, timm, eva, pe, safetensors; see clipscope convert --help\n"
      ),
      (
        ["convert", good, "out", "-to", "hf"],
        "clipscope: Unknown option '-to'. Did you mean '--to'? See clipscope convert --help\n"
      ),
      (
        ["map", good, "-to=hf"],
        "clipscope: Unknown option '-to'. Did you mean '--to'? See clipscope map --help\n"
      ),
      (["info"], "clipscope: Missing expected argument '<path>'; see clipscope info --help\n"),
      (
        ["edit", good, good],
        "clipscope: \(good): cannot write: File exists; --force replaces it\n"
      ),
      (
        ["info", good, "--jsn"],
        "clipscope: Unknown option '--jsn'. Did you mean '--json'? See clipscope info --help\n"
      ),
      (
        ["map", good, "--to", "hf", "--only", "some"],
        "clipscope: The value 'some' is invalid for '--only <only>'. Please provide one of the following: "
          + "all, mapped, ignored, unknown, unfilled, unmapped; see clipscope map --help\n"
      ),
      (
        ["map", good, "--to", "hf", "--only", "unmaped"],
        "clipscope: The value 'unmaped' is invalid for '--only <only>'. Please provide one of the following: "
          + "all, mapped, ignored, unknown, unfilled, unmapped; did you mean unmapped? "
          + "See clipscope map --help\n"
      ),
      (
        ["convert", good, "out", "--to", "hf", "--tower", "visoin"],
        "clipscope: The value 'visoin' is invalid for '--tower <tower>'. Please provide one of 'vision', "
          + "'text' or 'both'; did you mean vision? See clipscope convert --help\n"
      ),
      (
        ["bench", good, "--tower", "x"],
        "clipscope: The value 'x' is invalid for '--tower <tower>'. Please provide one of 'vision' and "
          + "'text'; see clipscope bench --help\n"
      ),
    ] as [([String], String)])
  func sentence(arguments: [String], wanted: String) throws {
    #expect(try CommandRun(arguments).errors == wanted)
  }

  @Test("Output that cannot be written is trouble; a reader that goes away is none")
  func lostOutput() throws {
    let folder = try TemporaryFolder()
    func run(_ arguments: [String], to output: Int32) throws -> (status: Int32, errors: String) {
      let errors = open(folder.file("err"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
      defer { close(errors) }
      let status = CommandLineProgram.run(arguments, output: output, errors: errors)
      return (status, try String(contentsOfFile: folder.file("err"), encoding: .utf8))
    }
    let full = open("/dev/full", O_WRONLY | O_CLOEXEC)
    defer { close(full) }
    for arguments in [["ls", Self.good], ["info", Self.good, "--json"], ["--help"]] {
      let lost = try run(arguments, to: full)
      #expect(lost.status == 2, "\(arguments)")
      #expect(
        lost.errors == "clipscope: standard output: cannot write: No space left on device\n")
    }
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let left = try run(["ls", Self.good], to: ends[1])
    close(ends[1])
    #expect(left.status == 0 && left.errors.isEmpty, "\(left)")
  }

  @Test(
    "A question for help behind a word that is neither a file nor a command names the word",
    arguments: [
      (
        ["foo", "--help"],
        "clipscope: foo: there is no file and no command of that name; see clipscope --help\n"
      ),
      (
        ["inf", "-h"],
        "clipscope: inf: there is no file and no command of that name; did you mean info?\n"
      ),
    ])
  func helpOfNothing(arguments: [String], wanted: String) throws {
    #expect(CommandLineProgram.handles(arguments))
    let run = try CommandRun(arguments)
    #expect(run.status == 2 && run.errors == wanted, "\(run.errors)")
  }

  @Test("Behind a path the question for help is answered") func helpOfPath() throws {
    #expect(CommandLineProgram.handles([Self.good, "--help"]))
    #expect(!CommandLineProgram.handles([Self.good, "--", "--help"]))
    let run = try CommandRun(Self.good, "--help")
    #expect(run.status == 0 && run.output.contains("USAGE: clipscope [PATH...]"))
  }

  @Test("A tree is sorted below each branch, a table as a whole") func sortedTree() throws {
    func names(_ options: String...) throws -> [String] {
      let run = try CommandRun(["ls", "demo/clip-shapes", "--tree"] + options)
      #expect(run.status == 0, "\(run.errors)")
      return run.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        .compactMap { $0.split(separator: " ").first.map(String.init) }
    }
    #expect(try names().first == "ln_final")
    #expect(try names("--sort", "name") == names())
    let largest = ["visual", "transformer.resblocks", "token_embedding.weight"]
    #expect(try names("--sort", "size").prefix(3) == largest[...])
    #expect(try names("--sort", "count").prefix(3) == largest[...])
    #expect(try Set(names("--sort", "dtype")) == Set(names()))
    // Branches of several types come last.
    let mixed = try CommandRun(
      "ls", Fixtures.path("cases/c20_with_ids"), "--tree", "--sort", "dtype")
    let tops = mixed.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
    #expect(tops.last?.hasPrefix("vision_model") == true, "\(tops)")
    let table = try CommandRun("ls", "demo/clip-shapes", "--sort", "size").output
    #expect(
      table.split(separator: "\n").dropFirst().first?.hasPrefix("token_embedding.weight") == true)
  }

  @Test(
    "A file that cannot be written is refused before the checkpoint is looked at",
    arguments: [
      ["verify", "/nonexistent.pt", "/nonexistent.pt", "--receipt"],
      ["attention", "/nonexistent.pt", "--tower", "text", "--text", "a", "--out"],
      ["embed", "/nonexistent.pt", "--text", "a", "--out"],
      ["bench", "/nonexistent.pt", "--tower", "text", "--tokens", ids, "--out"],
    ])
  func noRoom(arguments: [String]) throws {
    let folder = try TemporaryFolder()
    let taken = try folder.write([], to: "x.npy")
    let refused = try CommandRun(arguments + [taken])
    #expect(
      refused.errors == "clipscope: \(taken): cannot write: File exists; --force replaces it\n")
    let lost = folder.file("missing/x.npy")
    #expect(
      try CommandRun(arguments + [lost, "--force"]).errors
        == "clipscope: \(lost): cannot write: No such file or directory\n")
    #expect(
      try CommandRun(arguments + [taken, "--force"]).errors
        == "clipscope: /nonexistent.pt: cannot open: No such file or directory\n")
  }

  @Test("A series is not read for options that are wrong anyway") func epochsOptions() throws {
    let threads = try CommandRun("epochs", "/nonexistent", "--threads", "0")
    #expect(threads.errors == "clipscope: --threads is a number from 1 to 256, not 0\n")
    let template = try CommandRun("epochs", "/nonexistent", "--template", "x")
    #expect(template.errors.hasPrefix("clipscope: --template: "), "\(template.errors)")
  }

  @Test("A name of a hundred thousand parts is a tree like any other") func deepName() throws {
    let folder = try TemporaryFolder()
    let name = Array(repeating: "a", count: 100_000).joined(separator: ".")
    let header = #"{"\#(name)":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let path = try folder.write(length + Array(header.utf8) + [1], to: "deep.safetensors")
    let run = try CommandRun("ls", path, "--tree")
    #expect(run.status == 0 && run.output.contains("a.a.a"))
  }

  @Test("Control characters of a path never reach the terminal") func hostilePath() throws {
    let run = try CommandRun("ls", "/tmp/\u{1b}[2J\u{9d}x")
    #expect(run.errors.contains(#"\u{1b}[2J\u{9d}x"#))
    #expect(!run.errors.contains("\u{1b}"))
  }

  @Test(
    "Options may stand before or after what they belong to",
    arguments: [
      ["ls", "--json", good, "a"], ["ls", good, "--json", "a"], ["ls", good, "a", "--json"],
    ])
  func order(arguments: [String]) throws {
    #expect(try CommandRun(arguments).json()["schema"] as? Int == 1)
  }

  @Test(
    "Help is that of the command that is asked about",
    arguments: [
      (["ls", "--help"], "--values"), (["help", "ls"], "--values"), (["open", "-h"], "--snapshot"),
      (["demo", "--help"], "--tour"), (["ls", good, "--help"], "--values"),
      (["--help"], "SUBCOMMANDS"), (["help"], "SUBCOMMANDS"),
    ] as [([String], String)])
  func help(arguments: [String], wanted: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.contains(wanted))
    #expect(run.output.contains("SUBCOMMANDS") == (wanted == "SUBCOMMANDS"))
  }

  @Test("Colour is written when it is asked for, and only then") func colour() throws {
    #expect(try CommandRun("ls", Self.good, "--color", "always").output.contains("\u{1b}[1m"))
    #expect(try !CommandRun("ls", Self.good).output.contains("\u{1b}"))
    #expect(try !CommandRun("ls", Self.good, "--color", "never").output.contains("\u{1b}"))
    let json = try CommandRun("ls", Self.good, "--json", "--color", "always")
    #expect(!json.output.contains("\u{1b}"))
  }

  @Test("A reader that goes away is no error") func brokenPipe() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    close(ends[0])
    let folder = try TemporaryFolder()
    let errors = open(folder.file("err"), O_RDWR | O_CREAT, 0o600)
    let status = CommandLineProgram.run(
      ["ls", Fixtures.path("cases/c19_hf_quick")], output: ends[1], errors: errors)
    close(ends[1])
    close(errors)
    #expect(status == 0)
    #expect(try String(contentsOfFile: folder.file("err"), encoding: .utf8).isEmpty)
  }

  @Test("A command is told from a path by its first word alone") func commands() {
    #expect(CommandLineProgram.handles(["ls", "x"]))
    #expect(CommandLineProgram.handles(["--help"]))
    #expect(!CommandLineProgram.handles(["./ls"]))
    #expect(!CommandLineProgram.handles(["model.safetensors", "ls"]))
    #expect(!CommandLineProgram.handles([]))
    #expect(!CommandLineProgram.handles(["open", "x"]))
    #expect(CommandLineProgram.handles(["open", "--help"]))
  }

  @Test("A scan of a folder ends with 1 for findings, with 2 where files are only broken")
  func folderScan() throws {
    let folder = try TemporaryFolder()
    #expect(symlink(Self.good, folder.file("good.safetensors")) == 0)
    _ = try folder.write(Array("notes".utf8), to: "notes.md")
    let clean = try CommandRun("scan", folder.path)
    #expect(clean.status == 0)
    #expect(
      clean.output == "\(folder.path): nothing found\n  2 files looked at, 1 of other kinds\n")

    _ = try folder.write([], to: "empty.pt")
    let broken = try CommandRun("scan", folder.path)
    #expect(broken.status == 2)
    #expect(broken.output.contains("  error    empty.pt: the file is empty\n"))
    let document = try CommandRun("scan", folder.path, "--json").json()
    let findings = try #require(document["findings"] as? [[String: Any]])
    #expect(findings.map { $0["where"] as? String } == ["empty.pt"])
    #expect(findings.map { $0["kind"] as? String } == ["unreadable-file"])
    #expect(document["files_looked_at"] as? Int == 3)
    #expect(document["files_of_other_kinds"] as? Int == 1)

    _ = try folder.write(Array("cos\nsystem\n(S'true'\ntR.".utf8), to: "optimizer")
    let unsafe = try CommandRun("scan", folder.path)
    #expect(unsafe.status == 1)
    #expect(unsafe.output.contains("danger   optimizer: loading"))
    #expect(unsafe.output.contains("empty.pt"))
  }
}

extension ExitTests {
  @Test("A path that cannot be scanned does not keep the others from it") func severalScans() throws
  {
    let page = Fixtures.path("cases/c12_html_page.pt")
    let clean = try CommandRun("scan", "/nonexistent.pt", Self.good, page)
    #expect(clean.status == 2)
    #expect(clean.output == "\(Self.good): nothing found\n")
    let lines = clean.errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first == "clipscope: /nonexistent.pt: cannot open: No such file or directory")
    #expect(lines.last?.hasPrefix("clipscope: \(page): ") == true)

    let lying = Fixtures.path("cases/c03_overlap_exact.safetensors")
    let found = try CommandRun("scan", page, lying, "--json")
    #expect(found.status == 1)
    #expect(found.errors.count { $0 == "\n" } == 1)
    let document = try found.json()
    let findings = try #require(document["findings"] as? [[String: Any]])
    #expect(!findings.isEmpty && findings.allSatisfy { $0["path"] as? String == lying })
    let unread = try #require(document["unread"] as? [[String: Any]])
    #expect(unread.map { $0["path"] as? String } == [page])
    #expect((unread.first?["error"] as? String)?.hasPrefix(page) == true)

    // None of them: the status and the lines are all that there is.
    let none = try CommandRun("scan", page, "/nonexistent.pt")
    #expect(none.status == 2 && none.output.isEmpty)
    #expect(none.errors.count { $0 == "\n" } == 2)
  }
}

@Suite("Arguments of the dashboard") struct DashboardArgumentsTests {
  @Test("Paths and options in any order") func mixed() throws {
    let arguments = try DashboardArguments(
      parsing: [
        "a.pt", "--snapshot", "120x40", "--theme=dusk", "b", "--ascii", "--no-mouse", "--page", "2",
      ])
    #expect(arguments.paths == ["a.pt", "b"])
    #expect(arguments.snapshot == .init(columns: 120, rows: 40))
    #expect(arguments.theme == "dusk")
    #expect(arguments.isASCIIOnly && !arguments.usesMouse)
    #expect(arguments.page == 2)
    #expect(arguments.graphics == .auto)
    #expect(try DashboardArguments(parsing: ["--graphics=off"]).graphics == .off)
  }

  @Test("A picture of a page replaces a file only where that was said") func snapshotFile() throws {
    let folder = try TemporaryFolder()
    let kept = try folder.write([1, 2, 3], to: "page.png")
    let problem = try #require(SnapshotFile.write([9], to: kept, isReplacing: false))
    #expect(problem.hasPrefix(kept) && problem.hasSuffix("--force replaces it"), "\(problem)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == Data([1, 2, 3]))
    let forced = try DashboardArguments(parsing: ["--snapshot-png", kept, "--force"])
    #expect(SnapshotFile.write([9], to: kept, isReplacing: forced.isReplacing) == nil)
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == Data([9]))
    #expect(try !DashboardArguments(parsing: ["--snapshot-png", kept]).isReplacing)
  }

  @Test("After -- everything is a path") func dashes() throws {
    #expect(try DashboardArguments(parsing: ["--", "--ascii", "-"]).paths == ["--ascii", "-"])
    #expect(try DashboardArguments(parsing: ["open", "ls"]).paths == ["ls"])
  }

  @Test(
    "What does not fit is refused",
    arguments: [
      ["--graphics", "sixel"], ["--graphics"], ["--snapshot", "120"], ["--snapshot", "0x4"],
      ["--snapshot", "9999x4"], ["--snapshot"],
      ["--page", "7"], ["--colour"], ["-x"], ["--snapshot-png", "page.jpg"],
      ["--snapshot-png", ""], ["--force"], ["--snapshot", "80x24", "--force"],
    ])
  func refused(arguments: [String]) {
    #expect(throws: DashboardArguments.UsageError.self) {
      try DashboardArguments(parsing: arguments)
    }
  }
}
