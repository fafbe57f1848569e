package import ScopeEngine

/// What a conversion would write, in the facts that the page shows.
package struct ConversionOutline: Equatable, Sendable {
  package struct File: Equatable, Sendable {
    package var name: String
    /// nil for files that are not weights.
    package var tensorCount: Int?
    package var byteCount: Int
    package var digest: String?
    /// Where the contents come from, for files that are not weights.
    package var provenance: String?

    package init(
      name: String, tensorCount: Int? = nil, byteCount: Int, digest: String? = nil,
      provenance: String? = nil
    ) {
      self.name = name
      self.tensorCount = tensorCount
      self.byteCount = byteCount
      self.digest = digest
      self.provenance = provenance
    }
  }

  package struct Dropped: Equatable, Sendable {
    package var name: String
    package var reason: String

    package init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  package var sourcePath: String
  package var output: String
  package var sourceDialect: String
  package var targetDialect: String
  package var tensorCount: Int
  package var byteCount: Int
  /// Tensors that are not copied as they are.
  package var changedCount: Int
  package var files: [File]
  package var dropped: [Dropped]
  package var warnings: [String]
  /// Files that stand in the output folder already.
  package var occupied = 0
  /// Bytes that the disk has left; nil where it does not tell.
  package var freeByteCount: Int?
  /// The whole receipt as JSON.
  package var document: String

  package init(
    sourcePath: String, output: String, sourceDialect: String, targetDialect: String,
    tensorCount: Int, byteCount: Int, changedCount: Int = 0, files: [File] = [],
    dropped: [Dropped] = [], warnings: [String] = [], document: String = ""
  ) {
    self.sourcePath = sourcePath
    self.output = output
    self.sourceDialect = sourceDialect
    self.targetDialect = targetDialect
    self.tensorCount = tensorCount
    self.byteCount = byteCount
    self.changedCount = changedCount
    self.files = files
    self.dropped = dropped
    self.warnings = warnings
    self.document = document
  }

  package init(_ receipt: ConversionReceipt) {
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

  /// Why the conversion cannot be started; nil where it can.
  package func obstacle(isReplacing: Bool) -> String? {
    if occupied > 0, !isReplacing {
      return
        "\(output): exists and is not empty; `force` replaces the model in it, or choose another folder"
    }
    return nil
  }
}
