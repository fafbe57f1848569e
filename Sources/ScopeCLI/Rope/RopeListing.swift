import Inference
import ScopeEngine

/// The presets with every parameter.
enum RopeListing {
  static func print(isJSON: Bool, on console: Console, command: RopeCommand) {
    if isJSON {
      var document = Document()
      document.add(
        "presets",
        .array(
          RotaryPreset.all.map { preset in
            .members(
              [("name", .string(preset.name)), ("summary", .string(preset.summary))]
                + members(of: preset.specification)
                + [("has_own_grid", .bool(preset.hasOwnGrid))])
          }))
      command.print(document.value, on: console)
      return
    }
    var table = TextTable([
      ("preset", .left), ("head", .right), ("theta", .right), ("grid", .left), ("axes", .left),
      ("layout", .left), ("about", .left),
    ])
    for preset in RotaryPreset.all {
      let specification = preset.specification
      table.add([
        preset.name, "\(specification.headWidth)", Figures.value(specification.theta),
        "\(specification.grid)", axes(of: specification).joined(separator: ","),
        specification.layout.rawValue, preset.summary,
      ])
    }
    table.print(to: console, style: TextStyle(isColoured: console.isColoured))
  }

  /// Axes in the order of the channels.
  static func axes(of specification: RotarySpecification) -> [String] {
    specification.axes.count == 2 && specification.family != .pixtral
      ? specification.order.map(\.rawValue) : specification.axes.map(\.rawValue)
  }

  static func members(of specification: RotarySpecification) -> [(String, JSONValue?)] {
    let grid = { (grid: TokenGrid?) -> JSONValue in grid.map { .string("\($0)") } ?? .null }
    let isScaled = specification.scaling.method != .none
    return [
      ("family", .string(specification.family.rawValue)),
      ("head_dim", .integer(specification.headWidth)),
      ("theta", .number(specification.theta)), ("grid", grid(specification.grid)),
      ("axes", .strings(axes(of: specification))),
      ("layout", .string(specification.layout.rawValue)),
      ("offset", .number(specification.offset)),
      ("reference_grid", grid(specification.referenceGrid)),
      ("base_grid", grid(specification.baseGrid)),
      ("normalize", .string(specification.normalization.rawValue)),
      ("section", .integers(specification.section)), ("merge", .integer(specification.merge)),
      ("scaling", .string(specification.scaling.method.rawValue)),
      ("factor", isScaled ? .number(specification.scaling.factor) : .null),
      ("trained_length", isScaled ? .number(specification.scaling.trainedLength) : .null),
    ]
  }
}
