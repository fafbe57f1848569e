import Analysis
import Cells
import Inference
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("Exports are JSON that the program itself reads") struct ExportDocumentTests {
  /// What a page exports, read strictly: words for numbers that JSON does not have would throw.
  private func exported(_ state: State) throws -> JSONValue {
    guard case .text(let text) = state.exportContent(.json) else {
      throw ExportIsNoText()
    }
    #expect(text.hasSuffix("}\n"))
    let document = try JSONValue(parsing: text)
    #expect(document.object?.duplicateKey == nil)
    #expect(document["schema"] == 1)
    return document
  }

  private struct ExportIsNoText: Error {}

  private func keys(_ value: JSONValue?) -> [String]? { value?.object?.members.map(\.key) }

  @Test("Tree: the rows on show, and how they differ from another checkpoint") func tree() throws {
    let name = "a \"quoted\" \u{1b}[2J name\n\u{202e}"
    var state = State.showing(SampleCatalogs.plain([name, "b"]))
    var document = try exported(state)
    #expect(keys(document) == ["schema", "entries"])
    let entry = try #require(document["entries"]?[0])
    #expect(keys(entry) == ["name", "dtype", "shape", "parameters", "bytes"])
    #expect(entry["name"]?.string == name)
    #expect(entry["shape"] == [2, 3] && entry["parameters"] == 6 && entry["bytes"] == 24)
    #expect(entry["dtype"] == "F32")
    let model = TreeModel(
      catalog: SampleCatalogs.plain([name, "b"]), beside: SampleCatalogs.plain(["b"]))
    state.finish(.compare, .compared(model, path: "/models/other"))
    document = try exported(state)
    #expect(document["entries"]?[0]?["status"] == "only_a")
  }

  @Test("Tree: a heat map with values that are no numbers") func slice() throws {
    var state = PageSnapshotTests.tensor(120, 40)
    state.press("tab")
    let picture = try #require(state.tree.detail.picture)
    var values = picture.values
    values[0] = .nan
    values[1] = -.infinity
    values[2] = 0.1
    state.tree.detail.picture = SlicePicture(
      rows: picture.rows, columns: picture.columns, values: values, blockRows: picture.blockRows,
      blockColumns: picture.blockColumns, sliceRows: picture.sliceRows,
      sliceColumns: picture.sliceColumns)
    let document = try exported(state)
    #expect(keys(document) == ["schema", "slice_shape", "block", "values"])
    #expect(document["slice_shape"] == [2304, 768] && document["block"] == [192, 32])
    let rows = try #require(document["values"]?.array)
    #expect(rows.count == 12 && rows.allSatisfy { $0.array?.count == 24 })
    #expect(rows[0][0] == "NaN" && rows[0][1] == "-Infinity" && rows[0][2] == 0.1)
  }

  @Test("Mapping: as the command line writes it") func mapping() throws {
    var state = State.showing(SampleCatalogs.training())
    state.press("2")
    #expect(keys(try exported(state)) == ["schema", "rows"])
    state.finish(.mapping, .mapping(SampleMappings.answer(target: .transformers)))
    let document = try exported(state)
    #expect(keys(document) == ["schema", "source_dialect", "target_dialect", "rows", "coverage"])
    #expect(document["rows"]?.array?.count == state.mapping.table?.rows.count)
    #expect(
      keys(document["rows"]?[0])
        == ["source", "target", "transform", "rule", "status", "reason"])
    #expect(
      keys(document["coverage"]) == ["mapped", "ignored", "unknown", "targets", "unfilled"])
  }

  @Test("Conversion: the receipt") func conversion() throws {
    let state = try State.convert(SampleMappings.clip())
    let document = try exported(state)
    #expect(document["dry_run"] == true)
    #expect(document["target"]?["tensor_count"] == 398)
  }

  @Test("RoPE: parameters, pictures and bands; a video has a profile over time") func rope() throws
  {
    var state = State.rope()
    let members = [
      "schema", "source", "grid", "query", "frame", "head_dim", "theta", "scaling", "factor",
      "left", "channel", "left_values", "kernel", "bands", "mscale",
    ]
    var document = try exported(state)
    #expect(keys(document) == members)
    #expect(document["source"] == "eva02-b16-224" && document["grid"] == "14x14")
    #expect(document["kernel"]?.array?.count == 14)
    #expect(document["kernel"]?[7]?[7]?.number == 1)
    #expect(document["bands"]?.array?.count == 32)
    #expect(keys(document["bands"]?[0]) == ["axis", "omega", "wavelength"])
    let video = try #require(RotaryPreset.all.firstIndex { $0.name == "vjepa2-l" })
    state.rope.choose(.preset(video))
    state.rope.settle()
    document = try exported(state)
    #expect(document["kernel_over_time"]?.array?.count == state.rope.grid.frames)
  }

  @Test("Attention: the map, and the measures of every head") func attention() throws {
    let document = try exported(State.attention(holes: true))
    #expect(
      keys(document) == [
        "schema", "tower", "method", "head", "from", "grid", "prefix_tokens", "tokens", "layer",
        "picture", "shape", "values", "heads",
      ])
    #expect(document["grid"] == [6, 8] && document["tower"] == "vision")
    #expect(document["layer"] == 2 && document["picture"] == "cat.png")
    #expect(document["values"]?.array?.count == 48)
    #expect(document["heads"]?.array?.count == 12)
    let head = document["heads"]?[0]
    #expect(
      keys(head) == ["layer", "head", "entropy", "distance_raw", "distance_renormalized"])
    #expect(try #require(head?["entropy"]?.number) > 0)
    #expect(document["values"]?.array?.contains("NaN") == true)
    #expect(keys(try exported(State.showing(SampleCatalogs.training()).onAttention)) == ["schema"])
  }

  @Test("Attention: tokens of a text have their labels") func tokens() throws {
    var state = State.showing(SampleCatalogs.training()).onAttention
    state.press("w", "t", "a", "enter")
    state.answerAttention()
    let document = try exported(state)
    #expect(document["tower"] == "text" && document["text"] == "a")
    #expect(document["grid"] == [] && document["picture"] == nil)
    #expect(document["labels"]?.array?.count == 7)
    #expect(document["shape"]?[0]?.integer == document["values"]?.array?.count)
  }

  @Test("Inference: scores of every picture and label; what has none is left out")
  func inference() throws {
    let document = try exported(InferencePageTests.scored())
    #expect(
      keys(document) == [
        "schema", "template", "labels", "model", "function", "load_seconds", "threads", "pictures",
      ])
    #expect(document["function"] == "softmax" && document["threads"] == 2)
    let picture = try #require(document["pictures"]?[0])
    #expect(
      keys(picture) == ["path", "preprocess_seconds", "forward_seconds", "scores"])
    #expect(
      keys(picture["scores"]?[0]) == ["label", "similarity", "logit", "probability"])
    let bare = try exported(InferencePageTests.scored(scoring: nil))
    #expect(bare["function"] == nil)
    #expect(keys(bare["pictures"]?[0]?["scores"]?[0]) == ["label", "similarity"])
  }

  @Test("Training: every list has a member a snapshot") func epochs() async throws {
    let document = try exported(try await EpochsPageTests.shown())
    #expect(keys(document) == ["schema", "folder", "snapshots", "accuracy", "tensors"])
    #expect(document["snapshots"]?.array?.count == 4)
    #expect(document["accuracy"]?.array?.count == 4)
    let tensors = try #require(document["tensors"]?.array)
    #expect(tensors.count == 5)
    for tensor in tensors {
      #expect(
        keys(tensor) == ["name", "total_movement", "movement", "mean", "std", "l2"])
      for list in ["movement", "mean", "std", "l2"] {
        #expect(tensor[list]?.array?.count == 4)
        #expect(tensor[list]?[0]?.isNull == (list == "movement" || tensor["name"] == "fresh"))
      }
    }
    #expect(keys(try exported(EpochsPageTests.opened().onEpochs)) == ["schema", "tensors"])
  }
}

extension State {
  fileprivate var onAttention: State {
    var state = self
    state.press("5")
    return state
  }

  fileprivate var onEpochs: State {
    var state = self
    state.press("E")
    return state
  }
}
