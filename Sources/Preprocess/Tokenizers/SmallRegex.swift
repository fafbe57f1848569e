/// The part of regular expressions that tokenizer files use, over Unicode scalars.
///
/// Alternatives, groups, `(?i:)`, look-ahead, classes with `\p{..}`, anchors and quantifiers. Backtracking has a
/// budget, so that no pattern and text together run for long.
struct SmallRegex: Sendable {
  indirect enum Node: Sendable {
    /// `cost`: steps that a look at the set counts for; published sets have a handful of items.
    case one(ScalarSet, cost: Int)
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
      /// `\w` outside brackets, where Oniguruma adds the raised numbers and fractions of Latin-1.
      case bareWord
      case any
      case category(CategorySet)
      case not(ScalarSet)
      case set(ScalarSet)
    }

    var items: [Item]
    var isNegative = false
    var ignoresCase = false

    /// Comparisons that one scalar takes at most, in sets inside each other too.
    var comparisonCount: Int {
      items.reduce(0) { count, item in
        switch item {
        case .not(let set), .set(let set): count + set.comparisonCount
        default: count + 1
        }
      }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
      var isFound = items.contains { holds($0, scalar) }
      if !isFound, ignoresCase {
        isFound = Self.otherCases(of: scalar).contains { other in
          items.contains { holds($0, other) }
        }
      }
      return isFound != isNegative
    }

    /// What a scalar equals where case is ignored: the long s has a capital, and that another small form.
    private static func otherCases(of scalar: Unicode.Scalar) -> [Unicode.Scalar] {
      func only(_ mapping: String) -> Unicode.Scalar? {
        mapping.unicodeScalars.count == 1 ? mapping.unicodeScalars.first : nil
      }
      let upper = only(scalar.properties.uppercaseMapping)
      return [
        only(scalar.properties.lowercaseMapping), upper,
        upper.flatMap { only($0.properties.lowercaseMapping) },
      ].compactMap { $0 }
    }

    private func holds(_ item: Item, _ scalar: Unicode.Scalar) -> Bool {
      switch item {
      case .range(let range): range.contains(scalar.value)
      case .space: scalar.isSpace
      case .digit: scalar.properties.generalCategory == .decimalNumber
      case .word: scalar.isWord
      case .bareWord: scalar.isWord || (scalar.value < 0x100 && scalar.isNumber)
      case .any: scalar != "\n"
      case .category(let set): set.contains(CategorySet(of: scalar))
      case .not(let set): !set.contains(scalar)
      case .set(let set): set.contains(scalar)
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
  /// - Parameters:
  ///   - steps: Grows by the steps that were taken; one text after the other can share them.
  ///   - limit: Of `steps`.
  func matches(in text: [Unicode.Scalar], steps: inout Int, limit: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var index = 0
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

  /// As above, with the steps that one text may take.
  func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
    var steps = 0
    return matches(in: text, steps: &steps, limit: Self.stepLimit(for: text.count))
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
      case .one(let set, let cost):
        budget -= cost
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
      case .repeated(.one(let set, let cost), let minimum, let maximum, let isLazy):
        // Runs of single scalars are counted, not recursed, as they may be long.
        var most = 0
        while most < maximum, start + most < text.count, set.contains(text[start + most]) {
          most += 1
        }
        budget -= most * (1 + cost)
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
