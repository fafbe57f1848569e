/// Parses the patterns of `SmallRegex`.
struct SmallRegexParser {
  private let pattern: [Unicode.Scalar]
  private var index = 0
  private var ignoresCase = false
  private var depth = 0

  init(_ pattern: String) { self.pattern = [Unicode.Scalar](pattern) }

  mutating func parse() throws(SmallRegex.Unsupported) -> SmallRegex.Node {
    let node = try choice()
    guard index == pattern.count else { throw unsupported("an unmatched \")\"") }
    return node
  }

  private func unsupported(_ part: String) -> SmallRegex.Unsupported {
    SmallRegex.Unsupported(part: part)
  }

  private var peek: Unicode.Scalar? { index < pattern.count ? pattern[index] : nil }

  private mutating func takes(_ text: String) -> Bool {
    let wanted = [Unicode.Scalar](text)
    guard pattern[index...].starts(with: wanted) else { return false }
    index += wanted.count
    return true
  }

  private mutating func choice() throws(SmallRegex.Unsupported) -> SmallRegex.Node {
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw unsupported("groups more than 64 deep") }
    var options = [try sequence()]
    while takes("|") { options.append(try sequence()) }
    return options.count == 1 ? options[0] : .choice(options)
  }

  private mutating func sequence() throws(SmallRegex.Unsupported) -> SmallRegex.Node {
    var parts: [SmallRegex.Node] = []
    while let scalar = peek, scalar != "|", scalar != ")" {
      parts.append(try quantified(try atom()))
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  private mutating func quantified(
    _ node: SmallRegex.Node
  ) throws(SmallRegex.Unsupported) -> SmallRegex.Node {
    guard let (minimum, maximum) = try bounds() else { return node }
    let isLazy = takes("?")
    // Possessive runs are read as greedy ones, which match the same wherever the next part cannot start inside the run.
    if !isLazy { _ = takes("+") }
    guard try bounds() == nil else { throw unsupported("a quantifier after a quantifier") }
    return .repeated(node, minimum: minimum, maximum: maximum, isLazy: isLazy)
  }

  /// The numbers of a quantifier that stands here; nil where none does.
  private mutating func bounds() throws(SmallRegex.Unsupported) -> (minimum: Int, maximum: Int)? {
    if takes("*") { return (0, .max) }
    if takes("+") { return (1, .max) }
    if takes("?") { return (0, 1) }
    guard peek == "{", let close = pattern[index...].firstIndex(of: "}") else { return nil }
    let body = pattern[(index + 1)..<close]
    let parts = body.split(separator: ",", omittingEmptySubsequences: false)
    let isDigits = body.allSatisfy { $0 == "," || (0x30...0x39).contains($0.value) }
    // A brace that holds no numbers stands for itself.
    guard isDigits, (1...2).contains(parts.count), parts.contains(where: { !$0.isEmpty }) else {
      return nil
    }
    index = close + 1
    func number(_ digits: ArraySlice<Unicode.Scalar>) throws(SmallRegex.Unsupported) -> Int {
      guard let number = Int(Array(digits).text) else {
        throw unsupported("the quantifier {\(Array(body).text)}")
      }
      return number
    }
    let low = parts[0].isEmpty ? 0 : try number(parts[0])
    let high = parts.count == 1 ? low : parts[1].isEmpty ? .max : try number(parts[1])
    guard low <= 1000, high >= low else {
      throw unsupported("the quantifier {\(Array(body).text)}")
    }
    return (low, high)
  }

  private mutating func atom() throws(SmallRegex.Unsupported) -> SmallRegex.Node {
    guard let scalar = peek else { throw unsupported("an unfinished pattern") }
    index += 1
    switch scalar {
    case "(": return try group()
    case "[": return one(try set())
    case ".": return one(.any)
    case "^": return .start
    case "$": return .end
    case "\\":
      if takes("A") { return .start }
      if takes("z") || takes("Z") { return .end }
      return one(try escape(inSet: false))
    case "*", "+", "?": throw unsupported("a quantifier without a part before it")
    default: return one(.range(scalar.value...scalar.value))
    }
  }

  private func one(_ item: SmallRegex.ScalarSet.Item) -> SmallRegex.Node {
    one(SmallRegex.ScalarSet(items: [item], ignoresCase: ignoresCase))
  }

  private func one(_ set: SmallRegex.ScalarSet) -> SmallRegex.Node {
    .one(set, cost: set.comparisonCount / 8)
  }

  private mutating func group() throws(SmallRegex.Unsupported) -> SmallRegex.Node {
    let outer = ignoresCase
    defer { ignoresCase = outer }
    var look: Bool?
    if takes("?") {
      if takes("i)") {
        // The rest of the enclosing group ignores case.
        ignoresCase = true
        let rest = try choice()
        return rest
      } else if takes("i:") {
        ignoresCase = true
      } else if takes("!") {
        look = true
      } else if takes("=") {
        look = false
      } else if !takes(":") {
        throw unsupported("the group (?\(peek.map { String($0) } ?? "")")
      }
    }
    let inner = try choice()
    guard takes(")") else { throw unsupported("an unmatched \"(\"") }
    if let look { return .lookahead(inner, isNegative: look) }
    return inner
  }

  /// What follows a backslash.
  private mutating func escape(
    inSet: Bool
  ) throws(SmallRegex.Unsupported) -> SmallRegex.ScalarSet.Item {
    guard let scalar = peek else { throw unsupported("a lone backslash") }
    index += 1
    func negated(_ item: SmallRegex.ScalarSet.Item) -> SmallRegex.ScalarSet.Item {
      .not(SmallRegex.ScalarSet(items: [item]))
    }
    switch scalar {
    case "s": return .space
    case "S": return negated(.space)
    case "d": return .digit
    case "D": return negated(.digit)
    case "w": return inSet ? .word : .bareWord
    case "W": return negated(inSet ? .word : .bareWord)
    case "n": return .range(0x0A...0x0A)
    case "r": return .range(0x0D...0x0D)
    case "t": return .range(0x09...0x09)
    case "f": return .range(0x0C...0x0C)
    case "v": return .range(0x0B...0x0B)
    case "p", "P":
      guard takes("{"), let close = pattern[index...].firstIndex(of: "}") else {
        throw unsupported("\\\(scalar) without braces")
      }
      var name = Array(pattern[index..<close]).text
      index = close + 1
      let isNegative = (scalar == "P") != name.hasPrefix("^")
      if name.hasPrefix("^") { name.removeFirst() }
      guard let category = CategorySet.named[name] else {
        throw unsupported("the class \\p{\(name)}")
      }
      return isNegative ? negated(.category(category)) : .category(category)
    case "x", "u":
      let isBraced = takes("{")
      var digits = ""
      while let next = peek, digits.count < (isBraced ? 6 : scalar == "x" ? 2 : 4),
        next.properties.isASCIIHexDigit
      {
        digits.unicodeScalars.append(next)
        index += 1
      }
      if isBraced, !takes("}") { throw unsupported("an unfinished escape") }
      guard let value = UInt32(digits, radix: 16) else { throw unsupported("an empty escape") }
      return .range(value...value)
    default:
      if scalar.isASCII, scalar.isLetter || scalar.isNumber {
        throw unsupported("the escape \\\(scalar)")
      }
      return .range(scalar.value...scalar.value)
    }
  }

  private mutating func set() throws(SmallRegex.Unsupported) -> SmallRegex.ScalarSet {
    depth += 1
    defer { depth -= 1 }
    guard depth < 64 else { throw unsupported("classes more than 64 deep") }
    var result = SmallRegex.ScalarSet(items: [], ignoresCase: ignoresCase)
    result.isNegative = takes("^")
    var isFirst = true
    while let scalar = peek, scalar != "]" || isFirst {
      isFirst = false
      index += 1
      if scalar == "[" {
        guard peek != ":" else { throw unsupported("a POSIX class") }
        result.items.append(.set(try set()))
        continue
      }
      if scalar == "&", peek == "&" { throw unsupported("a class intersection") }
      var item = SmallRegex.ScalarSet.Item.range(scalar.value...scalar.value)
      if scalar == "\\" { item = try escape(inSet: true) }
      if case .range(let low) = item, peek == "-", index + 1 < pattern.count,
        pattern[index + 1] != "]"
      {
        index += 1
        guard let next = peek else { break }
        index += 1
        var high = next.value
        if next == "\\" {
          guard case .range(let range) = try escape(inSet: true) else {
            throw unsupported("a range that ends in a class")
          }
          high = range.upperBound
        }
        guard high >= low.lowerBound else { throw unsupported("a backward range") }
        item = .range(low.lowerBound...high)
      }
      result.items.append(item)
    }
    guard takes("]") else { throw unsupported("an unmatched \"[\"") }
    return result
  }
}
