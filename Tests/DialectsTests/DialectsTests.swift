import Checkpoints
import Foundation
import OrderedCollections
import Tensors
import TestSupport
import Testing

@testable import Dialects

@Suite("Rule tables") struct RuleTableTests {
  @Test func everyFileIsListedAndParses() throws {
    let graph = try RuleTables.graph()
    let tables = try graph.tables()
    #expect(tables.count == RuleTables.files.count)
    var root = #filePath.split(separator: "/").map(String.init)
    root.removeLast(3)
    let folder = "/" + root.joined(separator: "/") + "/Sources/Dialects/Tables"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names == RuleTables.files.map(\.name).sorted())
    for table in tables {
      #expect(table.file == "\(table.source).\(table.target).rules")
      #expect(!table.title.isEmpty)
    }
  }

  /// Two rules of the same variant never have the same source, nor the same target.
  @Test func noTwoRulesOfATableClaimOneKey() throws {
    for table in try RuleTables.graph().tables() {
      for inverse in [false, true] where !(inverse && table.isOneWay) {
        var owners: [String: [RuleTable.Rule]] = [:]
        for rule in table.rules {
          for pattern in inverse ? rule.targets : rule.sources {
            owners[pattern.description, default: []].append(rule)
          }
        }
        for (pattern, rules) in owners where rules.count > 1 {
          let tags = rules.map(\.tag)
          #expect(!tags.contains(nil) && Set(tags).count == tags.count, "\(table.file): \(pattern)")
        }
      }
    }
  }

  @Test(arguments: [
    ("table a -> b\n[vision]\nx -> y copy ; r", 3, "SOURCE -> TARGET"),
    ("table a -> b\n[vision]\nx -> y : copy", 3, "; reason"),
    ("table a -> b\n[vision]\nx -> y : twist ; r", 3, "unknown operation `twist`"),
    ("table a -> b\n[vision]\n{a|b}.x -> {a|b|c}.x : copy ; r", 3, "differ in number"),
    ("table a -> b\n[vision]\na.{i} -> b : copy ; r", 3, "holes"),
    ("table a -> b\n[nowhere]\n", 2, "unknown section"),
    ("table a -> b\n[vision]\nx -> y : copy @t ; r", 3, "tag `t` is not declared"),
    ("table a -> b\nwords w x\n[vision]", 2, "words NAME"),
    ("table a -> b\nwords * x y\n[vision]", 2, "words NAME"),
    ("table a -> b\nwords w x y\nwords w x z\n[vision]", 3, "words NAME"),
    ("table a -> b\n[vision]\nx.{w} -> y.{w} : copy ; r", 3, "bad key pattern"),
    ("tabel a -> b", 1, "unknown header"),
    ("[vision]\nx -> y : copy ; r", 1, "table A -> B"),
  ]) func faultsNameFileAndLine(text: String, line: Int, part: String) throws {
    let error = #expect(throws: RuleTableError.self) {
      _ = try RuleTableParser.parse(text, file: "t.rules")
    }
    #expect(error?.line == line)
    #expect(error?.description.hasPrefix("t.rules:\(line): ") == true)
    #expect(error?.reason.contains(part) == true)
  }

  /// Words are the same on both sides, whatever the alternatives beside them are.
  @Test func wordsAndAlternativesMultiply() throws {
    let table = try RuleTableParser.parse(
      "table a -> b\nwords w x y\n[vision]\nm.{0|2}.{i}.{w} -> n.{0|1}.{i}.{w} : copy ; r",
      file: "t.rules")
    let rules = table.rules.map { "\($0.sources[0]) \($0.targets[0])" }
    #expect(
      rules == [
        "m.0.{i}.x n.0.{i}.x", "m.2.{i}.x n.1.{i}.x", "m.0.{i}.y n.0.{i}.y", "m.2.{i}.y n.1.{i}.y",
      ])
    #expect(table.rules.allSatisfy { $0.line == 4 })
  }

  @Test func twoRulesForOneKeyAreReported() throws {
    let table = try RuleTableParser.parse(
      "table a -> b\n[vision]\nx.{*} -> y.{*} : copy ; r\nx.w -> z : copy ; r", file: "t.rules")
    let result = TablePass(table: table, isInverse: false, parameters: .init())
      .run(["x.w": TensorPlan(source: 0, type: .f32, shape: [2])])
    #expect(result.conflicts == ["`x.w` is matched by t.rules:4, t.rules:3"])
  }

  @Test func waysThroughTheTables() throws {
    let graph = try RuleTables.graph()
    func way(_ a: String, _ b: String) throws -> [String]? {
      try graph.path(from: a, to: b)?.map { ($0.isInverse ? "-" : "") + $0.table.file }
    }
    #expect(
      try way("bv-siglip", "hf-siglip") == [
        "bv-siglip.oc-siglip.rules", "oc-siglip.hf-siglip.rules",
      ])
    #expect(try way("openai", "hf-clip") == ["openai.oc-clip.rules", "oc-clip.hf-clip.rules"])
    #expect(try way("hf-clip", "openai") == ["-oc-clip.hf-clip.rules", "-openai.oc-clip.rules"])
    #expect(try way("oc-clip", "oc-clip") == [])
    #expect(try way("oc-eva", "hf-clip") == nil)
    #expect(try way("canonical", "oc-custom") == nil)
    #expect(
      try way("hf-siglip", "canonical") == [
        "-oc-siglip.hf-siglip.rules", "oc-custom.canonical.rules",
      ])
  }
  /// A damaged table is told by file and line when it is on the way, and costs nothing where it is not.
  @Test func onlyTablesOnTheWayAreRead() throws {
    let graph = try TableGraph(files: [
      ("a.b.rules", "table a -> b\none-way yes\n[vision]\nx -> y : copy ; r"),
      ("b.c.rules", "table b -> c\n[vision]\nx -> y : twist ; r"),
    ])
    #expect(try graph.path(from: "a", to: "b")?.map(\.table.rules.count) == [1])
    #expect(try graph.path(from: "b", to: "a") == nil)
    #expect(graph.connects("a", to: "c"))
    let error = #expect(throws: RuleTableError.self) { _ = try graph.path(from: "a", to: "c") }
    #expect(error?.description == "b.c.rules:3: unknown operation `twist`")
    #expect(throws: RuleTableError.self) {
      _ = try TableGraph(files: [("d.rules", "tabel d -> e\n[vision]")])
    }
  }
}

@Suite("Plans") struct TensorPlanTests {
  private func source(_ count: Int) -> MemorySource {
    MemorySource([
      (0..<count).flatMap { i in withUnsafeBytes(of: Float(i).bitPattern.littleEndian) { Array($0) }
      }
    ])
  }

  private func floats(_ plan: TensorPlan, _ source: MemorySource, block: Int = 1 << 22) throws
    -> [Float]
  {
    var bytes: [UInt8] = []
    try plan.produce(from: source, blockByteCount: block) { bytes += $0 }
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
  }

  @Test(arguments: [16, 64, 1 << 20]) func transposeInBlocks(block: Int) throws {
    let plan = try TensorPlan(source: 0, type: .f32, shape: [37, 53]).permuted([1, 0])
    let values = try floats(plan, source(37 * 53), block: block)
    for r in 0..<53 { for c in 0..<37 { #expect(values[r * 37 + c] == Float(c * 53 + r)) } }
  }

  @Test(arguments: [20, 4096]) func permutationOfRankFour(block: Int) throws {
    let plan = try TensorPlan(source: 0, type: .f32, shape: [3, 4, 5, 6]).permuted([3, 2, 0, 1])
    let values = try floats(plan, source(360), block: block)
    var place = 0
    for d in 0..<6 {
      for c in 0..<5 {
        for a in 0..<3 {
          for b in 0..<4 {
            #expect(values[place] == Float(((a * 4 + b) * 5 + c) * 6 + d))
            place += 1
          }
        }
      }
    }
  }

  @Test func splitIsAByteRangeAndJoiningGivesTheWholeBack() throws {
    let whole = TensorPlan(source: 0, type: .f32, shape: [6, 4])
    let pieces = try RuleEvaluation(operations: [.split([1, 1, 1])], heads: nil).run([whole])
    #expect(!pieces.contains { !$0.isByteRange })
    let joined = try RuleEvaluation(operations: [.cat([1, 1, 1])], heads: nil).run(pieces)
    #expect(joined[0].isByteRange && joined[0].parts.count == 1)
    let values = try floats(joined[0], source(24))
    #expect(values == (0..<24).map { Float($0) })
  }

  @Test func roundingIsToNearestEven() throws {
    let values: [Float] = [
      1, 1.00390625, 1.01171875, 65504, 65520, .infinity, .nan, -0.0, 1e-8, 3.0e38,
    ]
    let bytes = values.flatMap { v in withUnsafeBytes(of: v.bitPattern.littleEndian) { Array($0) } }
    var plan = TensorPlan(source: 0, type: .f32, shape: [values.count])
    plan.targetType = .bf16
    let half = try plan.bytes(from: MemorySource([bytes]))
    let words = (0..<values.count).map { UInt16(half[$0 * 2]) | UInt16(half[$0 * 2 + 1]) << 8 }
    // 1 + 2^-8 is a tie and goes down to even, 1 + 3 * 2^-8 is one and goes up.
    #expect(words[0] == 0x3F80 && words[1] == 0x3F80 && words[2] == 0x3F82)
    #expect(words[5] == 0x7F80 && words[6] & 0x7FC0 == 0x7FC0 && words[7] == 0x8000)
    plan.targetType = .f16
    let small = try plan.bytes(from: MemorySource([bytes]))
    let shorts = (0..<values.count).map { UInt16(small[$0 * 2]) | UInt16(small[$0 * 2 + 1]) << 8 }
    #expect(shorts[3] == 0x7BFF && shorts[4] == 0x7C00 && shorts[8] == 0)
  }

  @Test func identityMatrixAndZeros() throws {
    let eye = TensorPlan(
      shape: [5, 5], sourceType: .f32, parts: [.init(content: .eye(size: 5, row: 0, count: 25))])
    for block in [8, 4096] {
      let values = try floats(eye, MemorySource([]), block: block)
      let expected: [Float] = (0..<25).map { $0 % 6 == 0 ? 1 : 0 }
      #expect(values == expected)
    }
  }

  @Test func shortSourcesAreAnError() {
    let plan = TensorPlan(source: 0, type: .f32, shape: [100])
    #expect(throws: TransformError.self) { _ = try plan.bytes(from: MemorySource([[1, 2, 3, 4]])) }
  }
}
