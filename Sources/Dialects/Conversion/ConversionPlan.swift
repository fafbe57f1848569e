package import Checkpoints
package import Tensors

/// Everything that a conversion will write, before a byte is written.
package struct ConversionPlan: Sendable {
  package struct OutputTensor: Sendable, Equatable {
    package var name: String
    package var plan: TensorPlan
    package var shape: Shape { plan.shape }
    package var elementType: ElementType { plan.targetType }
  }

  /// A file of tensors.
  package struct OutputFile: Sendable, Equatable {
    package var name: String
    package var tensors: [OutputTensor]
    package var byteCount: Int { tensors.reduce(0) { $0.addingSaturating($1.plan.byteCount) } }
  }

  /// A config that is written, with the ground of its contents.
  package struct OutputText: Sendable, Equatable {
    package var name: String
    package var text: String
    package var provenance: String
  }

  package struct Dropped: Sendable, Equatable {
    package var name: String
    package var reason: String
  }

  package var options: ConversionOptions
  package var sourceDialect: Dialect
  package var sourceLayout: String
  package var targetLayout: String
  package var files: [OutputFile]
  package var texts: [OutputText]
  /// Tokenizer files that are copied as they are.
  package var copies: [Companion]
  package var dropped: [Dropped]
  package var warnings: [String]
  package var mapping: Mapping?
  /// `__metadata__` of safetensors files.
  package var metadata: [MetadataPair]

  package var byteCount: Int { files.reduce(0) { $0.addingSaturating($1.byteCount) } }
  package var tensorCount: Int { files.reduce(0) { $0 + $1.tensors.count } }
}
