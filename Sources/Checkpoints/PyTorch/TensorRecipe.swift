import Tensors

/// How a pickle says to rebuild one tensor: which storage, from where, in which steps.
struct TensorRecipe {
  var storageKey: String?
  /// Element count that the pickle claims for the storage, in the storage's own elements.
  var storageElementCount: Int?
  var storageElementWidth: Int
  var type: TorchType
  var storageOffset: Int
  var sizes: [Int]
  var strides: [Int]?
  /// Why the values cannot be used, if they cannot.
  var obstacle: String?
}

extension PickleGraph {
  private static let wrappers: Set<String> = [
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer",
  ]

  /// The recipe of a tensor, nil where the value is no tensor.
  func tensor(_ index: Index) -> TensorRecipe? {
    var current = index
    // Parameters wrap tensors; two or three levels are honest.
    for _ in 0..<8 {
      guard case .object(let place) = self[current] else { return nil }
      let object = objects[place]
      guard var name = name(ofCallee: object) else { return nil }
      var arguments = arguments(of: object)
      if Self.wrappers.contains(name) {
        guard let inner = arguments.first else { return nil }
        current = inner
        continue
      }
      if name == "torch._tensor._rebuild_from_type_v2" || name == "torch._tensor._rebuild_from_type"
      {
        guard arguments.count >= 3, let function = globalName(arguments[0]),
          let inner = sequence(arguments[2])
        else { return nil }
        if Self.wrappers.contains(function) {
          guard let first = inner.first else { return nil }
          current = first
          continue
        }
        name = function
        arguments = inner
      }
      return recipe(name, arguments)
    }
    return nil
  }

  private func recipe(_ name: String, _ arguments: [Index]) -> TensorRecipe? {
    switch name {
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
      "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_qtensor":
      guard arguments.count >= 4, let storage = storage(arguments[0]),
        let offset = integer(arguments[1]), let sizes = integers(arguments[2]),
        let strides = integers(arguments[3])
      else { return nil }
      var type = storage.type
      if name.hasSuffix("_v3"), arguments.count >= 7 { type = dtype(arguments[6]) }
      let (shift, overflow) = storage.viewOffset.addingReportingOverflow(offset)
      var recipe = TensorRecipe(
        storageKey: storage.key, storageElementCount: storage.count,
        storageElementWidth: storage.type?.elementType.byteCount ?? 1,
        type: type ?? TorchType(elementType: .u8, foreignName: "untyped bytes"),
        storageOffset: overflow ? -1 : shift, sizes: sizes, strides: strides)
      if let foreign = recipe.type.foreignName {
        recipe.obstacle = "values of \(foreign) are not read here"
      }
      return recipe
    case "torch._utils._rebuild_meta_tensor_no_storage":
      guard arguments.count >= 2, let sizes = integers(arguments[1]) else { return nil }
      return TensorRecipe(
        storageElementWidth: 1, type: dtype(arguments[0]) ?? TorchType(elementType: .f32),
        storageOffset: 0, sizes: sizes, obstacle: "a meta tensor has no values")
    default: return nil
    }
  }

  private func dtype(_ index: Index) -> TorchType? {
    guard case .global(let place) = self[index], globals[place].module == "torch" else {
      return nil
    }
    return PickleGlobalTable.dtypes[globals[place].name]
  }

  private struct Storage {
    var key: String
    var count: Int?
    var type: TorchType?
    var viewOffset: Int
  }

  /// `('storage', class, key, device, count[, (view key, offset, count)])`.
  private func storage(_ index: Index) -> Storage? {
    guard case .persistent(let id) = self[index], let parts = sequence(id), parts.count >= 5,
      text(parts[0]) == "storage", let key = text(parts[2]) ?? integer(parts[2]).map(String.init)
    else { return nil }
    var type: TorchType?
    if case .global(let place) = self[parts[1]] {
      let name = globals[place].name
      type = PickleGlobalTable.storages[name]
      // An untyped storage is bytes; the tensor names the type.
      guard type != nil || name == "UntypedStorage" else { return nil }
    }
    var viewOffset = 0
    if parts.count >= 6, let view = sequence(parts[5]), view.count >= 2 {
      viewOffset = integer(view[1]) ?? 0
    }
    return Storage(key: key, count: integer(parts[4]), type: type, viewOffset: viewOffset)
  }
}
