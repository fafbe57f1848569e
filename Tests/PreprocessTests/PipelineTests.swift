import Preprocess
import Tensors
import TestSupport
import Testing

@Suite("Preprocessing equals the reference pipelines")
struct PipelineTests {
  @Test(
    "OpenCLIP: the same bits, in the reference's order and with RGB first",
    arguments: ExpectedPictures.rows("open_clip"))
  func openCLIP(row: JSONValue) throws {
    let name = try #require(row["file"]?.string)
    let image = try ExpectedPictures.picture(name)
    var config = try PreprocessConfig(openCLIP: row, size: nil, path: "row")
    if let expected = row["rgb_first"]?.integer {
      #expect(
        ExpectedPictures.crc(Preprocessor(config).prepare(image).pixels.values) == expected,
        "\(row)")
    }
    config.order = .exact
    if let expected = row["exact"]?.integer {
      #expect(
        ExpectedPictures.crc(Preprocessor(config).prepare(image).pixels.values) == expected,
        "\(row)")
    }
  }

  @Test(
    "Transformers: the same 8-bit picture, and values within 1e-6",
    arguments: ExpectedPictures.rows("transformers"))
  func transformers(row: JSONValue) throws {
    let image = try ExpectedPictures.picture(try #require(row["file"]?.string))
    var config = try PreprocessConfig(
      huggingFace: try #require(row["config"]), fallback: nil, path: "row")
    config.order = .exact
    let prepared = Preprocessor(config).prepare(image)
    #expect(prepared.pixels.shape == row["shape"]?.array?.compactMap(\.integer))
    #expect(ExpectedPictures.crc(prepared.preview.samples) == row["u8"]?.integer, "\(row)")
    let step = max(1, prepared.pixels.values.count / 7)
    for (index, expected) in (row["sample"]?.array ?? []).compactMap(\.number).enumerated() {
      #expect(abs(Double(prepared.pixels.values[index * step]) - expected) < 1e-6)
    }
  }

  @Test(
    "Video frames: the same 8-bit picture as torchvision",
    arguments: ExpectedPictures.rows("video").enumerated().map { $0 })
  func video(index: Int, row: JSONValue) throws {
    let numbers = (0...3).compactMap { row[$0]?.integer }
    let image = DecodedImage(
      width: numbers[0], height: numbers[1], mode: .rgb,
      samples: ExpectedPictures.noise(900 + index, numbers[0] * numbers[1] * 3))
    var config = PreprocessConfig(width: numbers[2], height: numbers[2], filter: .bilinear)
    config.followVideoProcessor()
    #expect(ExpectedPictures.crc(Preprocessor(config).prepare(image).preview.samples) == numbers[3])
  }

  @Test("The mapping leads model pixels back to the source")
  func mapping() {
    let image = DecodedImage(
      width: 100, height: 50, mode: .rgb, samples: [UInt8](repeating: 0, count: 15000))
    var config = PreprocessConfig(width: 25, height: 25)
    let cropped = Preprocessor(config).placement(of: image)
    #expect(cropped.resizedWidth == 50 && cropped.left == 12 && cropped.top == 0)
    let box = cropped.source(x: 0, y: 0, width: 25, height: 25)
    #expect(box.x == 24 && box.y == 0 && box.width == 50 && box.height == 50)
    config.resizeMode = .longest
    let padded = Preprocessor(config).placement(of: image)
    #expect(padded.top == -6 && padded.left == 0 && padded.resizedHeight == 12)
    config.resizeMode = .squash
    let squashed = Preprocessor(config).placement(of: image)
    #expect(squashed.source(x: 5, y: 5, width: 5, height: 5).width == 20)
  }

  @Test(
    "Configurations with unusable values are refused by field",
    arguments: [
      (#"{"size": 0}"#, "size"), (#"{"size": 99999999}"#, "size"), (#"{"size": "a"}"#, "size"),
      (#"{"size": 8, "mean": [1, 2]}"#, "mean"), (#"{"size": 8, "std": [1, 0, 1]}"#, "std"),
      (#"{"size": 8, "interpolation": "cubic9"}"#, "interpolation"),
      (#"{"size": 8, "resize_mode": "other"}"#, "resize_mode"),
      (#"{"size": 8, "fill_color": 300}"#, "fill_color"), (#"{}"#, "size"),
      (#"{"size": 8, "mean": 1e39}"#, "mean"), (#"{"size": 8, "std": -1e300}"#, "std"),
    ])
  func refused(text: String, field: String) throws {
    let json = try JSONValue(parsing: text)
    let error = #expect(throws: PreprocessError.self) {
      try PreprocessConfig(openCLIP: json, size: nil, path: "p.json")
    }
    #expect(error?.description.contains("\"\(field)\"") == true)
  }

  @Test(
    "Numbers of a Hugging Face file that leave single precision are refused by field",
    arguments: [
      (#"{"size": 8, "rescale_factor": 1e-60}"#, "rescale_factor"),
      (#"{"size": 8, "rescale_factor": 1e300}"#, "rescale_factor"),
      (#"{"size": 8, "image_mean": 1e300}"#, "image_mean"),
      (#"{"size": 8, "image_std": [1, 1e-60, 1]}"#, "image_std"),
    ])
  func refusedHuggingFace(text: String, field: String) throws {
    let json = try JSONValue(parsing: text)
    let error = #expect(throws: PreprocessError.self) {
      try PreprocessConfig(huggingFace: json, fallback: nil, path: "p.json")
    }
    #expect(error?.description.contains("\"\(field)\"") == true)
  }

  @Test("Old Hugging Face files with plain integers are read")
  func oldHuggingFace() throws {
    let json = try JSONValue(
      parsing:
        #"{"size": 224, "crop_size": 224, "do_center_crop": true, "do_resize": true, "resample": 3, "image_mean": [0.5,0.5,0.5], "image_std": [0.5,0.5,0.5], "feature_extractor_type": "CLIPFeatureExtractor"}"#
    )
    let config = try PreprocessConfig(huggingFace: json, fallback: nil, path: "p.json")
    #expect(config.width == 224 && config.height == 224 && config.resizeMode == .shortest)
    #expect(config.filter == .bicubic && config.mean == [0.5, 0.5, 0.5])
  }
}
