import Foundation
import ScopeCLI
import ScopeEngine
import TestSupport
import Testing

/// Features, scores and token ids through the command line, on the files of public bug reports.
@Suite("Running models") struct FeatureCommandTests {
  private func path(_ name: String) -> String { Fixtures.path("cases/" + name) }

  private func expected(_ section: String, _ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: path("expected.json")))
    let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require((all[section] as? [String: Any])?[name] as? [String: Any])
  }

  private func numbers(_ value: Any?) throws -> [Double] {
    try #require((value as? [NSNumber])?.map(\.doubleValue))
  }

  private func embedding(_ run: CommandRun, _ kind: String) throws -> [Double] {
    #expect(run.status == 0, "\(run.errors)")
    let rows = try #require(try run.json()[kind] as? [[String: Any]])
    return try numbers(rows.first?["embedding"])
  }

  private func expectClose(_ found: [Double], _ wanted: [Double], _ tolerance: Double) {
    #expect(found.count == wanted.count)
    let worst = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= tolerance, "off by \(worst)")
  }

  /// A file of this test alone.
  private func scratch(_ name: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "clipscope-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder.appendingPathComponent(name).path
  }

  @Test(
    "Image features follow the activation of the config",
    arguments: ["c19_openclip_quick", "c19_openclip_plain", "c19_hf_quick"])
  func activations(name: String) throws {
    let want = try expected("c19", name)
    let run = try CommandRun(
      "embed", path(name), "--image", path("probe_32.png"), "--raw", "--json")
    expectClose(
      try embedding(run, "images"), try numbers(want["image_features"]),
      (want["tolerance"] as? Double) ?? 0)
  }

  @Test(
    "Arrays whose rows hold nothing are no input",
    arguments: [
      ("vision", "--pixels", [4, 3, 0, 5]), ("text", "--tokens", [4, 0]), ("text", "--tokens", [0]),
    ] as [(String, String, Shape)])
  func emptyRows(tower: String, option: String, shape: Shape) throws {
    let input = try scratch("x.npy")
    try NumPyWriter.write(
      UnsafeRawBufferPointer(start: nil, count: 0), type: tower == "text" ? .i64 : .f32,
      shape: shape, to: input)
    let run = try CommandRun("bench", "demo", "--tower", tower, option, input)
    #expect(run.status == 2)
    #expect(run.errors.hasPrefix("clipscope: \(input): "), "\(run.errors)")
  }

  @Test("A tokenizer may be that of the demo") func demoTokenizer() throws {
    let run = try CommandRun("tokenize", "demo/eva-shapes", "a red circle", "--tokenizer", "demo")
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test("A name without an ending is no file to write") func preprocessedName() throws {
    let run = try CommandRun(
      "preprocess", "demo", "demo/pictures/red-circle.png", "--out", "png")
    #expect(run.status == 64)
    #expect(run.errors == "clipscope: --out ends in .npy or .png, not png\n")
  }

  @Test("Of one tower alone classify asks nothing before it says what is missing")
  func classifyOneTower() throws {
    let source = path("c19_openclip_plain/open_clip_model.safetensors")
    for (pattern, missing) in [("visual.*", "text"), ("transformer.*", "image")] {
      let out = try scratch("one.safetensors")
      var keep = ["--keep", pattern]
      if missing == "image" {
        keep += ["--keep", "token_embedding.weight", "--keep", "positional_embedding"]
        keep += ["--keep", "ln_final.*", "--keep", "text_projection"]
      }
      #expect(try CommandRun(["edit", source, out] + keep).status == 0)
      let run = try CommandRun("classify", out, path("probe_32.png"), "--labels", "a,b")
      #expect(run.status == 2)
      #expect(run.errors.contains("the model has no \(missing) tower"), "\(run.errors)")
    }
  }

  @Test("A tensor that the forward does not know stops its own tower alone")
  func unknownTensor() throws {
    let config = "/open_clip_config.json"
    func edited(_ name: String, _ rule: String) throws -> String {
      let folder = try scratch(name)
      let run = try CommandRun("edit", path("c19_openclip_plain"), folder, "--rename", rule)
      #expect(run.status == 0, "\(run.errors)")
      if !FileManager.default.fileExists(atPath: folder + config) {
        try FileManager.default.copyItem(
          atPath: path("c19_openclip_plain") + config, toPath: folder + config)
      }
      return folder
    }
    let picture = path("probe_32.png")
    let image = try edited("image", "visual.ln_post.bias=visual.extra.bias")
    let broken = try CommandRun("embed", image, "--image", picture, "--raw", "--json")
    #expect(broken.status == 2)
    #expect(broken.errors.contains("does not know the tensor `visual.extra.bias`"))
    let text = try edited(
      "text", "transformer.resblocks.0.ln_1.bias=transformer.resblocks.0.extra.bias")
    let whole = try CommandRun(
      "embed", path("c19_openclip_plain"), "--image", picture, "--raw", "--json")
    let alone = try CommandRun("embed", text, "--image", picture, "--raw", "--json")
    #expect(try embedding(alone, "images") == embedding(whole, "images"))
    let both = try CommandRun("classify", text, picture, "--labels", "a,b")
    #expect(both.status == 2)
    #expect(both.errors.contains("does not know the tensor `transformer.resblocks.0.extra.bias`"))
  }

  @Test(
    "Features of files that need what their config says are those of OpenCLIP",
    arguments: ["coca", "custom-blocks"])
  func configured(name: String) throws {
    let folder = Fixtures.path("features/" + name)
    let run = try CommandRun(
      "embed", folder, "--pixels", folder + "/pixels.npy", "--tokens", folder + "/ids.npy", "--raw",
      "--json")
    #expect(run.status == 0, "\(run.errors)")
    let document = try run.json()
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/expected.json"))
    let expected = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    for kind in ["images", "texts"] {
      let found = try #require(document[kind] as? [[String: Any]])
      let wanted = try #require(expected[kind] as? [[Double]])
      #expect(found.count == wanted.count)
      for (row, numbers) in zip(found, wanted) {
        let largest = numbers.map(abs).max() ?? 0
        expectClose(try self.numbers(row["embedding"]), numbers, 1e-5 * largest)
      }
    }
  }

  @Test("A tensor that the forward does not know is a reason not to run") func unknown() throws {
    // The same file with a second, contrastive pooler.
    let folder = try scratch("model")
    try FileManager.default.copyItem(atPath: Fixtures.path("features/coca"), toPath: folder)
    let weights = folder + "/open_clip_model.safetensors"
    let more = try scratch("more.safetensors")
    let made = try CommandRun(
      "edit", weights, more, "--rename",
      "visual.attn_pool.ln_q.weight=visual.attn_pool_contrastive.ln_q.weight")
    #expect(made.status == 0, "\(made.errors)")
    try FileManager.default.removeItem(atPath: weights)
    try FileManager.default.moveItem(atPath: more, toPath: weights)
    let run = try CommandRun("embed", folder, "--pixels", folder + "/pixels.npy")
    #expect(run.status == 2)
    #expect(run.errors.contains("attn_pool_contrastive.ln_q.weight"), "\(run.errors)")
    // The text tower is whole.
    let text = try CommandRun("embed", folder, "--tokens", folder + "/ids.npy", "--json")
    #expect(text.status == 0, "\(text.errors)")
  }

  @Test("Without a config the activation is asked for, not guessed") func bareStateDict() throws {
    let refused = try CommandRun(
      "embed", path("c19_bare_state_dict.pt"), "--image", path("probe_32.png"), "--json",
      "--heads", "2")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("--activation"))
    let run = try CommandRun(
      "embed", path("c19_bare_state_dict.pt"), "--image", path("probe_32.png"), "--raw",
      "--json", "--activation", "quick_gelu", "--heads", "2")
    let want = try expected("c19", "c19_openclip_quick")
    expectClose(try embedding(run, "images"), try numbers(want["image_features"]), 1e-4)
  }

  @Test(
    "Text features are taken at the end token of the config",
    arguments: ["c23_eos_2", "c23_eos_63"])
  func endToken(name: String) throws {
    let want = try expected("c23", name)
    let ids = try numbers(want["token_ids"]).map { Int64($0) }
    let file = try scratch("ids.npy")
    try NumPyFile.write(ids, shape: [1, ids.count], to: file)
    let run = try CommandRun("embed", path(name), "--tokens", file, "--raw", "--json")
    expectClose(try embedding(run, "texts"), try numbers(want["text_features"]), 1e-4)
  }

  @Test("An OpenAI archive runs without running any of its code") func archive() throws {
    let want = try expected("c31", "c31_openai_style_jit.pt")
    let run = try CommandRun(
      "embed", path("c31_openai_style_jit.pt"), "--image", path("probe_32.png"), "--raw", "--json",
      "--heads", "2")
    // The archive stores halves, the expected numbers come from their f32 values.
    expectClose(try embedding(run, "images"), try numbers(want["image_features_2_heads"]), 1e-3)
  }

  @Test("A converted model agrees with its source") func verify() throws {
    let folder = try scratch("out")
    let run = try CommandRun(
      "convert", path("c19_openclip_quick"), folder, "--to", "hf", "--verify", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let verification = try #require(try run.json()["verification"] as? [String: Any])
    let image = try #require(verification["image"] as? [String: Any])
    #expect(try #require(image["max_abs"] as? Double) < 1e-5)
    let again = try CommandRun("verify", path("c19_openclip_quick"), folder, "--json")
    #expect(again.status == 0, "\(again.errors)")
    #expect(try again.json()["passed"] as? Bool == true)
    let other = try CommandRun("verify", path("c19_openclip_plain"), folder, "--json")
    #expect(other.status == 1, "other activations are other models")
  }

  @Test(
    "A form that names neither heads nor activation is run with those of its source",
    arguments: [["--to", "openai"], ["--to", "openclip", "--tower", "vision"]])
  func verifyWithoutConfig(options: [String]) throws {
    let folder = try scratch("out")
    let run = try CommandRun(
      ["convert", path("c19_openclip_quick"), folder, "--verify", "--json"] + options)
    #expect(run.status == 0, "\(run.errors)")
    let verification = try #require(try run.json()["verification"] as? [String: Any])
    let image = try #require(verification["image"] as? [String: Any])
    #expect(try #require(image["max_abs"] as? Double) < 1e-5)
  }

  @Test("A file of labels without its @ is not taken for a label") func labelFile() throws {
    let list = try scratch("labels.txt")
    try Data("cat\ndog\n".utf8).write(to: URL(fileURLWithPath: list))
    let run = try CommandRun(
      "classify", path("c19_openclip_quick"), path("probe_32.png"), "--labels", list)
    #expect(run.status != 0)
    #expect(run.errors.contains("@\(list) takes a label from each of its lines"))
  }

  @Test("Embeddings have length 1 unless raw ones are asked for") func unitLength() throws {
    let run = try CommandRun(
      "embed", path("c19_openclip_quick"), "--image", path("probe_32.png"), "--json")
    let length = try embedding(run, "images").reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(length - 1) < 1e-5)
  }

  @Test("A stopped run goes on where it stopped") func resumes() throws {
    let out = try scratch("x.npy")
    let model = path("c19_openclip_quick")
    let picture = path("probe_32.png")
    let whole = try scratch("whole.npy")
    let pictures = ["--image", picture, "--image", picture, "--image", picture]
    let first = try CommandRun(["embed", model] + pictures + ["--out", whole])
    #expect(first.status == 0, "\(first.errors)")
    // A run that was killed behind its first row: the part and its fingerprint are left.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: whole))
    let rows = 3 * 12 * 4
    try bytes.prefix(bytes.count - rows + 12 * 4 + 5).write(
      to: URL(fileURLWithPath: out + ".part"))
    let stranger = try CommandRun(["embed", model] + pictures + ["--out", out])
    #expect(stranger.status == 0, "\(stranger.errors)")
    #expect(stranger.errors.contains("discarded"), "\(stranger.errors)")
    #expect(!stranger.errors.contains("went on"), "a part without a fingerprint is nobody's")
    #expect(try Data(contentsOf: URL(fileURLWithPath: out)) == bytes)
    #expect(!FileManager.default.fileExists(atPath: out + ".part"))
    let refused = try CommandRun(["embed", model] + pictures + ["--out", out])
    #expect(refused.status == 2, "an existing file is not replaced without --force")
  }

  @Test("What was done with other options is not gone on from") func otherOptions() throws {
    let model = path("c19_openclip_quick")
    let pictures = ["--image", path("probe_32.png"), "--image", path("c25_palette_trns.png")]
    // A run that was stopped behind its first row, by a third picture that is broken.
    func stopped(_ options: [String]) throws -> String {
      let out = try scratch("x.npy")
      let broken = ["--image", path("c26_cut.png"), "--batch", "1"]
      let run = try CommandRun(["embed", model] + pictures + broken + options + ["--out", out])
      #expect(run.status == 2, "\(run.errors)")
      #expect(FileManager.default.fileExists(atPath: out + ".part"))
      return out
    }
    func again(_ out: String, _ options: [String]) throws -> CommandRun {
      let broken = ["--image", path("c26_cut.png"), "--keep-going", "--batch", "1"]
      return try CommandRun(["embed", model] + pictures + broken + options + ["--out", out])
    }
    let same = try again(try stopped([]), [])
    #expect(same.errors.contains("went on behind 2 of 3 pictures"), "\(same.errors)")
    #expect(!same.errors.contains("discarded"), "\(same.errors)")
    for options in [
      ["--raw"], ["--output", "pooled"], ["--preprocess", "exact"],
      ["--image-size", "16"], ["--blas"],
    ] {
      let other = try again(try stopped([]), options)
      #expect(!other.errors.contains("went on"), "\(options): \(other.errors)")
      #expect(
        other.errors.contains("x.npy.part: held rows of a run with other arguments"),
        "\(options): \(other.errors)")
    }
  }

  @Test("A picture that cannot be read ends the run, or is a row of NaN where that is wanted")
  func brokenPictures() throws {
    let out = try scratch("x.npy")
    let arguments = [
      "embed", path("c19_openclip_quick"), "--image", path("probe_32.png"), "--image",
      path("c26_cut.png"), "--image", path("probe_32.png"),
    ]
    let stopped = try CommandRun(arguments + ["--json"])
    #expect(stopped.status == 2)
    #expect(stopped.output.isEmpty)
    let run = try CommandRun(arguments + ["--keep-going", "--out", out])
    #expect(run.status == 2)
    #expect(run.errors.contains("c26_cut.png"))
    #expect(run.errors.split(separator: "\n").count == 1)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: out)).suffix(3 * 12 * 4)
    let values = bytes.withUnsafeBytes { raw in
      (0..<36).map { raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
    }
    #expect(values[12..<24].allSatisfy { $0.isNaN })
    #expect(Array(values[..<12]) == Array(values[24...]))
    #expect(values[..<12].allSatisfy { $0.isFinite })
  }

  @Test("Features that are not finite are told") func notFinite() throws {
    let file = try scratch("x.npy")
    var header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3, 32, 32), }"
    header += String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0]) + Data(header.utf8)
    data.append(Data(repeating: 0xFF, count: 4 * 3 * 32 * 32))
    try data.write(to: URL(fileURLWithPath: file))
    let run = try CommandRun("embed", path("c19_openclip_quick"), "--pixels", file, "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("1 of the inputs gave features that are not finite"))
  }

  @Test("A folder's pictures of other kinds are told, and each row's path is in the summary")
  func folders() throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path("probe_32.png")))
    for name in ["b10.png", "b9.png", "c.tiff", "a.HEIC", "notes.txt"] {
      try bytes.write(to: URL(fileURLWithPath: folder.file(name)))
    }
    let out = folder.file("x.npy")
    let run = try CommandRun(
      "embed", path("c19_openclip_quick"), "--image", folder.path, "--out", out, "--json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.errors.contains("/a.HEIC: passed over, the first of 2 pictures of kinds"),
      "\(run.errors)")
    let document = try run.json()
    #expect(document["images"] as? Int == 2)
    #expect(
      document["image_paths"] as? [String] == [folder.file("b9.png"), folder.file("b10.png")])
    let classified = try CommandRun(
      "classify", path("c19_openclip_quick"), folder.path, "--labels", "a,b")
    #expect(classified.errors.contains("passed over"), "\(classified.errors)")
    for name in ["b10.png", "b9.png"] { unlink(folder.file(name)) }
    let none = try CommandRun("embed", path("c19_openclip_quick"), "--image", folder.path)
    #expect(none.status == 2)
    #expect(none.errors.contains("a.HEIC"), "\(none.errors)")
  }

  @Test("Progress counts what the job counts, and no rate before there is one") func progress() {
    var progress = JobProgress(
      doneBytes: 8, totalBytes: 160, bytesPerSecond: 1.04, currentItem: "a.png", noun: "picture")
    #expect(ProgressText.line(progress) == "5 %  1.04 pictures/s, 2 min 26 s left  a.png")
    progress.currentItem = String(repeating: "long/", count: 20)
    #expect(ProgressText.line(progress, columns: 60).count == 59)
    progress = JobProgress(totalBytes: 160, elapsedSeconds: 1, noun: "picture")
    #expect(ProgressText.line(progress) == "0 %")
    progress = JobProgress(doneBytes: 1024, totalBytes: 2048, bytesPerSecond: 1024)
    #expect(ProgressText.line(progress) == "50 %  1.00 KiB/s, 1.0 s left")
  }

  @Test("Two runs do not write one file at once") func locked() throws {
    let out = try scratch("x.npy")
    let other = open(out + ".part", O_RDWR | O_CREAT, 0o644)
    #expect(flock(other, LOCK_EX) == 0)
    let arguments = [
      "embed", path("c19_openclip_quick"), "--image", path("probe_32.png"), "--out", out,
    ]
    let refused = try CommandRun(arguments)
    #expect(refused.status == 2)
    #expect(refused.errors.contains("another run is writing it"), "\(refused.errors)")
    close(other)
    #expect(try CommandRun(arguments).status == 0)
  }

  @Test("What is no model is named by verify") func verifyNoModel() throws {
    let run = try CommandRun("verify", path("c01_valid.safetensors"), path("c19_openclip_quick"))
    #expect(run.status == 2)
    #expect(run.errors.contains("c01_valid.safetensors: there is no tower"), "\(run.errors)")
  }

  @Test("The shards of a job array cover the inputs once, and may be empty") func shards() throws {
    let model = path("c19_openclip_quick")
    let pictures = ["probe_32.png", "c25_rgba.png", "c26_1x1.png"].flatMap {
      ["--image", path($0)]
    }
    let whole = try CommandRun(["embed", model] + pictures + ["--json"])
    let all = try #require(try whole.json()["images"] as? [[String: Any]]).map {
      $0["path"] as? String
    }
    var seen: [String?] = []
    for index in 0..<5 {
      let out = try scratch("x.npy")
      let shard = ["--shard", "\(index)/5"]
      let run = try CommandRun(["embed", model] + pictures + shard + ["--json"])
      #expect(run.status == 0, "\(run.errors)")
      let part = try #require(try run.json()["images"] as? [[String: Any]])
      seen += part.map { $0["path"] as? String }
      let file = try CommandRun(["embed", model] + pictures + shard + ["--out", out])
      #expect(file.status == 0, "\(file.errors)")
      let header = String(
        decoding: try Data(contentsOf: URL(fileURLWithPath: out)).prefix(128), as: UTF8.self)
      #expect(header.contains("(\(part.count), 12)"), "\(header)")
    }
    #expect(seen == all)
  }

  @Test("Prepared pixels are cut into shards too") func preparedShards() throws {
    let folder = Fixtures.path("features/coca")
    var rows: [[Double]] = []
    for index in 0..<2 {
      let run = try CommandRun(
        "embed", folder, "--pixels", folder + "/pixels.npy", "--shard", "\(index)/2", "--json")
      let part = try #require(try run.json()["images"] as? [[String: Any]])
      #expect(part.count == 1)
      #expect(part.first?["index"] as? Int == index)
      rows.append(try numbers(part.first?["embedding"]))
    }
    #expect(rows[0] != rows[1])
  }

  @Test("A model without a tokenizer says so and still does pictures") func noTokenizer() throws {
    let run = try CommandRun("embed", path("c19_openclip_quick"), "--text", "a cat", "--json")
    #expect(run.status == 2)
    #expect(run.errors.contains("tokenizer"))
    #expect(run.errors.split(separator: "\n").count == 1)
    let classify = try CommandRun(
      "classify", path("c19_openclip_quick"), path("probe_32.png"), "--label", "cat")
    #expect(classify.status == 2)
  }

  @Test("Tokens are those of the model's own text tower, whatever tokenizer is named")
  func tokensOfTower() throws {
    for tokenizer in [Fixtures.path("tokenizers/small_bpe.txt.gz"), "demo"] {
      let run = try CommandRun(
        "tokenize", "demo/epochs/epoch_4.pt", "a cat", "--tokenizer", tokenizer, "--json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.json()["context_length"] as? Int == 24)
    }
  }

  @Test("The tensor of the tower is written as it is fed") func preprocess() throws {
    let out = try scratch("x.npy")
    let run = try CommandRun(
      "preprocess", path("c19_openclip_quick"), path("c26_1x1.png"), "--out", out)
    #expect(run.status == 0, "\(run.errors)")
    let want = try numbers(try expected("c26", "c26_1x1.png")["normalized"])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: out))
    #expect(String(decoding: bytes.prefix(128), as: UTF8.self).contains("(3, 32, 32)"))
    let values = bytes.suffix(3 * 32 * 32 * 4).withUnsafeBytes { raw in
      (0..<3 * 32 * 32).map { Double(raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
    }
    for channel in 0..<3 {
      expectClose(
        Array(values[channel * 1024..<(channel + 1) * 1024]),
        [Double](repeating: want[channel], count: 1024), 1e-4)
    }
    let from = try CommandRun(
      "embed", path("c19_openclip_quick"), "--pixels", out, "--raw", "--json")
    let direct = try CommandRun(
      "embed", path("c19_openclip_quick"), "--image", path("c26_1x1.png"), "--raw", "--json")
    expectClose(try embedding(from, "images"), try embedding(direct, "images"), 1e-6)
  }

  @Test("Timed forwards give the features of a plain run") func bench() throws {
    let pixels = try scratch("x.npy")
    let out = try scratch("y.npy")
    let made = try CommandRun(
      "preprocess", path("c19_openclip_quick"), path("probe_32.png"), "--out", pixels)
    #expect(made.status == 0, "\(made.errors)")
    let run = try CommandRun(
      "bench", path("c19_openclip_quick"), "--tower", "vision", "--pixels", pixels, "--batch", "1",
      "--warmup", "1", "--threads", "1", "--out", out, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let document = try run.json()
    #expect((document["seconds"] as? [Double])?.count == 1)
    #expect(document["threads"] as? Int == 1)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: out))
    let values = bytes.suffix(12 * 4).withUnsafeBytes { raw in
      (0..<12).map { Double(raw.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)) }
    }
    let want = try expected("c19", "c19_openclip_quick")
    expectClose(values, try numbers(want["image_features"]), 1e-4)
  }

  @Test(
    "Wrong inputs are one line and a status",
    arguments: [
      (["--pixels", "c19_openclip_quick/open_clip_config.json"], 2),
      (["--image", "nowhere.png"], 2),
      (["--shard", "3/2", "--image", "probe_32.png"], 64),
      ([], 64),
      (["--image", "probe_32.png", "--out", "x.csv"], 64),
    ])
  func wrong(arguments: [String], status: Int) throws {
    let named = arguments.map {
      $0.hasPrefix("--") || $0.contains("/2") || $0.hasSuffix(".csv") ? $0 : path($0)
    }
    let run = try CommandRun(["embed", path("c19_openclip_quick")] + named)
    #expect(Int(run.status) == status, "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count <= 4)
    #expect(!run.errors.isEmpty)
  }
}

/// A `.npy` of 64-bit integers.
enum NumPyFile {
  static func write(_ values: [Int64], shape: [Int], to path: String) throws {
    let sizes = shape.map(String.init).joined(separator: ", ")
    var header = "{'descr': '<i8', 'fortran_order': False, 'shape': (\(sizes)), }"
    header += String(repeating: " ", count: 63 - (10 + header.utf8.count) % 64) + "\n"
    var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
    withUnsafeBytes(of: UInt16(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(Data(header.utf8))
    values.withUnsafeBytes { data.append(contentsOf: $0) }
    try data.write(to: URL(fileURLWithPath: path))
  }
}
