import Tensors

/// BERT's WordPiece: the longest known start of a word, then the longest known continuation, and so on.
struct WordPieceModel: Sendable {
  var ids: [ExactString: Int]
  var unknownId: Int
  var continuingPrefix = "##"
  var longestWord = 100

  func encode(_ word: [Unicode.Scalar]) -> [Int] {
    if word.isEmpty { return [] }
    if word.count > longestWord { return [unknownId] }
    var result: [Int] = []
    var start = 0
    while start < word.count {
      var end = word.count
      var found: Int?
      while end > start {
        let part = Array(word[start..<end]).text
        if let id = ids[ExactString(start > 0 ? continuingPrefix + part : part)] {
          found = id
          break
        }
        end -= 1
      }
      guard let found else { return [unknownId] }
      result.append(found)
      start = end
    }
    return result
  }
}
