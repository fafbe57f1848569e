import Analysis
import Cells
import Checkpoints
import ScopeEngine
import Tensors

/// What the detail pane says of the selected row in words.
struct DetailFacts: Equatable, Sendable {
  var name: String
  /// Short lines under the name.
  var lines: [String]
  /// Remarks, ties and problems: worth a colour.
  var warnings: [String]
  /// Everything, for the reader.
  var fullText: String

  /// Nil when nothing is selected.
  init?(_ state: State) {
    guard let model = state.tree.model, let node = state.tree.selectedNode else { return nil }
    if let reference = state.tree.detail.entry, let entry = state.entry(reference) {
      self.init(entry, reference, model, state)
    } else if let item = model.item(at: node), item.value >= 0 {
      let value = model.catalog.others[Int(item.value)]
      self.init(name: value.name, lines: ["\(value.kind), not a tensor", value.text])
    } else {
      self.init(branch: node, model)
    }
  }

  private init(name: String, lines: [String], warnings: [String] = []) {
    self.name = name
    self.lines = lines
    self.warnings = warnings
    fullText = ([name, ""] + lines + warnings).joined(separator: "\n")
  }

  private init(branch id: Int32, _ model: TreeModel) {
    let node = model.nodes[Int(id)]
    var types: [String] = []
    for type in ElementType.allCases where node.elementTypes & TreeNode.bit(of: type) != 0 {
      types.append(type.rawValue)
    }
    self.init(
      name: model.fullName(of: id),
      lines: [
        "\(Numbers.counted(Int(node.tensorCount), "tensor")) · "
          + "\(Numbers.counted(node.parameterCount, "value")) · \(Numbers.bytes(node.byteCount))",
        types.isEmpty ? "no tensors" : types.joined(separator: " "),
      ], warnings: node.isWeight ? [] : ["not weights"])
  }

  private init(
    _ entry: Entry, _ reference: EntryReference, _ model: TreeModel, _ state: State
  ) {
    let catalog = reference.side == .left ? model.catalog : model.beside ?? model.catalog
    let location = entry.location
    name = entry.name
    let type = entry.foreignType ?? entry.elementType.rawValue
    lines = [
      "\(type) \(entry.shape.description) · \(Numbers.counted(entry.elementCount, "value")) · "
        + Numbers.bytes(entry.byteCount)
    ]
    let file =
      catalog.files.indices.contains(location.file)
      ? FilePath.name(of: catalog.files[location.file]) : "no file"
    var place =
      location.storageName.map { "\(file) · \($0) + \(location.storageOffset)" }
      ?? "\(file) + \(Numbers.grouped(location.offset))"
    if let strides = location.strides, strides != entry.shape.contiguousStrides {
      place += " · strides " + Shape(strides).description
    } else {
      place += " · contiguous"
    }
    if location.order == .big { place += " · big-endian" }
    if case .deflate = location.compression { place += " · deflated" }
    lines.append(place)
    warnings = []
    let ties = Self.ties(entry, reference, catalog)
    if !ties.isEmpty { warnings.append("shares storage with " + ties.joined(separator: ", ")) }
    warnings += entry.remarks
    if !entry.isReadable, entry.remarks.isEmpty { warnings.append("its bytes cannot be read") }
    if reference.side == .right { warnings.append("only in the second checkpoint") }
    if let node = state.tree.selectedNode, let comparison = state.tree.comparison,
      let left = model.leftEntry(at: node), let right = model.rightEntry(at: node)
    {
      warnings.append(
        Self.comparisonLine(comparison.nodes[Int(node)], left: left, right: right))
    }
    if let problem = state.tree.detail.problems[reference] { warnings.append(problem) }
    var full = [name, ""] + lines
    full.append(
      "file \(catalog.files.indices.contains(location.file) ? catalog.files[location.file] : "missing")"
    )
    full.append(
      "storage of \(Numbers.counted(location.storageByteCount, "byte")) at byte \(location.offset)"
    )
    full += warnings
    if let statistics = state.tree.detail.statistics[reference] {
      full += [""] + StatisticsText.lines(statistics)
    }
    fullText = full.joined(separator: "\n")
  }

  /// Names of the tensors in the same storage, the first few.
  private static func ties(
    _ entry: Entry, _ reference: EntryReference, _ catalog: Catalog
  ) -> [String] {
    guard let identity = entry.location.storageIdentity else { return [] }
    var names: [String] = []
    for (index, other) in catalog.entries.enumerated()
    where other.location.storageIdentity == identity && index != reference.index {
      if names.count == 3 { return names + ["…"] }
      names.append(other.name)
    }
    return names
  }

  private static func comparisonLine(
    _ difference: NodeDifference, left: Entry, right: Entry
  ) -> String {
    switch difference {
    case .shape: return "beside it: shape \(right.shape.description)"
    case .values(let maximum):
      let types =
        left.elementType == right.elementType ? "" : " (\(right.elementType.rawValue) beside it)"
      return (maximum == 0 ? "equal" : "largest difference \(Numbers.value(maximum))") + types
    case .pending: return "values are being compared"
    case .unreadable: return "values cannot be compared"
    case .none, .onlyLeft, .onlyRight: return "not in both"
    }
  }
}
