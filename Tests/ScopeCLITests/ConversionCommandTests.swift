import Foundation
import TestSupport
import Testing

/// `map`, `convert`, `diff` and `edit` on the files of public bug reports.
@Suite("Conversion through the command line") struct ConversionCommandTests {
  private func path(_ name: String) -> String { Fixtures.path("cases/" + name) }

  private func rows(_ run: CommandRun) throws -> [[String: Any]] {
    try #require(try run.json()["rows"] as? [[String: Any]])
  }

  private func config(_ folder: String, _ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
    return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  // MARK: map

  @Test(
    "Every key is mapped",
    arguments: [
      ("c19_openclip_quick", "hf", "openclip", "hf-clip"),
      ("c19_hf_quick", "openclip", "hf-clip", "openclip"),
      ("c21_module_orig_mod.safetensors", "hf", "openclip", "hf-clip"),
      ("c33_bigvision_siglip.npz", "hf", "bigvision-siglip", "hf-siglip"),
      ("c33_bigvision_siglip.npz", "openclip", "bigvision-siglip", "openclip-timm"),
      ("c32_eva_no_rope.safetensors", "openclip", "eva", "openclip-timm"),
      ("c19_hf_quick", "openclip-custom", "hf-clip", "openclip-custom"),
    ])
  func maps(name: String, target: String, from: String, to: String) throws {
    let run = try CommandRun("map", path(name), "--to", target, "--heads", "2", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let document = try run.json()
    #expect(document["source_dialect"] as? String == from)
    #expect(document["target_dialect"] as? String == to)
    let rows = try rows(run)
    #expect(rows.count >= 30)
    let isRight1 = rows.allSatisfy { (row: [String: Any]) -> Bool in
      row["status"] as? String == "mapped"
    }
    #expect(isRight1)
    for row in rows {
      let source = row["source"] as? [String] ?? []
      let target = row["target"] as? [String] ?? []
      let transform = row["transform"] as? String ?? ""
      let rule = row["rule"] as? String ?? ""
      #expect(!source.isEmpty || transform != "copy")
      #expect(!target.isEmpty)
      #expect(rule.contains(".rules:"))
    }
    let coverage = try #require(document["coverage"] as? [String: Any])
    #expect(coverage["unknown"] as? Int == 0)
    #expect(coverage["unfilled"] as? Int == 0)
  }

  @Test("A split shows its three targets") func split() throws {
    let run = try CommandRun("map", path("c19_openclip_quick"), "--to", "hf", "--json")
    let row = try #require(
      try rows(run).first {
        ($0["source"] as? [String]) == ["visual.transformer.resblocks.0.attn.in_proj_weight"]
      })
    let attention = "vision_model.encoder.layers.0.self_attn"
    let targets = ["q", "k", "v"].map { "\(attention).\($0)_proj.weight" }
    #expect(row["target"] as? [String] == targets)
    let transform = row["transform"] as? String ?? ""
    #expect(transform.hasPrefix("split"))
  }

  @Test func mapWithoutRowsSaysSo() throws {
    let run = try CommandRun(
      "map", path("c19_openclip_quick"), "--to", "openclip-custom", "--only", "unmapped")
    #expect(run.status == 0)
    #expect(run.output.contains("no key of this kind"))
    #expect(!run.output.contains("transform"))
  }

  @Test func infoOfAFolderNamesWhatWasNotOpened() throws {
    let folder = try TemporaryFolder()
    for number in 1...10 {
      try FileManager.default.copyItem(
        atPath: path("c19_openclip_quick/open_clip_model.safetensors"),
        toPath: folder.file("part\(number).safetensors"))
    }
    let run = try CommandRun("info", folder.path)
    #expect(run.status == 0)
    #expect(run.output.contains("not opened          part2.safetensors"))
    #expect(run.output.contains("not opened          1 more"))
    // What is not known is said once.
    #expect(run.output.contains("unknown  tensors do not record it"))
  }

  @Test("What is not mapped comes first, and can be asked for alone") func unmapped() throws {
    let run = try CommandRun(
      "map", path("c20_with_ids"), "--to", "openclip", "--only", "unmapped", "--json")
    let rows = try rows(run)
    #expect(rows.count == 2)
    let isRight2 = rows.allSatisfy { (row: [String: Any]) -> Bool in
      row["status"] as? String == "ignored" && (row["reason"] as? String)?.isEmpty == false
    }
    #expect(isRight2)
    let text = try CommandRun("map", path("c20_with_ids"), "--to", "openclip").output
    let lines = text.split(separator: "\n")
    #expect(lines[3].contains("position_ids") && lines[4].contains("position_ids"))
  }

  @Test(
    "What has no place is refused with the reason",
    arguments: [
      ("c30_roberta_text", "hf", "--tower vision"), ("c29_peft", "hf", "base weights"),
      ("c32_eva_no_rope.safetensors", "hf", "EVA"),
    ])
  func refusals(name: String, target: String, reason: String) throws {
    for command in [
      ["map", path(name), "--to", target],
      ["convert", path(name), "/nonexistent/out", "--to", target],
    ] {
      let run = try CommandRun(command)
      #expect(run.status == 2)
      #expect(run.output.isEmpty)
      #expect(run.errors.contains(reason), "\(run.errors)")
      #expect(run.errors.count { $0 == "\n" } == 1)
    }
  }

  @Test("A target of no meaning is a wrong command line") func badTarget() throws {
    #expect(try CommandRun("map", path("c19_hf_quick"), "--to", "keras").status == 64)
    #expect(
      try CommandRun(
        "convert", path("c19_hf_quick"), "/nonexistent/out", "--to", "hf", "--dtype", "i8"
      ).status == 64)
    #expect(
      try CommandRun(
        "convert", path("c19_hf_quick"), "/nonexistent/out", "--to", "hf", "--max-shard-size", "x"
      ).status == 64)
  }

  // MARK: convert

  @Test(
    "The activation and the heads come along",
    arguments: [("c19_openclip_quick", "quick_gelu"), ("c19_openclip_plain", "gelu")])
  func activation(name: String, activation: String) throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let run = try CommandRun("convert", path(name), out, "--to", "hf", "--verify", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let config = try config(out, "config.json")
    for tower in ["vision_config", "text_config"] {
      let tower = try #require(config[tower] as? [String: Any])
      #expect(tower["hidden_act"] as? String == activation)
      #expect(tower["num_attention_heads"] as? Int == 2)
    }
    let receipt = try run.json()
    let verification = try #require(receipt["verification"] as? [String: Any])
    #expect(verification["passed"] as? Bool == true)
    let tensors = try #require(receipt["tensors"] as? [[String: Any]])
    #expect(tensors.count == 62)
    let isRight3 = tensors.allSatisfy { (row: [String: Any]) -> Bool in
      (row["sha256"] as? String)?.count == 64 && (row["rule"] as? String)?.isEmpty == false
    }
    #expect(isRight3)
    // The receipt in the folder is the one that was printed.
    #expect(
      try NSDictionary(dictionary: self.config(out, "clipscope_receipt.json"))
        == NSDictionary(dictionary: receipt))
    let diff = try CommandRun("diff", path(name), out, "--json")
    #expect(diff.status == 0, "\(diff.output)")
  }

  @Test("A bare state dict asks for what it does not say") func bare() throws {
    let folder = try TemporaryFolder()
    let name = path("c19_bare_state_dict.pt")
    let asked = try CommandRun("convert", name, folder.file("a"), "--to", "hf")
    #expect(asked.status == 2)
    // One line asks for everything.
    #expect(asked.errors.contains("--heads") && asked.errors.contains("--activation"))
    #expect(asked.errors.count { $0 == "\n" } == 1)
    let again = try CommandRun("convert", name, folder.file("b"), "--to", "hf", "--heads", "2")
    #expect(again.status == 2)
    #expect(again.errors.contains("--activation") && !again.errors.contains("--heads"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("b")))
    let told = try CommandRun(
      "convert", name, folder.file("c"), "--to", "hf", "--heads", "2", "--activation", "quick_gelu")
    #expect(told.status == 0)
    #expect(told.errors.contains("--activation") == false)
  }

  @Test("One tower, with and without its projection") func towers() throws {
    let folder = try TemporaryFolder()
    let name = path("c19_openclip_quick")
    #expect(
      try CommandRun(
        "convert", name, folder.file("a"), "--to", "hf", "--tower", "vision", "--with-projection"
      ).status == 0)
    #expect(
      try CommandRun(
        "convert", name, folder.file("b"), "--to", "hf", "--tower", "vision", "--no-projection"
      ).status == 0)
    #expect(try CommandRun("convert", name, folder.file("c"), "--to", "hf-clip-text").status == 0)
    #expect(
      try config(folder.file("a"), "config.json")["architectures"] as? [String] == [
        "CLIPVisionModelWithProjection"
      ])
    #expect(
      try config(folder.file("b"), "config.json")["architectures"] as? [String] == [
        "CLIPVisionModel"
      ])
    #expect(
      try config(folder.file("c"), "config.json")["architectures"] as? [String] == [
        "CLIPTextModelWithProjection"
      ])
  }

  @Test("A tower without its projection is compared before it", arguments: ["vision", "text"])
  func verifiedWithoutProjection(tower: String) throws {
    let folder = try TemporaryFolder()
    let run = try CommandRun(
      "convert", path("c19_openclip_quick"), folder.file("out"), "--to", "hf", "--tower", tower,
      "--no-projection", "--verify", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let verification = try #require(try run.json()["verification"] as? [String: Any])
    let difference = try #require(
      verification[tower == "vision" ? "image" : "text"] as? [String: Any])
    #expect(difference["max_abs"] as? Double ?? 1 < 1e-4)
    #expect(difference["output"] as? String == "pooled")
    let text = try CommandRun(
      "convert", path("c19_openclip_quick"), folder.file("text"), "--to", "hf", "--tower", tower,
      "--no-projection", "--verify")
    let name = tower == "vision" ? "image" : "text"
    #expect(text.output.contains(" (\(name): pooled, not projected)"), "\(text.output)")
    // The result has no projection either.
    let again = try CommandRun(
      "convert", folder.file("text"), folder.file("again"), "--to", "hf", "--tower", tower,
      "--heads", "2", "--verify")
    #expect(again.output.contains(" (\(name): pooled, not projected)"), "\(again.errors)")
    let whole = try CommandRun(
      "convert", path("c19_openclip_quick"), folder.file("whole"), "--to", "hf", "--verify")
    #expect(whole.output.contains("(image)") && whole.output.contains("(text)"))
    #expect(verification["features_skipped"] is NSNull)
  }

  @Test("A timm tower leaves out its head where it was asked to, and says what is not written")
  func timmHead() throws {
    let folder = try TemporaryFolder()
    let model = path("c19_openclip_quick")
    let arguments = ["convert", model, folder.file("bare"), "--to", "timm", "--verify", "--json"]
    let run = try CommandRun(arguments + ["--no-projection"])
    #expect(run.status == 0, "\(run.errors)")
    let receipt = try run.json()
    func names(_ receipt: [String: Any], _ key: String) throws -> [String] {
      try #require(receipt[key] as? [[String: Any]]).compactMap { $0["name"] as? String }
    }
    #expect(try names(receipt, "tensors").allSatisfy { !$0.hasPrefix("head.") })
    let dropped = try #require(receipt["dropped"] as? [[String: Any]])
    let reasons = Set(dropped.compactMap { $0["reason"] as? String })
    #expect(
      reasons == [
        "timm holds the image tower alone", "the tower was asked for without its projection",
      ])
    #expect(run.errors.contains("no config.json is written"))
    let whole = try CommandRun(
      "convert", model, folder.file("whole"), "--to", "timm", "--verify", "--json")
    #expect(try names(try whole.json(), "tensors").filter { $0.hasPrefix("head.") }.count == 2)
    let text = try CommandRun(
      "convert", model, folder.file("text"), "--to", "timm", "--tower", "text")
    #expect(text.status == 2)
    #expect(text.errors.contains("timm holds image towers"))
  }

  @Test("The trained form of SigLIP's activation is told and taken for a timm tower, too")
  func siglipOfTimm() throws {
    let folder = try TemporaryFolder()
    let tower = folder.file("tower")
    #expect(
      try CommandRun("convert", path("c33_bigvision_siglip.npz"), tower, "--to", "timm").status == 0
    )
    try Data(#"{"architecture": "vit_base_patch16_siglip_224", "num_classes": 0}"#.utf8)
      .write(to: URL(fileURLWithPath: tower + "/config.json"))
    for (name, options) in [("default", []), ("given", ["--activation", "gelu_tanh"])] {
      let out = folder.file(name)
      let run = try CommandRun(
        ["convert", tower, out, "--to", "hf", "--heads", "2", "--verify"] + options)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.contains("timm evaluates this model with erf GELU") == options.isEmpty)
      let vision = try #require(
        try config(out, "config.json")["vision_config"] as? [String: Any]
          ?? config(out, "config.json"))
      #expect(vision["hidden_act"] as? String == "gelu_pytorch_tanh")
    }
  }

  @Test("A bias that the rules fill in comes back, also where the rest was cast") func castBack()
    throws
  {
    let folder = try TemporaryFolder()
    let tower = folder.file("tower")
    #expect(try CommandRun("convert", "demo/clip-shapes", tower, "--to", "timm").status == 0)
    let run = try CommandRun(
      "convert", tower, folder.file("out"), "--to", "hf-clip-vision", "--dtype", "F32",
      "--activation", "quick_gelu", "--heads", "3", "--verify", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let verification = try #require(try run.json()["verification"] as? [String: Any])
    #expect(verification["passed"] as? Bool == true)
    // All but the bias of zeros were cast.
    let back = try #require(verification["there_and_back"] as? [String: Any])
    #expect(back["compared"] as? Int == 1, "\(back)")
  }

  @Test("Towers that differ by their activation alone are told to") func differingActivations()
    throws
  {
    let folder = try TemporaryFolder()
    let (one, other) = (folder.file("one"), folder.file("other"))
    for (out, activation) in [(one, "quick_gelu"), (other, "gelu")] {
      let run = try CommandRun(
        "convert", "demo/epochs/epoch_4.pt", out, "--to", "hf", "--heads", "3,2", "--activation",
        activation)
      #expect(run.status == 0, "\(run.errors)")
    }
    let run = try CommandRun("verify", one, other, "--json")
    #expect(run.status == 1)
    for tower in ["image", "text"] {
      #expect(
        run.errors.contains(
          "the \(tower) towers have different activations: quick_gelu and gelu\n"),
        "\(run.errors)")
    }
    let same = try CommandRun("verify", one, one)
    #expect(same.status == 0 && same.errors.isEmpty, "\(same.errors)")
  }

  @Test("No target writes a projection that was not asked for", arguments: ["openclip", "eva"])
  func evaHead(target: String) throws {
    let folder = try TemporaryFolder()
    let options = ["--to", target, "--tower", "vision", "--verify", "--json"]
    func heads(_ more: [String]) throws -> [String] {
      let run = try CommandRun(
        ["convert", "demo/eva-shapes", folder.file("out"), "--force"] + options + more)
      #expect(run.status == 0, "\(run.errors)")
      return try #require(try run.json()["tensors"] as? [[String: Any]])
        .compactMap { $0["name"] as? String }.filter { $0.contains(".head.") }
    }
    #expect(try heads([]).count == 2)
    #expect(try heads(["--no-projection"]).isEmpty)
    let siglip = try CommandRun(
      "convert", path("c33_bigvision_siglip.npz"), folder.file("siglip"), "--to", "hf-siglip-text",
      "--no-projection")
    #expect(siglip.status == 2)
    #expect(siglip.errors.contains("not written without its projection"))
  }

  @Test("A dialect that is asked for by name is done or refused") func namedDialects() throws {
    let folder = try TemporaryFolder()
    let model = path("c19_openclip_quick")
    let siglip = path("c33_bigvision_siglip.npz")
    for (file, target, written) in [
      (model, "hf-siglip", "hf-clip"), (siglip, "hf-clip", "hf-siglip"),
      (model, "oc-siglip", "oc-clip"), (model, "openclip-timm", "oc-clip"),
    ] {
      for command in [
        ["map", file, "--to", target], ["convert", file, folder.file("no"), "--to", target],
      ] {
        let run = try CommandRun(command)
        #expect(run.status == 2, "\(command): \(run.errors)")
        #expect(run.errors.contains("is written as \(written), not as"), "\(run.errors)")
        #expect(
          run.errors.contains(target.replacingOccurrences(of: "openclip-timm", with: "oc-eva")))
      }
    }
    for (file, target, dialect) in [
      (model, "oc-clip", "openclip"), (model, "oc-custom", "openclip-custom"),
      (siglip, "oc-siglip", "openclip-timm"), (siglip, "hf-siglip-text", "hf-siglip-text"),
    ] {
      let run = try CommandRun("map", file, "--to", target, "--json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(try run.json()["target_dialect"] as? String == dialect)
    }
    let vision = try rows(try CommandRun("map", model, "--to", "hf-clip-vision", "--json"))
    let targets = vision.flatMap { $0["target"] as? [String] ?? [] }
    #expect(targets.contains("visual_projection.weight"))
    #expect(targets.allSatisfy { $0.hasPrefix("vis") }, "\(targets)")
    #expect(vision.contains { $0["reason"] as? String == "only the vision tower was asked for" })
    let errors = try ["keras", "hf-clop-x", "bv-siglip"].map { name in
      let run = try CommandRun("map", model, "--to", name)
      #expect(run.status == 64)
      return String(run.errors.prefix { $0 != ";" }.dropLast(run.errors.contains(";") ? 0 : 1))
        .replacingOccurrences(of: name, with: "X")
    }
    #expect(Set(errors).count == 1, "\(errors)")
  }

  @Test("A picture size that the patches do not fill is told with the grid") func grid() throws {
    let folder = try TemporaryFolder()
    let config = try config(path("c19_openclip_quick"), "open_clip_config.json")
    let vision = try #require(
      (config["model_cfg"] as? [String: Any])?["vision_cfg"] as? [String: Any])
    let patch = try #require(vision["patch_size"] as? Int)
    let run = try CommandRun(
      "convert", path("c19_openclip_quick"), folder.file("out"), "--to", "hf", "--image-size",
      "\(4 * patch + 1)", "--verify")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("the grid is 4 x 4"), "\(run.errors)")
    #expect(run.output.contains("1 tensor was cast, resized"))
    let even = try CommandRun(
      "convert", path("c19_openclip_quick"), folder.file("even"), "--to", "hf", "--image-size",
      "\(4 * patch)")
    #expect(even.errors.contains("the grid is") == false)
  }

  @Test("A dry run writes nothing") func dryRun() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let run = try CommandRun(
      "convert", path("c19_hf_quick"), out, "--to", "openclip", "--dry-run", "--json")
    #expect(run.status == 0)
    #expect(try run.json()["dry_run"] as? Bool == true)
    #expect(!FileManager.default.fileExists(atPath: out))
    let text = try CommandRun("convert", path("c19_hf_quick"), out, "--to", "openclip", "--dry-run")
    #expect(text.output.contains("open_clip_model.safetensors"))
    #expect(text.output.contains("not written"))
  }

  @Test("An existing target stays as it is") func existing() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    #expect(try CommandRun("convert", path("c19_hf_quick"), out, "--to", "openclip").status == 0)
    let refused = try CommandRun("convert", path("c19_openclip_plain"), out, "--to", "hf")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("--force"))
    #expect(FileManager.default.fileExists(atPath: out + "/open_clip_model.safetensors"))
    #expect(
      try CommandRun("convert", path("c19_openclip_plain"), out, "--to", "hf", "--force").status
        == 0)
    #expect(!FileManager.default.fileExists(atPath: out + "/open_clip_model.safetensors"))
  }

  @Test("A cast rounds and says what cannot come back") func cast() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let run = try CommandRun(
      "convert", path("c19_hf_quick"), out, "--to", "openclip", "--dtype", "bf16", "--verify",
      "--json")
    #expect(run.status == 0, "\(run.errors)")
    let tensors = try #require(try run.json()["tensors"] as? [[String: Any]])
    let isRight4 = tensors.allSatisfy { (row: [String: Any]) -> Bool in
      row["dtype"] as? String == "BF16"
    }
    #expect(isRight4)
    let isRight5 = tensors.allSatisfy { (row: [String: Any]) -> Bool in
      (row["transform"] as? String)?.contains("cast F32 to BF16") == true
    }
    #expect(isRight5)
  }

  @Test("The damaged are refused", arguments: ["c16_missing_shard", "c16_listed_but_absent"])
  func damaged(name: String) throws {
    let run = try CommandRun("convert", path(name), "/nonexistent/out", "--to", "safetensors")
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
  }

  @Test("Extra tensors are left out by name") func extra() throws {
    let folder = try TemporaryFolder()
    let run = try CommandRun(
      "convert", path("c29_extra_head.safetensors"), folder.file("out"), "--to", "openclip",
      "--heads", "2", "--activation", "gelu")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("classifier.weight"))
    #expect(run.errors.contains("classifier.bias"))
  }

  // MARK: diff

  @Test("Same, different, trouble") func diffs() throws {
    #expect(try CommandRun("diff", path("c20_with_ids"), path("c20_without_ids")).status == 0)
    let differs = try CommandRun(
      "diff", path("c22_square_openclip"), path("c19_openclip_quick"), "--json")
    #expect(differs.status == 1)
    let rows = try rows(differs)
    let statuses = Set(rows.compactMap { $0["status"] as? String })
    #expect(statuses.isSubset(of: ["same", "differs", "only_a", "only_b", "shape"]))
    #expect(try CommandRun("diff", path("c20_with_ids"), path("nothing")).status == 2)
  }

  @Test("NaN equals the same NaN") func nan() throws {
    let folder = try TemporaryFolder()
    // Header of one F32 tensor `x` of two elements, NaN and 1; then NaN and 2.
    func file(_ name: String, _ second: [UInt8]) throws -> String {
      let header = Array(#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}  "#.utf8)
      return try folder.write(
        [UInt8(header.count), 0, 0, 0, 0, 0, 0, 0] + header + [0, 0, 0xC0, 0x7F] + second, to: name)
    }
    let a = try file("a.safetensors", [0, 0, 0x80, 0x3F])
    let b = try file("b.safetensors", [0, 0, 0x80, 0x3F])
    let c = try file("c.safetensors", [0, 0, 0, 0x40])
    #expect(try CommandRun("diff", a, b).status == 0)
    let run = try CommandRun("diff", a, c, "--json")
    #expect(run.status == 1)
    #expect(try rows(run)[0]["max_abs"] as? Double == 1)
  }

  // MARK: edit

  @Test("A table first, then the file") func edit() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out.safetensors")
    let arguments = [
      "edit", path("c21_module.safetensors"), out, "--rename", "s/^module\\.//", "--drop",
      "*logit_scale",
      "--set-metadata", "by=hand",
    ]
    let dry = try CommandRun(arguments + ["--dry-run"])
    #expect(dry.status == 0)
    #expect(dry.output.contains("not written"))
    #expect(!FileManager.default.fileExists(atPath: out))
    #expect(try CommandRun(arguments).status == 0)
    let listed = try CommandRun("ls", out, "--json").json()
    let names = try #require(listed["entries"] as? [[String: Any]]).compactMap {
      $0["name"] as? String
    }
    #expect(names.count == 37)
    #expect(names.allSatisfy { !$0.hasPrefix("module.") })
    #expect(
      try CommandRun("info", out, "--json").json()["metadata"] as? [String: String] == [
        "format": "pt", "by": "hand",
      ])
    #expect(try CommandRun(arguments).status == 2)
    #expect(try CommandRun(arguments + ["--force"]).status == 0)
    #expect(try CommandRun("edit", out, folder.file("x.pt"), "--rename", "x").status == 64)
  }

  @Test("Both forms of a name fit, and what is left out of a training checkpoint is named")
  func trainingCheckpoint() throws {
    let folder = try TemporaryFolder()
    let source = path("c10_epoch_3.pt")
    let listed = try #require(
      try CommandRun("ls", source, "--json").json()["entries"] as? [[String: Any]])
    let full = try #require(
      listed.compactMap { $0["name"] as? String }.first { $0.hasPrefix("state_dict.") })
    let bare = String(full.dropFirst("state_dict.".count))
    for name in [full, bare] {
      for (number, rule) in [["--keep", name], ["--rename", name + "=" + name + ".new"]]
        .enumerated()
      {
        let out = folder.file("\(name)-\(number).pt")
        let run = try CommandRun(["edit", source, out] + rule)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors.contains("only the weights are written; left out: "), "\(run.errors)")
        for other in ["epoch", "optimizer"] { #expect(run.errors.contains(other)) }
        let names = try #require(
          try CommandRun("ls", out, "--json").json()["entries"] as? [[String: Any]]
        ).compactMap { $0["name"] as? String }
        #expect(names.contains(number == 0 ? bare : bare + ".new"), "\(names)")
      }
    }
  }

  @Test("A cast is said in the config too", arguments: ["edit", "convert"])
  func castConfig(command: String) throws {
    let folder = try TemporaryFolder()
    let hub = folder.file("hub")
    #expect(
      try CommandRun("convert", path("c19_openclip_quick"), hub, "--to", "hf").status == 0)
    #expect(try config(hub, "config.json")["torch_dtype"] as? String == "float32")
    let out = folder.file("out")
    let options =
      command == "edit" ? ["--cast", "f16"] : ["--to", "safetensors", "--dtype", "f16"]
    let run = try CommandRun([command, hub, out] + options)
    #expect(run.status == 0, "\(run.errors)")
    #expect(try config(out, "config.json")["torch_dtype"] as? String == "float16")
    #expect(
      try config(out, "config.json").count == config(hub, "config.json").count)
  }
}
