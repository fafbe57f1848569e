import Foundation
import ScopeCLI
import TestSupport
import Testing

/// Whole JSON documents of small files, compared byte for byte with what is committed.
///
/// `RECORD_SNAPSHOTS=1` rewrites them; a missing or rewritten one fails the run.
@Suite("Documents") struct DocumentTests {
  @Test(
    "Documents are as recorded",
    arguments: [
      ("ls-valid", ["ls", "FIXTURES/cases/c01_valid.safetensors", "--values"]),
      ("ls-shards", ["ls", "FIXTURES/cases/c16_missing_shard"]),
      ("ls-views", ["ls", "FIXTURES/cases/c11_views.pt", "--values", "--limit", "4"]),
      ("ls-training", ["ls", "FIXTURES/cases/c10_epoch_3.pt"]),
      ("ls-numpy", ["ls", "FIXTURES/cases/c15_arrays.npz", "--values"]),
      ("ls-hostile", ["ls", "FIXTURES/cases/c06_hostile_names.safetensors"]),
      ("info-hf", ["info", "FIXTURES/cases/c19_hf_quick"]),
      ("info-openclip", ["info", "FIXTURES/cases/c19_openclip_plain"]),
      ("info-training", ["info", "FIXTURES/cases/c10_epoch_3.pt"]),
      ("stats-empty", ["stats", "FIXTURES/cases/c04_zero_and_scalar.safetensors"]),
      ("stats-glob", ["stats", "FIXTURES/cases/c19_hf_quick", "*.bias"]),
      ("scan-unsafe", ["scan", "FIXTURES/cases/c08_reduce_beside_weights.pt"]),
      ("scan-malformed", ["scan", "FIXTURES/cases/c03_truncated.safetensors"]),
      ("scan-clean", ["scan", "FIXTURES/cases/c01_valid.safetensors"]),
    ] as [(String, [String])])
  func recorded(name: String, arguments: [String]) throws {
    let run = try CommandRun(
      arguments.map { $0.replacing("FIXTURES", with: Fixtures.folder) } + ["--json"])
    let document = run.output.replacing(Fixtures.folder, with: "FIXTURES")
    #expect(try run.json()["schema"] as? Int == 1)
    let path = Fixtures.path("cli/\(name).json")
    let recorded = try? String(contentsOfFile: path, encoding: .utf8)
    if recorded != document, ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try FileManager.default.createDirectory(
        atPath: Fixtures.path("cli"), withIntermediateDirectories: true)
      try document.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(recorded == document)
  }

  @Test("The man page is the one that is committed") func manual() throws {
    let repository = Fixtures.folder.split(separator: "/").dropLast(2).joined(separator: "/")
    let path = "/" + repository + "/docs/clipscope.1"
    let page = try ManualPage.text() + "\n"
    let recorded = try? String(contentsOfFile: path, encoding: .utf8)
    if recorded != page, ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try page.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(recorded == page, "run `clipscope manual > docs/clipscope.1`")
  }

  @Test("The man page names every command and every exit status") func manualContents() throws {
    let page = try ManualPage.text()
    for name in CommandLineProgram.commandNames where name != "manual" {
      #expect(page.contains(".SS \(name)\n"))
    }
    for row in ManualPage.exitRows { #expect(page.contains("\\fB\(row.status)\\fR")) }
    #expect(page.contains("\n\\fB130, 143, 129\\fR\nStopped by Ctrl\\-C"))
  }

  @Test("Every exit status stands in docs/exit-codes.md") func exitCodes() throws {
    let repository = Fixtures.folder.split(separator: "/").dropLast(2).joined(separator: "/")
    let text = try String(contentsOfFile: "/" + repository + "/docs/exit-codes.md", encoding: .utf8)
    for row in ManualPage.exitRows { #expect(text.contains("| \(row.status) | \(row.meaning) |")) }
  }
}
