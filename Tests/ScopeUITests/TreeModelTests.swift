import Checkpoints
import ScopeEngine
import Tensors
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The tree of names") struct TreeModelTests {
  static func labels(_ model: TreeModel, depth: Int32) -> [String] {
    model.nodes.filter { $0.depth == depth }.map(\.label)
  }

  @Test("Numbers stand in numeric order") func numericOrder() {
    let names = (0..<12).map { "blocks.\($0).weight" } + (0..<12).map { "blocks.\($0).bias" }
    let model = TreeModel(catalog: SampleCatalogs.plain(names.shuffledBySeed(3)))
    #expect(Self.labels(model, depth: 1) == (0..<12).map(String.init))
  }

  @Test("Chains of single children are one row") func chains() {
    let model = TreeModel(
      catalog: SampleCatalogs.plain(["visual.trunk.blocks.0.w", "visual.trunk.blocks.1.w"]))
    #expect(model.nodes.map(\.label) == ["visual.trunk.blocks", "0.w", "1.w"])
  }

  @Test("The labels down to a tensor spell its name", arguments: [1, 2, 3, 4, 5])
  func names(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let parts = ["a", "b", "", "10", "9", "x_y", "é", "权重", "weight"]
    var names = Set<String>()
    for _ in 0..<300 {
      let count = Int.random(in: 1...6, using: &generator)
      names.insert(
        (0..<count).map { _ in parts.randomElement(using: &generator) ?? "a" }
          .joined(separator: "."))
    }
    let model = TreeModel(catalog: SampleCatalogs.plain(names.sorted()))
    for (index, item) in model.items.enumerated() {
      let node = model.nodeOfItem[index]
      #expect(model.fullName(of: node) == item.name)
      #expect(model.item(at: node) == item)
      if !item.name.hasSuffix("."), !item.name.hasPrefix("."), !item.name.contains("..") {
        #expect(model.node(named: item.name).map { model.fullName(of: $0) } == item.name)
      }
    }
    // Parents before children, each subtree one stretch.
    for (index, node) in model.nodes.enumerated() {
      #expect(Int(node.parent) < index)
      #expect(index + Int(node.descendants) < model.nodes.count)
      let sum = model.nodes[index...index + Int(node.descendants)].count { $0.item >= 0 }
      #expect(Int(node.tensorCount) == sum)
    }
  }

  @Test("A storage that two tensors share counts once on every branch") func ties() {
    let model = TreeModel(catalog: SampleCatalogs.training())
    let tied = 49408 * 512
    let plain = model.items.filter { $0.isTensor && $0.left >= 0 }
      .map { model.catalog.entries[Int($0.left)].elementCount }.reduce(0, +)
    #expect(model.total.parameterCount == plain - tied)
    let root = model.nodes[0]
    #expect(root.label == "state_dict")
    #expect(root.parameterCount == plain - tied - 2 * 768)
    #expect(model.nodes.first { $0.label == "lm_head.weight" }?.parameterCount == tied)
  }

  @Test("Views of one storage count as what they hold together, as in the summary") func views() {
    func view(_ name: String, _ shape: Shape, offset: Int, strides: [Int]? = nil) -> Entry {
      Entry(
        path: [name], elementType: .f32, shape: shape,
        location: Location(
          file: 0, offset: 0, storageByteCount: 4 * 64, storageOffset: offset, strides: strides,
          storageIdentity: 1))
    }
    let entries: [Entry] = [
      view("attn.q", [4, 4], offset: 0), view("attn.k", [4, 4], offset: 16),
      view("attn.v", [4, 4], offset: 32), view("all.qkv", [12, 4], offset: 0),
      view("all.same", [12, 4], offset: 0), view("evens", [4], offset: 48, strides: [2]),
      view("odds", [4], offset: 49, strides: [2]),
      view("spread", [7, 9], offset: 60, strides: [0, 0]),
    ]
    let catalog = Catalog(container: .pytorchZip, path: "x", files: ["x"], entries: entries)
    let model = TreeModel(catalog: catalog)
    func sum(_ label: String) -> [Int] {
      model.nodes.filter { $0.label == label }.flatMap { [$0.parameterCount, $0.byteCount] }
    }
    #expect(sum("q") == [16, 64] && sum("k") == [16, 64])
    #expect(sum("attn") == [48, 192] && sum("all") == [48, 192])
    #expect(sum("evens") == [4, 16] && sum("spread") == [1, 4])
    #expect(model.total.parameterCount == 57 && model.total.byteCount == 4 * 57)
    let summary = Session(checkpoint: CheckpointFile(catalog: catalog, files: [])).summary()
    #expect(summary.parameterCount == 57 && summary.byteCount == 4 * 57)
  }

  @Test("What is no weight comes last and says so") func notWeights() {
    let model = TreeModel(catalog: SampleCatalogs.training())
    #expect(Self.labels(model, depth: 0) == ["state_dict", "optimizer.state.0", "epoch", "name"])
    #expect(model.nodes.filter { $0.depth == 0 }.map(\.isWeight) == [true, false, false, false])
  }

  @Test("A name may be a branch and a tensor at once") func branchAndLeaf() {
    let model = TreeModel(catalog: SampleCatalogs.plain(["a", "a.b", "a.c"]))
    #expect(model.nodes.map(\.label) == ["a", "b", "c"])
    #expect(model.nodes[0].item == 0)
    #expect(model.nodes[0].tensorCount == 3)
  }

  @Test("Two tensors of one name keep a row each") func twins() {
    var catalog = SampleCatalogs.plain(["a.b", "c"])
    catalog.entries[1].path = ["a", "b"]
    let model = TreeModel(catalog: catalog)
    #expect(model.nodes.count { $0.item >= 0 } == 2)
  }

  @Test("A name of a million dots is no deeper than the tree allows") func deep() {
    let name = String(repeating: ".", count: 1_000_000)
    let model = TreeModel(catalog: SampleCatalogs.plain([name, "a.b"]))
    #expect((model.nodes.map(\.depth).max() ?? 0) < 64)
    #expect(model.fullName(of: model.nodeOfItem[0]).utf8.count == 1_000_000)
  }

  @Test("Every sort shows every row, parents before children", arguments: TreeSort.allCases)
  func sorts(sort: TreeSort) {
    let model = TreeModel(catalog: SampleCatalogs.training())
    let order = TreeOrder(model, sort: sort)
    #expect(order.sequence.sorted() == model.nodes.indices.map { Int32($0) })
    var place = [Int](repeating: 0, count: model.nodes.count)
    for (index, node) in order.sequence.enumerated() { place[Int(node)] = index }
    for (index, node) in model.nodes.enumerated() where node.parent >= 0 {
      #expect(place[Int(node.parent)] < place[index])
      #expect(
        place[index] <= place[Int(node.parent)] + Int(model.nodes[Int(node.parent)].descendants))
    }
    if sort == .bytes {
      let top = order.sequence.filter { model.nodes[Int($0)].depth == 1 && $0 > 0 }
      let sizes = top.prefix { model.nodes[Int($0)].parent == 0 }.map {
        model.nodes[Int($0)].byteCount
      }
      #expect(sizes == sizes.sorted(by: >))
    }
  }

  @Test("A second checkpoint is aligned by the names of the weights") func comparison() {
    let left = SampleCatalogs.training(layers: 2)
    var right = SampleCatalogs.training(layers: 3)
    // The other file holds the bare state dict.
    right.weightsRoot = []
    right.entries = right.entries.filter { $0.path[0] == "state_dict" }
      .map { entry in
        var entry = entry
        entry.path.removeFirst()
        return entry
      }
    right.entries.removeAll { $0.name == "logit_scale" }
    let model = TreeModel(catalog: left, beside: right)
    let state = ComparisonState(path: "b", model: model)
    let counts = state.counts(model)
    #expect(counts.pending == left.entries.count - 2 - 1)
    // The logit scale, and the optimizer's two.
    #expect(counts.onlyLeft == 3)
    #expect(counts.onlyRight == 7)
  }

  @Test(
    "A branch shows the worst of what is below it",
    arguments: [
      ([0, 0.5, 0], 0.5), ([.infinity, 3, 0], .infinity), ([1e300, .infinity, 0], .infinity),
      ([0, 0, 0], 0),
    ] as [([Double], Double)])
  func worst(differences: [Double], expected: Double) {
    let catalog = SampleCatalogs.plain(["a.w0", "a.w1", "a.w2"])
    let model = TreeModel(catalog: catalog, beside: catalog)
    var state = ComparisonState(path: "b", model: model)
    state.take(
      differences.enumerated().map { ItemDifference(item: Int32($0), maximum: $1) }, model: model)
    #expect(state.nodes[0] == .values(expected))
    state.take([ItemDifference(item: 2, maximum: .nan)], model: model)
    guard case .values(let worst) = state.nodes[0] else { return #expect(Bool(false)) }
    #expect(worst.isNaN)
  }
}

extension Array {
  func shuffledBySeed(_ seed: UInt64) -> [Element] {
    var generator = SeededGenerator(seed: seed)
    return shuffled(using: &generator)
  }
}
