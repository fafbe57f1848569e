import ArgumentParser
import ScopeEngine

/// What a file may not say about the model in it.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Activation, where the file does not say it: \(IdentityOptions.activationNames.joined(separator: ", ")). A conversion that writes it into a config asks for it.",
      valueName: "name"), completion: .list(IdentityOptions.activationNames))
  var activation: String?

  @Option(help: ArgumentHelp("Attention heads of both towers, or vision,text.", valueName: "count"))
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
  var tower: Tower?

  private static let targets = ConversionTarget.allCases.map(\.rawValue)
  /// Names of dialects of Transformers, which say more than `hf`.
  private static let dialects = [
    "hf-clip", "hf-clip-vision", "hf-clip-text", "hf-siglip", "hf-siglip-vision",
    "hf-siglip-text",
  ]

  /// Every name that is taken, for completions.
  static let all = targets + dialects

  init(_ name: String) throws {
    let lower = name.lowercased()
    guard let target = ConversionTarget(name: lower) else {
      throw Ending.usage(choice: "--to", of: Self.targets, not: name, near: Self.dialects)
    }
    self.target = target
    if lower.hasPrefix("hf-") {
      guard Self.dialects.contains(lower) else {
        throw Ending.usage(choice: "--to", of: Self.targets + Self.dialects, not: name)
      }
      if lower.hasSuffix("-vision") { tower = .vision }
      if lower.hasSuffix("-text") { tower = .text }
    }
  }
}
