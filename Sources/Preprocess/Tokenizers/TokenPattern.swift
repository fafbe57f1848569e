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
      do throws(SmallRegex.Unsupported) {
        self = .regex(try SmallRegex(pattern))
      } catch {
        throw .unsupportedTokenizer(
          path: path, part: "\(error.part) in the pattern \"\(pattern.prefix(60))\"")
      }
    } else {
      throw .badTokenizer(path: path, reason: "a pattern is neither a string nor an expression")
    }
  }

  func matches(in text: [Unicode.Scalar]) -> [Range<Int>] {
    switch self {
    case .regex(let regex): return regex.matches(in: text)
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
