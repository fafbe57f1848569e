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
    let base = opened.map { PathText.lastComponent(of: $0.path) } ?? "clipscope"
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
    case .csv, .json:
      switch page {
      case .rope: return .text(format == .csv ? rope.kernelCSV : rope.document)
      case .epochs: return .text(format == .csv ? epochs.csv : epochs.document)
      case .mapping: return .text(format == .csv ? mapping.csv : mapping.document)
      case .convert: return .text(format == .csv ? convert.csv : convert.document)
      case .inference: return .text(format == .csv ? inference.csv : inference.document)
      case .attention: return .text(format == .csv ? attention.csv : attention.document)
      default: break
      }
      if page == .tree, tree.focus == .detail, let picture = tree.detail.picture {
        return .text(format == .csv ? Self.csv(picture) : Self.json(picture))
      }
      return .text(format == .csv ? tableCSV : tableJSON)
    }
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

  private var tableJSON: String {
    var rows: [String] = []
    for (item, entry, node) in exportedItems {
      var row = "{\"name\": \(ExportText.quotedJSON(item.name))"
      row += ", \"dtype\": \"\(entry.elementType.rawValue)\", \"shape\": \(entry.shape.description)"
      row += ", \"parameters\": \(entry.elementCount), \"bytes\": \(entry.byteCount)"
      if let comparison = tree.comparison {
        row += ", \"status\": \"\(ExportText.word(comparison.nodes[Int(node)]))\""
      }
      rows.append("    " + row + "}")
    }
    return "{\n  \"schema\": 1,\n  \"entries\": [\n" + rows.joined(separator: ",\n") + "\n  ]\n}\n"
  }

  private static func csv(_ picture: SlicePicture) -> String {
    var text = ""
    for row in 0..<picture.rows {
      let values = picture.values[row * picture.columns..<(row + 1) * picture.columns]
      text += values.map { "\($0)" }.joined(separator: ",") + "\r\n"
    }
    return text
  }

  private static func json(_ picture: SlicePicture) -> String {
    var rows: [String] = []
    for row in 0..<picture.rows {
      let values = picture.values[row * picture.columns..<(row + 1) * picture.columns]
      rows.append("    [" + values.map(ExportText.number).joined(separator: ", ") + "]")
    }
    return
      "{\n  \"schema\": 1,\n  \"slice_shape\": [\(picture.sliceRows), \(picture.sliceColumns)],\n"
      + "  \"block\": [\(picture.blockRows), \(picture.blockColumns)],\n"
      + "  \"values\": [\n" + rows.joined(separator: ",\n") + "\n  ]\n}\n"
  }

  // MARK: Copy

  mutating func offerCopy() -> [Effect] {
    if page == .rope {
      return [.copy(rope.sentence)] + say(.success, "copied the parameters and the query")
    }
    if page == .mapping { return offerMappingCopy() }
    if page == .epochs { return offerEpochsCopy() }
    if page == .convert {
      let options = convert.copies(source: opened?.path ?? "")
      guard !options.isEmpty else { return say(.info, "there is nothing to copy here") }
      overlays.append(.choice(ChoiceState(title: "copy", options: options)))
      return []
    }
    if page == .inference {
      guard let text = inference.copiedText else {
        return say(.info, "there is nothing to copy here")
      }
      return [.copy(text)] + say(.success, "copied the scores of the picture")
    }
    if page == .attention, attention.shown != nil {
      return [.copy(attention.sentence)] + say(.success, "copied what the cursor reads")
    }
    guard page == .tree, let model = tree.model, let node = tree.selectedNode else {
      if page == .start, let path = start.path(at: start.list.selected) {
        return [.copy(path)] + say(.success, "copied the path")
      }
      return say(.info, "there is nothing to copy here")
    }
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
    if options.count == 1 {
      return [.copy(name)] + say(.success, "copied the name")
    }
    overlays.append(.choice(ChoiceState(title: "copy", options: options)))
    return []
  }
}

/// Names and numbers as the formats want them.
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

  static func quotedJSON(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      default:
        if scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) {
          let hex = String(scalar.value, radix: 16)
          result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          result.unicodeScalars.append(scalar)
        }
      }
    }
    return result + "\""
  }

  /// A number for JSON, which has none that are not finite: those are words, as in the documents of the command line.
  static func number<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value) -> String
  {
    if value.isNaN { return "\"NaN\"" }
    if value.isInfinite { return value < 0 ? "\"-Infinity\"" : "\"Infinity\"" }
    return value.description
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
