import Cells
import ScopeEngine

extension State {
  /// The first effects of a session.
  mutating func begin(opening paths: [String]) -> [Effect] {
    if let path = paths.first { return open(path) }
    return showStart() + showWantedPage()
  }

  mutating func open(_ path: String) -> [Effect] {
    [start(.open, .open(path: path), title: "open \(FilePath.name(of: path))")]
  }

  mutating func compare(with path: String) -> [Effect] {
    [start(.compare, .compare(path: path), title: "open \(FilePath.name(of: path))")]
  }

  mutating func openDemo() -> [Effect] { [start(.open, .openDemo, title: "open the demo")] }

  mutating func showStart() -> [Effect] {
    page = .start
    return [start(.startFolder, .startFolder, title: "list this folder")]
  }

  mutating func performOnStart(_ command: CommandID) -> [Effect]? {
    if let step = ListCursor.Step(command) {
      let height = StartLayout(FrameLayout(size).body, start).listHeight
      start.list.move(step, count: start.rowCount, height: height)
      return []
    }
    switch command {
    case .activate, .right:
      guard let path = start.path(at: start.list.selected) else {
        return say(.info, "no file is listed here; o opens the file picker, d the demo")
      }
      return open(path)
    case .forgetRecent:
      guard start.recent.indices.contains(start.list.selected) else {
        return say(.info, "only recent files can be forgotten")
      }
      let path = start.recent.remove(at: start.list.selected).path
      return [.forgetRecent(path: path)]
    case .cancel, .left:
      if opened != nil { page = .tree }
      return restartRest()
    case .find: return pickFile(.open)
    default: return nil
    }
  }

  mutating func takeStartMouse(_ mouse: MouseEvent) -> [Effect] {
    let layout = StartLayout(FrameLayout(size).body, start)
    let height = layout.listHeight
    switch mouse.kind {
    case .wheelUp: start.list.move(.by(-3), count: start.rowCount, height: height)
    case .wheelDown: start.list.move(.by(3), count: start.rowCount, height: height)
    case .press where mouse.button == 1:
      guard let row = layout.row(at: mouse.point) else { return [] }
      let isSecond = start.list.selected == row
      start.list.selected = row
      return isSecond ? performOnStart(.activate) ?? [] : []
    default: break
    }
    return []
  }
}
