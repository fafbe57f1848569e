import Cells
import Checkpoints
import ScopeEngine

@testable import ScopeUI

// What tests do with a dashboard: open, press, answer its jobs, look at it.

extension State {
  /// A state that shows a catalog, as after opening it.
  static func showing(
    _ catalog: Catalog, columns: Int = 120, rows: Int = 40, kept: KeptView? = nil,
    outlook: ModelOutlook? = nil
  ) -> State {
    var state = State(
      size: .init(columns: columns, rows: rows), theme: "clipscope-dark",
      themes: ["clipscope-dark", "clipscope-light"])
    _ = state.begin(opening: [catalog.path])
    state.finish(
      .open,
      .opened(
        OpenedCheckpoint(
          path: catalog.path, model: TreeModel(catalog: catalog),
          summary: "openclip ViT-B/32", outlook: outlook, kept: kept)))
    return state
  }

  /// Presses keys: one character each, or a name that `KeyScript` knows.
  @discardableResult
  mutating func press(_ keys: String...) -> [Effect] {
    keys.flatMap { update(&self, .input(KeyScript.event($0))) }
  }

  /// Presses the first button of the mouse.
  @discardableResult
  mutating func click(_ point: Point) -> [Effect] {
    update(&self, .input(.mouse(MouseEvent(kind: .press, point: point, button: 1))))
  }

  /// Ends a job as the engine would; one that nobody asked for counts as asked for.
  @discardableResult
  mutating func finish(_ key: JobKey, _ outcome: Outcome) -> [Effect] {
    if jobs[key] == nil {
      generation += 1
      jobs[key] = JobRow(generation: generation, title: "", fraction: nil)
    }
    return update(
      &self, .jobFinished(key, generation: jobs[key]?.generation ?? generation, outcome))
  }

  /// The page as cells; without colours in the theme for that.
  func drawn(symbols: Symbols = .utf8, depth: ColorDepth = .trueColor) -> CellBuffer {
    Dashboard.draw(
      self,
      appearance: Appearance(
        theme: depth == .mono ? .mono : .dark, symbols: symbols, depth: depth)
    ).buffer
  }

  /// The page as lines of text.
  func rows() -> [String] {
    drawn().plainText().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }
}

extension [Effect] {
  /// What is to be started, in order.
  var works: [Work] {
    compactMap { if case .start(_, _, let work) = $0 { work } else { nil } }
  }

  func starts(_ key: JobKey) -> Bool {
    contains { if case .start(key, _, _) = $0 { true } else { false } }
  }
}
