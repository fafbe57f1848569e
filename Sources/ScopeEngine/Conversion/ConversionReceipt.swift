package import Dialects
package import Tensors

/// What a conversion did, for the record: hashes of source and target, the rule of every tensor, what was left out and why.
package struct ConversionReceipt: Sendable {
  package struct File: Sendable, Equatable {
    package var name: String
    package var byteCount: Int
    package var digest: String?
    /// For files that are not weights: where their contents come from.
    package var provenance: String?
  }

  package struct Source: Sendable, Equatable {
    package var name: String
    package var elementType: ElementType
    package var shape: Shape
    package var digest: String?
  }

  package struct Tensor: Sendable, Equatable {
    package var name: String
    package var file: String
    package var elementType: ElementType
    package var shape: Shape
    package var digest: String?
    /// Indices into `sources`.
    package var sources: [Int]
    package var transform: String
    package var rule: String
  }

  package static let fileName = "clipscope_receipt.json"

  package var plan: ConversionPlan
  package var request: ConversionRequest
  package var sourcePath: String
  package var container: String
  package var targetDialect: String
  package var sourceFiles: [File]
  package var files: [File]
  package var sources: [Source]
  package var tensors: [Tensor]
  package var verification: ConversionVerification?
  /// True for a plan that was not carried out.
  package var isDryRun: Bool
  /// Of the program that made the conversion.
  package var version: String
  /// Seconds that writing took, without hashes and verification; not in the document.
  package var seconds = 0.0

  package var json: JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    func files(_ files: [File]) -> JSONValue {
      .array(
        files.map { file in
          var object = JSONObject([
            .init(key: "name", value: .string(file.name)),
            .init(key: "bytes", value: .integer(file.byteCount)),
            .init(key: "sha256", value: text(file.digest)),
          ])
          if let provenance = file.provenance { object["from"] = .string(provenance) }
          return .object(object)
        })
    }
    var document = JSONObject([.init(key: "schema", value: 1)])
    document["program"] = ["name": .string(Program.name), "version": .string(version)]
    document["dry_run"] = .bool(isDryRun)
    document["source"] = [
      "path": .string(sourcePath), "container": .string(container),
      "dialect": .string(plan.sourceDialect.rawValue),
      "layout": .string(plan.sourceLayout), "files": files(sourceFiles),
    ]
    document["target"] = [
      "path": .string(request.output), "dialect": .string(targetDialect),
      "layout": .string(plan.targetLayout),
      "tensor_count": .integer(plan.tensorCount), "byte_count": .integer(plan.byteCount),
      "files": files(self.files),
    ]
    document["options"] = options
    document["tensors"] = .array(tensors.map(json(of:)))
    document["dropped"] = .array(
      plan.dropped.map { ["name": .string($0.name), "reason": .string($0.reason)] })
    document["warnings"] = .array(plan.warnings.map { .string($0) })
    document["verification"] = verification?.json ?? .null
    return .object(document)
  }

  private func json(of tensor: Tensor) -> JSONValue {
    func shape(_ shape: Shape) -> JSONValue { .array(shape.sizes.map { .integer($0) }) }
    return [
      "name": .string(tensor.name), "file": .string(tensor.file),
      "dtype": .string(tensor.elementType.rawValue),
      "shape": shape(tensor.shape), "sha256": tensor.digest.map { .string($0) } ?? .null,
      "transform": .string(tensor.transform), "rule": .string(tensor.rule),
      "sources": .array(
        tensor.sources.map { index in
          let source = sources[index]
          return [
            "name": .string(source.name), "dtype": .string(source.elementType.rawValue),
            "shape": shape(source.shape),
            "sha256": source.digest.map { .string($0) } ?? .null,
          ]
        }),
    ]
  }

  private var options: JSONValue {
    let options = plan.options
    func optional<Value>(_ value: Value?, _ json: (Value) -> JSONValue) -> JSONValue {
      value.map(json) ?? .null
    }
    return [
      "to": .string(options.target.rawValue),
      "tower": optional(options.tower) { .string($0.rawValue) },
      "with_projection": optional(options.withProjection) { .bool($0) },
      "dtype": optional(options.elementType) { .string($0.rawValue) },
      "format": .string(options.format.rawValue),
      "max_shard_size": optional(options.maxShardByteCount) { .integer($0) },
      "image_size": optional(options.imageSize) { .integer($0) },
      "activation": optional(request.identity.activation) { .string($0.rawValue) },
      "heads": optional(request.identity.heads) { .integer($0) },
      "text_heads": optional(request.identity.textHeads) { .integer($0) },
    ]
  }
}

extension ConversionReceipt {
  /// A receipt without hashes.
  init(plan: ConversionPlan, request: ConversionRequest, session: Session, isDryRun: Bool) {
    self.plan = plan
    self.request = request
    version = Program.version
    self.isDryRun = isDryRun
    sourcePath = session.path
    container = session.catalog.container.rawValue
    let towers =
      plan.options.tower.map { [$0] } ?? session.identity(options: request.identity).towers
    targetDialect =
      plan.options.target == .safetensors
      ? plan.sourceDialect.rawValue
      : Session.dialect(ofLayout: plan.targetLayout, target: plan.options.target, towers: towers)
    sourceFiles = session.catalog.files.enumerated().map { number, path in
      let size =
        session.catalog.entries.first { $0.location.file == number }
        .flatMap { session.checkpoint.file(of: $0)?.byteCount } ?? 0
      return File(name: String(path.split(separator: "/").last ?? Substring(path)), byteCount: size)
    }
    files = plan.files.map { File(name: $0.name, byteCount: $0.byteCount) }
    files += plan.texts.map {
      File(name: $0.name, byteCount: $0.text.utf8.count, provenance: $0.provenance)
    }
    files += plan.copies.map {
      File(name: $0.name, byteCount: $0.byteCount, provenance: "carried over from the source")
    }
    var numbers: [Int: Int] = [:]
    sources = []
    tensors = []
    for file in plan.files {
      for tensor in file.tensors {
        let own = tensor.plan.sources.filter { session.catalog.entries.indices.contains($0) }
        for entry in own where numbers[entry] == nil {
          numbers[entry] = sources.count
          let found = session.catalog.entries[entry]
          sources.append(
            Source(
              name: session.weightName(of: entry), elementType: found.elementType,
              shape: found.shape))
        }
        var transforms = tensor.plan.trace.map(\.transform)
        if tensor.plan.resize != nil { transforms.append("resize the position grid") }
        if tensor.plan.sourceType != tensor.plan.targetType {
          transforms.append(
            "cast \(tensor.plan.sourceType.rawValue) to \(tensor.plan.targetType.rawValue)")
        }
        tensors.append(
          Tensor(
            name: tensor.name, file: file.name, elementType: tensor.elementType,
            shape: tensor.shape,
            sources: own.compactMap { numbers[$0] },
            transform: transforms.isEmpty ? "copy" : transforms.joined(separator: " > "),
            rule: tensor.plan.trace.map(\.description).joined(separator: " > ")))
      }
    }
  }
}
