import TestSupport
import Testing

@testable import ScopeCLI

@Suite("Lists that a hostile file makes long") struct LongListTests {
  /// A pickle that names a thousand classes that nobody knows, and a dangerous one after them.
  private func pickle() throws -> String {
    let names = (0..<1_000).map { "cm\($0)\nn\n)R0" }.joined()
    let folder = try TemporaryFolder()
    let path = try folder.write(
      [0x80, 2] + Array((names + "cos\nsystem\n)R0N.").utf8), to: "long.pkl")
    kept.append(folder)
    return path
  }

  private let kept = Kept()
  private final class Kept {
    private var folders: [TemporaryFolder] = []
    func append(_ folder: TemporaryFolder) { folders.append(folder) }
  }

  @Test("A scan shows the worst first and says how many are left out") func scan() throws {
    let run = try CommandRun("scan", try pickle())
    let lines = run.output.split(separator: "\n")
    #expect(run.status == 1)
    #expect(lines.count == 102)
    #expect(lines.first?.hasSuffix("1,001 findings") == true)
    #expect(lines[1].contains("danger") && lines[1].contains("os.system"))
    #expect(lines.last == "  and 901 more findings (--json)")
    let document = try CommandRun("scan", try pickle(), "--json").json()
    #expect((document["findings"] as? [Any])?.count == 1_001)
  }

  @Test("Pairs of metadata are shown in part") func metadata() throws {
    let pairs = (0..<300).map { #""k\#($0)":"v""# }.joined(separator: ",")
    let header = #"{"__metadata__":{\#(pairs)}}"#
    let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Array($0) }
    let folder = try TemporaryFolder()
    let path = try folder.write(length + Array(header.utf8), to: "w.safetensors")
    let run = try CommandRun("info", path)
    #expect(
      run.output.split(separator: "\n").count { $0.contains("k") && $0.contains("= v") } == 100)
    #expect(run.output.contains("and 200 more pairs of metadata (--json)"))
  }
}
