import Cells
import Foundation
import TestSupport
import Testing

@testable import ScopeUI

@Suite("The table of commands") struct CommandTests {
  @Test("Every command stands in it once, with words") func complete() {
    #expect(
      CommandTable.commands.map(\.id.rawValue).sorted()
        == CommandID.allCases.map(\.rawValue).sorted())
    for command in CommandTable.commands {
      #expect(!command.title.isEmpty && command.help.hasSuffix("."), "\(command.id)")
      #expect(!command.keys.isEmpty, "\(command.id)")
    }
  }

  @Test("No key means two things in one place") func unambiguous() {
    for page in [
      [Command.Scope.tree, .treePage], [.detail, .treePage], [.start], [.mapping], [.convert],
      [.rope], [.attention], [.inference],
    ] {
      let scopes = Set(page + [.moving, .everywhere])
      var seen: [KeyChord: CommandID] = [:]
      for command in CommandTable.commands where scopes.contains(command.scope) {
        for key in command.keys {
          #expect(
            seen[key] == nil, "\(key.label()): \(command.id) and \(String(describing: seen[key]))")
          seen[key] = command.id
        }
      }
    }
  }

  @Test("docs/keys.md is what the table says") func keysPage() throws {
    let path = Fixtures.folder + "/../../docs/keys.md"
    let text = KeysPage.markdown
    if ProcessInfo.processInfo.environment["RECORD"] == "1" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "RECORD=1 rewrites it")
  }

  @Test("The palette finds commands by their words and runs them") func palette() {
    var state = State.showing(SampleCatalogs.training())
    state.press("ctrl-p")
    for key in "theme" { state.press(String(key)) }
    guard case .palette(let palette) = state.overlays.last else {
      Issue.record("the palette is not open")
      return
    }
    #expect(palette.found.first == .theme)
    state.press("enter")
    guard case .themes = state.overlays.last else {
      Issue.record("the theme picker did not open")
      return
    }
  }

  @Test("The tab of the page on show is in sight at every width", arguments: [40, 48, 60, 80, 200])
  func activeTab(columns: Int) throws {
    for page in Pages.all where page.number != nil {
      var state = State.showing(SampleCatalogs.training(), columns: columns, rows: 12)
      state.page = page.id
      let tabs = FrameTabs.tabs(state)
      let active = try #require(tabs.first { $0.isActive })
      #expect(active.title.hasSuffix(page.title))
      #expect(tabs.allSatisfy { $0.columns.upperBound <= columns })
      #expect(
        zip(tabs, tabs.dropFirst()).allSatisfy { $0.columns.upperBound < $1.columns.lowerBound })
    }
  }

  @Test("Pages that do not exist are not offered") func missingPages() {
    var state = State.showing(SampleCatalogs.training())
    #expect(FrameTabs.tabs(state).allSatisfy { Pages.page(for: $0.command) != nil })
    for id in state.availableCommands { #expect(Pages.leadsSomewhere(id)) }
    let before = state
    for key in ["2", "3", "4", "5", "6"] where Pages.all.allSatisfy({ "\($0.number ?? 0)" != key })
    {
      state.press(key)
    }
    #expect(state == before)
  }
}
