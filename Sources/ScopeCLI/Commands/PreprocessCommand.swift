import ArgumentParser
import Cells
import Preprocess
import ScopeEngine

struct PreprocessCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "preprocess",
    abstract: "Make the tensor that the image tower sees of a picture.",
    discussion: """
      --out x.npy holds [3, H, W], normalised; --out x.png is the picture behind it. Without --out the steps are printed.
      """)

  enum Format: String, OutputFormat { case npy, png }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Argument(help: "A picture.", completion: .file()) var image: String
  @Option(help: ArgumentHelp("A .npy or a .png to write.", valueName: "file"), completion: .file())
  var out: String?
  @Flag(help: "Replace the file of --out.") var force = false
  @OptionGroup var options: RunOptions
  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let format = try out.map(Format.init(path:))
    try options.check(texts: false, pictures: true, forward: false)
    let session = try open(path, with: engine)
    let (config, provenance) = try session.preprocessing(request: options.request())
    let prepared = try Preprocessor(config).prepare(path: try DemoModels.resolved(image))
    if let out, let format { try write(prepared, to: out, as: format) }
    let steps = steps(config, provenance, prepared)
    if shared.json {
      var document = Document()
      document.add("path", .string(path))
      document.add("image", .string(image))
      for (name, value) in steps { document.add(name, value) }
      print(document.value, on: console)
    } else {
      for (name, value) in steps {
        console.line(
          "\(name)\(String(repeating: " ", count: max(16 - name.count, 1)))\(console.shown(value.string ?? value.text()))"
        )
      }
    }
    return ExitStatus.success
  }

  private func write(_ prepared: PreparedPicture, to out: String, as format: Format) throws {
    switch format {
    case .npy:
      try prepared.pixels.values.withUnsafeBytes {
        try NumPyWriter.write(
          $0, type: .f32, shape: Shape([3, prepared.pixels.height, prepared.pixels.width]), to: out,
          isReplacing: force)
      }
    case .png:
      let preview = prepared.preview
      let grid = PixelGrid(
        width: preview.width, height: preview.height, samples: preview.samples)
      guard let bytes = grid.png(zoom: 1) else {
        throw Ending.trouble("\(out): the picture is empty or too large to draw")
      }
      try CompleteFile.write(bytes, to: out, isReplacing: force)
    }
  }

  private func steps(
    _ config: PreprocessConfig, _ provenance: String, _ prepared: PreparedPicture
  ) -> [(String, JSONValue)] {
    let mapping = prepared.mapping
    return [
      ("source", .string(provenance)),
      ("mode", .string("\(prepared.sourceMode)")),
      ("size", .integers([mapping.sourceWidth, mapping.sourceHeight])),
      ("resized", .integers([mapping.resizedWidth, mapping.resizedHeight])),
      ("offset", .integers([mapping.left, mapping.top])),
      ("output", .integers([config.width, config.height])),
      ("resize_mode", .string(config.resizeMode.rawValue)),
      ("interpolation", .string("\(config.filter)")),
      ("rules", .string(config.rules.rawValue)),
      ("order", .string(RunOptions.PictureOrder(config.order).rawValue)),
      ("mean", .array(config.mean.map { .number(Double($0)) })),
      ("std", .array(config.std.map { .number(Double($0)) })),
    ]
  }
}
