import Foundation
import TestSupport
import Testing

@testable import Checkpoints

/// Bare pickles made by hand: one per way to lie or to hide a name.
@Suite("Hostile pickles") struct HostilePickleTests {
  /// `\xNN` stands for a byte.
  static func bytes(_ text: String) -> [UInt8] {
    var result: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"), rest.count >= 3 {
        let digits = String(decoding: rest.dropFirst().prefix(2), as: UTF8.self)
        if let value = UInt8(digits, radix: 16) {
          result.append(value)
          rest = rest.dropFirst(3)
          continue
        }
      }
      result.append(byte)
    }
    return result
  }

  private func open(_ pickle: String) throws -> Catalog {
    let folder = try TemporaryFolder()
    let path = try folder.write(Self.bytes(pickle), to: "hostile.pkl")
    return try CheckpointFile(opening: path).catalog
  }

  @Test("A storage key that is listed twice does not share its storage with another")
  func repeatedStorageKey() throws {
    func tensor(_ key: String) -> String {
      "U\\x01\(key)ctorch._utils\n_rebuild_tensor_v2\n((U\\x07storagectorch\nFloatStorage\nU\\x01\(key)"
        + "U\\x03cpuK\\x01tQK\\x00(K\\x01t(K\\x01t\\x89}tR"
    }
    let pickles = [
      "\\x80\\x02\\x8a\\x0a\\x6c\\xfc\\x9c\\x46\\xf9\\x20\\x6a\\xa8\\x50\\x19.",
      "\\x80\\x02M\\xe9\\x03.",
      "\\x80\\x02}.", "\\x80\\x02}(" + ["a", "b", "c"].map(tensor).joined() + "u.",
      "\\x80\\x02](U\\x01aU\\x01bU\\x01aU\\x01ce.",
    ]
    let storage: [UInt8] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3F]
    let folder = try TemporaryFolder()
    let path = try folder.write(
      Self.bytes(pickles.joined()) + Array(repeating: storage, count: 4).joined(), to: "twice.pt")
    let entries = try CheckpointFile(opening: path).catalog.entries
    #expect(entries.map(\.name) == ["a", "b", "c"] && entries.allSatisfy { $0.isReadable })
    #expect(Set(entries.map(\.location.storageIdentity)).count == 3)
    #expect(Set(entries.map(\.location.offset)).count == 3)
  }

  @Test(
    "What cannot be a pickle is refused with one line",
    arguments: [
      "\\x80\\x02.", "\\x80\\x02t.", "\\x80\\x02(K\\x01d.", "\\x80\\x02h\\x05.", "\\x80\\x02R.",
      "\\x80\\x02K\\x01K\\x02a.", "\\x80\\x02K\\x01K\\x02K\\x03s.", "\\x80\\x04\\x93.",
      "\\x80\\x02X\\xff\\xff\\xff\\xffab.",
      "\\x80\\x04\\x8e\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xffab.",
      "\\x80\\x02\\x8b\\xff\\xff\\xff\\xff.", "\\x80\\x02\\xfe.", "\\x80\\x02Inope\n.",
      "\\x80\\x02(o.",
      "\\x80\\x02K\\x01", "\\x80\\x02G\\x00.",
    ])
  func refuses(pickle: String) throws {
    let error = #expect(throws: CheckpointError.self) { try open(pickle) }
    let words = try #require(error?.description)
    #expect(words.contains("hostile.pkl") && !words.contains("\n"), "\(words)")
  }

  @Test(
    "However a function is named and called, it is reported as called and dangerous",
    arguments: [
      ("\\x80\\x02cposix\nsystem\n(X\\x02\\x00\\x00\\x00lstR.", "posix.system"),
      ("\\x80\\x04\\x8c\\x05posix\\x8c\\x06system\\x93\\x8c\\x02ls\\x85R.", "posix.system"),
      ("\\x80\\x02(S'ls'\nios\nsystem\n.", "os.system"),
      ("\\x80\\x02(csubprocess\nPopen\nS'ls'\no.", "subprocess.Popen"),
      ("\\x80\\x02c__builtin__\neval\n(S'1'\ntR.", "__builtin__.eval"),
      ("\\x80\\x02cbuiltins\nexec\n)\\x81.", "builtins.exec"),
      ("\\x80\\x02crunpy\nrun_path\n(S'x'\ntR.", "runpy.run_path"),
      ("\\x80\\x02ctorch.hub\nload\n(S'x'\ntR.", "torch.hub.load"),
      ("\\x80\\x02cfunctools\npartial\n(S'x'\ntR.", "functools.partial"),
      (
        "\\x80\\x02cimportlib.machinery\nSourceFileLoader\n)R.",
        "importlib.machinery.SourceFileLoader"
      ),
      // The memo holds names in another order than they are fetched.
      ("\\x80\\x04\\x8c\\x05posix\\x94\\x8c\\x06system\\x94h\\x00h\\x01\\x93)R.", "posix.system"),
      // Broken behind the call: Python has run it by then.
      ("\\x80\\x02cposix\nsystem\n(S'ls'\ntR\\xfe.", "posix.system"),
    ])
  func reports(pickle: String, name: String) throws {
    let catalog = try open(pickle)
    let global = try #require(catalog.pickleGlobals.first { $0.fullName == name })
    #expect(global.isCalled)
    #expect(global.standing == .dangerous)
  }

  @Test("A call in any pickle of a stream from before PyTorch 1.6 is reported", arguments: 0..<5)
  func reportsEveryPickleOfAStream(position: Int) throws {
    let call = "cposix\nsystem\n(S'ls'\ntR0"
    let values = [
      "\\x8a\\x0a\\x6c\\xfc\\x9c\\x46\\xf9\\x20\\x6a\\xa8\\x50\\x19", "M\\xe9\\x03", "}", "}", "]",
    ]
    // The magic number has to stand early, so the call in the first pickle is a short one.
    let stream = values.enumerated().map { index, value in
      let hidden = index == 0 ? "cos\nsystem\n)R0" : call
      return "\\x80\\x02" + (index == position ? hidden : "") + value + "."
    }.joined()
    let catalog = try open(stream)
    #expect(catalog.pickleGlobals.contains { $0.name == "system" && $0.isCalled })
    #expect(catalog.scanFindings.contains { $0.severity == .danger })
  }

  private static let magic = "\\x8a\\x0a\\x6c\\xfc\\x9c\\x46\\xf9\\x20\\x6a\\xa8\\x50\\x19"

  @Test(
    "A stream that breaks off behind a call is dangerous, not only damaged",
    arguments: [
      // In the place of the version, with a value that is no version.
      "\\x80\\x02M.\\x80\\x02cposix\nsystem\n(S'ls'\ntR.",
      // Behind it nothing, a wrong version, a damaged pickle, or a list of storages that is none.
      "\\x80\\x02cos\nsystem\n)R0M.",
      "\\x80\\x02cos\nsystem\n)R0M.\\x80\\x02K\\x01.",
      "\\x80\\x02M.\\x80\\x02cos\nsystem\n)R0M\\xe9\\x03.\\x80\\x02\\xfe",
      "\\x80\\x02M.\\x80\\x02M\\xe9\\x03.\\x80\\x02}.\\x80\\x02cos\nsystem\n)R.\\x80\\x02(Nl.",
    ])
  func reportsBeforeDamage(stream: String) throws {
    // `M` alone stands for the magic number.
    let parts = stream.replacing("M.", with: Self.magic + ".")
    let catalog = try open(parts)
    let dangers = catalog.scanFindings.filter { $0.severity == .danger }
    #expect(dangers.count == 1)
    #expect(dangers.first?.message.contains("would call") == true)
    #expect(catalog.scanFindings.contains { $0.kind == "broken-pickle" })
  }

  @Test("A magic number that is spelled in another way does not hide the pickles behind it")
  func reportsBehindLateMagic() throws {
    let first = "\\x80\\x02" + String(repeating: "N0", count: 40) + Self.magic + "."
    let rest = "\\x80\\x02M\\xe9\\x03.\\x80\\x02}.\\x80\\x02cposix\nsystem\n(S'ls'\ntR.\\x80\\x02]."
    let catalog = try open(first + rest)
    #expect(catalog.scanFindings.contains { $0.global == "posix.system" })
  }

  @Test("A module of settings lends its standing to its classes only")
  func doesNotTrustWhatAModuleImports() {
    #expect(KnownGlobals.standing(module: "torch.optim.lr_scheduler", name: "StepLR") == .known)
    #expect(KnownGlobals.standing(module: "torch.optim.lr_scheduler", name: "partial") == .unknown)
    #expect(
      KnownGlobals.standing(module: "torch.optim.adamw", name: "warnings.sys.exit") == .dangerous)
    #expect(KnownGlobals.standing(module: "types", name: "SimpleNamespace") == .known)
  }

  @Test("Text opcodes of protocols 0 and 1 give the values that Python gives")
  func readsTextOpcodes() throws {
    let catalog = try open(
      "\\x80\\x02(dS'a'\nI01\nsS'b'\nI-7\nsS'c'\nL123456789L\nsS'd'\nF0.5\nsS'e'\nVx\\u0041\nsS'f'\nS'it\\'s'\ns."
    )
    let values = Dictionary(uniqueKeysWithValues: catalog.others.map { ($0.name, $0.text) })
    #expect(
      values == ["a": "True", "b": "-7", "c": "123456789", "d": "0.5", "e": "xA", "f": "it's"])
  }

  @Test(
    "Single changed bytes never trap",
    arguments: ["training_4.pt", "traced.pt", "arrays_deflated.npz"])
  func survivesMutation(file: String) throws {
    let original = [UInt8](
      try #require(FileManager.default.contents(atPath: Fixtures.path("pickled/" + file))))
    let folder = try TemporaryFolder()
    var random = SeededGenerator(seed: 11)
    for _ in 0..<400 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      let path = try folder.write(bytes, to: "mutated")
      do {
        let checkpoint = try CheckpointFile(opening: path)
        for entry in checkpoint.catalog.entries {
          do {
            try checkpoint.withBytes(of: entry, limit: 1 << 20) {
              #expect($0.count == entry.byteCount)
            }
          } catch is CheckpointError {}
        }
      } catch let error as CheckpointError {
        #expect(error.description.contains("mutated"))
      }
    }
  }
}
