import Foundation
import TestSupport
import Testing

@testable import Checkpoints

@Suite("Folders") struct FolderTests {
  private func copy(_ fixture: String, to target: String) throws {
    try FileManager.default.copyItem(atPath: Fixtures.path(fixture), toPath: target)
  }

  @Test func prefersTheWeightsOfOpenCLIP() throws {
    let folder = try TemporaryFolder()
    try copy("containers/open_clip.safetensors", to: folder.file("open_clip_model.safetensors"))
    try copy("containers/clip_plain/model.safetensors", to: folder.file("model.safetensors"))
    try copy("containers/clip_plain/config.json", to: folder.file("config.json"))
    let catalog = try CheckpointFile(opening: folder.path).catalog
    #expect(catalog.path == folder.path)
    #expect(catalog.container == .safetensors)
    #expect(catalog.files == [folder.file("open_clip_model.safetensors")])
    #expect(catalog.companions.map(\.name) == ["config.json"])
    #expect(catalog.diagnostics.map(\.kind) == ["chosen-file", "other-checkpoint"])
    #expect(catalog.diagnostics.last?.place == "model.safetensors")
  }

  @Test func ordersEpochsByNumber() throws {
    let folder = try TemporaryFolder()
    for number in [1, 2, 10, 9] {
      try copy("cases/c01_valid.safetensors", to: folder.file("epoch_\(number).pt"))
    }
    let names = try CheckpointFolder.candidates(in: folder.path).map(\.name)
    #expect(names == ["epoch_10.pt", "epoch_9.pt", "epoch_2.pt", "epoch_1.pt"])
    let catalog = try CheckpointFile(opening: folder.path).catalog
    #expect(catalog.container == .folder)
    #expect(catalog.files == [folder.file("epoch_10.pt")])
    #expect(catalog.diagnostics.count == 4)
  }

  @Test func looksIntoTheCheckpointsOfATrainingRun() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.file("checkpoints"), withIntermediateDirectories: false)
    try copy("cases/c01_valid.safetensors", to: folder.file("checkpoints/epoch_3.pt"))
    _ = try folder.write(Array("lr: 0.1\n".utf8), to: "params.txt")
    let catalog = try CheckpointFile(opening: folder.path).catalog
    #expect(catalog.files == [folder.file("checkpoints/epoch_3.pt")])
    #expect(catalog.companions.map(\.name) == ["params.txt"])
  }

  @Test func listsShardsOnce() throws {
    let path = Fixtures.path("containers/clip_sharded")
    let candidates = try CheckpointFolder.candidates(in: path)
    #expect(candidates.map(\.name) == ["model.safetensors.index.json"])
    #expect(candidates.map(\.kind) == [.safetensorsSharded])
  }

  @Test func saysWhatAFolderLacks() throws {
    let folder = try TemporaryFolder()
    var error = #expect(throws: CheckpointError.self) { try CheckpointFile(opening: folder.path) }
    #expect(
      error?.description
        == "\(folder.path): the folder holds no checkpoint: no file named like one (.safetensors, .pt, .pth, .bin, .ckpt, .npz, ...)"
    )
    let pointer = Array("version https://git-lfs.github.com/spec/v1\noid sha256:0\n".utf8)
    let path = try folder.write(pointer, to: "pytorch_model.bin")
    error = #expect(throws: CheckpointError.self) { try CheckpointFile(opening: folder.path) }
    #expect(error?.description.hasPrefix("\(path): this is a Git LFS pointer") == true)
  }

  @Test(arguments: [
    ("a2.bin", "a10.bin"), ("a.safetensors", "a.bin"), ("x.index.json", "epoch_1.pt"),
    ("model.safetensors", "model.safetensors.index.json"), ("epoch_1.pt", "a.safetensors"),
    ("a01.pt", "a1b.pt"), ("a", "ab"),
  ])
  func ordersNames(_ first: String, _ second: String) {
    #expect(FolderOrder.precedes(first, second))
    #expect(!FolderOrder.precedes(second, first))
  }
}

@Suite("First bytes") struct FileSignatureTests {
  @Test(arguments: [
    ("<!DOCTYPE html>", "HTML text"), ("\n <html lang", "HTML text"), ("", "empty"),
    ("version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
    ("GGUF\u{3}\u{0}", "GGUF files are not read yet"), ("{\"a\": 1}", "JSON"),
    ("hello, world", "format that is read (safetensors, PyTorch, NumPy)"),
    ("\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}", "zeros"),
  ])
  func saysWhatAFileIsInstead(_ text: String, _ words: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(text.utf8), to: "weights.pt")
    let error = #expect(throws: CheckpointError.self) { try CheckpointFile(opening: path) }
    #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
  }

  @Test func tellsContainersApart() {
    let signatures: [([UInt8], FileSignature)] = [
      (Array("PK\u{3}\u{4}....".utf8), .zip), ([0x93] + Array("NUMPY\u{1}".utf8), .npy),
      ([0x80, 2, 0x7D], .pickle), ([0x80, 4, 0x95], .pickle), (Array("(dp0\n.".utf8), .pickle),
      (Array("cos\nsystem\n(".utf8), .pickle), ([0x7D, 0x71, 0], .pickle),
      ([2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], .safetensors),
    ]
    for (bytes, expected) in signatures {
      #expect(bytes.withUnsafeBytes { FileSignature($0, path: "x") } == expected)
    }
  }
}
