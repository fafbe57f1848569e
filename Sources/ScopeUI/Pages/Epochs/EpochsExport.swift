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
  var document: JSONValue {
    var document = Document()
    guard let series else {
      document.add("tensors", [])
      return document.value
    }
    document.add("folder", .string(series.folder))
    document.add("snapshots", .strings(series.snapshots.map(\.name)))
    document.add("accuracy", accuracy.map { Self.list($0.shares) } ?? .null)
    document.add("tensors", .array(rows.map { Self.json(of: series.rows[$0]) }))
    return document.value
  }

  private static func json(of row: TrainingSeries.Row) -> JSONValue {
    [
      "name": .string(row.name),
      "total_movement": row.totalMovement.map { .single(Float($0)) } ?? .null,
      "movement": list(row.points.map { $0?.movement }),
      "mean": list(row.points.map { $0?.mean }),
      "std": list(row.points.map { $0?.deviation }),
      "l2": list(row.points.map { $0?.norm }),
    ]
  }

  private static func list(_ values: [Double?]) -> JSONValue {
    .array(values.map { $0.map { .single(Float($0)) } ?? .null })
  }
}
