import Foundation
import ScopeCLI
import TestSupport
import Testing

/// The scripts that the shells source, bash's by running it.
@Suite("Completion scripts") struct CompletionTests {
  /// What bash offers behind words of a command line; the last word is the one that is completed.
  private static func offered(_ words: String..., in folder: TemporaryFolder) throws -> [String] {
    let script = folder.file("script.bash")
    let made = try CommandRun("completions", "bash")
    try Data(made.output.utf8).write(to: URL(fileURLWithPath: script))
    let program = """
      source script.bash
      COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
      _clipscope clipscope "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
      printf '%s\\n' "${COMPREPLY[@]}"
      """
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["--norc", "-c", program, "bash", "clipscope"] + words
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardOutput = pipe
    try process.run()
    let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  @Test("Paths complete as the first word and behind every command that takes one") func paths()
    throws
  {
    let folder = try TemporaryFolder()
    _ = try folder.write([1], to: "tiny.pt")
    #expect(try Self.offered("ti", in: folder) == ["tiny.pt"])
    #expect(try Self.offered("other.pt", "ti", in: folder) == ["tiny.pt"])
    #expect(try Self.offered("inf", in: folder) == ["info"])
    // Without a command the dashboard's options stand.
    #expect(try Self.offered("--the", in: folder) == ["--theme"])
    #expect(try Self.offered("--page", "rop", in: folder) == ["rope"])
    for command in [
      "open", "info", "ls", "stats", "scan", "map", "convert", "diff", "edit", "verify", "embed",
      "classify", "tokenize", "preprocess", "bench", "attention", "rope",
    ] {
      #expect(try Self.offered(command, "ti", in: folder) == ["tiny.pt"], "\(command)")
    }
    for (command, option) in [
      ("embed", "--image"), ("embed", "--out"), ("embed", "--tokenizer"), ("epochs", "--pictures"),
      ("rope", "--freqs"),
    ] {
      let found = try Self.offered(command, "x", option, "ti", in: folder)
      #expect(found == ["tiny.pt"], "\(command) \(option)")
    }
  }

  @Test(
    "Options complete with what they take",
    arguments: [
      (["convert", "a", "b", "--to", "hf-clip-v"], "hf-clip-vision"),
      (["map", "a", "--to", "openclip-"], "openclip-custom"),
      (["convert", "a", "b", "--dtype", "B"], "BF16"), (["edit", "a", "b", "--cast", "F3"], "F32"),
      (["embed", "a", "--activation", "qui"], "quick_gelu"),
      (["rope", "--preset", "dino"], "dinov3"), (["open", "--page", "rop"], "rope"),
      (["open", "--graphics", "ki"], "kitty"), (["attention", "a", "b", "--head", "ma"], "max"),
      (["attention", "a", "b", "--layer", "po"], "pool"),
      (["attention", "a", "b", "--from", "me"], "mean"),
    ] as [([String], String)])
  func values(words: [String], value: String) throws {
    let folder = try TemporaryFolder()
    let made = try CommandRun("completions", "bash").output
    #expect(made.contains(value))
    let last = words.suffix(2)
    let found = try Self.offered(
      words[0], last.first ?? "", last.last ?? "", in: folder)
    #expect(found.contains(value), "\(found)")
  }

  @Test("Themes are asked for when they are completed") func themes() throws {
    #expect(CommandLineProgram.handles(["---completion", "open"]))
    let run = try CommandRun("---completion", "open", "--", "--theme", "3", "0", "clipscope")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.split(separator: "\n").contains("deep-water"), "\(run.output)")
    let bare = try CommandRun("---completion", "--", "--theme", "2", "0", "clipscope")
    #expect(bare.status == 0 && bare.output == run.output, "\(bare.errors)")
  }

  @Test("The other shells offer files as the first word too") func others() throws {
    let zsh = try CommandRun("completions", "zsh").output
    #expect(zsh.contains("subcommands && ret=0\n        _files && ret=0\n"))
    #expect(zsh.contains(":path:_files"))
    let fish = try CommandRun("completions", "fish").output
    #expect(fish.contains("for_positional \"clipscope\" -ge 1' -F"))
  }
}
