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
    var text = RopeView.headline(self, .utf8)
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
    return Self.lines(of: kernel).map { $0.joined(separator: ",") + "\r\n" }.joined()
  }

  /// Parameters, kernel, the picture beside it, and the bands.
  var document: String {
    var members = [
      "\"schema\": 1", "\"source\": \(ExportText.quotedJSON(name(of: source)))",
      "\"grid\": \"\(grid)\"",
      "\"query\": [\(query.frame), \(query.row), \(query.column)]", "\"frame\": \(frame)",
    ]
    if case .success(let specification)? = specification {
      members += [
        "\"head_dim\": \(specification.headWidth)",
        "\"theta\": \(ExportText.number(specification.theta))",
        "\"scaling\": \"\(specification.scaling.method.rawValue)\"",
        "\"factor\": \(ExportText.number(specification.scaling.factor))",
      ]
    }
    if let left = pictures?.left {
      members.append("\"left\": \(ExportText.quotedJSON(leftView.rawValue))")
      members.append("\"channel\": \(channel)")
      members.append("\"left_values\": \(Self.array(left))")
    }
    if let kernel = pictures?.kernel { members.append("\"kernel\": \(Self.array(kernel))") }
    if let profile = pictures?.timeProfile, !profile.isEmpty {
      members.append(
        "\"kernel_over_time\": [\(profile.map(ExportText.number).joined(separator: ", "))]")
    }
    if let spectrum = pictures?.spectrum {
      let bands = spectrum.bands.map { band in
        "{\"axis\": \(band.axis.map { "\"\($0.rawValue)\"" } ?? "null"), "
          + "\"omega\": \(ExportText.number(band.omega)), "
          + "\"wavelength\": \(ExportText.number(band.wavelength))}"
      }
      members.append("\"bands\": [\n    " + bands.joined(separator: ",\n    ") + "\n  ]")
      members.append("\"mscale\": \(ExportText.number(spectrum.scale))")
    }
    return "{\n  " + members.joined(separator: ",\n  ") + "\n}\n"
  }

  private static func lines(of picture: RotaryPicture) -> [[String]] {
    (0..<picture.rows).map { row in
      (0..<picture.columns).map { ExportText.number(Float(picture[0, row, $0])) }
    }
  }

  private static func array(_ picture: RotaryPicture) -> String {
    "[\n    "
      + lines(of: picture).map { "[" + $0.joined(separator: ", ") + "]" }.joined(
        separator: ",\n    ")
      + "\n  ]"
  }
}
