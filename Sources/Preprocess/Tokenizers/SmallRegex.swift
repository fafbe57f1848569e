/// The part of regular expressions that tokenizer files use, over Unicode scalars.
///
/// Alternatives, groups, `(?i:)`, look-ahead, classes with `\p{..}`, anchors and quantifiers. Backtracking has a
/// budget, so that no pattern and text together run for long.
struct SmallRegex: Sendable {
  indirect enum Node: Sendable {
    case one(ScalarSet)
    case sequence([Node])
    case choice([Node])
    case lookahead(Node, isNegative: Bool)
    case start
    case end
    case repeated(Node, minimum: Int, maximum: Int, isLazy: Bool)
  }

  struct ScalarSet: Sendable {
    enum Item: Sendable {
      case range(ClosedRange<UInt32>)
      case space
      case digit
      case word
      case any
      case category(String)
      case not(ScalarSet)
      case set(ScalarSet)
    }

    var items: [Item]
    var isNegative = false
    var ignoresCase = false

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      var isFound = items.contains { holds($0, scalar) }
      if !isFound, ignoresCase {
        let lower = scalar.properties.lowercaseMapping.unicodeScalars
        let upper = scalar.properties.uppercaseMapping.unicodeScalars
        for folded in [lower, upper] where folded.count == 1 {
          if let only = folded.first, items.contains(where: { holds($0, only) }) { isFound = true }
        }
      }
      return isFound != isNegative
    }

    private func holds(_ item: Item, _ scalar: Unicode.Scalar) -> Bool {
      switch item {
      case .range(let range): range.contains(scalar.value)
      case .space: scalar.isSpace
      case .digit: scalar.properties.generalCategory == .decimalNumber
      case .word:
        scalar.isLetter || scalar.isNumber || scalar == "_" || Self.isMark(scalar)
      case .any: scalar != "\n"
      case .category(let name): Self.isIn(name, scalar)
      case .not(let set): !set.contains(scalar)
      case .set(let set): set.contains(scalar)
      }
    }

    private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .spacingMark, .enclosingMark: true
      default: false
      }
    }

    static let categories: Set<String> = [
      "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "S",
      "Sm", "Sc", "Sk", "So", "Z", "Zs", "C", "Cc", "Cf",
    ]

    private static func isIn(_ name: String, _ scalar: Unicode.Scalar) -> Bool {
      let category = scalar.properties.generalCategory
      return switch name {
      case "L": scalar.isLetter
      case "N": scalar.isNumber
      case "P": scalar.isPunctuation
      case "M": isMark(scalar)
      case "Lu": category == .uppercaseLetter
      case "Ll": category == .lowercaseLetter
      case "Lt": category == .titlecaseLetter
      case "Lm": category == .modifierLetter
      case "Lo": category == .otherLetter
      case "Mn": category == .nonspacingMark
      case "Mc": category == .spacingMark
      case "Me": category == .enclosingMark
      case "Nd": category == .decimalNumber
      case "Nl": category == .letterNumber
      case "No": category == .otherNumber
      case "S":
        category == .mathSymbol || category == .currencySymbol || category == .modifierSymbol
          || category == .otherSymbol
      case "Sm": category == .mathSymbol
      case "Sc": category == .currencySymbol
      case "Sk": category == .modifierSymbol
      case "So": category == .otherSymbol
      case "Z":
        category == .spaceSeparator || category == .lineSeparator || category == .paragraphSeparator
      case "Zs": category == .spaceSeparator
      case "C":
        category == .control || category == .format || category == .privateUse
          || category == .unassigned || category == .surrogate
      case "Cc": category == .control
      case "Cf": category == .format
      default: false
      }
    }
  }

  /// Published patterns have a few hundred characters; matching copies what is left of them.
  static let lengthLimit = 4_096

  private let root: Node

  /// - Throws: `Unsupported`, naming the part that is not known.
  init(_ pattern: String) throws(Unsupported) {
    guard pattern.unicodeScalars.count <= Self.lengthLimit else {
      throw Unsupported(part: "a pattern of more than \(Self.lengthLimit) characters")
    }
    var parser = SmallRegexParser(pattern)
    root = try parser.parse()
  }

  struct Unsupported: Error {
    var part: String
  }

  /// Steps that matching all of a text may take; published patterns take some forty a scalar.
  static func stepLimit(for count: Int) -> Int { 200_000 + 128 * count }

  /// Non-overlapping matches from left to right; empty ones are skipped.
  ///
  /// Where the steps run out, there are no more.
  func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
    var steps = 0
    return matches(in: text, steps: &steps)
  }

  /// - Parameter steps: gets the steps that were taken.
  func matches(in text: [Unicode.Scalar], steps: inout Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var index = 0
    let limit = Self.stepLimit(for: text.count)
    while index < text.count, steps < limit {
      var matcher = Matcher(text: text, budget: min(Matcher.startBudget, limit - steps))
      let budget = matcher.budget
      let end = matcher.match(root, at: index)
      steps += budget - matcher.budget
      if let end, end > index {
        result.append(index..<end)
        index = end
      } else {
        index += 1
      }
    }
    return result
  }

  private struct Matcher {
    /// Steps from one start.
    static let startBudget = 200_000

    let text: [Unicode.Scalar]
    var budget: Int
    var depth = 0

    mutating func match(_ node: Node, at start: Int) -> Int? {
      run([node][...], at: start)
    }

    /// Matches the nodes one after the other, first choice first, and gives the end.
    private mutating func run(_ nodes: ArraySlice<Node>, at start: Int) -> Int? {
      guard budget > 0, depth < 1500 else { return nil }
      // What is left of the pattern is copied on the way.
      budget -= 1 + nodes.count / 8
      guard let node = nodes.first else { return start }
      depth += 1
      defer { depth -= 1 }
      let rest = nodes.dropFirst()
      switch node {
      case .one(let set):
        guard start < text.count, set.contains(text[start]) else { return nil }
        return run(rest, at: start + 1)
      case .sequence(let parts):
        return run((parts + rest)[...], at: start)
      case .choice(let options):
        for option in options {
          if let end = run(([option] + rest)[...], at: start) { return end }
        }
        return nil
      case .lookahead(let inner, let isNegative):
        let isFound = run([inner][...], at: start) != nil
        return isFound != isNegative ? run(rest, at: start) : nil
      case .start: return start == 0 ? run(rest, at: start) : nil
      case .end: return start == text.count ? run(rest, at: start) : nil
      case .repeated(.one(let set), let minimum, let maximum, let isLazy):
        // Runs of single scalars are counted, not recursed, as they may be long.
        var most = 0
        while most < maximum, start + most < text.count, set.contains(text[start + most]) {
          most += 1
        }
        budget -= most
        guard most >= minimum else { return nil }
        if rest.isEmpty { return isLazy ? start + minimum : start + most }
        let counts = isLazy ? Array(minimum...most) : (minimum...most).reversed()
        for count in counts where budget > 0 {
          if let end = run(rest, at: start + count) { return end }
        }
        return nil
      case .repeated(let inner, let minimum, let maximum, let isLazy):
        if minimum > 0 {
          let again = Node.repeated(
            inner, minimum: minimum - 1, maximum: maximum == .max ? .max : maximum - 1,
            isLazy: isLazy)
          return run(([inner, again] + rest)[...], at: start)
        }
        if isLazy, let end = run(rest, at: start) { return end }
        if maximum > 0 {
          let again = Node.repeated(
            inner, minimum: 0, maximum: maximum == .max ? .max : maximum - 1, isLazy: isLazy)
          // An inner part that takes nothing would repeat for ever.
          if let end = run([inner][...], at: start), end > start,
            let all = run(([inner, again] + rest)[...], at: start)
          {
            return all
          }
        }
        return isLazy ? nil : run(rest, at: start)
      }
    }
  }
}
