import Cells
import Checkpoints
import Foundation
import TestSupport
import Testing

@testable import ScopeUI

@Suite("Names are data") struct HostileNameTests {
  static func names(_ file: String, _ member: String) throws -> [String] {
    let data = try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("cases/expected.json")))
    let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let group = try #require(json[String(file.prefix(3))] as? [String: Any])
    let facts = try #require(group[file] as? [String: Any])
    if let list = facts[member] as? [String] { return list }
    return try #require(facts[member] as? [String: Int]).keys.sorted()
  }

  @Test("c06: no control reaches a cell, on any screen") func controls() throws {
    let names = try Self.names("c06_hostile_names.safetensors", "names")
    #expect(names.count == 17)
    var catalog = SampleCatalogs.plain(names, path: "/tmp/a\u{1b}[2Jb.pt")
    catalog.metadata = names.map { MetadataPair(key: $0, value: $0 + $0) }
    catalog.others = names.map { OtherValue(path: ["x" + $0], kind: $0, text: $0) }
    catalog.diagnostics = names.map {
      Diagnostic(severity: .warning, kind: $0, place: $0, message: $0)
    }
    var state = State.showing(catalog)
    var pages: [CellBuffer] = []
    for row in state.tree.rows.indices {
      state.tree.list.selected = row
      state.settle()
      pages.append(state.drawn())
    }
    for keys in [
      ["i"], ["i", "tab"], ["i", "tab", "tab"], ["y"], ["tab", "enter"], ["/", "e", "["],
    ] {
      var other = state
      for key in keys { other.press(key) }
      pages.append(other.drawn())
    }
    for page in pages {
      for cell in page.cells {
        for scalar in cell.glyph.unicodeScalars {
          let value = scalar.value
          #expect(value >= 0x20 && !(0x7F...0x9F).contains(value))
          #expect(!(0x202A...0x202E).contains(value) && !(0x2066...0x2069).contains(value))
        }
      }
    }
    let text = pages[0].plainText()
    #expect(text.contains("\\u{1b}"))
    // Names that differ only in such a character stay two.
    #expect(state.tree.model?.items.count(where: { $0.isTensor }) == 17)
  }

  @Test("c07: columns stay aligned whatever the width of a name", arguments: [80, 120])
  func alignment(columns: Int) throws {
    let names = try Self.names("c07_wide_names.safetensors", "columns")
    var state = State.showing(SampleCatalogs.plain(names), columns: columns, rows: 24)
    state.tree.expanded = Set(state.tree.rows)
    for node in 0..<Int32(state.tree.model?.nodes.count ?? 0) { state.tree.setOpen(node, true) }
    state.tree.listRows()
    state.settle()
    let page = state.drawn()
    let layout = state.treeLayout
    let table = TreeColumns(layout.tree, hasComparison: false)
    let end = table.columns.last?.end ?? 0
    for row in 0..<min(state.tree.rows.count, layout.list.rows) {
      let line = layout.list.row + row
      // Every row ends its bytes at the same column.
      #expect(page[end - 1, line].glyph == "B", "row \(row)")
      if let divider = layout.dividerColumn { #expect(page[divider, line].glyph == "│") }
      var column = 0
      while column < page.size.columns {
        let cell = page[column, line]
        if cell.width == 2 { #expect(page[column + 1, line].width == 0) }
        column += max(Int(cell.width), 1)
      }
    }
  }

  @Test("c07: 权重 is found") func wideFind() throws {
    let names = try Self.names("c07_wide_names.safetensors", "columns")
    var state = State.showing(SampleCatalogs.plain(names), columns: 80, rows: 24)
    state.press("/", "权", "重")
    #expect(state.tree.find?.matches.count == 1)
    let node = try #require(state.tree.selectedNode)
    #expect(state.tree.model?.fullName(of: node) == "视觉.投影.权重")
  }

  @Test("c07: a very long name can be read in full") func longName() throws {
    let name = try #require(
      try Self.names("c07_wide_names.safetensors", "columns").max { $0.count < $1.count })
    var state = State.showing(SampleCatalogs.plain([name]), columns: 80, rows: 24)
    state.press("tab", "enter")
    let text = state.drawn().plainText()
    #expect(text.count { $0 == "视" } >= name.count)
  }

  @Test("c05: a value of 24,000 characters scrolls") func longValue() {
    var catalog = SampleCatalogs.plain(["a.weight"])
    catalog.metadata = [
      MetadataPair(key: "cfg", value: String(repeating: "0123456789", count: 2400))
    ]
    var state = State.showing(catalog, columns: 80, rows: 24)
    state.press("i", "tab")
    guard case .viewer(let viewer) = state.overlays.last else {
      Issue.record("no viewer")
      return
    }
    #expect(viewer.lines.joined().count == 24_000)
    state.press("G")
    guard case .viewer(let end) = state.overlays.last else { return }
    #expect(end.top > 100)
    #expect(state.drawn().plainText().contains("789"))
  }
}
