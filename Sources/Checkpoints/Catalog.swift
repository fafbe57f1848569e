package import Tensors

/// What a container format is called, in JSON and on the screen.
package enum ContainerKind: String, Sendable, Hashable, CaseIterable {
  case safetensors
  case safetensorsSharded = "safetensors-sharded"
  case pytorchZip = "pytorch-zip"
  case pytorchLegacy = "pytorch-legacy"
  case torchscript
  case npy
  case npz
  case folder
}

/// Everything that is in a checkpoint, without the numbers: what opening one returns.
///
/// A catalog is a value that can be printed and compared. Tensor bytes stay in the files;
/// `CheckpointFile` hands them out.
package struct Catalog: Sendable, Equatable {
  package var container: ContainerKind
  /// What the user opened.
  package var path: String
  /// Files that hold tensor bytes; `Entry.location.file` indexes this.
  package var files: [String]
  /// In the order of the container.
  package var entries: [Entry]
  /// Values that are not tensors: epochs, optimizer settings, inert pickled objects.
  package var others: [OtherValue]
  /// Path of the state dict inside a nested checkpoint, such as `["state_dict"]`.
  ///
  /// Empty at the root.
  package var weightsRoot: [String]
  /// `__metadata__` of safetensors, key-value pairs of GGUF and the like, in file order.
  package var metadata: [MetadataPair]
  /// Text files beside the weights that describe them.
  ///
  /// `config.json`, `open_clip_config.json`, … Name to full path.
  package var companions: [Companion]
  /// Things worth telling that do not keep the rest from being used.
  package var diagnostics: [Diagnostic]
  /// What a pickle names that is not a plain tensor or container; drives `scan`.
  package var pickleGlobals: [PickleGlobal]

  package init(
    container: ContainerKind, path: String, files: [String] = [], entries: [Entry] = [],
    others: [OtherValue] = [], weightsRoot: [String] = [], metadata: [MetadataPair] = [],
    companions: [Companion] = [], diagnostics: [Diagnostic] = [],
    pickleGlobals: [PickleGlobal] = []
  ) {
    self.container = container
    self.path = path
    self.files = files
    self.entries = entries
    self.others = others
    self.weightsRoot = weightsRoot
    self.metadata = metadata
    self.companions = companions
    self.diagnostics = diagnostics
    self.pickleGlobals = pickleGlobals
  }
}

/// One tensor of a catalog.
package struct Entry: Sendable, Equatable {
  /// Path from the root of the container; most containers have one component (`a.b.weight`),
  /// nested ones several (`state_dict`, `a.b.weight`), list items by their index.
  package var path: [String]
  package var elementType: ElementType
  package var shape: Shape
  package var location: Location
  /// Remarks on this tensor alone: "assumed bfloat16", "invalid strides", ...
  package var remarks: [String]
  /// False where the bytes cannot be used (out of range, missing shard, object array); `remarks` says why.
  package var isReadable: Bool
  /// The container's own name of the element type where it says more than `elementType`, such as
  /// `Q4_0`, `torch.qint8` or `|O`.
  package var foreignType: String?

  package init(
    path: [String], elementType: ElementType, shape: Shape, location: Location,
    remarks: [String] = [], isReadable: Bool = true, foreignType: String? = nil
  ) {
    self.path = path
    self.elementType = elementType
    self.shape = shape
    self.location = location
    self.remarks = remarks
    self.isReadable = isReadable
    self.foreignType = foreignType
  }

  /// The path joined with dots.
  package var name: String { path.joined(separator: ".") }
  package var elementCount: Int { shape.elementCount ?? 0 }
  /// Bytes of the values when written out contiguously.
  ///
  /// Saturates.
  package var byteCount: Int { elementCount.multipliedSaturating(by: elementType.byteCount) }
}

/// Where the bytes of a tensor are.
package struct Location: Sendable, Equatable {
  /// Index into `Catalog.files`.
  package var file: Int
  /// Where the first byte of the *storage* stands in the file (for compressed members: of the compressed data).
  package var offset: Int
  /// Bytes of the storage in memory, after decompression.
  package var storageByteCount: Int
  /// Offset of the first element within the storage, in elements.
  package var storageOffset: Int
  /// Strides in elements; nil for contiguous row-major.
  package var strides: [Int]?
  package var order: ByteOrder
  package var compression: Compression
  /// Two entries with the same non-nil identity share their storage.
  package var storageIdentity: Int?
  /// What the container calls the storage (`data/41`, `weights.npy`), where it calls it anything.
  package var storageName: String?

  package init(
    file: Int, offset: Int, storageByteCount: Int, storageOffset: Int = 0, strides: [Int]? = nil,
    order: ByteOrder = .little, compression: Compression = .none, storageIdentity: Int? = nil,
    storageName: String? = nil
  ) {
    self.file = file
    self.offset = offset
    self.storageByteCount = storageByteCount
    self.storageOffset = storageOffset
    self.strides = strides
    self.order = order
    self.compression = compression
    self.storageIdentity = storageIdentity
    self.storageName = storageName
  }

  package enum Compression: Sendable, Equatable {
    case none
    /// Raw deflate, `byteCount` compressed bytes at `Location.offset`; the tensor bytes start `skipping` bytes into the inflated data.
    case deflate(byteCount: Int, skipping: Int)
  }
}

/// A value of a checkpoint that is not a tensor.
package struct OtherValue: Sendable, Equatable {
  package var path: [String]
  /// Class or kind: `int`, `str`, `argparse.Namespace`, ...
  package var kind: String
  /// A short, unsanitised text of it; at most a few hundred characters.
  package var text: String

  package init(path: [String], kind: String, text: String) {
    self.path = path
    self.kind = kind
    self.text = text
  }

  package var name: String { path.joined(separator: ".") }
}

package struct MetadataPair: Sendable, Hashable {
  package var key: String
  package var value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

package struct Companion: Sendable, Equatable {
  /// File name, such as `config.json`.
  package var name: String
  package var path: String
  package var byteCount: Int

  package init(name: String, path: String, byteCount: Int) {
    self.name = name
    self.path = path
    self.byteCount = byteCount
  }
}

/// Something about a checkpoint that a user should know.
package struct Diagnostic: Sendable, Equatable {
  package enum Severity: String, Sendable, CaseIterable { case note, warning, error, danger }
  package var severity: Severity
  /// A stable code: `missing-shard`, `unsafe-global`, `trailing-bytes`, ...
  package var kind: String
  /// Tensor, member, shard or offset.
  package var place: String
  package var message: String

  package init(severity: Severity, kind: String, place: String, message: String) {
    self.severity = severity
    self.kind = kind
    self.place = place
    self.message = message
  }
}

/// A class or function that a pickle refers to.
package struct PickleGlobal: Sendable, Equatable {
  package enum Standing: String, Sendable {
    /// Needed to rebuild tensors and plain containers, or a harmless value class; interpreted here.
    case known
    /// Never seen in honest state dicts, not known to be dangerous: shown as an inert node.
    case unknown
    /// Runs commands, opens files, imports code, ...
    case dangerous
  }
  package var module: String
  package var name: String
  /// Offset of the opcode in the pickle stream.
  package var opcodeOffset: Int
  /// True when the pickle would have called it.
  package var isCalled: Bool
  package var standing: Standing
  /// Pickle that names it: file name, or member of the archive.
  package var place: String

  package init(
    module: String, name: String, opcodeOffset: Int, isCalled: Bool, standing: Standing,
    place: String
  ) {
    self.module = module
    self.name = name
    self.opcodeOffset = opcodeOffset
    self.isCalled = isCalled
    self.standing = standing
    self.place = place
  }

  package var fullName: String { "\(module).\(name)" }
}
