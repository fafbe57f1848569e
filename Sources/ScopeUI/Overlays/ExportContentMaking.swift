import Analysis
import Checkpoints
import ScopeEngine
import Tensors

extension State {
  /// The name that an export is offered under.
  var exportName: String {
    switch page {
    case .rope: return rope.exportName
    case .mapping: return mapping.exportName
    case .convert: return convert.exportName
    case .inference: return "inference"
    case .epochs: return "epochs"
    case .attention: return attention.exportName
    default: break
    }
    let base = opened.map { FilePath.name(of: $0.path) } ?? "clipscope"
    return tree.focus == .detail && tree.detail.picture != nil ? base + "-slice" : base + "-tree"
  }

  /// What an export writes: the heat map's numbers from the detail pane, marked rows where there are some, else the rows on show.
  func exportContent(_ format: ExportFormat) -> ExportContent {
    switch format {
    case .text: return .pageText
    case .png:
      if page == .attention, let overlay = attention.overlay(colorScale: colorScale) {
        return .picture(overlay)
      }
      return .pagePicture
    case .csv: return .text(exportedCSV)
    case .json: return .text(exportedJSON)
    }
  }

  private var exportedCSV: String {
    switch page {
    case .rope: rope.kernelCSV
    case .epochs: epochs.csv
    case .mapping: mapping.csv
    case .convert: convert.csv
    case .inference: inference.csv
    case .attention: attention.csv
    default: exportedSlice.map(Self.csv) ?? tableCSV
    }
  }

  private var exportedJSON: String {
    switch page {
    case .rope: rope.document.table()
    case .epochs: epochs.document.table()
    case .mapping: mapping.document.table()
    // The receipt as it lies beside what was converted.
    case .convert: convert.document
    case .inference: inference.document.table()
    case .attention: attention.document.table()
    default: (exportedSlice.map(Self.document(of:)) ?? tableDocument).table()
    }
  }

  /// The heat map, where the detail pane has the keys.
  private var exportedSlice: SlicePicture? {
    page == .tree && tree.focus == .detail ? tree.detail.picture : nil
  }

  private var exportedItems: [(item: TreeItem, entry: Entry, node: Int32)] {
    guard let model = tree.model else { return [] }
    let nodes: [Int32] =
      tree.marks.isEmpty
      ? tree.rows : tree.marks.sorted().map { model.nodeOfItem[Int($0)] }.sorted()
    return nodes.compactMap { node in
      guard let item = model.item(at: node), let entry = model.entry(at: node) else { return nil }
      return (item, entry, node)
    }
  }

  private var tableCSV: String {
    var text = "name,dtype,shape,parameters,bytes"
    if tree.comparison != nil { text += ",status" }
    text += "\r\n"
    for (item, entry, node) in exportedItems {
      text += ExportText.quotedCSV(item.name)
      text += ",\(entry.elementType.rawValue)"
      text += ",\(entry.shape.sizes.map(String.init).joined(separator: "x"))"
      text += ",\(entry.elementCount),\(entry.byteCount)"
      if let comparison = tree.comparison {
        text += "," + ExportText.word(comparison.nodes[Int(node)])
      }
      text += "\r\n"
    }
    return text
  }

  private var tableDocument: JSONValue {
    var document = Document()
    document.add(
      "entries",
      .array(
        exportedItems.map { item, entry, node in
          .members([
            ("name", .string(item.name)), ("dtype", .string(entry.elementType.rawValue)),
            ("shape", .integers(entry.shape.sizes)),
            ("parameters", .integer(entry.elementCount)), ("bytes", .integer(entry.byteCount)),
            (
              "status",
              tree.comparison.map { .string(ExportText.word($0.nodes[Int(node)])) }
            ),
          ])
        }))
    return document.value
  }

  private static func csv(_ picture: SlicePicture) -> String {
    rows(of: picture).map { row in
      row.map { "\($0)" }.joined(separator: ",") + "\r\n"
    }.joined()
  }

  private static func document(of picture: SlicePicture) -> JSONValue {
    var document = Document()
    document.add("slice_shape", .integers([picture.sliceRows, picture.sliceColumns]))
    document.add("block", .integers([picture.blockRows, picture.blockColumns]))
    document.add("values", .array(rows(of: picture).map { .singles($0) }))
    return document.value
  }

  private static func rows(of picture: SlicePicture) -> [ArraySlice<Float>] {
    (0..<picture.rows).map { row in
      picture.values[row * picture.columns..<(row + 1) * picture.columns]
    }
  }

  // MARK: Copy

  mutating func offerCopy() -> [Effect] {
    switch page {
    case .rope: return [.copy(rope.sentence)] + say(.success, "copied the parameters and the query")
    case .mapping: return offerMappingCopy()
    case .epochs: return offerEpochsCopy()
    case .convert: return offer(convert.copies(source: opened?.path ?? ""))
    case .inference:
      guard let text = inference.copiedText else { return offer([]) }
      return [.copy(text)] + say(.success, "copied the scores of the picture")
    case .attention:
      guard attention.shown != nil else { return offer([]) }
      return [.copy(attention.sentence)] + say(.success, "copied what the cursor reads")
    case .start:
      guard let path = start.path(at: start.list.selected) else { return offer([]) }
      return [.copy(path)] + say(.success, "copied the path")
    case .tree: return offerTreeCopy()
    }
  }

  /// Lets the user choose what is copied.
  mutating func offer(_ options: [ChoiceState.Option]) -> [Effect] {
    guard !options.isEmpty else { return say(.info, "there is nothing to copy here") }
    overlays.append(.choice(ChoiceState(title: "copy", options: options)))
    return []
  }

  private mutating func offerTreeCopy() -> [Effect] {
    guard let model = tree.model, let node = tree.selectedNode else { return offer([]) }
    let name = model.item(at: node)?.name ?? model.fullName(of: node)
    var options: [ChoiceState.Option] = [.init(key: "n", label: "name", answer: .copy(name))]
    if let entry = model.entry(at: node) {
      let row = [
        name, entry.elementType.rawValue, entry.shape.description, "\(entry.elementCount)",
        "\(entry.byteCount)",
      ].joined(separator: "\t")
      options.append(.init(key: "r", label: "row", answer: .copy(row)))
    }
    if let reference = tree.detail.entry, let statistics = tree.detail.statistics[reference] {
      let text = ([name] + StatisticsText.lines(statistics)).joined(separator: "\n")
      options.append(.init(key: "s", label: "statistics", answer: .copy(text)))
    }
    if !tree.marks.isEmpty {
      let names = tree.marks.sorted().map { model.items[Int($0)].name }.joined(separator: "\n")
      options.append(
        .init(key: "m", label: "names of \(tree.marks.count) marked", answer: .copy(names)))
    }
    guard options.count > 1 else { return [.copy(name)] + say(.success, "copied the name") }
    return offer(options)
  }
}

/// Names as the formats want them.
enum ExportText {
  static func quotedCSV(_ text: String) -> String {
    let needsQuotes = text.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 < 0x20
    }
    guard needsQuotes else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"") + "\""
  }

  static func word(_ difference: NodeDifference) -> String {
    switch difference {
    case .none: ""
    case .pending: "pending"
    case .values(let maximum): maximum == 0 ? "same" : "differs \(maximum)"
    case .unreadable: "unreadable"
    case .shape: "shape"
    case .onlyLeft: "only_a"
    case .onlyRight: "only_b"
    }
  }
}
