import Cells
import Checkpoints
import Foundation
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The mapping page") struct MappingPageTests {
  static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10)]

  @Test("Keys that cannot be mapped are a sentence on the page, and asking again is possible")
  func failure() {
    var state = State.showing(SampleCatalogs.training())
    state.press("2")
    state.finish(.mapping, .failed("it did not work"))
    #expect(state.rows().contains { $0.hasPrefix("  it did not work") })
    state.press("down", "u", "enter", "f")
    let effects = state.press("1", "2")
    #expect(
      effects.starts(.mapping))
  }

  @Test("All 302 keys of ViT-B/32 are mapped, in_proj is split") func clip() throws {
    let state = try State.mapping(SampleMappings.clip())
    let table = try #require(state.mapping.table)
    #expect(table.target == .transformers)
    #expect(table.sourceCount == 302)
    #expect(table.coverage.mapped == 302 && table.coverage.unfilled == 0)
    #expect(table.targetCount == 398)
    // Every target key is a line, none twice.
    #expect(state.mapping.lines.count == 398)
    let split = try #require(
      table.rows.first {
        $0.sources[0].name == "visual.transformer.resblocks.3.attn.in_proj_weight"
      })
    #expect(split.words.text == "split q k v")
    #expect(split.words.inverse == "join q k v")
    #expect(split.targets.map(\.shape?.sizes) == [[768, 768], [768, 768], [768, 768]])
    let projection = try #require(table.rows.first { $0.sources[0].name == "visual.proj" })
    #expect(projection.words.text == "transpose")
    #expect(projection.targets[0].shape?.sizes == [512, 768])
  }

  @Test("Every fact of a row stands whole at 80 columns") func whole() throws {
    var state = try State.mapping(SampleMappings.clip(), columns: 80, rows: 24)
    let table = try #require(state.mapping.table)
    for (row, entry) in table.rows.enumerated() {
      state.mapping.list.selected = try #require(
        state.mapping.lines.firstIndex { $0.row == row && $0.part == 0 })
      state.settle()
      let layout = state.mappingLayout
      let lines = MappingDetailView.lines(entry, columns: layout.detail.columns, .utf8)
      #expect(lines.count <= layout.detail.rows && layout.list.rows >= 7, "\(entry)")
      let page = state.rows()
      for line in lines {
        #expect(page.contains { $0.contains(line.text.trimmed) }, "\(line)")
      }
    }
    let split = try #require(table.rows.first { $0.words.text == "split q k v" })
    #expect(
      MappingDetailView.names(split.targets.map(\.name)).contains("self_attn.{q,k,v}_proj."))
  }

  @Test("Names are written with braces where they have most in common") func names() {
    #expect(MappingDetailView.names(["attn.q.weight", "attn.k.weight"]) == "attn.{q,k}.weight")
    #expect(MappingDetailView.names(["a.weight", "b.bias"]) == "a.weight, b.bias")
    #expect(MappingDetailView.names(["block.a", "block.aa"]) == "block.a, block.aa")
    #expect(MappingDetailView.names(["odd{name.a", "odd{name.b"]) == "odd{name.a, odd{name.b")
    #expect(MappingDetailView.names(["one"]) == "one" && MappingDetailView.names([]) == "")
  }

  @Test("Where no target can hold a model, another one is not offered") func refused() {
    var state = State.showing(SampleCatalogs.training(), columns: 80, rows: 24)
    state.press("2")
    let targets = ConversionTarget.allCases.map {
      TargetChoice($0, refusal: $0 == .safetensors ? nil : "it has no place for the tower")
    }
    state.finish(
      .mapping,
      .mapping(
        MappingAnswer(family: "V-JEPA 2", targets: targets, problem: "no target can hold it")))
    let page = state.rows().joined(separator: "\n")
    #expect(page.contains("t says why, target by target") && !page.contains("another target"))
  }

  @Test("The refusal of the selected target stands whole at 80 columns") func longRefusal() throws {
    var state = try State.mapping(SampleMappings.clip(), columns: 80, rows: 24)
    let refusal = "EVA-CLIP holds models of its own family only, not another one of OpenCLIP"
    let target = try #require(state.mapping.answer?.targets.firstIndex { $0.target == .eva })
    state.mapping.answer?.targets[target].refusal = refusal
    state.press("t")
    let row = try #require(state.mapping.targets.firstIndex { $0.target == .eva })
    state.mapping.picker?.selected = row
    #expect(state.rows().contains { $0.contains(refusal) })
    // A click meets the row that it is on.
    let list = MappingLayout.pickerList(FrameLayout(state.size).body, state.mapping)
    state.click(Point(column: list.column + 2, row: list.row))
    #expect(state.mapping.picker?.selected == 0)
  }

  @Test("Hints of an unknown dialect name what helps") func unknownHints() {
    var state = State.showing(SampleCatalogs.training(), columns: 80, rows: 24)
    state.press("2")
    state.finish(.mapping, .mapping(SampleMappings.answer(target: nil)))
    let hints = state.rows().last { !$0.isEmpty } ?? ""
    #expect(hints.contains("3 convert") && !hints.contains("find"), "\(hints)")
  }

  @Test("Both sides scroll as one") func scrolling() throws {
    var state = try State.mapping(SampleMappings.clip())
    for _ in 0..<60 { state.press("down") }
    #expect(state.mapping.list.selected == 60 && state.mapping.list.top > 0)
    let shown = state.rows().joined(separator: "\n")
    let row = try #require(state.mapping.selectedRow)
    #expect(shown.contains(row.sources[0].name.suffix(24)))
    #expect(shown.contains(row.targets[0].name.suffix(20)))
    state.press("end")
    #expect(state.mapping.list.selected == 397)
  }

  @Test("What is not mapped comes first, with its reason") func unmappedFirst() throws {
    var state = State.showing(SampleCatalogs.training())
    state.press("2")
    state.finish(.mapping, .mapping(SampleMappings.answer(target: .transformers)))
    let rows = try #require(state.mapping.table?.rows)
    #expect(rows.prefix(4).map(\.status) == [.unknown, .unfilled, .ignored, .mapped])
    #expect(state.rows().contains { $0.contains("(buffer with the causal mask") })
  }

  @Test("The filters narrow the rows, Esc takes them back") func filters() throws {
    var state = try State.mapping(SampleMappings.clip())
    let all = state.mapping.lines.count
    state.press("/")
    for letter in "3attnin" { state.press(String(letter)) }
    #expect(state.mapping.lines.count < all && !state.mapping.lines.isEmpty)
    state.press("enter")
    #expect(!state.mapping.isTyping && state.mapping.hasFilterLine)
    state.press("esc")
    #expect(state.mapping.lines.count == all)
    state.press("f")
    #expect(state.mapping.filter == .unmapped && state.mapping.lines.isEmpty)
    state.press("f")
    #expect(state.mapping.filter == .changed)
    let changed = state.mapping.lines.map { state.mapping.table?.rows[$0.row].words.isPlain }
    #expect(!changed.isEmpty && !changed.contains(true))
    state.press("esc")
    #expect(state.mapping.filter == .all && state.mapping.lines.count == all)
  }

  @Test("u jumps from change to change") func changes() throws {
    var state = try State.mapping(SampleMappings.clip())
    state.press("home", "u")
    let first = try #require(state.mapping.selectedRow)
    #expect(!first.words.isPlain)
    let place = state.mapping.list.selected
    state.press("u")
    #expect(state.mapping.list.selected > place)
    state.press("U")
    #expect(state.mapping.list.selected == place)
  }

  @Test("The list of targets tells why some are refused, and takes only possible ones")
  func targets() throws {
    var state = State.showing(SampleCatalogs.training())
    state.press("2")
    state.finish(.mapping, .mapping(SampleMappings.answer(target: .transformers)))
    state.press("t")
    #expect(state.rows().contains { $0.contains("it has no image tower") })
    let timm = try #require(state.mapping.targets.firstIndex { $0.target == .timm })
    state.mapping.picker = ListCursor(selected: timm)
    state.press("enter")
    #expect(state.mapping.picker != nil && state.jobs[.mapping] == nil)
    #expect(state.toast?.text.contains("it has no image tower") == true)
    state.mapping.picker = ListCursor(selected: 0)
    let effects = state.press("enter")
    #expect(state.mapping.picker == nil)
    #expect(
      effects.contains {
        if case .start(.mapping, _, .mapping(to: .openClip, _)) = $0 { true } else { false }
      })
  }

  @Test("Enter goes to the tensor in the tree, m comes back to its row") func jump() throws {
    var state = try State.mapping(SampleMappings.clip())
    state.press("home", "u", "enter")
    #expect(state.page == .tree)
    let node = try #require(state.tree.selectedNode)
    let name = state.tree.model?.fullName(of: node)
    #expect(name?.contains("proj") == true)
    state.press("2", "home", "1", "m")
    #expect(state.page == .mapping)
    #expect(state.mapping.selectedRow?.sources.map(\.name) == name.map { [$0] })
  }

  @Test("c goes to the conversion with the target") func toConversion() throws {
    var state = try State.mapping(SampleMappings.clip(), to: .openClipCustom)
    state.press("c")
    #expect(state.page == .convert && state.convert.form.target == .openClipCustom)
    #expect(state.convert.form.output == "/models/epoch_12-openclip-custom")
  }

  @Test("y copies, e writes the rows as CSV and JSON") func export() throws {
    var state = try State.mapping(SampleMappings.clip())
    state.press("home", "y")
    let effects = state.press("s")
    #expect(effects.contains(.copy("positional_embedding")))
    let csv = state.mapping.csv
    #expect(csv.split(separator: "\r\n").count == 303)
    let document = state.mapping.document
    #expect(document["rows"]?.array?.count == 302)
    #expect(document["coverage"]?["unfilled"]?.integer == 0)
    #expect(state.exportName == "mapping-hf")
  }

  @Test("An unknown dialect names the nearest and what it lacks") func unknown() throws {
    let state = try State.mapping(SampleCatalogs.plain(["a.weight", "b.weight"]))
    #expect(state.mapping.table == nil)
    let page = state.rows().joined(separator: "\n")
    #expect(page.contains("unknown dialect"))
    #expect(page.contains("safetensors"))
  }

  @Test("A click on a count shows the rows that it counts, a second one all", arguments: sizes)
  func counts(columns: Int, rows: Int) throws {
    var state = try State.mapping(SampleMappings.clip(), columns: columns, rows: rows)
    let row = state.mappingLayout.coverage
    for (word, filter) in [
      ("unknown", MappingFilter.unknown), ("ignored", .ignored), ("mapped", .mapped),
    ] {
      let line = state.rows()[row]
      guard let place = line.range(of: word) else { continue }
      let point = Point(
        column: line.distance(from: line.startIndex, to: place.lowerBound), row: row)
      state.click(point)
      #expect(state.mapping.filter == filter, "\(line)")
      state.click(point)
      #expect(state.mapping.filter == .all)
    }
    #expect(state.rows()[row].contains("unknown"))
  }

  @Test("With no row on show the keys to the next change say so") func noRows() throws {
    var state = try State.mapping(SampleMappings.clip())
    state.press("f", "u")
    #expect(state.mapping.lines.isEmpty && state.toast?.text == "there is no row on show")
  }

  @Test("Clicks choose rows, a second click jumps, the wheel scrolls") func mouse() throws {
    var state = try State.mapping(SampleMappings.clip())
    let list = state.mappingLayout.list
    func mouse(_ kind: MouseEvent.Kind, row: Int) {
      _ = update(
        &state,
        .input(
          .mouse(
            MouseEvent(
              kind: kind, point: Point(column: list.column + 5, row: list.row + row), button: 1))))
    }
    mouse(.press, row: 4)
    #expect(state.mapping.list.selected == 4)
    mouse(.wheelDown, row: 0)
    #expect(state.mapping.list.top == 3)
    mouse(.press, row: 1)
    #expect(state.page == .tree)
  }

  @Test("The page looks like its pictures", arguments: sizes)
  func pictures(columns: Int, rows: Int) throws {
    var state = try State.mapping(SampleMappings.clip(), columns: columns, rows: rows)
    state.press("home", "u", "u", "u")
    Snapshot.expect(state.drawn(), is: "mapping-\(columns)x\(rows)")
    state.press("t")
    Snapshot.expect(state.drawn(), is: "mapping-targets-\(columns)x\(rows)")
    var mixed = State.showing(SampleCatalogs.training(), columns: columns, rows: rows)
    mixed.press("2")
    mixed.finish(.mapping, .mapping(SampleMappings.answer(target: .transformers)))
    Snapshot.expect(mixed.drawn(), is: "mapping-mixed-\(columns)x\(rows)")
  }

  @Test("ASCII without colour") func ascii() throws {
    let state = try State.mapping(SampleMappings.clip(), columns: 100, rows: 30)
    let page = state.drawn(symbols: .ascii, depth: .mono)
    #expect(page.plainText().utf8.allSatisfy { $0 == 0x0A || ($0 >= 0x20 && $0 < 0x7F) })
    Snapshot.expect(page, is: "mapping-ascii-100x30")
  }
}
