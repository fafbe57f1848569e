package import Checkpoints
package import Tensors

/// Changes to the names, metadata and element types of a checkpoint.
package struct EditRequest: Sendable {
  /// A file that ends like a container (`.safetensors`, `.pt`, `.pth`, `.bin`, `.ckpt`), else a folder.
  package var output: String
  /// Applied one after the other.
  package var renames: [RenameRule]
  /// Tensors that are left out; names before renaming.
  package var drops: [GlobPattern]
  /// Where there are any, only these tensors stay.
  package var keeps: [GlobPattern]
  /// `__metadata__` pairs to set; an empty value removes the key.
  package var metadata: [MetadataPair]
  /// Element type of the floating point tensors.
  package var elementType: ElementType?
  package var isReplacing: Bool

  package init(
    output: String, renames: [RenameRule] = [], drops: [GlobPattern] = [],
    keeps: [GlobPattern] = [],
    metadata: [MetadataPair] = [], elementType: ElementType? = nil, isReplacing: Bool = false
  ) {
    self.output = output
    self.renames = renames
    self.drops = drops
    self.keeps = keeps
    self.metadata = metadata
    self.elementType = elementType
    self.isReplacing = isReplacing
  }

  package enum Container: Sendable { case safetensors, pytorch, folder }

  package var container: Container {
    if output.hasSuffix(".safetensors") { return .safetensors }
    return [".pt", ".pth", ".bin", ".ckpt"].contains { output.hasSuffix($0) } ? .pytorch : .folder
  }
}

/// What an edit will do, tensor by tensor, before a byte is written.
package struct EditPlan: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    package enum Action: String, Sendable {
      case same, rename, drop, cast
      case renameAndCast = "rename+cast"
    }
    /// Index of the entry.
    package var entry: Int
    package var name: String
    /// Nil where the tensor is dropped.
    package var newName: String?
    package var action: Action
    package var elementType: ElementType
    package var byteCount: Int
  }

  package var rows: [Row]
  package var metadata: [MetadataPair]
  package var warnings: [String]

  package var kept: [Row] { rows.filter { $0.newName != nil } }
  package var byteCount: Int { kept.reduce(0) { $0.addingSaturating($1.byteCount) } }
}
