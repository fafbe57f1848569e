import Tensors

/// Turns a tensor view of a pickle into a catalog entry, with every number checked against the storage.
struct EntryBuilder {
  let graph: PickleGraph
  let storages: [String: StorageBytes]
  let order: ByteOrder

  func entry(_ leaf: PickleTree.Leaf) -> Entry {
    let view = leaf.tensor
    let storage = graph.storages[view.storage]
    let foreign = foreignType(view, storage)
    let type = elementType(view, storage) ?? .u8
    var location = Location(file: 0, offset: 0, storageByteCount: 0, order: order)
    var remarks: [String] = []
    var isReadable = foreign == nil
    switch storages[storage.key] {
    case .found(let offset, let byteCount, let compression, let identity, let name):
      location.offset = offset
      location.storageByteCount = byteCount
      location.compression = compression
      location.storageIdentity = identity
      location.storageName = name
    case .missing(let reason):
      remarks.append(reason)
      isReadable = false
    case nil:
      remarks.append("its storage `\(storage.key)` is not in the file")
      isReadable = false
    }
    location.storageOffset = view.offset
    let shape = Shape(view.sizes)
    if view.strides != shape.contiguousStrides { location.strides = view.strides }
    if isReadable || foreign != nil,
      let reason = fault(of: view, type: type, byteCount: location.storageByteCount)
    {
      remarks.insert("invalid: " + reason, at: 0)
      isReadable = false
    }
    if let foreign, remarks.isEmpty {
      remarks.append("elements of type `\(foreign)` are listed but not read")
    }
    if isReadable, zip(view.sizes, view.strides).contains(where: { $0 > 1 && $1 == 0 }) {
      remarks.append("expanded view: some strides are zero")
    }
    return Entry(
      path: leaf.path, elementType: type, shape: shape, location: location, remarks: remarks,
      isReadable: isReadable, foreignType: foreign)
  }

  private func elementType(
    _ view: PickleGraph.TensorView, _ storage: PickleGraph.Storage
  ) -> ElementType? {
    if let name = view.typeName { return KnownGlobals.elementType(named: name) }
    return KnownGlobals.elementType(storageClass: storage.className)
  }

  private func foreignType(
    _ view: PickleGraph.TensorView, _ storage: PickleGraph.Storage
  ) -> String? {
    if view.isQuantised { return "torch.\(storage.className)" }
    if elementType(view, storage) != nil { return nil }
    return "torch." + (view.typeName ?? storage.className)
  }

  /// What is wrong with sizes, strides or offset; nil when the view stays inside its storage.
  private func fault(
    of view: PickleGraph.TensorView, type: ElementType, byteCount: Int
  ) -> String? {
    guard view.sizes.count == view.strides.count else {
      return "\(view.sizes.count) sizes but \(view.strides.count) strides"
    }
    let shape = Shape(view.sizes)
    guard shape.rank <= Shape.rankLimit else { return "\(shape.rank) dimensions" }
    guard shape.isPlausible else { return "its sizes are negative or overflow" }
    if shape.elementCount == 0 { return nil }
    guard let reach = shape.reach(strides: view.strides, from: view.offset) else {
      return "its strides overflow"
    }
    let available = byteCount / type.byteCount
    if reach.lowerBound < 0 || reach.upperBound >= available {
      let outside = reach.lowerBound < 0 ? reach.lowerBound : reach.upperBound
      return "it reaches element \(outside), its storage holds \(available)"
    }
    return nil
  }
}
