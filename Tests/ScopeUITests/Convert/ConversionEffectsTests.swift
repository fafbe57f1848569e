import Cells
import Checkpoints
import Foundation
import ScopeEngine
import TestSupport
import Testing

@testable import ScopeUI

/// Real checkpoints, the real engine, real folders.
@Suite("Mapping and converting real files") struct ConversionEffectsTests {
  private final class Desk {
    let signal = WakeSignal()
    let mailbox: Mailbox
    let effects: EngineEffects

    init() {
      let signal = signal
      mailbox = Mailbox { signal.wake() }
      effects = EngineEffects(
        engine: Engine(), mailbox: mailbox, options: Dashboard.Options(keepsState: false))
    }

    /// Starts work and waits for its end.
    func outcome(_ key: JobKey, _ generation: Int, _ work: Work) -> Outcome? {
      effects.run(.start(key, generation: generation, work))
      return end(of: key, generation)
    }

    func end(of key: JobKey, _ generation: Int, onProgress: () -> Void = {}) -> Outcome? {
      for _ in 0..<1200 {
        for action in mailbox.drain() {
          if case .jobFinished(key, generation, let outcome) = action { return outcome }
          if case .conversionProgressed = action { onProgress() }
        }
        signal.wait(seconds: 0.05)
      }
      return nil
    }
  }

  private func order(_ output: String, _ target: ConversionTarget = .transformers)
    -> ConversionOrder
  {
    ConversionOrder(
      output: output, options: ConversionOptions(target: target),
      identity: IdentityOptions(heads: 2), isVerifying: true)
  }

  @Test("The page maps a checkpoint that OpenCLIP made") func mapping() throws {
    let (page, problem) = Dashboard.snapshot(
      size: Size(columns: 140, rows: 40),
      options: Dashboard.Options(
        paths: [Fixtures.path("cases/c19_openclip_quick")], keepsState: false),
      keys: [.text("2"), .text("u")])
    #expect(problem == nil)
    let text = page.plainText()
    #expect(text.contains("openclip (source)") && text.contains("hf-clip (target)"))
    #expect(text.contains("split q k v"))
    #expect(text.contains("0 unknown"))
  }

  @Test("A planned conversion is written, verified, and opens") func conversion() throws {
    let folder = try TemporaryFolder()
    let output = folder.file("out")
    let desk = Desk()
    let path = Fixtures.path("cases/c19_openclip_quick")
    guard case .opened = desk.outcome(.open, 1, .open(path: path)) else {
      Issue.record("the source does not open")
      return
    }
    guard case .planned(let outline) = desk.outcome(.plan, 2, .plan(order(output))) else {
      Issue.record("there is no plan")
      return
    }
    #expect(outline.occupied == 0 && (outline.freeByteCount ?? 0) > 0)
    #expect(!FileManager.default.fileExists(atPath: output))
    guard case .converted(let report) = desk.outcome(.convert, 3, .convert(order(output))) else {
      Issue.record("it was not converted")
      return
    }
    #expect(report.verification?.passed == true)
    #expect(report.outline.files.allSatisfy { $0.digest?.count == 64 })
    let file = try CheckpointFile(opening: output)
    #expect(file.catalog.entries.count == outline.tensorCount)
    #expect(Session(checkpoint: file).identity().dialect == .hfClip)
    // Now the folder is taken.
    guard case .planned(let again) = desk.outcome(.plan, 4, .plan(order(output))) else {
      Issue.record("there is no second plan")
      return
    }
    #expect(again.occupied > 0 && again.obstacle(isReplacing: false) != nil)
    guard case .failed(let reason, _) = desk.outcome(.convert, 5, .convert(order(output))) else {
      Issue.record("a folder that is taken was written to")
      return
    }
    #expect(reason.contains("exists and is not empty"))
  }

  @Test("A cancelled conversion leaves nothing") func cancelled() throws {
    let folder = try TemporaryFolder()
    let source = folder.file("big.safetensors")
    try Self.writeBig(source)
    let output = folder.file("out")
    let desk = Desk()
    guard case .opened = desk.outcome(.open, 1, .open(path: source)) else {
      Issue.record("the source does not open")
      return
    }
    var request = order(output, .safetensors)
    request.options.elementType = .f64
    // On a busy machine a run may be over before the request to stop reaches it; such a run proves nothing.
    var wasCancelled = false
    for attempt in 2..<40 where !wasCancelled {
      desk.effects.run(.start(.convert, generation: attempt, .convert(request)))
      let outcome = desk.end(of: .convert, attempt) { desk.effects.run(.cancel(.convert)) }
      wasCancelled = outcome == .cancelled
      if !wasCancelled { try? FileManager.default.removeItem(atPath: output) }
    }
    #expect(wasCancelled)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["big.safetensors"])
  }

  @Test("Leaving in the middle of a conversion leaves nothing either") func left() throws {
    let folder = try TemporaryFolder()
    let source = folder.file("big.safetensors")
    try Self.writeBig(source)
    let desk = Desk()
    _ = desk.outcome(.open, 1, .open(path: source))
    var request = order(folder.file("out"), .safetensors)
    request.options.elementType = .f64
    desk.effects.run(.start(.convert, generation: 2, .convert(request)))
    desk.effects.cancelAll()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["big.safetensors"])
  }

  @Test("A conversion that is stopped before it began is over all the same") func stoppedAtOnce()
    throws
  {
    let folder = try TemporaryFolder()
    let desk = Desk()
    _ = desk.outcome(.open, 1, .open(path: Fixtures.path("cases/c19_openclip_quick")))
    for attempt in 2..<42 {
      let output = folder.file("out\(attempt)")
      desk.effects.run(.start(.convert, generation: attempt, .convert(order(output))))
      desk.effects.run(.cancel(.convert))
      switch desk.end(of: .convert, attempt) {
      case .cancelled: #expect(!FileManager.default.fileExists(atPath: output))
      case .converted: #expect(FileManager.default.fileExists(atPath: output))
      case let other: Issue.record("attempt \(attempt) ended with \(String(describing: other))")
      }
      #expect(!FileManager.default.fileExists(atPath: output + ".part"))
    }
  }

  /// 64 MiB of zeros in 64 tensors.
  private static func writeBig(_ path: String) throws {
    let size = 1 << 20
    let entries = (0..<64).map { index in
      "\"blocks.\(index).weight\":{\"dtype\":\"F32\",\"shape\":[512,512],"
        + "\"data_offsets\":[\(index * size),\((index + 1) * size)]}"
    }
    var header = "{" + entries.joined(separator: ",") + "}"
    while header.utf8.count % 8 != 0 { header += " " }
    var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    data.append(contentsOf: header.utf8)
    data.append(Data(count: 64 * size))
    try data.write(to: URL(fileURLWithPath: path))
  }
}
