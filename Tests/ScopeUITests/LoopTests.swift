import Cells
import Checkpoints
import Foundation
import ScopeEngine
import Synchronization
import TestSupport
import Testing

@testable import ScopeUI

/// A terminal that types a script, each key after the screen shows what it waits for.
private struct ScriptedTerminal: DashboardTerminal {
  var size = Size(columns: 100, rows: 30)
  var script: [(waitFor: String, event: InputEvent)]
  let signal: WakeSignal
  var frames: [String] = []
  var copied: [String] = []
  var patience = 400
  var graphics: CellPixels?

  mutating func present(_ page: CellBuffer, cursor: Point?) { frames.append(page.plainText()) }

  mutating func events(within milliseconds: Int?) -> [InputEvent] {
    if let next = script.first, frames.last?.contains(next.waitFor) == true {
      script.removeFirst()
      return [next.event]
    }
    patience -= 1
    // A landmark that never comes ends the run; the test then fails on what is left of the script.
    if patience < 0 { return [.signal(15)] }
    signal.wait(seconds: min(Double(milliseconds ?? 50) / 1000, 0.05))
    return []
  }

  mutating func copy(_ text: String) { copied.append(text) }
  mutating func suspend() {}
  mutating func redraw() {}
}

@Suite("The dashboard on real files") struct LoopTests {
  static let options = Dashboard.Options(
    paths: [Fixtures.path("cases/c01_valid.safetensors")], keepsState: false)

  @Test("Opens a file, walks, copies, leaves") func session() {
    let signal = WakeSignal()
    var terminal = ScriptedTerminal(
      script: [
        ("bytes", .key(.end, [])), ("histogram", .text("y")), ("name", .text("n")),
        ("copied", .text("q")),
      ], signal: signal)
    let problem = Dashboard.run(
      terminal: &terminal, engine: Engine(), mailbox: Mailbox { signal.wake() },
      options: Self.options)
    #expect(problem == nil)
    #expect(terminal.script.isEmpty, "\(terminal.frames.last ?? "")")
    #expect(terminal.copied.count == 1)
  }

  @Test("Heat maps start with the colour scale of the theme") func themeScale() {
    var theme = Theme.dark
    theme.name = "other"
    for scale in HeatMapScales.sequential {
      theme.scale = scale
      let loop = Loop(
        size: Size(columns: 80, rows: 24), engine: Engine(), mailbox: Mailbox {},
        options: Dashboard.Options(themes: [.dark, theme], theme: "other", keepsState: false))
      #expect(HeatMapScales.sequential(loop.state.colorScale) == scale)
    }
  }

  @Test(
    "A path that does not open is the outcome of the run, unless another is opened in its place")
  func outcome() throws {
    let good = Fixtures.path("cases/c01_valid.safetensors")
    let folder = try TemporaryFolder()
    let missing = folder.file("none.safetensors")
    func outcome(
      _ paths: [String], _ script: [(waitFor: String, event: InputEvent)]
    ) -> String? {
      let signal = WakeSignal()
      var terminal = ScriptedTerminal(script: script, signal: signal)
      let problem = Dashboard.run(
        terminal: &terminal, engine: Engine(), mailbox: Mailbox { signal.wake() },
        options: Dashboard.Options(paths: paths, keepsState: false))
      #expect(terminal.script.isEmpty, "\(terminal.frames.last ?? "")")
      #expect(terminal.patience >= 0, "\(paths): \(terminal.frames.last ?? "")")
      return problem
    }
    let leave: (waitFor: String, event: InputEvent) = ("quit", .text("q"))
    let close: (waitFor: String, event: InputEvent) = ("cannot open", .key(.escape, []))
    #expect(outcome([good], [("bytes", .text("q"))]) == nil)
    #expect(outcome([], [leave]) == nil)
    #expect(outcome([missing], [close, leave])?.contains("No such file") == true)
    #expect(outcome([good, missing], [close, leave])?.contains("No such file") == true)
    #expect(outcome([good, good], [("compared:", .text("q"))]) == nil)
  }

  @Test("A snapshot waits for the numbers") func snapshot() {
    let (page, problem) = Dashboard.snapshot(
      size: Size(columns: 120, rows: 40), options: Self.options, keys: [.key(.end, [])])
    #expect(problem == nil)
    let text = page.plainText()
    #expect(text.contains("c01_valid.safetensors"))
    #expect(text.contains("min "))
    #expect(text.contains("heat map"))
  }

  @Test("Files that cannot be opened are a notice on the start page") func bad() {
    for name in ["c01_lfs_pointer.safetensors", "c02_two_ranges.safetensors", "missing.pt"] {
      let (page, problem) = Dashboard.snapshot(
        size: Size(columns: 80, rows: 24),
        options: Dashboard.Options(paths: [Fixtures.path("cases/\(name)")], keepsState: false))
      #expect(problem?.contains(name) == true)
      #expect(page.plainText().contains("cannot open"))
    }
  }

  @Test("A file beside itself is equal everywhere") func compare() {
    let path = Fixtures.path("cases/c01_valid.safetensors")
    let (page, problem) = Dashboard.snapshot(
      size: Size(columns: 120, rows: 40),
      options: Dashboard.Options(paths: [path, path], keepsState: false))
    #expect(problem == nil)
    #expect(page.plainText().contains("equal"))
  }

  @Test("How a file was left is kept, damaged memories are told") func memory() throws {
    let folder = try TemporaryFolder()
    let memory = Memory(folder: folder.path)
    let path = Fixtures.path("cases/c01_valid.safetensors")
    #expect(memory.view(for: path) == (nil, nil))
    let view = KeptView(
      cursor: "a.b", expanded: ["a", "权重"], find: "x", sort: "bytes", divider: 0.4)
    memory.remember(RecentFile(path: path, summary: "openclip", byteCount: 12))
    memory.keep(view, for: path)
    #expect(memory.view(for: path).view == view)
    #expect(memory.recent == [RecentFile(path: path, summary: "openclip", byteCount: 12)])
    memory.keepTheme("nord")
    #expect(memory.theme == "nord")
    memory.forget(path)
    #expect(memory.recent.isEmpty)
  }

  @Test("A folder is listed with its checkpoints; one that is not there says why") func folders()
    throws
  {
    let listing = FileSystem.listing(Fixtures.path("cases"), showsHidden: false)
    #expect(listing.problem == nil)
    #expect(listing.items.contains { $0.name == "c01_valid.safetensors" && $0.isCheckpoint })
    #expect(FileSystem.listing("/nowhere/at/all", showsHidden: false).problem != nil)
    let folder = try TemporaryFolder()
    let target = folder.file("x.txt")
    #expect(FileSystem.write([1, 2], to: target, replace: false) == .success(true))
    #expect(FileSystem.write([3], to: target, replace: false) == .success(false))
    #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data([1, 2]))
    #expect(FileSystem.write([3], to: target, replace: true) == .success(true))
  }

  @Test("A file whose name is not UTF-8 is listed, and opening it says so") func lostName() throws {
    let folder = try TemporaryFolder()
    let bytes = Array("\(folder.path)/gr".utf8) + [0xFC] + Array("n.pt".utf8) + [0]
    let descriptor = open(bytes.map { CChar(bitPattern: $0) }, O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0 && close(descriptor) == 0)
    let item = try #require(FileSystem.listing(folder.path, showsHidden: false).items.first)
    #expect(
      item.isCheckpoint && !item.isFolder && item.byteCount == nil && item.size == "not UTF-8")
    let error = #expect(throws: CheckpointError.self) {
      try CheckpointFile(opening: folder.file(item.name))
    }
    #expect(error?.description.hasSuffix("cannot open: its name is not UTF-8; rename it") == true)
  }

  @Test("A mailbox keeps the newest progress of a job and wakes once") func mailbox() {
    let wakes = Mutex(0)
    let mailbox = Mailbox { wakes.withLock { $0 += 1 } }
    for step in 0..<300 {
      mailbox.post(.jobProgressed(.export, generation: 1, fraction: Double(step)))
    }
    mailbox.post(.jobFinished(.export, generation: 1, .nothing))
    #expect(
      mailbox.drain() == [
        .jobProgressed(.export, generation: 1, fraction: 299),
        .jobFinished(.export, generation: 1, .nothing),
      ])
    #expect(wakes.withLock { $0 } == 1)
    #expect(mailbox.drain().isEmpty)
  }
}
