import Analysis
import Cells
import Checkpoints
import Tensors
import Testing

@testable import ScopeUI

@Suite("Pages look like their pictures") struct PageSnapshotTests {
  static let sizes = [(80, 24), (120, 40), (40, 10)]

  /// The tree with a tensor selected, its numbers there.
  static func tensor(_ columns: Int, _ rows: Int) -> State {
    var state = State.showing(SampleCatalogs.training(), columns: columns, rows: rows)
    let name = "state_dict.visual.transformer.resblocks.3.attn.in_proj_weight"
    if let node = state.tree.model?.node(named: name) { state.tree.reveal(node) }
    state.settle()
    _ = update(&state, .timerFired(.rest, generation: state.restGeneration))
    guard let reference = state.tree.detail.entry else { return state }
    let counts: [Int] = (0..<64).map { (bin: Int) -> Int in
      let x: Double = Double(bin - 32) / 9
      let tail: Double = 1 + x * x * x * x
      return Int(80000 / tail)
    }
    let statistics = TensorStatistics(
      elementCount: 1_769_472, minimum: -0.4127, maximum: 0.3981, mean: 0.0001, deviation: 0.0312,
      norm: 41.6, zeroCount: 12, nanCount: 0,
      histogram: Histogram(lower: -0.4127, upper: 0.3981, counts: counts))
    state.finish(.statistics, .statistics(reference, statistics))
    let values: [Float] = (0..<768).map { (index: Int) -> Float in 7.9 / (1 + Float(index) / 60) }
    state.finish(
      .spectrum,
      .spectrum(reference, SingularSpectrum(values: values, rows: 2304, columns: 768, rank90: 301)))
    if state.jobs[.slice] != nil {
      let slice = state.tree.detail.slice ?? SliceChoice(sizes: [2304, 768])
      let request = SliceRequest(entry: reference, slice: slice, pixelRows: 12, pixelColumns: 24)
      let pixels: [Float] = (0..<288).map { (index: Int) -> Float in
        Float((index * 37) % 101) / 50 - 1
      }
      let picture = SlicePicture(
        rows: 12, columns: 24, values: pixels, blockRows: 192, blockColumns: 32, sliceRows: 2304,
        sliceColumns: 768)
      state.finish(.slice, .slice(request, picture))
    }
    return state
  }

  @Test("Tree with a tensor", arguments: sizes) func tree(columns: Int, rows: Int) {
    Snapshot.expect(Self.tensor(columns, rows).drawn(), is: "tree-\(columns)x\(rows)")
  }

  @Test("The heat map of complex numbers says that it shows their real parts") func complex() {
    var builder = SampleCatalogs.Builder(root: [])
    builder.add("freqs_cis", [2, 3], .c64)
    builder.add("w", [2, 3])
    var state = State.showing(
      Catalog(
        container: .safetensors, path: "/m.safetensors", files: ["/m.safetensors"],
        entries: builder.entries))
    for (name, isComplex) in [("freqs_cis", true), ("w", false)] {
      if let node = state.tree.model?.node(named: name) { state.tree.reveal(node) }
      state.settle()
      _ = update(&state, .timerFired(.rest, generation: state.restGeneration))
      let title = state.rows().first { $0.contains("heat map") || $0.contains("real part") }
      #expect(title?.contains("real part") == isComplex, "\(title ?? "no heat map")")
    }
  }

  @Test("Start page", arguments: sizes) func start(columns: Int, rows: Int) {
    Snapshot.expect(Self.startState(columns, rows).drawn(), is: "start-\(columns)x\(rows)")
  }

  static func startState(_ columns: Int, _ rows: Int) -> State {
    var state = State(size: Size(columns: columns, rows: rows))
    _ = state.begin(opening: [])
    let items = [
      FolderItem(name: "checkpoints", isFolder: true, byteCount: 4096, isCheckpoint: true),
      FolderItem(name: "epoch_9.pt", isFolder: false, byteCount: 605_200_000, isCheckpoint: true),
      FolderItem(name: "notes.txt", isFolder: false, byteCount: 120, isCheckpoint: false),
    ]
    let recent = [
      RecentFile(
        path: "/data/runs/vit-b-32/epoch_400.pt", summary: "openclip ViT-B/32",
        byteCount: 605_000_000)
    ]
    state.finish(
      .startFolder,
      .startFolder(FolderListing(path: "/home/me/models", items: items), recent: recent))
    return state
  }

  @Test("Find keeps the branches above a match", arguments: sizes)
  func find(columns: Int, rows: Int) {
    var state = State.showing(SampleCatalogs.training(), columns: columns, rows: rows)
    state.press("/")
    for letter in "3attnb" { state.press(String(letter)) }
    Snapshot.expect(state.drawn(), is: "find-\(columns)x\(rows)")
  }

  @Test("Help, palette, themes, message", arguments: sizes)
  func overlays(columns: Int, rows: Int) {
    for (name, key) in [("help", "?"), ("palette", ":"), ("themes", "T"), ("export", "e")] {
      var state = Self.tensor(columns, rows)
      state.press(key)
      Snapshot.expect(state.drawn(), is: "\(name)-\(columns)x\(rows)")
    }
    var state = Self.startState(columns, rows)
    state.finish(.open, .failed("/tmp/x.pt: no reader knows this file"))
    Snapshot.expect(state.drawn(), is: "message-\(columns)x\(rows)")
  }

  @Test("Metadata", arguments: sizes) func metadata(columns: Int, rows: Int) {
    var state = State.showing(
      SampleCatalogs.training {
        $0.metadata.append(
          MetadataPair(key: "config", value: #"{"width": 768, "layers": [1, 2], "act": "gelu"}"#))
      }, columns: columns, rows: rows)
    state.press("i", "tab", "tab")
    Snapshot.expect(state.drawn(), is: "metadata-\(columns)x\(rows)")
  }

  @Test("Two checkpoints side by side") func comparison() {
    var state = State.showing(SampleCatalogs.training(layers: 2), columns: 120, rows: 40)
    let other = SampleCatalogs.training(layers: 3)
    let model = TreeModel(catalog: SampleCatalogs.training(layers: 2), beside: other)
    state.finish(.compare, .compared(model, path: "/models/epoch_13.pt"))
    var differences: [ItemDifference] = []
    for (index, item) in model.items.enumerated() where item.left >= 0 && item.right >= 0 {
      let maximum = index % 3 == 0 ? 0.0125 * Double(index) : 0
      differences.append(ItemDifference(item: Int32(index), maximum: maximum))
    }
    state.finish(.differences, .differences(differences))
    state.press("*")
    Snapshot.expect(state.drawn(), is: "compare-120x40")
  }

  @Test("ASCII without colour") func ascii() {
    let page = Self.tensor(80, 24).drawn(symbols: .ascii, depth: .mono)
    #expect(page.plainText().utf8.allSatisfy { $0 == 0x0A || ($0 >= 0x20 && $0 < 0x7F) })
    Snapshot.expect(page, is: "tree-ascii-80x24")
  }

  @Test("Too small says so") func tooSmall() {
    let state = State.showing(SampleCatalogs.training(), columns: 30, rows: 5)
    let text = state.drawn().plainText()
    #expect(text.contains("too small"))
    #expect(text.contains("40"))
    for size in [(1, 1), (3, 10), (39, 9), (0, 0)] {
      _ = State.showing(SampleCatalogs.training(), columns: size.0, rows: size.1).drawn()
    }
  }
}
