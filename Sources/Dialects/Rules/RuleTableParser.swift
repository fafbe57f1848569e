import Tensors

/// Reads the notation of the `.rules` files.
///
/// A file has header lines (`table A -> B`, `title`, `bijective`, `one-way`, `source-scalar-rank`, `note`, `tag`), section lines (`[vision]`,
/// `[text]`, `[joint]`) and rules: `SOURCE -> TARGET : OPS [?] [@tag] [else FILL] ; reason`. `{a|b}` expands to one rule for each choice, the
/// n-th on the left with the n-th on the right; `{a,b}` lists several sources or targets of one rule; `{i}` is a layer index, `{*}` the rest.
/// A header `words NAME a b c` lets `{NAME}` stand for each of the words in turn, the same on both sides and whatever the alternatives are.
package enum RuleTableParser {
  /// - Throws: `RuleTableError` with file and line.
  package static func parse(_ text: String, file: String) throws(RuleTableError) -> RuleTable {
    let (table, lineCount) = try lines(of: text[...], file: file)
    guard !table.rules.isEmpty else {
      throw RuleTableError(file: file, line: lineCount, reason: "there are no rules")
    }
    return table
  }

  private static func lines(
    of text: Substring, file: String
  ) throws(RuleTableError) -> (table: RuleTable, count: Int) {
    var table = RuleTable(
      file: file, source: "", target: "", title: "", bijective: "no", isOneWay: false,
      sourceScalarRank: 0, notes: [], tags: [], rules: [])
    var section: RuleTable.Section?
    var words: [String: [String]] = [:]
    var number = 0
    for raw in text.split(separator: "\n", omittingEmptySubsequences: false) {
      number += 1
      let line = raw.trimmedBytes
      if line.isEmpty || line.hasPrefix("#") { continue }
      func fault(_ reason: String) -> RuleTableError {
        RuleTableError(file: file, line: number, reason: reason)
      }
      if line.hasPrefix("["), line.hasSuffix("]") {
        guard let next = RuleTable.Section(rawValue: String(line.dropFirst().dropLast())) else {
          throw fault("unknown section `\(line)`")
        }
        section = next
      } else if let section {
        let rules = try self.rules(
          in: line, line: number, section: section, words: words, file: file)
        for rule in rules {
          if let tag = rule.tag, !table.tags.contains(where: { $0.name == tag }) {
            throw fault("tag `\(tag)` is not declared")
          }
        }
        table.rules += rules
      } else if line.hasPrefix("words ") {
        let parts = line.split(separator: " ").dropFirst().map(String.init)
        guard parts.count > 2, parts[0].allSatisfy(\.isLetter), parts[0] != "i",
          words[parts[0]] == nil
        else { throw fault("write `words NAME WORD WORD ...`, each name once") }
        words[parts[0]] = Array(parts.dropFirst())
      } else {
        try header(line, of: &table, fault: fault)
      }
    }
    guard !table.source.isEmpty, !table.target.isEmpty else {
      throw RuleTableError(file: file, line: 1, reason: "there is no `table A -> B` line")
    }
    return (table, number)
  }

  /// Where a table leads; its header is read, its rules are not.
  /// - Throws: `RuleTableError` with file and line.
  package static func ends(of text: String, file: String) throws(RuleTableError) -> RuleTable.Ends {
    let header = text.firstRange(ofASCII: "\n[").map { text[..<$0.lowerBound] } ?? text[...]
    let (table, _) = try lines(of: header, file: file)
    return RuleTable.Ends(source: table.source, target: table.target, isOneWay: table.isOneWay)
  }

  private static func header(
    _ line: Substring, of table: inout RuleTable, fault: (String) -> RuleTableError
  ) throws(RuleTableError) {
    let words = line.split(separator: " ", maxSplits: 1)
    let rest = words.count > 1 ? words[1].trimmedBytes : ""
    switch words.first {
    case "table":
      let ends = rest.split(separator: " ")
      guard ends.count == 3, ends[1] == "->" else { throw fault("write `table A -> B`") }
      table.source = String(ends[0])
      table.target = String(ends[2])
    case "title": table.title = String(rest)
    case "bijective": table.bijective = String(rest)
    case "one-way": table.isOneWay = rest == "yes"
    case "note": table.notes.append(String(rest))
    case "source-scalar-rank":
      guard let rank = Int(rest), (0...1).contains(rank) else {
        throw fault("the rank of scalars is 0 or 1")
      }
      table.sourceScalarRank = rank
    case "tag":
      let parts = rest.split(separator: " ")
      guard parts.count >= 3 else {
        throw fault("write `tag NAME when KEY` or `tag NAME unless TAG`")
      }
      let arguments = parts.dropFirst(2).filter { $0 != "or" }
      switch parts[1] {
      case "when", "when-source":
        var patterns: [KeyPattern] = []
        for argument in arguments {
          guard let pattern = KeyPattern(argument) else { throw fault("bad key `\(argument)`") }
          patterns.append(pattern)
        }
        table.tags.append(
          .init(
            name: String(parts[0]),
            condition: parts[1] == "when" ? .anyKey(patterns) : .anySourceKey(patterns)))
      case "unless":
        table.tags.append(
          .init(name: String(parts[0]), condition: .unless(arguments.map(String.init))))
      default: throw fault("write `tag NAME when KEY` or `tag NAME unless TAG`")
      }
    default: throw fault("unknown header line `\(line)`")
    }
  }

  private static func rules(
    in line: Substring, line number: Int, section: RuleTable.Section, words: [String: [String]],
    file: String
  ) throws(RuleTableError) -> [RuleTable.Rule] {
    func fault(_ reason: String) -> RuleTableError {
      RuleTableError(file: file, line: number, reason: reason)
    }
    guard let semicolon = line.firstRange(ofASCII: " ; ") else {
      throw fault("a rule ends in `; reason`")
    }
    let reason = line[semicolon.upperBound...].trimmedBytes
    let body = line[..<semicolon.lowerBound]
    guard let arrow = body.firstRange(ofASCII: " -> "),
      let colon = body.firstRange(ofASCII: " : "),
      arrow.upperBound <= colon.lowerBound, !reason.isEmpty
    else { throw fault("a rule is `SOURCE -> TARGET : OPS ; reason`") }
    let left = String(body[..<arrow.lowerBound].trimmedBytes)
    let right = String(body[arrow.upperBound..<colon.lowerBound].trimmedBytes)
    let tail = try self.tail(body[colon.upperBound...].trimmedBytes, fault: fault)

    var rules: [RuleTable.Rule] = []
    for (left, right) in expanded(left, right, words) {
      let choices = max(arity(of: left), arity(of: right), 1)
      for choice in 0..<choices {
        guard let leftText = choose(choice, of: choices, in: left),
          let rightText = choose(choice, of: choices, in: right)
        else { throw fault("the alternatives on both sides differ in number") }
        guard let sources = patterns(leftText), let targets = patterns(rightText) else {
          throw fault("bad key pattern")
        }
        guard !(sources.isEmpty && targets.isEmpty) else { throw fault("nothing on either side") }
        let holes = Set((sources + targets).map(\.hole))
        guard sources.isEmpty || targets.isEmpty || holes.count == 1 else {
          throw fault("the holes on both sides differ")
        }
        rules.append(
          RuleTable.Rule(
            line: number, section: section, sources: sources, targets: targets,
            operations: tail.operations, isOptional: tail.isOptional, tag: tail.tag,
            fill: tail.fill,
            reason: String(reason)))
      }
    }
    return rules
  }

  /// Both sides once for each word of the `{NAME}` that they hold; at most one name a rule.
  private static func expanded(
    _ left: String, _ right: String, _ words: [String: [String]]
  ) -> [(left: String, right: String)] {
    for (name, choices) in words {
      let mark = "{" + name + "}"
      guard left.contains(mark) || right.contains(mark) else { continue }
      return choices.map {
        (left.replacing(mark, with: $0), right.replacing(mark, with: $0))
      }
    }
    return [(left, right)]
  }

  private typealias Tail = (
    operations: [RuleOperation], isOptional: Bool, tag: String?, fill: RuleTable.Fill?
  )

  private static func tail(
    _ text: Substring, fault: (String) -> RuleTableError
  ) throws(RuleTableError) -> Tail {
    var result: Tail = ([], false, nil, nil)
    var words = text.split(separator: " ")[...]
    while let word = words.popFirst() {
      if word == "+" { continue }
      if word == "?" {
        result.isOptional = true
      } else if word.hasPrefix("@") {
        result.tag = String(word.dropFirst())
      } else if word == "else" {
        guard let fill = words.popFirst(), let open = fill.firstIndex(of: "("), fill.hasSuffix(")")
        else { throw fault("`else` wants eye(size) or zeros(size)") }
        let size = String(fill[fill.index(after: open)...].dropLast())
        switch fill[..<open] {
        case "eye": result.fill = .eye(size)
        case "zeros": result.fill = .zeros(size)
        default: throw fault("`else` wants eye(size) or zeros(size)")
        }
      } else if let operation = RuleOperation(word) {
        result.operations.append(operation)
      } else {
        throw fault("unknown operation `\(word)`")
      }
    }
    guard !result.operations.isEmpty else { throw fault("a rule needs an operation") }
    return result
  }

  /// Groups `{a|b|c}` of a pattern as ranges of their inner text.
  private static func groups(
    of text: String, separator: Unicode.Scalar
  ) -> [Range<String.Index>] {
    let bytes = text.utf8
    var groups: [Range<String.Index>] = []
    var open: String.Index?
    for index in bytes.indices {
      if bytes[index] == UInt8(ascii: "{") { open = bytes.index(after: index) }
      if bytes[index] == UInt8(ascii: "}"), let start = open {
        if text[start..<index].contains(ascii: separator) { groups.append(start..<index) }
        open = nil
      }
    }
    return groups
  }

  private static func arity(of text: String) -> Int {
    groups(of: text, separator: "|").map { text[$0].split(separator: "|").count }.max() ?? 0
  }

  /// `text` with the n-th alternative of each group; nil where a group has another number of them.
  private static func choose(_ choice: Int, of count: Int, in text: String) -> String? {
    var result = text
    while let group = groups(of: result, separator: "|").first {
      let words = result[group].split(separator: "|")
      guard words.count == count else { return nil }
      let outer = result.index(before: group.lowerBound)..<result.index(after: group.upperBound)
      result.replaceSubrange(outer, with: words[choice])
    }
    return result
  }

  private static func patterns(_ text: String) -> [KeyPattern]? {
    if text == "-" { return [] }
    guard let group = groups(of: text, separator: ",").first else {
      return KeyPattern(text).map { [$0] }
    }
    let before = text[..<text.index(before: group.lowerBound)]
    let after = text[text.index(after: group.upperBound)...]
    var patterns: [KeyPattern] = []
    for word in text[group].split(separator: ",") {
      guard let pattern = KeyPattern(before + word + after) else { return nil }
      patterns.append(pattern)
    }
    return patterns
  }
}
