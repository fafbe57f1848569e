import Cells
import Checkpoints

/// The texts of the metadata viewer: an overview, each metadata value, each configuration file.
enum MetadataDocuments {
  static func documents(_ opened: OpenedCheckpoint) -> [ViewerDocument] {
    let catalog = opened.model.catalog
    var documents = [ViewerDocument(title: "overview", source: .text(overview(opened)))]
    if !catalog.diagnostics.isEmpty {
      let lines = catalog.diagnostics.map { diagnostic in
        let place = diagnostic.place.isEmpty ? "" : "\(diagnostic.place): "
        return
          "\(diagnostic.severity.rawValue)  \(place)\(diagnostic.message)  (\(diagnostic.kind))"
      }
      documents.append(
        ViewerDocument(
          title: "remarks (\(catalog.diagnostics.count))",
          source: .text(lines.joined(separator: "\n"))))
    }
    let globals = catalog.pickleGlobals.filter { $0.standing != .known }
    if !globals.isEmpty {
      let lines = globals.map {
        "\($0.standing.rawValue)  \($0.fullName)  opcode at \($0.opcodeOffset) of \($0.place)"
          + ($0.isCalled ? ", would be called" : "")
      }
      documents.append(
        ViewerDocument(
          title: "pickle (\(globals.count))",
          source: .text("Nothing of this was run.\n\n" + lines.joined(separator: "\n"))))
    }
    for pair in catalog.metadata {
      documents.append(ViewerDocument(title: pair.key, source: .text(pair.value)))
    }
    for companion in catalog.companions {
      documents.append(
        ViewerDocument(title: companion.name, source: .file(path: companion.path)))
    }
    return documents
  }

  private static func overview(_ opened: OpenedCheckpoint) -> String {
    let model = opened.model
    let catalog = model.catalog
    var lines = [
      opened.path, "",
      "container   \(catalog.container.rawValue)",
    ]
    // A checkpoint of no known dialect is summed up by its container.
    let isKnown = opened.summary != catalog.container.rawValue
    if !opened.summary.isEmpty {
      lines.append("dialect     \(isKnown ? opened.summary : "unknown")")
    }
    lines += [
      "tensors     \(Numbers.grouped(model.total.tensorCount))",
      "values      \(Numbers.grouped(model.total.parameterCount))",
      "bytes       \(Numbers.grouped(model.total.byteCount)) (\(Numbers.bytes(model.total.byteCount)))",
    ]
    if !catalog.weightsRoot.isEmpty {
      lines.append("weights in  \(catalog.weightsRoot.joined(separator: "."))")
    }
    lines += ["", "files"]
    lines += catalog.files.prefix(200).map { "  \($0)" }
    if catalog.metadata.isEmpty { lines += ["", "no metadata"] }
    if let beside = model.beside { lines += ["", "beside it   \(beside.path)"] }
    return lines.joined(separator: "\n")
  }
}
