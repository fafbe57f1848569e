import Foundation
import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Facts of `Tests/Fixtures/cases/expected.json` for the pickle, zip and NumPy cases.
private enum Expected {
  nonisolated(unsafe) static let facts: [String: [String: [String: Any]]] = {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("cases/expected.json")),
      let object = try? JSONSerialization.jsonObject(with: data)
    else { return [:] }
    return object as? [String: [String: [String: Any]]] ?? [:]
  }()

  static func of(_ file: String) throws -> [String: Any] {
    try #require(facts[String(file.prefix(3))]?[file])
  }
}

private func open(_ file: String) throws -> CheckpointFile {
  try CheckpointFile(opening: Fixtures.path("cases/" + file))
}

/// An entry by its full name, or by its name below the weights root.
private func entry(_ name: String, of checkpoint: CheckpointFile) throws -> Entry {
  let root = checkpoint.catalog.weightsRoot
  return try #require(
    checkpoint.catalog.entries.first { $0.name == name }
      ?? checkpoint.catalog.entries.first { $0.path == root + [name] })
}

private func values(_ name: String, of checkpoint: CheckpointFile) throws -> [Double] {
  let entry = try entry(name, of: checkpoint)
  return try checkpoint.withBytes(of: entry) { bytes in
    let decoder = ElementDecoder(type: entry.elementType)
    return (0..<entry.elementCount).map { decoder.value(at: $0, in: bytes) }
  }
}

@Suite("Cases of pickles, zip archives and arrays") struct PickleCaseTests {
  static let readable = [
    "c08_reduce_beside_weights.pt", "c09_memo_doubling.pt", "c11_views.pt",
    "c12_root_with_space.pt", "c12_root_with_dots.pt", "c12_deflated.pt",
    "c12_extra_entries.pt", "c12_no_version.pt", "c12_whole.pt", "c13_big.pt", "c13_little.pt",
    "c13_no_record.pt", "c14_zip_protocol_2.pt", "c14_zip_protocol_3.pt",
    "c14_zip_protocol_4.pt", "c14_zip_protocol_5.pt", "c14_legacy_protocol_2.pt",
    "c14_legacy_protocol_4.pt", "c15_arrays.npz",
  ]

  @Test("Tensors and values are those of the reference libraries", arguments: readable)
  func reads(file: String) throws {
    let facts = try Expected.of(file)
    let checkpoint = try open(file)
    for (name, fact) in facts["tensors"] as? [String: [Any]] ?? [:] {
      let entry = try entry(name, of: checkpoint)
      #expect(entry.elementType.rawValue == fact[0] as? String)
      #expect(entry.shape.sizes == fact[1] as? [Int])
      #expect(entry.isReadable)
    }
    for (name, expected) in facts["values"] as? [String: [Double]] ?? [:] {
      let own = try values(name, of: checkpoint)
      #expect(own.count == expected.count)
      for (a, b) in zip(own, expected) { #expect(abs(a - b) < 1e-6) }
    }
  }

  static let calls = [
    "c08_reduce_beside_weights.pt", "c08_memo_confusion.pt", "c08_plain_pickle.bin",
    "c08_nested_pickle.pt",
  ]

  @Test("What a pickle would have called is named, and nothing is called", arguments: calls)
  func namesCalls(file: String) throws {
    let wanted = try #require(try Expected.of(file)["reports_global"] as? String)
    let catalog = try open(file).catalog
    let finding = try #require(catalog.scanFindings.first { $0.global == wanted })
    #expect(finding.severity == .danger)
    #expect(finding.opcodeOffset != nil)
    #expect(catalog.pickleGlobals.contains { $0.fullName == wanted && $0.isCalled })
    #expect(!FileManager.default.fileExists(atPath: "clipscope_pickle_ran"))
    #expect(!FileManager.default.fileExists(atPath: Fixtures.path("cases/clipscope_pickle_ran")))
  }

  @Test("A text of 2^60 bytes is refused with its offset")
  func giantText() throws {
    #expect {
      _ = try open("c09_string_of_2_60.pt")
    } throws: { error in
      "\(error)".contains("claims 1152921504606846976 bytes")
    }
  }

  @Test("A training checkpoint separates weights, optimizer and settings")
  func trainingCheckpoint() throws {
    let catalog = try open("c10_epoch_3.pt").catalog
    #expect(catalog.container == .pytorchZip)
    #expect(catalog.weightsRoot == ["state_dict"])
    #expect(catalog.entries.filter { $0.path.first == "optimizer" }.count == 3)
    let others = Dictionary(catalog.others.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    #expect(others["epoch"]?.text == "3")
    #expect(others["name"]?.text == "run")
    #expect(others["best"]?.text == "0.625")
    #expect(catalog.others.contains { $0.kind == "argparse.Namespace" })
    #expect(catalog.scanFindings.isEmpty)
    #expect(
      try values("state_dict.module.visual.proj", of: open("c10_epoch_3.pt"))
        == [0, 1, 2, 3, 4, 5])
  }

  @Test("Shared storage is known as shared")
  func ties() throws {
    let catalog = try open("c11_views.pt").catalog
    func identity(_ name: String) -> Int? {
      catalog.entries.first { $0.name == name }?.location.storageIdentity
    }
    #expect(identity("tied_a") != nil)
    #expect(identity("tied_a") == identity("tied_b"))
    #expect(identity("tied_a") == identity("tied_row"))
    #expect(identity("tied_a") != identity("block"))
  }

  @Test("A view with zero strides is listed and not expanded")
  func zeroStrides() throws {
    let checkpoint = try open("c11_zero_stride_giant.pt")
    let entry = try #require(checkpoint.catalog.entries.first { $0.name == "w" })
    #expect(entry.shape == [1_048_576, 1_048_576])
    #expect(entry.byteCount == 1 << 42)
    #expect {
      try checkpoint.withBytes(of: entry) { _ in }
    } throws: { error in
      "\(error)".contains("4398046511104 bytes")
    }
    #expect(try values("ok", of: checkpoint).count == 2)
  }

  @Test(
    "Views that leave their storage are marked and never read",
    arguments: ["c11_offset_past_end.pt", "c11_stride_past_end.pt", "c11_stride_overflow.pt"])
  func escapes(file: String) throws {
    let checkpoint = try open(file)
    let bad = checkpoint.catalog.entries.filter { !$0.isReadable }
    #expect(bad.count == 1)
    for entry in bad {
      #expect(entry.remarks.first?.hasPrefix("invalid") == true)
      #expect(throws: CheckpointError.self) { try checkpoint.withBytes(of: entry) { _ in } }
    }
  }

  @Test("Broken archives say what is wrong")
  func brokenArchives() throws {
    let missing = try open("c12_missing_storage.pt")
    let v = try #require(missing.catalog.entries.first { $0.name == "v" })
    #expect(!v.isReadable)
    #expect(v.remarks.contains { $0.contains("data/1") })
    #expect(try values("w", of: missing) == [1, 2])
    let short = try open("c12_short_storage.pt")
    #expect(short.catalog.entries.first { $0.name == "w" }?.isReadable == false)
    #expect(throws: (any Error).self) { _ = try open("c12_cut_in_directory.pt") }
    #expect {
      _ = try open("c12_cut_in_directory.pt")
    } throws: { "\($0)".contains("incomplete") }
    #expect {
      _ = try open("c12_html_page.pt")
    } throws: { "\($0)".contains("not a checkpoint (HTML text)") }
  }

  @Test("Sixteen element types read 1, 0, 1")
  func elementTypes() throws {
    let facts = try Expected.of("c14_every_dtype.pt")
    let checkpoint = try open("c14_every_dtype.pt")
    #expect(checkpoint.catalog.entries.count == facts["count"] as? Int)
    #expect(
      checkpoint.catalog.entries.map(\.name).sorted() == (facts["names"] as? [String])?.sorted())
    for entry in checkpoint.catalog.entries {
      #expect(try values(entry.name, of: checkpoint) == [1, 0, 1], "\(entry.name)")
    }
  }

  @Test("Arrays of text and objects are listed without values")
  func foreignArrays() throws {
    let checkpoint = try open("c15_arrays.npz")
    for name in ["text", "objects"] {
      let entry = try #require(checkpoint.catalog.entries.first { $0.name == name })
      #expect(!entry.isReadable)
      #expect(entry.foreignType != nil)
    }
    let assumed = try #require(checkpoint.catalog.entries.first { $0.name == "bf16_void" })
    #expect(assumed.remarks.contains { $0.contains("assumed") })
    #expect(!FileManager.default.fileExists(atPath: "clipscope_pickle_ran"))
    let bomb = try open("c15_shape_bomb.npz")
    #expect(bomb.catalog.entries.first { $0.name == "w" }?.isReadable == false)
  }

  @Test("OpenAI's archive lists 50 weights and three settings")
  func torchScript() throws {
    let checkpoint = try open("c31_openai_style_jit.pt")
    let catalog = checkpoint.catalog
    #expect(catalog.container == .torchscript)
    #expect(catalog.entries.count == 50)
    let facts = try Expected.of("c31_openai_style_jit.pt")
    for (name, value) in facts["not_weights"] as? [String: Int] ?? [:] {
      #expect(catalog.others.first { $0.name == name }?.text == String(value))
    }
    for (name, type) in facts["dtypes"] as? [String: String] ?? [:] {
      #expect(catalog.entries.first { $0.name == name }?.elementType.rawValue == type)
    }
    #expect(catalog.scanFindings.isEmpty)
  }
}
