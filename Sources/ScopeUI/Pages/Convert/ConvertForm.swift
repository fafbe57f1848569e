import Cells
import ScopeEngine

/// One choice of the form.
enum ConvertField: String, Equatable, Sendable, CaseIterable {
  case target, tower, projection, dtype, format, shards, imageSize, activation, heads, output
  case verify, receipt, sync, force, start

  var label: String {
    switch self {
    case .shards: "max shard size"
    case .imageSize: "image size"
    case .output: "output folder"
    default: rawValue
    }
  }

  /// True for fields whose value is a line of text.
  var isText: Bool {
    switch self {
    case .shards, .imageSize, .heads, .output: true
    default: false
    }
  }
}

/// What the user chose.
///
/// Lines of text are kept as they were typed; `order` reads them.
struct ConvertForm: Equatable, Sendable {
  var target = ConversionTarget.transformers
  /// True once the user chose the target; until then it follows the file.
  var isTargetOwn = false
  var tower: Tower?
  var withProjection: Bool?
  var elementType: ElementType?
  /// nil is what the target usually has.
  var format: ConversionOptions.Format?
  var shards = ""
  var imageSize = ""
  var activation: Activation?
  var heads = ""
  var output = ""
  /// True once the user typed the folder; until then it follows file and target.
  var isOutputOwn = false
  var isVerifying = true
  var wantsReceipt = true
  var isDurable = false
  var isReplacing = false

  /// The fields that mean something for the target, in their order.
  var fields: [ConvertField] {
    var fields: [ConvertField] = [.target]
    if target != .safetensors {
      fields.append(.tower)
      if tower != nil { fields.append(.projection) }
    }
    fields.append(.dtype)
    if target != .safetensors { fields.append(.format) }
    if shownFormat == .safetensors { fields.append(.shards) }
    if target != .safetensors { fields += [.imageSize, .activation, .heads] }
    fields += [.output, .verify]
    if !isVerifying { fields.append(.receipt) }
    return fields + [.sync, .force, .start]
  }

  var shownFormat: ConversionOptions.Format {
    if target == .safetensors { return .safetensors }
    return format ?? (target == .openAI ? .pt : .safetensors)
  }

  /// What the user says of the model; text that means nothing says nothing.
  var identity: IdentityOptions {
    var identity = IdentityOptions(activation: activation)
    if case .success(let counts) = Self.headCounts(heads) {
      identity.heads = counts.first
      identity.textHeads = counts.count > 1 ? counts[1] : nil
    }
    return identity
  }

  /// Why the form cannot be read, in one sentence.
  struct Problem: Error, Equatable, Sendable {
    var field: ConvertField
    var sentence: String
  }

  func order() throws(Problem) -> ConversionOrder {
    var options = ConversionOptions(
      target: target, tower: target == .safetensors ? nil : tower,
      withProjection: tower == nil ? nil : withProjection, elementType: elementType,
      format: shownFormat)
    if options.format == .safetensors, !shards.isEmpty {
      guard let size = Amounts.byteCount(shards) else {
        throw Problem(
          field: .shards, sentence: "max shard size is a size such as 500MB or 5GB, not \(shards)")
      }
      options.maxShardByteCount = size
    }
    if target != .safetensors {
      if !imageSize.isEmpty {
        guard let size = Int(imageSize), (1...65536).contains(size) else {
          throw Problem(
            field: .imageSize,
            sentence: "image size is a number of pixels from 1 to 65536, not \(imageSize)")
        }
        options.imageSize = size
      }
      _ = try Self.headCounts(heads).get()
    }
    guard !output.isEmpty else {
      throw Problem(field: .output, sentence: "the output folder has no name")
    }
    return ConversionOrder(
      output: output, options: options,
      identity: target == .safetensors ? IdentityOptions() : identity, isReplacing: isReplacing,
      isDurable: isDurable, wantsReceipt: wantsReceipt || isVerifying, isVerifying: isVerifying)
  }

  /// One number for both towers, or two with a comma; none for an empty line.
  static func headCounts(_ text: String) -> Result<[Int], Problem> {
    guard !text.isEmpty else { return .success([]) }
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.filter { $0 != " " })
    }
    let counts = parts.compactMap { $0 }
    guard (1...2).contains(parts.count), counts.count == parts.count,
      counts.allSatisfy({ (1...1024).contains($0) })
    else {
      return .failure(
        Problem(
          field: .heads,
          sentence: "heads is a number, or two with a comma between them, not \(text)"))
    }
    return .success(counts)
  }

  // MARK: Text of fields

  func text(of field: ConvertField) -> String {
    switch field {
    case .shards: shards
    case .imageSize: imageSize
    case .heads: heads
    case .output: output
    default: ""
    }
  }

  mutating func set(_ field: ConvertField, to text: String) {
    switch field {
    case .shards: shards = text
    case .imageSize: imageSize = text
    case .heads: heads = text
    case .output:
      output = text
      isOutputOwn = !text.isEmpty
    default: break
    }
  }

  // MARK: Steps

  static let shardSizes = ["", "500MB", "1GB", "2GB", "5GB", "10GB"]
  static let imageSizes = ["", "224", "240", "256", "288", "336", "378", "384", "448", "512"]

  /// Changes a choice by one step; lines of text go through the usual values.
  mutating func step(_ field: ConvertField, by step: Int) {
    switch field {
    case .target:
      target = ConversionTarget.allCases.neighbour(of: target, step)
      isTargetOwn = true
    case .tower: tower = [nil, .vision, .text].neighbour(of: tower, step)
    case .projection: withProjection = [nil, true, false].neighbour(of: withProjection, step)
    case .dtype: elementType = [nil, .f32, .f16, .bf16, .f64].neighbour(of: elementType, step)
    case .format:
      let next: ConversionOptions.Format = shownFormat == .safetensors ? .pt : .safetensors
      format = next == (target == .openAI ? .pt : .safetensors) ? nil : next
    case .shards: shards = Self.shardSizes.neighbour(of: shards, step)
    case .imageSize: imageSize = Self.imageSizes.neighbour(of: imageSize, step)
    case .activation:
      activation = ([nil] + Activation.allCases.map { Optional($0) })
        .neighbour(of: activation, step)
    case .verify: isVerifying.toggle()
    case .receipt: wantsReceipt.toggle()
    case .sync: isDurable.toggle()
    case .force: isReplacing.toggle()
    case .heads, .output, .start: break
    }
  }

  /// The value as the form shows it.
  ///
  /// - Parameters:
  ///   - field: whose value it is.
  ///   - targets: with the facts of the model, for what the user did not choose.
  ///   - isBrief: leaves out how sure a fact is, where there is no room for it.
  func value(
    of field: ConvertField, _ targets: DialectTargets?, isBrief: Bool = false
  ) -> String {
    func known(_ name: String, else words: String) -> String {
      guard let fact = targets?.fact(name) else { return words }
      if fact.value == .null { return "unknown" }
      return isBrief ? fact.shown : "\(fact.shown) (\(fact.certainty))"
    }
    switch field {
    case .target: return target.title
    case .tower: return tower?.rawValue ?? "both"
    case .projection:
      return withProjection.map { $0 ? "with" : "without" } ?? "where there is one"
    case .dtype: return elementType?.rawValue ?? "as it is"
    case .format:
      return shownFormat == .pt ? "PyTorch" : "safetensors"
    case .shards: return shards.isEmpty ? "one file" : shards
    case .imageSize:
      return imageSize.isEmpty ? known("vision.image_size", else: "as it is") : imageSize
    case .activation:
      return activation?.rawValue ?? known("activation", else: "as it is")
    case .heads: return heads.isEmpty ? known("vision.heads", else: "as they are") : heads
    case .output: return output
    case .verify: return isVerifying ? "yes" : "no"
    case .receipt: return wantsReceipt ? "yes" : "no"
    case .sync: return isDurable ? "yes" : "no"
    case .force: return isReplacing ? "yes, replace" : "no"
    case .start: return ""
    }
  }
}
