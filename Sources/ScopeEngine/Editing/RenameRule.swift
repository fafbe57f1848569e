/// How names change in an edit.
package enum RenameRule: Sendable, Equatable, CustomStringConvertible {
  /// A pattern over the whole name; each `*` and `?` captures. In the template `*` and `?` stand for the captures in
  /// order, `\1` to `\9` for one by its number.
  case glob(pattern: String, template: String)
  /// `s/expression/replacement/`, with `g` for every match: a regular expression; `\1` to `\9` and `&` in the replacement.
  case substitution(expression: String, replacement: String, isGlobal: Bool)

  package struct SyntaxError: Error, Equatable {
    package var reason: String
  }

  /// As it is written on a command line.
  package var description: String {
    switch self {
    case .glob(let pattern, let template): "\(pattern)=\(template)"
    case .substitution(let expression, let replacement, let isGlobal):
      "s/\(expression)/\(replacement)/\(isGlobal ? "g" : "")"
    }
  }

  /// `PATTERN=TEMPLATE` or `s/expression/replacement/[g]`, with any character in place of the slash.
  package init(parsing text: String) throws(SyntaxError) {
    let characters = Array(text)
    if characters.count > 2, characters[0] == "s", !characters[1].isLetter, !characters[1].isNumber,
      !".=*?[_-".contains(characters[1])
    {
      let parts = Self.split(characters.dropFirst(2), at: characters[1])
      guard parts.count == 3, ["", "g"].contains(parts[2]), !parts[0].isEmpty else {
        throw SyntaxError(
          reason:
            "a substitution is written s/expression/replacement/ or s/expression/replacement/g")
      }
      guard (try? Regex(parts[0])) != nil else {
        throw SyntaxError(reason: "`\(parts[0])` is no regular expression")
      }
      self = .substitution(expression: parts[0], replacement: parts[1], isGlobal: parts[2] == "g")
      return
    }
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw SyntaxError(reason: "a rename is written PATTERN=TEMPLATE or s/expression/replacement/")
    }
    self = .glob(
      pattern: String(text[..<equals]), template: String(text[text.index(after: equals)...]))
  }

  private static func split(_ characters: ArraySlice<Character>, at separator: Character)
    -> [String]
  {
    var parts = [""]
    var isEscaped = false
    for character in characters {
      if isEscaped {
        parts[parts.count - 1] +=
          character == separator ? String(character) : "\\" + String(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == separator {
        parts.append("")
      } else {
        parts[parts.count - 1].append(character)
      }
    }
    if isEscaped { parts[parts.count - 1] += "\\" }
    return parts
  }

  /// The new name; nil where the rule does not fit.
  package func apply(to name: String) -> String? {
    switch self {
    case .glob(let pattern, let template):
      guard let captures = GlobCaptures(pattern).captures(in: name) else { return nil }
      return Self.filled(template, captures)
    case .substitution(let expression, let replacement, let isGlobal):
      // A word ends at a dot of a name: in prose, which the default is made for, it does not.
      guard let regex = try? Regex(expression).wordBoundaryKind(.simple) else { return nil }
      // All in one search: in what is left behind a match, `^` and `\b` would begin anew.
      let matches =
        isGlobal ? name.matches(of: regex) : name.firstMatch(of: regex).map { [$0] } ?? []
      guard !matches.isEmpty else { return nil }
      var result = ""
      var end = name.startIndex
      for match in matches {
        result += name[end..<match.range.lowerBound]
        let captures = (0..<match.output.count).map { String(match.output[$0].substring ?? "") }
        result += Self.substituted(replacement, captures)
        end = match.range.upperBound
      }
      return result + name[end...]
    }
  }

  private static func filled(_ template: String, _ captures: [String]) -> String {
    var result = ""
    var next = 0
    var isEscaped = false
    for character in template {
      if isEscaped {
        if let number = character.wholeNumberValue, number > 0 {
          result += captures.indices.contains(number - 1) ? captures[number - 1] : ""
        } else {
          result.append(character)
        }
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "*" || character == "?" {
        result += captures.indices.contains(next) ? captures[next] : ""
        next += 1
      } else {
        result.append(character)
      }
    }
    return result
  }

  private static func substituted(_ replacement: String, _ captures: [String]) -> String {
    var result = ""
    var isEscaped = false
    for character in replacement {
      if isEscaped {
        if let number = character.wholeNumberValue {
          result += captures.indices.contains(number) ? captures[number] : ""
        } else {
          result.append(character)
        }
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == "&" {
        result += captures.first ?? ""
      } else {
        result.append(character)
      }
    }
    return result
  }
}

/// What the wildcards of a pattern stand for in a name.
struct GlobCaptures {
  private let pattern: [Character]

  init(_ pattern: String) { self.pattern = Array(pattern) }

  /// Shortest captures first, left to right; nil where the name does not fit.
  ///
  /// Time is bounded by pattern times name squared: a rest that failed is remembered.
  func captures(in name: String) -> [String]? {
    let text = Array(name)
    var failed: Set<Int> = []
    func match(_ p: Int, _ t: Int) -> [String]? {
      let key = p * (text.count + 1) + t
      if failed.contains(key) { return nil }
      let result = attempt(p, t)
      if result == nil { failed.insert(key) }
      return result
    }
    func attempt(_ p: Int, _ t: Int) -> [String]? {
      var (p, t) = (p, t)
      var single: [String] = []
      while p < pattern.count {
        switch pattern[p] {
        case "*":
          for end in t...text.count {
            if let rest = match(p + 1, end) { return single + [String(text[t..<end])] + rest }
          }
          return nil
        case "?":
          guard t < text.count else { return nil }
          single.append(String(text[t]))
        default:
          guard t < text.count, text[t] == pattern[p] else { return nil }
        }
        p += 1
        t += 1
      }
      return t == text.count ? single : nil
    }
    return match(0, 0)
  }
}
