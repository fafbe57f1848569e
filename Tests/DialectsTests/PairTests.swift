import Checkpoints
import Foundation
import OrderedCollections
import Tensors
import TestSupport
import Testing

@testable import Dialects

/// Tiny models whose targets were made by the real libraries; see `Tests/Oracle/dialects.py`.
struct Pair: CustomStringConvertible, Sendable {
  struct Target: Sendable {
    var shape: [Int]
    var digest: String
  }
  var name: String
  var source: [(name: String, shape: [Int])]
  var target: [String: Target]
  var heads: [Int]
  /// Prefixes of sources that the target has no place for.
  var drop: [String]

  var description: String { name }
  var sourceLayout: String { name.components(separatedBy: " > ")[0] }
  var targetLayout: String {
    name.components(separatedBy: " > ")[1].components(separatedBy: " ")[0]
  }

  /// Node of the graph of tables.
  var graphTarget: String { targetLayout == "timm" ? "oc-timm-clip" : targetLayout }

  static let all: [Pair] = {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("dialects/pairs.json")),
      let document = try? JSONValue(parsing: String(decoding: data, as: UTF8.self))
    else { return [] }
    return (document["pairs"]?.array ?? []).map { pair in
      var target: [String: Target] = [:]
      for row in pair["target"]?.array ?? [] {
        target[row[0]?.string ?? ""] = Target(shape: shape(row[1]), digest: row[2]?.string ?? "")
      }
      return Pair(
        name: pair["name"]?.string ?? "",
        source: (pair["source"]?.array ?? []).map { ($0[0]?.string ?? "", shape($0[1])) },
        target: target,
        heads: shape(pair["heads"]), drop: (pair["drop"]?.array ?? []).compactMap(\.string))
    }
  }()

  private static func shape(_ value: JSONValue?) -> [Int] {
    (value?.array ?? []).compactMap(\.integer)
  }

  /// The values that the oracle gave to `key`: SplitMix64 from the FNV-1a hash of the key.
  static func bytes(_ key: String, _ shape: [Int]) -> [UInt8] {
    var seed: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in key.utf8 { seed = (seed ^ UInt64(byte)) &* 0x100_0000_01B3 }
    var result: [UInt8] = []
    for i in 0..<shape.reduce(1, *) {
      var z = seed &+ (UInt64(i) + 1) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      z ^= z >> 31
      let value = (Float(z >> 40) * 0x1p-24 - 0.5) * 0.125
      withUnsafeBytes(of: value.bitPattern.littleEndian) { result += $0 }
    }
    return result
  }

  var catalog: Catalog {
    Catalog(shapes: source.map { (name: $0.name, shape: Shape($0.shape)) })
  }

  var memory: MemorySource { MemorySource(source.map { Self.bytes($0.name, $0.shape) }) }

  var identity: Identity {
    Identity.identify(
      catalog: catalog, options: .init(activation: .gelu, heads: heads[0], textHeads: heads[1]))
  }
}

@Suite("Pairs made by the real libraries") struct PairTests {
  @Test func fixturesAreThere() {
    #expect(Pair.all.count >= 15)
    #expect(Pair.all.allSatisfy { !$0.target.isEmpty })
  }

  /// Every table between two layouts of libraries is on the way of a pair.
  @Test func everyTableHasAPair() throws {
    let graph = try RuleTables.graph()
    var proved: Set<String> = []
    for pair in Pair.all {
      let way = try #require(try graph.path(from: pair.sourceLayout, to: pair.graphTarget))
      proved.formUnion(way.map(\.table.file))
    }
    let tables = try graph.tables().filter { $0.target != "canonical" }
    #expect(Set(tables.map(\.file)).subtracting(proved) == [])
  }

  @Test(arguments: Pair.all) func targetsAreByteEqual(pair: Pair) throws {
    let layout = pair.graphTarget
    #expect(pair.identity.layout == pair.sourceLayout)
    let mapping = try Mapping.make(pair.identity, to: layout, graph: RuleTables.graph())
    #expect(mapping.conflicts == [])
    #expect(mapping.rows.filter { $0.status == .unknown || $0.status == .unfilled } == [])
    let memory = pair.memory
    for (name, target) in pair.target {
      let plan = try #require(mapping.tensors[name], "\(name)")
      #expect(plan.shape.sizes == target.shape, "\(name)")
      #expect(SHA256.hex(try plan.bytes(from: memory)) == target.digest, "\(name)")
    }
    let extra = mapping.tensors.keys.filter { name in
      pair.target[name] == nil && !pair.drop.contains { name.hasPrefix($0) }
    }
    #expect(extra == [])
  }

  /// There and back gives every byte again.
  @Test(arguments: Pair.all) func thereAndBackIsByteEqual(pair: Pair) throws {
    let layout = pair.graphTarget
    let graph = try RuleTables.graph()
    let there = try #require(try graph.path(from: pair.sourceLayout, to: layout))
    let back = try #require(try graph.path(from: layout, to: pair.sourceLayout))
    var tensors = pair.identity.normalisation.tensors
    for step in there + back {
      let result = TablePass(
        table: step.table, isInverse: step.isInverse, parameters: pair.identity.parameters
      ).run(tensors)
      #expect(result.conflicts == [])
      #expect(result.unknown == [])
      tensors = result.tensors
    }
    let memory = pair.memory
    let settings = pair.identity.normalisation.settings
    for (index, (name, shape)) in pair.source.enumerated() where !settings.contains(name) {
      let plan = try #require(tensors[name], "\(name)")
      #expect(plan.elementCount == shape.reduce(1, *))
      #expect(plan.shape.sizes == shape || plan.elementCount == 1, "\(name)")
      #expect(try plan.bytes(from: memory) == memory.tensors[index], "\(name)")
    }
  }

  @Test(arguments: Pair.all) func canonicalNamesCoverEverything(pair: Pair) throws {
    let identity = pair.identity
    // There are names for what can be run, which a FastViT cannot.
    guard identity.vision?.trunk != .fastvit else { return }
    let mapping = try Mapping.make(identity, to: "canonical", graph: RuleTables.graph())
    let settings = identity.normalisation.settings
    #expect(mapping.rows.filter { $0.status != .mapped && !settings.contains($0.source[0]) } == [])
    let width = try #require(identity.vision?.width)
    #expect(mapping.tensors["vision.blocks.1.attention.query.weight"]?.shape == [width, width])
    #expect(mapping.tensors["text.blocks.1.mlp.fc2.weight"] != nil)
    #expect(mapping.tensors["vision.position"]?.shape.rank == 2)
  }

  /// Scan layout: the same arrays with the layers of the image tower on one axis.
  @Test func stackedLayersGiveTheSameBytes() throws {
    let pair = try #require(Pair.all.first { $0.name.hasPrefix("bv-siglip") })
    var source: [(name: String, shape: [Int])] = []
    var bytes: [[UInt8]] = []
    for (name, shape) in pair.source where !name.contains("Transformer/encoderblock_1/") {
      guard name.contains("Transformer/encoderblock_0/") else {
        source.append((name, shape))
        bytes.append(Pair.bytes(name, shape))
        continue
      }
      let second = name.replacingOccurrences(of: "encoderblock_0", with: "encoderblock_1")
      source.append(
        (name.replacingOccurrences(of: "encoderblock_0", with: "encoderblock"), [2] + shape))
      bytes.append(Pair.bytes(name, shape) + Pair.bytes(second, shape))
    }
    var stacked = pair
    stacked.source = source
    let mapping = try Mapping.make(stacked.identity, to: "oc-siglip", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    for (name, target) in pair.target {
      let plan = try #require(mapping.tensors[name])
      #expect(SHA256.hex(try plan.bytes(from: MemorySource(bytes))) == target.digest, "\(name)")
    }
  }

  /// A full tower less one tensor: the slot is named, and the plan refuses.
  @Test func aMissingTensorIsNamed() throws {
    var pair = try #require(Pair.all.first { $0.name == "oc-clip > hf-clip" })
    pair.source.removeAll { $0.name == "visual.transformer.resblocks.1.attn.in_proj_bias" }
    let mapping = try Mapping.make(pair.identity, to: "hf-clip", graph: RuleTables.graph())
    let open = mapping.rows.filter { $0.status == .unfilled }.flatMap(\.target).sorted()
    #expect(
      open == ["k", "q", "v"].map { "vision_model.encoder.layers.1.self_attn.\($0)_proj.bias" })
    let refusal = #expect(throws: Refusal.self) {
      _ = try ConversionPlanner(
        catalog: pair.catalog, identity: pair.identity, options: .init(target: .transformers)
      ).plan()
    }
    #expect(refusal?.reason.contains("in_proj_bias") == true)
  }

  @Test func layerScaleIsFolded() throws {
    var pair = try #require(Pair.all.first { $0.name == "oc-clip > hf-clip" })
    for layer in 0..<2 {
      for n in 1...2 {
        pair.source.append(("visual.transformer.resblocks.\(layer).ls_\(n).gamma", [32]))
      }
    }
    let mapping = try Mapping.make(pair.identity, to: "hf-clip", graph: RuleTables.graph())
    #expect(mapping.coverage.unknown == 0 && mapping.coverage.unfilled == 0)
    let plan = try #require(mapping.tensors["vision_model.encoder.layers.1.mlp.fc2.weight"])
    func floats(_ bytes: [UInt8]) -> [Float] {
      bytes.withUnsafeBytes { raw in
        (0..<raw.count / 4).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
      }
    }
    let got = floats(try plan.bytes(from: pair.memory))
    let gamma = floats(Pair.bytes("visual.transformer.resblocks.1.ls_2.gamma", [32]))
    let weight = floats(Pair.bytes("visual.transformer.resblocks.1.mlp.c_proj.weight", [32, 128]))
    for r in 0..<32 {
      for c in 0..<128 { #expect(got[r * 128 + c] == gamma[r] * weight[r * 128 + c]) }
    }
  }
}
