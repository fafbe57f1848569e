import ArgumentParser
import Cells
import ScopeEngine

struct ConvertCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert a checkpoint to another dialect or container.",
    discussion: """
      OUT is a folder; its files are named as the target's libraries expect them, with configs and tokenizer files. It \
      appears only when it is complete: a conversion that fails, is cancelled or killed leaves the old OUT as it was. \
      What the target cannot hold is refused with the reason, and so is a config whose activation nothing tells: give \
      --activation. Tokenizer files of CLIP are made in the form that is missing. With --json, --receipt or --verify every tensor and file is \
      hashed and the receipt is kept in OUT as \(ConversionReceipt.fileName).
      """)

  enum TowerChoice: String, CaseIterable, ExpressibleByArgument { case vision, text, both }
  enum ProjectionChoice: String, EnumerableFlag { case withProjection, noProjection }
  enum FormatChoice: String, CaseIterable, ExpressibleByArgument { case safetensors, pt }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Argument(help: ArgumentHelp("The folder to make.", valueName: "out"), completion: .directory)
  var output: String
  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "openclip, openclip-custom, openai, hf, timm, eva, pe, safetensors (the same keys), or a dialect that can be written: hf-clip, hf-clip-vision, oc-siglip, ...",
      valueName: "target"), completion: .list(TargetName.all))
  var target: String
  @Option(help: "Towers to write.") var tower: TowerChoice?
  @Flag(help: "Whether a tower alone keeps its projection.") var projection: ProjectionChoice?
  @Option(
    help: ArgumentHelp(
      "Element type of the floating point tensors: F32, F16, BF16, F64; kept by default.",
      valueName: "type"), completion: .list(Amounts.floatingTypeNames))
  var dtype: String?
  @Option(
    name: .customLong("max-shard-size"),
    help: ArgumentHelp(
      "Write shards of at most this size, such as 5GB, and an index.", valueName: "size"))
  var maxShardSize: String?
  @Option(help: "Container to write.") var format: FormatChoice?
  @OptionGroup var model: ModelOptions
  @OptionGroup var picture: ImageSizeOption
  @Flag(name: .customLong("dry-run"), help: "Show what would be written, and write nothing.")
  var isDryRun = false
  @Flag(help: "Replace the model in OUT.") var force = false
  @Flag(
    help:
      "Read the output back, map it home, compare every byte, and run both on the same inputs before OUT appears."
  )
  var verify = false
  @Flag(help: "Wait until the disk has everything, so that a power cut loses nothing.") var sync =
    false
  @Flag(help: "Hash every tensor and file and keep the receipt in OUT.") var receipt = false
  @OptionGroup var shared: SharedOptions

  static let choices = ["--to": ConversionTarget.allCases.map(\.rawValue)]

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let request = try request()
    let session = try open(path, with: engine)
    do {
      if isDryRun {
        let receipt = try session.dryRun(request)
        if shared.json {
          print(receipt.json, on: console)
        } else {
          ConversionText(receipt: receipt, console: console).print()
        }
        warn(receipt, on: console)
        return ExitStatus.success
      }
      let job = engine.conversion(of: session, request)
      let receipt = try blocking(job, showingProgressOn: console, leaving: .removedOutput)
      if shared.json {
        print(receipt.json, on: console)
      } else {
        ConversionText(receipt: receipt, console: console).print()
      }
      warn(receipt, on: console)
      return ExitStatus.success
    } catch let refusal as Refusal {
      throw Ending.trouble(refusal, about: [path, output])
    } catch let error as TransformError {
      throw Ending.trouble("\(path): \(error.reason)")
    }
  }

  /// Refuses options that the target leaves nothing to do for.
  private func checkTogether(_ name: TargetName) throws {
    if let own = name.tower, let tower, tower.rawValue != own.rawValue {
      throw Ending.usage("--to \(target) and --tower \(tower.rawValue) exclude each other")
    }
    if name.target == .safetensors {
      if format == .pt {
        throw Ending.usage("--to safetensors and --format pt exclude each other")
      }
      let others = [
        ("--tower", tower != nil && tower != .both),
        ("--with-projection", projection == .withProjection),
        ("--no-projection", projection == .noProjection),
        ("--image-size", picture.imageSize != nil),
      ]
      if let option = others.first(where: \.1)?.0 {
        throw Ending.usage(
          "--to safetensors keeps every tensor as it is, so \(option) cannot be kept")
      }
    } else if projection != nil, name.target != .timm, tower ?? .both == .both, name.tower == nil {
      throw Ending.usage(
        "--with-projection and --no-projection are for one tower; --tower says which")
    }
  }

  private func request() throws -> ConversionRequest {
    let name = try TargetName(target)
    try OutputName.check(
      output,
      otherwise: "OUT is a folder, and the files in it get the names that the target expects")
    var tower = name.tower
    switch self.tower {
    case .vision: tower = .vision
    case .text: tower = .text
    case .both: tower = nil
    case nil: break
    }
    var options = ConversionOptions(
      target: name.target, layouts: name.layouts, tower: tower,
      withProjection: projection.map { $0 == .withProjection },
      format: format.flatMap { ConversionOptions.Format(rawValue: $0.rawValue) },
      imageSize: picture.imageSize)
    if let dtype {
      guard let type = Amounts.floatingType(dtype) else {
        throw Ending.usage("--dtype is F32, F16, BF16 or F64, not \(dtype)")
      }
      options.elementType = type
    }
    if let maxShardSize {
      guard let size = Amounts.byteCount(maxShardSize) else {
        throw Ending.usage("--max-shard-size is a size such as 500MB or 5GB, not \(maxShardSize)")
      }
      guard size >= 1000 || maxShardSize.contains(where: \.isLetter) else {
        throw Ending.usage(
          "--max-shard-size \(maxShardSize) is a size in bytes; did you mean \(maxShardSize)GB?")
      }
      guard options.format == .safetensors else {
        throw Ending.usage("--max-shard-size is for safetensors; a PyTorch state dict is one file")
      }
      options.maxShardByteCount = size
    }
    try checkTogether(name)
    return ConversionRequest(
      output: output, options: options, identity: try model.identity(), isReplacing: force,
      isDurable: sync,
      wantsHashes: shared.json || receipt, isVerifying: verify,
      comparesFeatures: verify
        ? ConversionRequest.featureComparison(
          ModelRequest(
            identity: try runIdentity(), towers: tower.map { [$0] } ?? [.vision, .text])) : nil)
  }

  /// What the forward needs to know; a changed picture size applies to both sides.
  private func runIdentity() throws -> IdentityOptions {
    var identity = try model.identity()
    identity.imageSize = picture.imageSize
    return identity
  }

  private func warn(_ receipt: ConversionReceipt, on console: Console) {
    for warning in receipt.plan.warnings { console.message("clipscope: \(path): \(warning)") }
  }
}
