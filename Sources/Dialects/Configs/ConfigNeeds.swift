/// What a config must hold and the user can say where nothing else does.
///
/// All of it is looked at before anything is refused, so that one sentence asks for everything.
struct ConfigNeeds {
  /// The file that must hold it, as sentences call it.
  let file: String
  private var lacks: [Lack] = []

  private enum Lack: Equatable {
    case heads(Tower)
    case activation(Tower)
    case imageSize
  }

  init(of file: String) { self.file = file }

  mutating func need(heads: Int?, of tower: Tower) {
    if heads == nil { lacks.append(.heads(tower)) }
  }

  mutating func need(activation: Activation?, of tower: Tower) {
    if activation == nil { lacks.append(.activation(tower)) }
  }

  mutating func need(imageSize: Int?) {
    if imageSize == nil { lacks.append(.imageSize) }
  }

  /// - Throws: `Refusal` that names every value that is missing, and the options that give them.
  func check() throws(Refusal) {
    guard !lacks.isEmpty else { return }
    var values: [String] = []
    var options: [String] = []
    if lacks.contains(.imageSize) {
      values.append("the image size")
      options.append("--image-size")
    }
    if let towers = towers(where: { .heads($0) }) {
      values.append("the number of heads of \(towers)")
      options.append("--heads")
    }
    if let towers = towers(where: { .activation($0) }) {
      values.append("the activation of \(towers)")
      options.append(Activation.choice)
    }
    let isOne = values.count == 1
    throw Refusal(
      "\(values.listed) \(isOne ? "is" : "are") not recorded, and \(file) must hold \(isOne ? "it" : "them"); "
        + "give \(options.listed)")
  }

  private func towers(where lack: (Tower) -> Lack) -> String? {
    let towers = Tower.allCases.filter { lacks.contains(lack($0)) }
    guard let first = towers.first else { return nil }
    return towers.count == 1 ? "the \(first.noun) tower" : "both towers"
  }
}

extension [String] {
  /// `A`, `A and B`, `A, B and C`.
  fileprivate var listed: String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " and \(last)"
  }
}

extension Activation {
  /// The activation that a config needs.
  /// - Throws: `Refusal` where it is not known: a wrong one loads without a word and gives wrong features.
  static func required(
    _ known: Activation?, tower: Tower, file: String
  ) throws(Refusal) -> Activation {
    var needs = ConfigNeeds(of: file)
    needs.need(activation: known, of: tower)
    try needs.check()
    guard let known else { throw Refusal("the activation of the \(tower.noun) tower is not known") }
    return known
  }
}
