extension ConvertState {
  var exportName: String { shownRecord == nil ? "conversion-plan" : "conversion-receipt" }

  private var shownOutline: ConversionOutline? {
    if let record = shownRecord {
      if case .done(let report) = record.phase { return report.outline }
      return nil
    }
    return outline
  }

  /// The receipt of what is shown; of a plan it says so.
  var document: String { shownOutline?.document ?? "{}\n" }

  /// The files of what is shown.
  var csv: String {
    var text = "file,tensors,bytes,sha256,from\r\n"
    for file in shownOutline?.files ?? [] {
      let cells = [
        file.name, file.tensorCount.map(String.init) ?? "", "\(file.byteCount)",
        file.digest ?? "", file.provenance ?? "",
      ]
      text += cells.map(ExportText.quotedCSV).joined(separator: ",") + "\r\n"
    }
    return text
  }

  /// What can be copied: the same conversion as a command line, and its folder.
  func copies(source: String) -> [ChoiceState.Option] {
    let record = shownRecord
    guard let order = record?.order ?? planned else { return [] }
    return [
      .init(
        key: "c", label: "command line",
        answer: .copy(order.commandLine(source: record?.sourcePath ?? source))),
      .init(key: "f", label: "output folder", answer: .copy(order.output)),
    ]
  }
}
