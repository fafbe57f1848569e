import Foundation
import ScopeCLI
import TestSupport
import Testing

/// Options that the file or the other options leave nothing to do for.
@Suite("What is asked for is done or refused") struct KeptOptionTests {
  private static let model = Fixtures.path("cases/c19_openclip_quick")
  private static let picture = Fixtures.path("cases/probe_32.png")

  private static func expectRefusal(
    _ arguments: [String], status: Int32, _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == status, "\(arguments): \(run.errors)", sourceLocation: sourceLocation)
    #expect(run.output.isEmpty, sourceLocation: sourceLocation)
    #expect(run.errors.hasPrefix("clipscope: "), sourceLocation: sourceLocation)
    #expect(run.errors.count { $0 == "\n" } == 1, "\(run.errors)", sourceLocation: sourceLocation)
    for word in words {
      #expect(run.errors.contains(word), "\(run.errors)", sourceLocation: sourceLocation)
    }
  }

  @Test(
    "Heads that do not divide the width are refused by every command that takes them",
    arguments: [
      ["map", model, "--to", "hf"], ["diff", model, model], ["verify", model, model],
      ["embed", model, "--image", picture], ["classify", model, picture, "--labels", "a,b"],
      ["attention", model, picture], ["preprocess", model, picture], ["rope", model],
    ])
  func heads(arguments: [String]) throws {
    try Self.expectRefusal(
      arguments + ["--heads", "7"], status: 2, Self.model, "--heads 7",
      "does not divide the width")
  }

  @Test("A conversion with such heads writes nothing, nor does a plan of it pass")
  func conversion() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    for more in [[], ["--dry-run"], ["--verify"], ["--json"]] {
      try Self.expectRefusal(
        ["convert", Self.model, out, "--to", "hf", "--heads", "7"] + more, status: 2, Self.model,
        "--heads 7", "image tower",
        "--heads VISION,TEXT")
    }
    try Self.expectRefusal(
      ["convert", Self.model, out, "--to", "hf", "--heads", "2,7"], status: 2, "--heads 7",
      "text tower")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    // The tower that is not written may have any.
    let run = try CommandRun(
      "convert", Self.model, out, "--to", "hf", "--tower", "vision", "--heads", "2,7", "--dry-run")
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test("Heads that the file stores are not changed") func storedHeads() throws {
    try Self.expectRefusal(
      ["map", Fixtures.path("cases/c33_bigvision_siglip.npz"), "--to", "hf", "--heads", "1"],
      status: 2,
      "the file stores")
  }

  @Test("A gated MLP cannot be asked for where there is no gate") func gate() throws {
    try Self.expectRefusal(
      ["embed", Self.model, "--image", Self.picture, "--activation", "swiglu"], status: 2,
      "--activation swiglu", "no gate")
    let run = try CommandRun(
      "preprocess", "demo/eva-shapes", "demo/pictures/red-circle.png", "--activation", "swiglu")
    #expect(run.status == 0, "\(run.errors)")
  }

  @Test(
    "Options that exclude each other, or mean nothing here, are a wrong command line",
    arguments: [
      (["convert", model, "OUT", "--to", "safetensors", "--tower", "vision"], "--tower"),
      (["convert", model, "OUT", "--to", "safetensors", "--no-projection"], "--no-projection"),
      (["convert", model, "OUT", "--to", "safetensors", "--image-size", "64"], "--image-size"),
      (["convert", model, "OUT", "--to", "hf", "--with-projection"], "--tower"),
      (["convert", model, "OUT", "--to", "hf-clip-vision", "--tower", "text"], "exclude"),
      (["convert", model, "OUT.safetensors", "--to", "hf"], "OUT is a folder"),
      (["convert", model, "", "--to", "hf"], "OUT has no name"),
      (["edit", model, "OUT.npz"], "named like a file"),
      (["map", model, "--to", "hf", "--image-size", "64"], "--image-size"),
      (["ls", model, "--limit", "5"], "--limit belongs to --values"),
      (["ls", model, "--values", "--limit", "-1"], "'-1' is invalid for '--limit <limit>'"),
      (["attention", model, picture, "--discard", "0.5"], "--method rollout"),
      (["attention", model, picture, "--text", "a cat"], "--method relevance"),
      (["attention", model, picture, "--tower", "text", "--text", "a"], "--tower vision"),
      (["rope", "--preset", "dinov3", "--channel", "3"], "--view grid"),
      (["rope", "--preset", "dinov3", "--function", "sin"], "--view grid"),
      (["rope", "--preset", "dinov3", "--query", "1,1"], "--view kernel or similarity"),
      (["rope", "--preset", "dinov3", "--tower", "text"], "--view similarity"),
      (["rope", "--preset", "dinov3", "--layer", "1"], "learned frequencies"),
      (["rope", "--preset", "dinov3", "--heads", "4"], "--head-dim"),
      (["preprocess", model, picture, "--tokenizer", "nope"], "--tokenizer"),
      (["preprocess", model, picture, "--blas"], "--blas"),
      (["preprocess", model, picture, "--threads", "2"], "--threads"),
      (["verify", model, model, "--tokenizer", "nope"], "--tokenizer"),
      (["verify", model, model, "--preprocess", "exact"], "--preprocess"),
      (
        ["bench", model, "--tower", "text", "--tokens", "x.npy", "--tokenizer", "n"], "--tokenizer"
      ),
      (
        ["bench", model, "--tower", "text", "--tokens", "x.npy", "--preprocess", "rgb"],
        "--preprocess"
      ),
      (["attention", model, picture, "--tokenizer", "nope"], "--tokenizer"),
      (
        ["attention", model, "--tower", "text", "--text", "a", "--preprocess", "exact"],
        "--preprocess"
      ),
      (["embed", model, "--image", picture, "--tokenizer", "nope"], "--tokenizer"),
      (["embed", model, "--text", "a", "--preprocess", "exact"], "--preprocess"),
      (["epochs", "demo/clip-shapes", "--template", "a photo"], "{}"),
      (["classify", model, picture, "--labels", "a,b", "--template", "a photo of"], "{}"),
      (["classify", model, picture, "--labels", "a,b", "--template", ""], "{}"),
      (["embed", model, "--image", "-", "--text", "-"], "standard input is read once"),
      (["classify", model, "-", "-", "--labels", "a,b"], "standard input is read once"),
      (["tokenize", model, "-", "-"], "standard input is read once"),
      (["demo", "--json"], "demo --list"), (["demo", "--tour", "--json"], "demo --list"),
      (["demo", "--color", "never"], "demo --list"),
    ] as [([String], String)])
  func together(arguments: [String], word: String) throws {
    let folder = try TemporaryFolder()
    try Self.expectRefusal(
      arguments.map { $0.hasPrefix("OUT") ? folder.file($0) : $0 }, status: 64, word)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("A tower that is not written is not resized") func imageSize() throws {
    let folder = try TemporaryFolder()
    try Self.expectRefusal(
      [
        "convert", Self.model, folder.file("out"), "--to", "hf", "--tower", "text", "--image-size",
        "64",
      ], status: 2, "no image tower to resize")
  }

  @Test(
    "A rule of edit that fits nothing is refused, with the name that was meant",
    arguments: [
      (["--drop", "visual.conv1.wieght"], "; did you mean visual.conv1.weight?"),
      (["--drop", "zzz"], "`zzz` fits no tensor"),
      (["--keep", "visual.*", "--keep", "zzz"], "--keep `zzz` fits no tensor"),
      (["--rename", "s/zzz/y/"], "--rename `s/zzz/y/` fits no tensor"),
    ])
  func patterns(rules: [String], reason: String) throws {
    let folder = try TemporaryFolder()
    let out = folder.file("a.safetensors")
    try Self.expectRefusal(["edit", Self.model, out] + rules, status: 2, reason)
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test(
    "An option that contradicts what the config says is refused, with both values and the source",
    arguments: [
      (
        ["--activation", "gelu"], "--activation gelu contradicts the quick_gelu of the image tower"
      ),
      (["--heads", "1"], "--heads 1 contradicts the 2 heads of the image tower"),
      (["--heads", "2,1"], "--heads 1 contradicts the 2 heads of the text tower"),
    ])
  func contradictions(options: [String], reason: String) throws {
    let folder = try TemporaryFolder()
    let out = folder.file("out")
    let commands = [
      ["convert", Self.model, out, "--to", "hf", "--verify"], ["map", Self.model, "--to", "hf"],
      ["verify", Self.model, Self.model], ["diff", Self.model, Self.model],
    ]
    for command in commands {
      try Self.expectRefusal(
        command + options, status: 2, Self.model, reason, "open_clip_config.json")
    }
    if options.last != "2,1" {
      try Self.expectRefusal(
        ["embed", Self.model, "--image", Self.picture] + options, status: 2, reason)
    }
    #expect(!FileManager.default.fileExists(atPath: out))
    let same = try CommandRun(
      "convert", Self.model, out, "--to", "hf", "--verify", "--activation", "quick_gelu", "--heads",
      "2")
    #expect(same.status == 0, "\(same.errors)")
  }

  @Test("verify says what one file does not name and the other one does") func borrowed() throws {
    let folder = try TemporaryFolder()
    let out = folder.file("openai")
    #expect(try CommandRun("convert", Self.model, out, "--to", "openai").status == 0)
    let run = try CommandRun("verify", Self.model, out, "--json")
    #expect(run.status == 0, "\(run.errors)")
    let notes = try #require(try run.json()["notes"] as? [String])
    #expect(notes.count == 2, "\(notes)")
    #expect(notes.allSatisfy { $0.hasPrefix(out) && $0.hasSuffix("taken from \(Self.model)") })
    #expect(notes.contains { $0.contains("2 heads of the image tower") }, "\(notes)")
    for note in notes { #expect(run.errors.contains("clipscope: \(note)\n")) }
    let same = try CommandRun("verify", Self.model, Self.model, "--json")
    #expect(try same.json()["notes"] as? [String] == [])
  }
}

@Suite("Names that were mistyped on the command line") struct SuggestionTests {
  private static let model = Fixtures.path("cases/c19_openclip_quick")

  @Test(
    "One line has the name that was meant",
    arguments: [
      (["map", model, "--to", "opencilp"], 64, "did you mean openclip?"),
      (["map", model, "--to", "hf-clip-visoin"], 64, "did you mean hf-clip-vision?"),
      (["map", model, "--to", "hf", "--activation", "qiuck_gelu"], 64, "did you mean quick_gelu?"),
      (["rope", "--preset", "dinov"], 64, "did you mean dinov3?"),
      (["themes", "deep-watr"], 2, "did you mean deep-water?"),
      (["info", "demo/clip-shape"], 2, "did you mean demo/clip-shapes?"),
      (["ls", model, "visual.conv1.wieght"], 2, "did you mean visual.conv1.weight?"),
      (["stats", model, "conv1.weight"], 2, "did you mean visual.conv1.weight?"),
      (["epochs", "demo", "logit_scal"], 2, "did you mean logit_scale?"),
      (["help", "atention"], 64, "did you mean attention?"),
      (["attention", model, "x.png", "--from", "clss"], 64, "did you mean cls?"),
      (["info", "-"], 2, "not from standard input"),
      (["ls", model, "visual"], 2, "; `visual.*` fits "),
      (["embed", model, "--image", "a.png", "b.png", "--out", "x.npy"], 64, "--image A --image B"),
      (["embed", model, "a.png"], 64, "--image FOLDER"),
      (["attention", model, "--text", "a star"], 64, "--tower text"),
      (["convert", model, "out", "--to", "hf", "--max-shard-size", "5"], 64, "did you mean 5GB?"),
      (["epochs", "demo/epochs/epoch_4.pt"], 2, "is a file; a series is the folder"),
      (
        ["embed", "demo/epochs/epoch_4.pt", "--image", "demo/pictures", "--heads", "3,2"], 2,
        "--activation quick_gelu (OpenAI, DFN, MetaCLIP) or --activation gelu"
      ),
      (
        [
          "classify", Fixtures.path("cases/c29_vision_only.safetensors"),
          "demo/pictures/blue-star.png", "--labels", "a,b", "--activation", "gelu", "--heads", "2",
        ], 2, "the model has no text tower"
      ),
    ] as [([String], Int32, String)])
  func meant(arguments: [String], status: Int32, question: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == status, "\(run.errors)")
    #expect(run.output.isEmpty)
    #expect(run.errors.contains(question), "\(run.errors)")
    #expect(run.errors.count { $0 == "\n" } == 1)
  }

  @Test("An option that is near no other one is not guessed at") func farOption() throws {
    let run = try CommandRun("info", "demo", "--foo")
    #expect(run.errors == "clipscope: Unknown option '--foo'; see clipscope info --help\n")
    let near = try CommandRun("info", "demo", "--jsn")
    #expect(near.errors.contains("Did you mean '--json'?"), "\(near.errors)")
  }

  @Test("A word that is neither file nor command is a mistyped command")
  func commands() {
    #expect(CommandLineProgram.mistake(in: []) == nil)
    #expect(CommandLineProgram.mistake(in: ["/"]) == nil)
    #expect(CommandLineProgram.mistake(in: ["nothing.pt"]) == nil)
    #expect(CommandLineProgram.mistake(in: ["nosuch/thing"]) == nil)
    #expect(
      CommandLineProgram.mistake(in: ["conver", "a", "b"])
        == "conver: there is no file and no command of that name; did you mean convert?")
    #expect(
      CommandLineProgram.mistake(in: ["nosuchthing"])
        == "nosuchthing: there is no file and no command of that name; see clipscope --help")
    #expect(
      CommandLineProgram.mistake(behindDemo: "eva-shape").hasSuffix(
        "did you mean clipscope demo/eva-shapes?"))
  }

  @Test(
    "Options of the dashboard too",
    arguments: [
      (["--snapshto", "80x24"], "did you mean --snapshot?"),
      (["--page", "tre"], "did you mean tree?"),
      (["--graphics", "kity"], "did you mean kitty?"), (["--page", "9"], "1 to 6"),
    ])
  func dashboard(arguments: [String], words: String) {
    do {
      _ = try DashboardArguments(parsing: arguments)
      Issue.record("\(arguments) is taken")
    } catch {
      #expect(error.message.contains(words), "\(error.message)")
    }
  }

  @Test("A page has a number and a name") func pages() throws {
    #expect(try DashboardArguments(parsing: ["--page", "rope"]).page == 4)
    #expect(try DashboardArguments(parsing: ["--page=Tree"]).page == 1)
    #expect(try DashboardArguments(parsing: ["--page", "6"]).page == 6)
  }

  @Test(
    "Files that are no checkpoint, table or tokenizer are named once, with what is wrong",
    arguments: [
      (["info", "/dev/null"], "/dev/null: cannot open: not a regular file"),
      (["info", ""], "\"\": cannot open"),
      (
        ["tokenize", "/nonexistent.pt", "hi"],
        "/nonexistent.pt: cannot open: No such file or directory"
      ),
      (
        ["tokenize", "demo", "hi", "--tokenizer", Fixtures.path("cases/c01_valid.safetensors")],
        "a tokenizer is a folder, a tokenizer.json"
      ),
      (
        ["tokenize", Fixtures.path("cases/c12_html_page.pt"), "hi"],
        "c12_html_page.pt: not a checkpoint (HTML text)"
      ),
      (["tokenize", "/dev/null", "hi"], "/dev/null: cannot open: not a regular file"),
      (
        ["epochs", "demo", "--pictures", Fixtures.path("cases/c12_html_page.pt")],
        "is no JSON document of labels and pictures"
      ),
      (
        ["map", Fixtures.path("cases/c01_valid.safetensors"), "--to", "hf"],
        "a checkpoint of an unknown dialect cannot be mapped"
      ),
    ])
  func files(arguments: [String], words: String) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == 2)
    #expect(run.errors.contains(words), "\(run.errors)")
    #expect(run.errors.count { $0 == "\n" } == 1)
  }

  @Test("A folder that cannot be made is called what the user called it") func outputs() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], to: "file")
    let inside = try CommandRun("convert", Self.model, file + "/out", "--to", "hf")
    #expect(inside.errors == "clipscope: \(file)/out: cannot make the folder: Not a directory\n")
    let above = try CommandRun("convert", Self.model, file, "--to", "hf")
    #expect(
      above.errors == "clipscope: \(file): is a file; the output of a conversion is a folder\n")
  }

  @Test(
    "A file whose keys stand behind something says how they get out, and they do",
    arguments: [
      (["*=net.clip.*"], "clipscope edit IN OUT --rename 'net.clip.*=*'"),
      (["*=model.clip.*"], "clipscope edit IN OUT --rename 'model.clip.*=*'"),
      (
        ["logit_scale=scale", "visual.*=net.visual.*", "t*=net.t*", "ln*=net.ln*", "p*=net.p*"],
        "clipscope edit IN OUT --keep 'net.*' --rename 'net.*=*'"
      ),
      (["*=_modules.*"], #"clipscope edit IN OUT --rename 's/_(modules|parameters|buffers)\.//g'"#),
    ])
  func wrappedKeys(renames: [String], command: String) throws {
    let folder = try TemporaryFolder()
    let file = folder.file("wrapped.safetensors")
    let made = try CommandRun(["edit", Self.model, file] + renames.flatMap { ["--rename", $0] })
    #expect(made.status == 0, "\(made.errors)")
    let run = try CommandRun("map", file, "--to", "hf")
    #expect(run.status == 2)
    #expect(run.errors.contains(command), "\(run.errors)")
    let words = command.split(separator: " ").dropFirst(4).map { word in
      word.hasPrefix("'") ? String(word.dropFirst().dropLast()) : String(word)
    }
    let free = folder.file("free.safetensors")
    #expect(try CommandRun(["edit", file, free] + words).status == 0)
    let info = try CommandRun("info", free, "--json")
    #expect(try info.json()["dialect"] as? String == "openclip", "\(info.output)")
  }
}
