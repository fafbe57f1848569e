import Inference
import ScopeEngine

/// Where the parameters of a view came from.
struct RopeOrigin {
  struct Table {
    var name: String
    var width: Int
    var prefixRows: Int
    var storedGrid: TokenGrid
    var grid: TokenGrid
  }

  var preset: String?
  var path: String?
  var summary = ""
  var notes: [String] = []
  var storedTables: [StoredRotaryTable] = []
  var block: Int?
  var head: Int?
  var query: [Int]?
  var table: Table?
}

/// What `rope` answers, before it is drawn, printed or written.
struct RopeResult {
  enum Content {
    /// Made row by row when it is written.
    case table
    case picture(RotaryPicture)
    case spectrum(RotarySpectrum)
  }

  var view: RopeCommand.View
  var origin: RopeOrigin
  /// nil for learned position tables.
  var specification: RotarySpecification?
  var content: Content

  // MARK: JSON

  /// Parameters without the numbers.
  var head: JSONValue { base.value }

  func document() -> JSONValue {
    var document = base
    switch content {
    case .table:
      guard let specification, let embedding = try? specification.embedding() else { break }
      let positions = specification.positions()
      let (cosines, sines) = embedding.table(at: positions)
      document.add(
        "positions",
        .array((0..<positions.count).map { .array(positions[$0].map { .number($0) }) }))
      for (name, values) in [("cos", cosines), ("sin", sines)] {
        document.add(
          name,
          .array(
            (0..<positions.count).map { token in
              let start = token * embedding.headWidth
              return .array(
                values[start..<start + embedding.headWidth].map { .number(Double($0)) })
            }))
      }
    case .picture(let picture):
      document.add("shape", .integers(picture.sizes))
      document.add("values", Self.nested(picture))
    case .spectrum(let spectrum): Self.add(spectrum, to: &document)
    }
    return document.value
  }

  private var base: Document {
    var document = Document()
    if let preset = origin.preset { document.add("preset", .string(preset)) }
    if let path = origin.path { document.add("path", .string(path)) }
    document.add("summary", .string(origin.summary))
    document.add("view", .string(view.rawValue))
    if let specification {
      document.add("parameters", .members(RopeListing.members(of: specification)))
    }
    if let block = origin.block { document.add("layer", .integer(block)) }
    if let head = origin.head { document.add("head", .integer(head)) }
    if let query = origin.query { document.add("query", .integers(query)) }
    if let table = origin.table {
      document.add("tensor", .string(table.name))
      document.add("width", .integer(table.width))
      document.add("prefix_rows", .integer(table.prefixRows))
      document.add("stored_grid", .string("\(table.storedGrid)"))
      document.add("grid", .string("\(table.grid)"))
    }
    if !origin.notes.isEmpty { document.add("notes", .strings(origin.notes)) }
    if !origin.storedTables.isEmpty {
      document.add(
        "stored_tables",
        .array(
          origin.storedTables.map { table in
            .members([
              ("name", .string(table.name)), ("shape", .integers([table.rows, table.columns])),
              ("max_abs", .optional(table.largestDifference)),
              ("reason", table.reason.map { .string($0) }),
            ])
          }))
    }
    return document
  }

  private static func nested(_ picture: RotaryPicture) -> JSONValue {
    let frames = (0..<picture.frames).map { frame -> JSONValue in
      .array(
        (0..<picture.rows).map { row in
          .array((0..<picture.columns).map { .number(picture[frame, row, $0]) })
        })
    }
    return picture.hasTime ? .array(frames) : frames.first ?? .array([])
  }

  private static func add(_ spectrum: RotarySpectrum, to document: inout Document) {
    document.add(
      "axes",
      .array(
        spectrum.axes.map { axis in
          .members([
            ("axis", .string(axis.axis.rawValue)), ("bands", .integer(axis.bands)),
            ("positions", .integer(axis.positions)),
            ("below_one_cycle", .integer(axis.belowOneCycle)),
            ("below_half_cycle", .integer(axis.belowHalfCycle)),
            ("aliased", .integer(axis.aliased)), ("step", .number(axis.step)),
            ("wavelength_min", .number(axis.shortestWavelength)),
            ("wavelength_max", .number(axis.longestWavelength)),
          ])
        }))
    document.add(
      "bands",
      .array(
        spectrum.bands.map { band in
          .members([
            ("axis", band.axis.map { .string($0.rawValue) } ?? .null),
            ("omega", .number(band.omega)), ("wavelength", .number(band.wavelength)),
            ("channel", .integer(band.channel)),
            ("direction", band.direction.map { .number($0) }),
          ])
        }))
    document.add("mscale", .number(spectrum.scale))
  }
}
