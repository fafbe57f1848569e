import Foundation
import ScopeCLI
import TestSupport
import Testing

@Suite("Demo and training series through the command line") struct DemoCommandTests {
  @Test("demo --list is a command, demo alone the dashboard") func handles() {
    #expect(CommandLineProgram.handles(["demo", "--list"]))
    #expect(CommandLineProgram.handles(["demo", "--json", "--list"]))
    #expect(CommandLineProgram.handles(["demo", "--tour", "--json"]))
    #expect(!CommandLineProgram.handles(["demo"]))
    #expect(!CommandLineProgram.handles(["demo", "--", "--list"]))
    #expect(!CommandLineProgram.handles(["open", "--list"]))
  }

  @Test("demo --list gives absolute paths that exist") func list() throws {
    let run = try CommandRun("demo", "--list", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let document = try run.json()
    #expect(document["schema"] as? Int == 1)
    let models = try #require(document["models"] as? [[String: Any]])
    #expect(models.compactMap { $0["name"] as? String } == ["clip-shapes", "eva-shapes"])
    for model in models {
      let pictures = try #require(model["pictures"] as? [[String: Any]])
      let labels = try #require(model["labels"] as? [String])
      #expect((model["template"] as? String)?.contains("{}") == true)
      let paths = [model["path"] as? String] + pictures.map { $0["path"] as? String }
      for path in paths {
        let path = try #require(path)
        #expect(path.hasPrefix("/") && FileManager.default.fileExists(atPath: path))
      }
      #expect(pictures.allSatisfy { labels.contains($0["label"] as? String ?? "") })
    }
    let text = try CommandRun("demo", "--list")
    #expect(text.status == 0 && text.output.contains("demo/clip-shapes"))
    #expect(text.output.contains("red circle"))
    #expect(try CommandRun("demo", "--list", "x").status == 64)
    #expect(try CommandRun("demo", "--json").status == 64)
  }

  @Test("Maps of several layers say how they lie") func attentionMaps() throws {
    let run = try CommandRun(
      "attention", "demo", "demo/pictures/red-circle.png", "--layer", "all")
    #expect(run.status == 0, "\(run.errors)")
    #expect(
      run.output.contains("5 maps in rows of 3, from 0 at the top left by layer"), "\(run.output)")
    let single = try CommandRun(
      "attention", "demo", "demo/pictures/red-circle.png", "--layer", "0")
    #expect(!single.output.contains("maps in rows"))
  }

  @Test("A file without a model has no confirmed tower") func noTower() throws {
    let run = try CommandRun("info", Fixtures.path("cases/c01_valid.safetensors"))
    #expect(run.status == 0, "\(run.errors)")
    let line = run.output.split(separator: "\n").first { $0.contains("towers") }
    #expect(line?.contains("unknown  no key is that of a known tower") == true, "\(run.output)")
  }

  @Test("demo converts to Transformers") func conversion() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let run = try CommandRun("convert", "demo", out, "--to", "hf", "--verify", "--json")
    #expect(run.status == 0, "\(run.errors)")
    let verification = try #require(try run.json()["verification"] as? [String: Any])
    #expect(verification["passed"] as? Bool == true)
    #expect(FileManager.default.fileExists(atPath: out + "/tokenizer_config.json"))
    #expect(try CommandRun("diff", "demo", out).status == 0)
  }

  @Test(
    "Commands take demo/NAME",
    arguments: [
      ["ls"], ["info"], ["stats"], ["scan"], ["map", "--to", "openclip-custom"], ["rope"],
      ["tokenize", "a picture of a red circle"],
    ])
  func commands(arguments: [String]) throws {
    let run = try CommandRun([arguments[0], "demo/eva-shapes"] + arguments.dropFirst())
    #expect(run.status == 0, "\(run.errors)")
    let wrong = try CommandRun([arguments[0], "demo/none"] + arguments.dropFirst())
    #expect(wrong.status == 2)
    #expect(wrong.errors.contains("demo/clip-shapes"))
  }

  @Test("classify names the shipped pictures") func classification() throws {
    let list = try CommandRun("demo", "--list", "--json").json()
    let model = try #require((list["models"] as? [[String: Any]])?.first)
    let labels = try #require(model["labels"] as? [String])
    let template = try #require(model["template"] as? String)
    let pictures = try #require(model["pictures"] as? [[String: String]])
    let run = try CommandRun(
      ["classify", "demo"] + pictures.compactMap { $0["path"] } + [
        "--labels", labels.joined(separator: ","), "--template", template, "--json",
      ])
    #expect(run.status == 0, "\(run.errors)")
    let results = try #require(try run.json()["images"] as? [[String: Any]])
    #expect(results.count == pictures.count)
    for (result, picture) in zip(results, pictures) {
      let scores = try #require(result["scores"] as? [[String: Any]])
      #expect(scores.count == labels.count)
      let best = scores.max {
        ($0["probability"] as? Double ?? 0) < ($1["probability"] as? Double ?? 0)
      }
      #expect(best?["label"] as? String == picture["label"])
    }
  }

  @Test("epochs draws every snapshot and cuts the table") func epochs() throws {
    let run = try CommandRun("epochs", "demo", "--top", "3")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output.contains("4 snapshots, epoch_1.pt to epoch_4.pt"))
    #expect(run.output.contains("█") && run.output.contains("▁"))
    #expect(run.output.contains("more (--top)"))
    let document = try CommandRun("epochs", "demo/epochs", "visual.*", "--json").json()
    #expect(document["schema"] as? Int == 1)
    let snapshots = try #require(document["snapshots"] as? [[String: Any]])
    #expect(snapshots.map { $0["numbers"] as? [Int] } == [[1], [2], [3], [4]])
    let tensors = try #require(document["tensors"] as? [[String: Any]])
    #expect(tensors.count == document["tensor_count"] as? Int)
    let movements = tensors.map { $0["total_movement"] as? Double ?? -1 }
    #expect(movements == movements.sorted(by: >))
    for tensor in tensors {
      #expect((tensor["name"] as? String)?.hasPrefix("visual.") == true)
      #expect((tensor["movement"] as? [Any])?.first is NSNull)
      for key in ["movement", "mean", "std", "l2", "non_finite"] {
        #expect((tensor[key] as? [Any])?.count == 4)
      }
    }
  }

  @Test(
    "What cannot be served says so in one line",
    arguments: [
      (["epochs", "demo/eva-shapes"], 2), (["epochs", "/nonexistent"], 2),
      (["epochs", "demo", "no.such.*"], 2), (["epochs", "demo", "--top", "0"], 64),
      (["epochs"], 64),
    ] as [([String], Int32)])
  func trouble(arguments: [String], status: Int32) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == status)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("clipscope: ") && run.errors.filter { $0 == "\n" }.count == 1)
  }
}
