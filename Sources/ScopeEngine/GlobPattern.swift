/// A pattern for tensor names: `*` is any run of characters (dots too), `?` one, `[a-z]` and `[!a-z]` one of a set.
///
/// A name that equals the pattern itself always matches, so names that hold brackets can be typed as they are.
package struct GlobPattern: Sendable, CustomStringConvertible {
  private enum Part: Sendable {
    case literal(Unicode.Scalar)
    case any
    case run
    case set([ClosedRange<Unicode.Scalar>], isNegated: Bool)
  }

  private let text: ExactString
  private let parts: [Part]

  /// The pattern as it was typed.
  package var description: String { text.text }

  package init(_ pattern: String) {
    text = ExactString(pattern)
    let scalars = Array(pattern.unicodeScalars)
    var parts: [Part] = []
    var index = 0
    while index < scalars.count {
      switch scalars[index] {
      case "*":
        if case .run = parts.last {} else { parts.append(.run) }
      case "?": parts.append(.any)
      case "[":
        if let (part, end) = Self.set(in: scalars, at: index) {
          parts.append(part)
          index = end
        } else {
          parts.append(.literal("["))
        }
      case "\\" where index + 1 < scalars.count:
        index += 1
        parts.append(.literal(scalars[index]))
      default: parts.append(.literal(scalars[index]))
      }
      index += 1
    }
    self.parts = parts
  }

  /// The set that opens at `start` and the position of its closing bracket; nil where it never closes.
  private static func set(in scalars: [Unicode.Scalar], at start: Int) -> (Part, Int)? {
    var index = start + 1
    let isNegated = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
    if isNegated { index += 1 }
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    let first = index
    while index < scalars.count {
      if scalars[index] == "]", index > first { return (.set(ranges, isNegated: isNegated), index) }
      if index + 2 < scalars.count, scalars[index + 1] == "-", scalars[index + 2] != "]",
        scalars[index] <= scalars[index + 2]
      {
        ranges.append(scalars[index]...scalars[index + 2])
        index += 3
      } else {
        ranges.append(scalars[index]...scalars[index])
        index += 1
      }
    }
    return nil
  }

  /// Whether the whole of `name` fits.
  ///
  /// Time is bounded by the product of the lengths.
  package func matches(_ name: String) -> Bool {
    if ExactString(name) == text { return true }
    let scalars = Array(name.unicodeScalars)
    var part = 0
    var position = 0
    // Where the last `*` stands and what it has eaten so far.
    var run: (part: Int, position: Int)?
    while position < scalars.count {
      if part < parts.count, case .run = parts[part] {
        run = (part, position)
        part += 1
      } else if part < parts.count, Self.fits(parts[part], scalars[position]) {
        part += 1
        position += 1
      } else if let last = run {
        run = (last.part, last.position + 1)
        part = last.part + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    while part < parts.count, case .run = parts[part] { part += 1 }
    return part == parts.count
  }

  private static func fits(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
    switch part {
    case .literal(let literal): literal == scalar
    case .any: true
    case .run: false
    case .set(let ranges, let isNegated):
      ranges.contains { $0.contains(scalar) } != isNegated
    }
  }
}

extension Session {
  /// Indices of the entries whose full name, or name within the weights, fits `pattern`; all where nil.
  package func indices(matching pattern: GlobPattern?) -> [Int] {
    guard let pattern else { return Array(catalog.entries.indices) }
    return catalog.entries.indices.filter {
      pattern.matches(catalog.entries[$0].name)
        || (!catalog.weightsRoot.isEmpty && pattern.matches(weightName(of: $0)))
    }
  }
}
