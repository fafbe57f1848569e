import Cells
import Inference
import ScopeEngine

extension RopeState {
  var exportName: String {
    switch source {
    case .preset: "rope-" + name(of: source)
    case .checkpoint: "rope-checkpoint"
    case .table: "position-similarity"
    }
  }

  /// Parameters and read-out in one line, for the clipboard.
  var sentence: String {
    var text = RopeView.headline(self, .utf8).joined(separator: " · ")
    text += " · query (\(query.frame), \(query.row), \(query.column)) · frame \(frame)"
    if let kernel = pictures?.kernel {
      let finite = kernel.values.filter(\.isFinite)
      text += " · least \(finite.min().map { "\($0)" } ?? "NaN")"
    }
    return text
  }

  /// The kernel (or the similarity of a learned table) as a matrix.
  var kernelCSV: String {
    guard let kernel = pictures?.kernel else { return "" }
    return Self.rows(of: kernel).map { row in
      row.map { "\($0)" }.joined(separator: ",") + "\r\n"
    }.joined()
  }

  /// Parameters, kernel, the picture beside it, and the bands.
  var document: JSONValue {
    var document = Document()
    document.add("source", .string(name(of: source)))
    document.add("grid", .string("\(grid)"))
    document.add("query", .integers([query.frame, query.row, query.column]))
    document.add("frame", .integer(frame))
    if case .success(let specification)? = specification {
      document.add("head_dim", .integer(specification.headWidth))
      document.add("theta", .number(specification.theta))
      document.add("scaling", .string(specification.scaling.method.rawValue))
      document.add("factor", .number(specification.scaling.factor))
    }
    if let left = pictures?.left {
      document.add("left", .string(leftView.rawValue))
      document.add("channel", .integer(channel))
      document.add("left_values", Self.matrix(left))
    }
    document.add("kernel", pictures?.kernel.map(Self.matrix))
    if let profile = pictures?.timeProfile, !profile.isEmpty {
      document.add("kernel_over_time", .array(profile.map { .number($0) }))
    }
    if let spectrum = pictures?.spectrum {
      document.add("bands", .array(spectrum.bands.map(Self.json(of:))))
      document.add("mscale", .number(spectrum.scale))
    }
    return document.value
  }

  private static func json(of band: RotarySpectrum.Band) -> JSONValue {
    [
      "axis": band.axis.map { .string($0.rawValue) } ?? .null,
      "omega": .number(band.omega), "wavelength": .number(band.wavelength),
    ]
  }

  /// Half the digits of what is computed are worth reading.
  private static func rows(of picture: RotaryPicture) -> [[Float]] {
    (0..<picture.rows).map { row in
      (0..<picture.columns).map { Float(picture[0, row, $0]) }
    }
  }

  private static func matrix(_ picture: RotaryPicture) -> JSONValue {
    .array(rows(of: picture).map { .singles($0) })
  }
}
