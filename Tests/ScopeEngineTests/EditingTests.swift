import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Editing") struct EditingTests {
  @Test(
    "Renames",
    arguments: [
      ("module.*=*", "module.a.b", "a.b"), ("module.*=*", "a.b", nil),
      (
        "blocks.*.attn.*=layers.*.self_attn.*", "blocks.3.attn.q.weight",
        "layers.3.self_attn.q.weight"
      ),
      ("*.?.w=\\2/\\1", "a.b.3.w", "3/a.b"), ("a=b", "a", "b"), ("a=b", "ab", nil),
      ("s/^module\\.//", "module.module.x", "module.x"), ("s/a/b/g", "aXaYa", "bXbYb"),
      ("s/(\\d+)\\.(\\w+)/\\2_\\1/", "h.12.ln", "h.ln_12"), ("s|x/|&&|", "ax/b", "ax/x/b"),
      ("s/q/p/", "nothing", nil), ("s/x*/-/g", "ab", "-a-b-"),
      ("s/^m\\.//g", "m.m.x", "m.x"), ("s/\\bx/y/g", "xx.x", "yx.y"),
      ("s/\\bln\\b/norm/", "ln_1.ln.weight", "ln_1.norm.weight"),
    ] as [(String, String, String?)])
  func renames(rule: String, name: String, expected: String?) throws {
    #expect(try RenameRule(parsing: rule).apply(to: name) == expected)
  }

  @Test(
    "Rules that mean nothing are refused",
    arguments: ["abc", "=x", "s/a", "s/(/x/", "s/a/b/q", "s//x/"])
  func syntax(rule: String) {
    #expect(throws: RenameRule.SyntaxError.self) { try RenameRule(parsing: rule) }
  }

  @Test("A pattern with many stars ends") func stars() throws {
    let rule = try RenameRule(parsing: String(repeating: "*a", count: 30) + "=x")
    #expect(rule.apply(to: String(repeating: "a", count: 300) + "b") == nil)
  }

  private func session(_ folder: TemporaryFolder) throws -> Session {
    try TinyCheckpoint.session(
      [
        .init(name: "m.a.weight", shape: [2, 2], values: [1, 2, 3, 4]),
        .init(name: "m.b.weight", shape: [2], values: [5, 6]),
        .init(name: "m.b.bias", shape: [1], values: [7]),
      ], in: folder)
  }

  @Test("Rename, drop, cast and metadata in one edit") func edit() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("out.safetensors")
    let request = EditRequest(
      output: output, renames: [try RenameRule(parsing: "m.*=*")], drops: [GlobPattern("*.bias")],
      metadata: [MetadataPair(key: "step", value: "12")], elementType: .f16)
    _ = try session(folder).edit(request)
    let file = try CheckpointFile(opening: output)
    #expect(file.catalog.entries.map(\.name) == ["a.weight", "b.weight"])
    #expect(file.catalog.entries.allSatisfy { $0.elementType == .f16 })
    #expect(file.catalog.metadata.contains(MetadataPair(key: "step", value: "12")))
    let values = try file.withBytes(of: file.catalog.entries[1]) { raw in
      (0..<2).map { raw.loadUnaligned(fromByteOffset: $0 * 2, as: Float16.self) }
    }
    #expect(values == [5, 6])
    #expect(throws: CheckpointError.self) { _ = try session(folder).edit(request) }
  }

  @Test("Keep, and a PyTorch file") func keep() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("out.pt")
    let plan = try session(folder).edit(EditRequest(output: output, keeps: [GlobPattern("m.b.*")]))
    #expect(plan.rows.map(\.action) == [.drop, .same, .same])
    #expect(
      try CheckpointFile(opening: output).catalog.entries.map(\.name) == ["m.b.weight", "m.b.bias"])
  }

  @Test("Two tensors of one name are refused, and so is nothing at all") func refused() throws {
    let folder = try TemporaryFolder()
    let session = try session(folder)
    let output = folder.file("out.safetensors")
    #expect(throws: Refusal.self) {
      _ = try session.edit(
        EditRequest(output: output, renames: [try RenameRule(parsing: "m.*.weight=same")]))
    }
    #expect(throws: Refusal.self) {
      _ = try session.edit(EditRequest(output: output, drops: [GlobPattern("*")]))
    }
    #expect(!FileManager.default.fileExists(atPath: output))
  }
}
