import ScopeEngine

/// What a conversion would write, in the facts that the page shows.
struct ConversionOutline: Equatable, Sendable {
  struct File: Equatable, Sendable {
    var name: String
    /// nil for files that are not weights.
    var tensorCount: Int?
    var byteCount: Int
    var digest: String?
    /// Where the contents come from, for files that are not weights.
    var provenance: String?
  }

  struct Dropped: Equatable, Sendable {
    var name: String
    var reason: String
  }

  var sourcePath: String
  var output: String
  var sourceDialect: String
  var targetDialect: String
  var tensorCount: Int
  var byteCount: Int
  /// Tensors that are not copied as they are.
  var changedCount = 0
  var files: [File] = []
  var dropped: [Dropped] = []
  var warnings: [String] = []
  /// Files that stand in the output folder already.
  var occupied = 0
  /// Bytes that the disk has left; nil where it does not tell.
  var freeByteCount: Int?
  /// The whole receipt as JSON.
  var document = ""

  /// From what to what, in a few words.
  var way: String {
    sourceDialect == targetDialect
      ? "the same keys (\(sourceDialect))" : "\(sourceDialect) to \(targetDialect)"
  }

  /// Why the conversion cannot be started; nil where it can.
  func obstacle(isReplacing: Bool) -> String? {
    if occupied > 0, !isReplacing {
      return
        "\(output): exists and is not empty; `force` replaces the model in it, or choose another folder"
    }
    return nil
  }
}

extension ConversionOutline {
  init(_ receipt: ConversionReceipt) {
    let counts = Dictionary(
      receipt.plan.files.map { ($0.name, $0.tensors.count) },
      uniquingKeysWith: { first, _ in first }
    )
    self.init(
      sourcePath: receipt.sourcePath, output: receipt.request.output,
      sourceDialect: receipt.plan.sourceDialect.rawValue, targetDialect: receipt.targetDialect,
      tensorCount: receipt.plan.tensorCount, byteCount: receipt.plan.byteCount,
      changedCount: receipt.tensors.count { $0.transform != "copy" },
      files: receipt.files.map { file in
        File(
          name: file.name, tensorCount: counts[file.name], byteCount: file.byteCount,
          digest: file.digest, provenance: file.provenance)
      },
      dropped: receipt.plan.dropped.map { Dropped(name: $0.name, reason: $0.reason) },
      warnings: receipt.plan.warnings, document: receipt.json.text(indent: 2) + "\n")
  }
}
