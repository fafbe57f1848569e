import ScopeEngine

extension EpochsState {
  /// One line of text for the clipboard.
  static func sentence(_ row: TrainingSeries.Row) -> String {
    ([row.name] + row.points.map { $0?.norm.map { "\($0)" } ?? "" }).joined(separator: "\t")
  }

  /// One line a tensor and snapshot, of the rows on show.
  var csv: String {
    var text = "tensor,snapshot,movement,mean,std,l2,non_finite,zero_shot\r\n"
    guard let series else { return text }
    let shares = accuracy?.shares ?? []
    func number(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
    for row in rows.map({ series.rows[$0] }) {
      for (index, point) in row.points.enumerated() {
        text += ExportText.quotedCSV(row.name)
        text += "," + ExportText.quotedCSV(series.snapshots[index].name)
        text += ",\(number(point?.movement)),\(number(point?.mean)),\(number(point?.deviation))"
        text += ",\(number(point?.norm)),\(point.map { "\($0.nonFiniteCount)" } ?? "")"
        text += ",\(number(shares.indices.contains(index) ? shares[index] : nil))\r\n"
      }
    }
    return text
  }

  /// The rows on show: a shorter form of `epochs --json`, with snapshots by name.
  var document: String {
    guard let series else { return "{\n  \"schema\": 1,\n  \"tensors\": []\n}\n" }
    func list(_ values: [Double?]) -> String {
      "[" + values.map { $0.map { ExportText.number(Float($0)) } ?? "null" }.joined(separator: ", ")
        + "]"
    }
    func names(_ names: [String]) -> String {
      "[" + names.map(ExportText.quotedJSON).joined(separator: ", ") + "]"
    }
    let tensors = rows.map { index in
      let row = series.rows[index]
      let total = row.totalMovement.map { ExportText.number(Float($0)) } ?? "null"
      return "    {\"name\": \(ExportText.quotedJSON(row.name)), \"total_movement\": \(total)"
        + ", \"movement\": \(list(row.points.map { $0?.movement }))"
        + ", \"mean\": \(list(row.points.map { $0?.mean }))"
        + ", \"std\": \(list(row.points.map { $0?.deviation }))"
        + ", \"l2\": \(list(row.points.map { $0?.norm }))}"
    }
    return """
      {
        "schema": 1,
        "folder": \(ExportText.quotedJSON(series.folder)),
        "snapshots": \(names(series.snapshots.map(\.name))),
        "accuracy": \(accuracy.map { list($0.shares) } ?? "null"),
        "tensors": [
      \(tensors.joined(separator: ",\n"))
        ]
      }

      """
  }
}
