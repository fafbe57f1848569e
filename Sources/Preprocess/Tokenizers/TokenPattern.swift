import Tensors

/// A pattern of a tokenizer file: a plain string or a regular expression.
enum TokenPattern: Sendable {
  case text([Unicode.Scalar])
  case regex(SmallRegex)

  init(_ json: JSONValue?, path: String) throws(PreprocessError) {
    if let text = json?["String"]?.string {
      guard text.unicodeScalars.count <= SmallRegex.lengthLimit else {
        throw .unsupportedTokenizer(
          path: path, part: "a pattern of more than \(SmallRegex.lengthLimit) characters")
      }
      self = .text([Unicode.Scalar](text))
    } else if let pattern = json?["Regex"]?.string {
      self = try .expression(pattern, path: path)
    } else {
      throw .badTokenizer(path: path, reason: "a pattern is neither a string nor an expression")
    }
  }

  /// - Throws: `PreprocessError.unsupportedTokenizer` for what is not known of expressions.
  static func expression(_ pattern: String, path: String) throws(PreprocessError) -> TokenPattern {
    do throws(SmallRegex.Unsupported) {
      return .regex(try SmallRegex(pattern))
    } catch {
      throw .unsupportedTokenizer(
        path: path, part: "\(error.part) in the pattern \"\(pattern.prefix(60))\"")
    }
  }

  func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
    var steps = 0
    return matches(in: text, steps: &steps, limit: SmallRegex.stepLimit(for: text.count))
  }

  /// Non-overlapping matches from left to right.
  ///
  /// - Parameters:
  ///   - steps: Grows by the steps that an expression took; none are left where it reaches `limit`.
  func matches(in text: [Unicode.Scalar], steps: inout Int, limit: Int) -> [Range<Int>] {
    switch self {
    case .regex(let regex): return regex.matches(in: text, steps: &steps, limit: limit)
    case .text(let wanted):
      if wanted.isEmpty { return [] }
      var result: [Range<Int>] = []
      var index = 0
      while index + wanted.count <= text.count {
        if text[index] == wanted[0], text[index...].starts(with: wanted) {
          result.append(index..<index + wanted.count)
          index += wanted.count
        } else {
          index += 1
        }
      }
      return result
    }
  }
}
