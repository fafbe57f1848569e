import Foundation
import TestSupport
import Testing

/// An array file as NumPy writes it, little-endian F32, row-major.
struct ArrayFile {
  var shape: [Int]
  var values: [Float]

  init(path: String) throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    let length = Int(data[8]) | Int(data[9]) << 8
    let header = String(decoding: data[10..<10 + length], as: UTF8.self)
    try #require(header.contains("'<f4'") && header.contains("'fortran_order': False"))
    let open = try #require(header.firstIndex(of: "("))
    let close = try #require(header.firstIndex(of: ")"))
    shape = header[header.index(after: open)..<close].split(separator: ",")
      .compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    let body = data[(10 + length)...]
    values = body.withUnsafeBytes { bytes in
      (0..<bytes.count / 4).map { bytes.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }
}

@Suite("rope", .serialized) struct RopeCommandTests {
  /// Tables of the real libraries (`Tests/Oracle/rope.py`).
  static func golden() -> [String: [String: Any]] {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("rope/tables.json")),
      let object = try? JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    else { return [:] }
    return object
  }

  @Test(
    "Tables on disk equal those of the real libraries",
    arguments: [
      "eva02-b16-224", "pe-core-l14-336", "pe-core-g14-448", "dinov3", "pixtral", "llama4-vision",
      "qwen2-vl-vision", "qwen2-vl-text", "qwen3-vl-text", "vjepa2-l", "vjepa2-h", "cogvideox-1.0",
      "hunyuanvideo", "wan2.1", "timm-mrope",
    ])
  func table(preset: String) throws {
    let entries = Self.golden().values.filter {
      $0["preset"] as? String == preset
        && ($0["changes"] as? [String: Any])?["freqs"] == nil
    }
    try #require(!entries.isEmpty)
    let folder = try TemporaryFolder()
    for (number, entry) in entries.enumerated() {
      let file = folder.file("table\(number).npy")
      var arguments = ["rope", "--preset", preset, "--view", "table", "--out", file]
      let changes = entry["changes"] as? [String: Any] ?? [:]
      if let grid = changes["grid"] as? String { arguments += ["--grid", grid] }
      if let normalize = changes["normalize"] as? String {
        arguments += ["--normalize", normalize]
      }
      let run = try CommandRun(arguments)
      #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
      let array = try ArrayFile(path: file)
      let width = try #require(entry["head_width"] as? Int)
      let positions = try #require(entry["positions"] as? Int)
      #expect(array.shape == [2, positions, width])
      let tokens = try #require(entry["tokens"] as? [Int])
      var worst: Float = 0
      for (half, name) in ["cos", "sin"].enumerated() {
        let rows = try #require(entry[name] as? [[Double]])
        for (row, token) in tokens.enumerated() {
          for channel in 0..<width {
            let value = array.values[(half * positions + token) * width + channel]
            worst = max(worst, abs(value - Float(rows[row][channel])))
          }
        }
      }
      // The libraries form angles in single precision.
      #expect(worst <= 2e-5, "\(preset): \(worst)")
    }
  }

  @Test(
    "Spectra hold what scripts read",
    arguments: [
      // bands, shortest, longest, below one cycle, below half (`rope.md` 4.2).
      ("eva02-b16-224", "y", 16, 5.50, 30_916.0, 14, 13),
      ("eva02-l14-336", "x", 16, 9.42, 52_999.0, 14, 13),
      ("pe-core-g14-448", "x", 24, 6.28, 42_807.0, 19, 18),
      ("dinov3", "y", 16, 7.00, 525.0, 13, 11),
      ("vjepa2-l", "t", 10, 6.28, 25_014.0, 8, 7),
      ("vjepa2-h", "y", 13, 6.28, 30_938.0, 11, 10),
      ("pixtral", "x", 16, 8.38, 47_117.0, 12, 11),
      ("wan2.1", "t", 22, 6.28, 41_339.0, 19, 17),
    ])
  func spectrum(
    preset: String, axis: String, bands: Int, shortest: Double, longest: Double, one: Int, half: Int
  ) throws {
    let json = try CommandRun("rope", "--preset", preset, "--view", "spectrum", "--json").json()
    #expect(json["schema"] as? Int == 1)
    #expect(json["mscale"] as? Double == 1)
    let axes = try #require(json["axes"] as? [[String: Any]])
    let row = try #require(axes.first { $0["axis"] as? String == axis })
    #expect(row["bands"] as? Int == bands)
    #expect(row["below_one_cycle"] as? Int == one)
    #expect(row["below_half_cycle"] as? Int == half)
    #expect(abs(try #require(row["wavelength_min"] as? Double) / shortest - 1) < 2e-3)
    #expect(abs(try #require(row["wavelength_max"] as? Double) / longest - 1) < 2e-3)
    #expect(row["positions"] is Int && row["step"] is Double)
    let all = try #require(json["bands"] as? [[String: Any]])
    let own = all.filter { $0["axis"] as? String == axis }
    #expect(own.count == bands)
    for band in own { #expect(band["omega"] is Double && band["wavelength"] is Double) }
  }

  @Test("YaRN multiplies cos and sin; NTK keeps the fastest band") func scaling() throws {
    let yarn = try CommandRun(
      "rope", "--preset", "pixtral", "--scaling", "yarn", "--factor", "4", "--trained-length", "64",
      "--json"
    ).json()
    #expect(abs(try #require(yarn["mscale"] as? Double) - (0.1 * log(4) + 1)) < 1e-12)
    func omegas(_ arguments: String...) throws -> [Double] {
      let json = try CommandRun(["rope", "--preset", "eva02-l14-224", "--json"] + arguments).json()
      let bands = try #require(json["bands"] as? [[String: Any]])
      return bands.filter { $0["axis"] as? String == "y" }.compactMap { $0["omega"] as? Double }
    }
    let plain = try omegas()
    let ntk = try omegas("--scaling", "ntk", "--factor", "2")
    let linear = try omegas("--scaling", "linear", "--factor", "2")
    #expect(ntk[0] == plain[0])
    #expect(abs(ntk[15] * 2 / plain[15] - 1) < 1e-12)
    for (a, b) in zip(linear, plain) { #expect(abs(a * 2 - b) < 1e-15) }
  }

  @Test("The list holds every preset with its parameters") func list() throws {
    let json = try CommandRun("rope", "--list", "--json").json()
    let presets = try #require(json["presets"] as? [[String: Any]])
    #expect(presets.count == 22)
    let eva = try #require(presets.first { $0["name"] as? String == "eva02-b16-224" })
    #expect(eva["head_dim"] as? Int == 64 && eva["theta"] as? Double == 10_000)
    #expect(eva["grid"] as? String == "14x14" && eva["reference_grid"] as? String == "16x16")
    #expect(eva["axes"] as? [String] == ["y", "x"])
    let text = try CommandRun("rope", "--list").output
    for preset in presets { #expect(text.contains(try #require(preset["name"] as? String))) }
  }

  @Test("Kernels are grids with 1 at the query") func kernel() throws {
    let folder = try TemporaryFolder()
    let flat = folder.file("flat.npy")
    #expect(
      try CommandRun(
        "rope", "--preset", "eva02-l14-224", "--view", "kernel", "--query", "3,4", "--out", flat
      ).status == 0)
    let array = try ArrayFile(path: flat)
    #expect(array.shape == [16, 16])
    #expect(array.values[3 * 16 + 4] == 1)
    #expect(array.values[3 * 16 + 5] == array.values[3 * 16 + 3])
    let video = folder.file("video.npy")
    _ = try CommandRun(
      "rope", "--preset", "vjepa2-l", "--grid", "4x6x5", "--view", "kernel", "--query", "2,3,1",
      "--out", video)
    let volume = try ArrayFile(path: video)
    #expect(volume.shape == [4, 6, 5])
    #expect(volume.values[(2 * 6 + 3) * 5 + 1] == 1)
    let json = try CommandRun(
      "rope", "--preset", "vjepa2-l", "--grid", "4x6x5", "--view", "kernel", "--query", "2,3,1",
      "--json"
    ).json()
    #expect(json["query"] as? [Int] == [2, 3, 1])
    #expect(json["shape"] as? [Int] == [4, 6, 5])
    let values = try #require(json["values"] as? [[[Double]]])
    #expect(values[2][3][1] == 1)
  }

  @Test("Repeated frames have a grid and a kernel each") func repeatedFrames() throws {
    for view in ["grid", "kernel"] {
      let json = try CommandRun(
        "rope", "--preset", "qwen2-vl-vision", "--grid", "3x4x6", "--view", view, "--json"
      ).json()
      #expect(json["shape"] as? [Int] == [3, 4, 6])
      let frames = try #require(json["values"] as? [[[Double]]])
      #expect(frames[0] == frames[2])
    }
  }

  @Test("A grid view is one channel as the table has it") func grid() throws {
    let csv = try CommandRun(
      "rope", "--preset", "eva02-l14-224", "--view", "grid", "--channel", "40", "--function", "sin"
    ).output
    let rows = csv.split(separator: "\n").map { $0.split(separator: ",").compactMap { Double($0) } }
    #expect(rows.count == 16 && rows.allSatisfy { $0.count == 16 })
    // Channel 40 is band 4 of x: theta^(-4/16) = 0.1.
    for row in rows { #expect(abs(row[5] - sin(0.5)) < 1e-6) }
  }

  @Test("Learned frequencies are taken by block and head") func mixed() throws {
    let folder = try TemporaryFolder()
    // [2, 3 blocks, 2 heads, 4 pairs], value = its own index / 100.
    let numbers = (0..<48).map { Float($0) / 100 }
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 2, 4), }"
    let padded = header + String(repeating: " ", count: 117 - header.count) + "\n"
    var bytes: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0]
    bytes += Array(padded.utf8)
    for number in numbers { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes += $0 } }
    let file = try folder.write(bytes, to: "freqs.npy")
    let out = folder.file("table.npy")
    let run = try CommandRun(
      "rope", "--preset", "rope-vit-mixed", "--freqs", file, "--layer", "2", "--head", "1",
      "--grid", "3x5", "--view", "table", "--out", out)
    #expect(run.status == 0, "\(run.errors)")
    let array = try ArrayFile(path: out)
    #expect(array.shape == [2, 15, 8])
    // Token (2, 4), channel 3 is pair 1: x * F[0,2,1,1] + y * F[1,2,1,1].
    let angle = 4 * 0.21 + 2 * 0.45
    #expect(abs(Double(array.values[14 * 8 + 3]) - cos(angle)) < 1e-6)
    #expect(abs(Double(array.values[(15 + 14) * 8 + 3]) - sin(angle)) < 1e-6)
    let outside = try CommandRun("rope", "--freqs", file, "--layer", "3", "--json")
    #expect(outside.status == 64 && outside.errors.contains("block 3 is outside 0 to 2"))
    let based = try CommandRun("rope", "--freqs", file, "--theta", "5", "--json")
    #expect(based.status == 64 && based.errors.contains("learned frequencies have no base"))
  }

  @Test("Checkpoints tell their embedding, and stored tables are checked") func checkpoint() throws
  {
    let run = try CommandRun("rope", Fixtures.path("cases/c32_eva_rope_16.safetensors"), "--json")
    let json = try run.json()
    let parameters = try #require(json["parameters"] as? [String: Any])
    #expect(parameters["head_dim"] as? Int == 8)
    #expect(parameters["grid"] as? String == "4x4")
    #expect(parameters["reference_grid"] as? String == "16x16")
    let tables = try #require(json["stored_tables"] as? [[String: Any]])
    #expect(tables.count == 2)
    for table in tables { #expect(try #require(table["max_abs"] as? Double) < 1e-6) }
    let other = try CommandRun(
      "rope", Fixtures.path("cases/c32_eva_rope_other_size.safetensors"))
    #expect(other.status == 0)
    #expect(other.output.contains("is ignored: 36 rows of 8 do not fit grid 4x4"))
  }

  @Test("Checkpoints without RoPE say so, and their learned table can be shown") func learned()
    throws
  {
    let path = Fixtures.path("cases/c19_openclip_plain")
    let run = try CommandRun("rope", path)
    #expect(run.status == 2)
    #expect(run.errors.contains("no rotary position embedding"))
    #expect(run.errors.contains("--view similarity"))
    let json = try CommandRun("rope", path, "--view", "similarity", "--query", "0,0", "--json")
      .json()
    let values = try #require(json["values"] as? [[Double]])
    #expect(abs(values[0][0] - 1) < 1e-5)
    #expect(values.flatMap { $0 }.allSatisfy { abs($0) <= 1.0001 })
    let resized = try CommandRun(
      "rope", path, "--view", "similarity", "--grid", "5x7", "--json"
    ).json()
    #expect(resized["shape"] as? [Int] == [5, 7])
    #expect(resized["stored_grid"] as? String == "\(values.count)x\(values[0].count)")
  }

  @Test("Pictures are PNG files") func pictures() throws {
    let folder = try TemporaryFolder()
    for (view, preset) in [
      ("grid", "vjepa2-l"), ("kernel", "eva02-b16-224"), ("table", "eva02-b16-224"),
      ("spectrum", "dinov3"),
    ] {
      let file = folder.file("\(view).png")
      let run = try CommandRun("rope", "--preset", preset, "--view", view, "--out", file)
      #expect(run.status == 0, "\(run.errors)")
      let data = try Data(contentsOf: URL(fileURLWithPath: file))
      #expect(Array(data.prefix(8)) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    }
  }

  @Test("An existing file is kept unless told otherwise") func existing() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1, 2, 3], to: "x.json")
    let run = try CommandRun("rope", "--preset", "dinov3", "--out", file)
    #expect(run.status == 2 && run.errors.contains(file))
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count == 3)
    #expect(try CommandRun("rope", "--preset", "dinov3", "--out", file, "--force").status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: file)).count > 3)
  }

  @Test("It draws where colour is asked for, and never an escape elsewhere") func drawing() throws {
    let drawn = try CommandRun(
      "rope", "--preset", "pixtral", "--view", "kernel", "--color", "always")
    #expect(drawn.output.contains("\u{1b}[") && drawn.output.contains("relative kernel"))
    for view in ["table", "grid", "spectrum", "kernel"] {
      let plain = try CommandRun("rope", "--preset", "eva02-b16-224", "--view", view).output
      #expect(!plain.contains("\u{1b}") && !plain.isEmpty)
    }
  }

  @Test(
    "What is wrong is one line that says so",
    arguments: [
      (["--preset", "nope"], "there is no preset `nope`; the presets are eva02-b16-224,"),
      ([], "give a checkpoint, --preset NAME, or --list"),
      (["--preset", "dinov3", "--grid", "0x4"], "--grid is HxW or TxHxW"),
      (["--preset", "dinov3", "--grid", "5000x4"], "--grid is HxW or TxHxW"),
      (["--preset", "dinov3", "--grid", "2x4x4"], "has no time axis"),
      (["--preset", "dinov3", "--head-dim", "62"], "head width 62 is not a multiple of 4"),
      (["--preset", "dinov3", "--head-dim", "2"], "head width 2 is outside"),
      (["--preset", "dinov3", "--theta", "1"], "theta must be greater than 1"),
      (
        ["--preset", "dinov3", "--view", "grid", "--channel", "64"], "channel 64 is outside 0 to 63"
      ),
      (
        ["--preset", "dinov3", "--view", "kernel", "--query", "14,0"],
        "the query (14, 0) is outside"
      ),
      (["--preset", "dinov3", "--view", "kernel", "--query", "1,2,3"], "--query is Y,X"),
      (["--preset", "dinov3", "--factor", "2"], "needs a scaling"),
      (["--preset", "dinov3", "--scaling", "none", "--factor", "2"], "needs a scaling"),
      (["m.safetensors", "--view", "similarity", "--theta", "5"], "--theta is for --view table"),
      (["m.safetensors", "--view", "similarity", "--heads", "2"], "--heads is for --view table"),
      (["m.safetensors", "--view", "similarity", "--preset", "dinov3"], "and no preset"),
      (["--preset", "dinov3", "--scaling", "ntk", "--factor", "0"], "factor must be positive"),
      (["--preset", "pixtral", "--normalize", "max"], "only DINOv3"),
      (["--preset", "qwen2-vl-vision", "--grid", "7x8"], "not a multiple of the merge size 2"),
      (["--preset", "hunyuanvideo", "--head-dim", "20"], "cannot be dealt out"),
      (["--preset", "dinov3", "--view", "table", "--grid", "2048x2048"], "is too large"),
      (["--preset", "dinov3", "--view", "similarity"], "give a checkpoint"),
      (["--preset", "dinov3", "--view", "spectrum", "--out", "/nowhere/x.npy"], "not .npy"),
      (["--preset", "dinov3", "--out", "/nowhere/x.gif"], "--out ends in"),
    ])
  func refusals(arguments: [String], sentence: String) throws {
    let run = try CommandRun(["rope"] + arguments)
    #expect(run.status == 64)
    #expect(run.errors.contains(sentence), "\(run.errors)")
    #expect(run.errors.split(separator: "\n").count == 1)
    #expect(run.output.isEmpty)
  }
}
