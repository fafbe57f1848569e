import ScopeEngine

/// The transform of a rule in the words of the page: the notation of the tables is for people who write them.
struct TransformWords: Equatable, Sendable {
  /// A few words for the column: `split q k v`, `transpose`, `rename`.
  var text: String
  /// True where the bytes stay as they are, under the same or another name.
  var isPlain: Bool
  /// Whether the bytes survive, and what the way back needs.
  var exactness: String
  /// What undoes it; nil where nothing does.
  var inverse: String?

  /// - Parameters:
  ///   - notation: as `Mapping.Row.transform`: steps divided by `+`, tables by `>`.
  ///   - keepsShape: true where source and target have one shape, so that reshaping steps did nothing.
  init(_ notation: String, sources: [String], targets: [String], keepsShape: Bool) {
    let isAttention = (sources + targets).contains { Self.namesQuery($0) }
    var steps = notation.split(separator: " ").map(String.init).filter {
      ![">", "+", "copy"].contains($0)
    }
    if keepsShape { steps.removeAll { $0.hasPrefix("shape(") } }
    isPlain = steps.isEmpty
    guard !steps.isEmpty else {
      text = sources == targets ? "copy" : "rename"
      exactness = "bit-exact both ways"
      inverse = text
      return
    }
    text = steps.map { Self.word($0, isAttention) }.joined(separator: ", ")
    if steps.contains("fold") {
      exactness = "computed, not bit-exact; one way"
    } else if steps.contains(where: { $0.hasPrefix("zeros") }) {
      exactness = "made, nothing in the source holds it"
    } else if steps.contains(where: { Self.headSteps.contains($0) }) {
      exactness = "bit-exact; the way back needs the head count"
    } else if steps.contains(where: { $0.hasSuffix("⁻¹") && !$0.hasPrefix("patchlin") }) {
      exactness = "bit-exact with the right head count"
    } else {
      exactness = "bit-exact both ways"
    }
    let back = steps.reversed().map { Self.inverse($0, isAttention) }
    inverse = back.contains(nil) ? nil : back.compactMap { $0 }.joined(separator: ", ")
  }

  private static let headSteps: Set = ["headin", "headout", "flat"]

  private static func namesQuery(_ name: String) -> Bool {
    ["q_proj", "query", ".q.", "in_proj"].contains { name.contains($0) }
  }

  /// Number of parts of `split(1,1,1)`.
  private static func parts(_ step: String) -> Int { step.split(separator: ",").count }

  private static func word(_ step: String, _ isAttention: Bool) -> String {
    let name = step.prefix { $0 != "(" }
    switch name {
    case "T": return "transpose"
    case "split": return isAttention && parts(step) == 3 ? "split q k v" : "split in \(parts(step))"
    case "cat": return isAttention && parts(step) == 3 ? "join q k v" : "join \(parts(step))"
    case "sq": return "drop axis"
    case "unsq": return "add axis"
    case "shape": return step == "shape()" ? "reshape []" : "reshape [1]"
    case "hwio", "oihw": return "kernel order"
    case "headin", "headout", "flat": return "merge heads"
    case "headin⁻¹", "headout⁻¹", "flat⁻¹": return "split heads"
    case "patchlin": return "conv to linear"
    case "patchlin⁻¹": return "linear to conv"
    case "zeros": return "zeros"
    case "fold": return "fold scale"
    case "drop": return "leave out"
    default: return step
    }
  }

  private static func inverse(_ step: String, _ isAttention: Bool) -> String? {
    let name = step.prefix { $0 != "(" }
    switch name {
    case "split": return isAttention && parts(step) == 3 ? "join q k v" : "join \(parts(step))"
    case "cat": return isAttention && parts(step) == 3 ? "split q k v" : "split in \(parts(step))"
    case "sq": return "add axis"
    case "unsq": return "drop axis"
    case "shape": return step == "shape()" ? "reshape [1]" : "reshape []"
    case "headin", "headout", "flat": return "split heads"
    case "headin⁻¹", "headout⁻¹", "flat⁻¹": return "merge heads"
    case "patchlin": return "linear to conv"
    case "patchlin⁻¹": return "conv to linear"
    case "zeros": return "leave out"
    case "fold", "drop": return nil
    default: return word(step, isAttention)
    }
  }
}
