import ArgumentParser
import ScopeEngine

/// What a file may not say about the model in it.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Activation, where the file does not say it: \(IdentityOptions.activationNames.joined(separator: ", ")). A conversion that writes it into a config asks for it.",
      valueName: "name"), completion: .list(IdentityOptions.activationNames))
  var activation: String?

  @Option(
    help: ArgumentHelp(
      "Attention heads of both towers, or vision,text, where the file does not say them.",
      valueName: "count"))
  var heads: String?

  /// - Throws: `Ending` for values that mean nothing.
  func identity() throws -> IdentityOptions {
    var options = IdentityOptions(imageSize: nil)
    if let activation {
      guard options.setActivation(named: activation) else {
        throw Ending.usage(
          choice: "--activation", of: IdentityOptions.activationNames, not: activation)
      }
    }
    if let heads {
      let parts = heads.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
      guard (1...2).contains(parts.count),
        parts.allSatisfy({ $0.map { (1...1024).contains($0) } ?? false })
      else {
        throw Ending.usage("--heads is a number, or two with a comma between them, not \(heads)")
      }
      options.heads = parts[0]
      if parts.count == 2 { options.textHeads = parts[1] }
    }
    return options
  }
}

/// The size of the pictures, for commands that run or write a model.
struct ImageSizeOption: ParsableArguments {
  @Option(
    name: .customLong("image-size"),
    help: ArgumentHelp(
      "Picture size in pixels; a conversion resizes the position table to it.", valueName: "pixels")
  )
  var imageSize: Int?

  func validate() throws {
    if let imageSize, !(1...65536).contains(imageSize) {
      throw ValidationError("--image-size is a number of pixels from 1 to 65536, not \(imageSize)")
    }
  }
}

/// A target as the user names it: an ecosystem or a dialect, which may name one tower.
struct TargetName {
  var target: ConversionTarget
  /// The layouts that a dialect stands for; empty for an ecosystem, which takes the one that fits the model.
  var layouts: [String] = []
  var tower: Tower?

  /// Dialects that can be written, by the names that `info` and `docs/dialects` have for them.
  private static let dialects: [(name: String, target: ConversionTarget, layouts: [String])] = [
    ("hf-clip", .transformers, ["hf-clip"]),
    ("hf-siglip", .transformers, ["hf-siglip", "hf-siglip2-naflex"]),
    ("hf-siglip2-naflex", .transformers, ["hf-siglip2-naflex"]),
    ("oc-clip", .openClip, ["oc-clip"]),
    ("oc-custom", .openClipCustom, ["oc-custom"]), ("oc-siglip", .openClip, ["oc-siglip"]),
    ("oc-eva", .openClip, ["oc-eva"]), ("oc-pe", .openClip, ["oc-pe"]),
    ("oc-mci", .openClip, ["oc-mci"]), ("oc-timm-clip", .openClip, ["oc-timm-clip"]),
    ("openclip-timm", .openClip, ["oc-siglip", "oc-eva", "oc-pe", "oc-mci", "oc-timm-clip"]),
    ("eva-orig", .eva, ["eva-orig"]), ("pe-orig", .pe, ["pe-orig"]),
  ]
  private static let towers: [(suffix: String, tower: Tower)] = [
    ("-vision", .vision), ("-text", .text),
  ]
  /// Every name that is taken, ecosystems first.
  static let all =
    ConversionTarget.allCases.map(\.rawValue)
    + dialects.flatMap { dialect in
      let isSplit = dialect.name == "hf-clip" || dialect.name == "hf-siglip"
      return [dialect.name] + (isSplit ? towers.map { dialect.name + $0.suffix } : [])
    }

  init(_ name: String) throws {
    let lower = name.lowercased()
    guard Self.all.contains(lower) else {
      throw Ending.usage(choice: "--to", of: Self.all, not: name)
    }
    if let target = ConversionTarget(rawValue: lower) {
      self.target = target
      return
    }
    let end = Self.towers.first { lower.hasSuffix($0.suffix) }
    let bare = String(lower.dropLast(end?.suffix.count ?? 0))
    guard let dialect = Self.dialects.first(where: { $0.name == bare }) else {
      throw Ending.usage(choice: "--to", of: Self.all, not: name)
    }
    target = dialect.target
    layouts = dialect.layouts
    tower = end?.tower
  }
}
