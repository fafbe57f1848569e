/// Which of several names a mistyped one was meant to be.
package enum NearMatch {
  /// Longer names are not looked at: nobody types them.
  private static let lengthLimit = 200

  /// The candidate that is the fewest edits away from `name`; the first of several.
  ///
  /// An edit puts in, leaves out or changes a character, or swaps two neighbours; capitals do not count. A name may be a third of its
  /// length away, four edits at most. Where none is as near, the only candidate that begins with the name is meant.
  ///
  /// - Parameters:
  ///   - name: what was typed.
  ///   - candidates: the names that there are.
  /// - Returns: nil where nothing is near, or where `name` is itself among the candidates.
  package static func of(_ name: String, in candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= lengthLimit else { return nil }
    var limit = min(max(wanted.count / 3, 1), 4)
    var nearest: String?
    var beginning: [String] = []
    for candidate in candidates {
      if candidate == name { return nil }
      guard candidate.utf8.count <= 4 * lengthLimit else { continue }
      let other = Array(candidate.lowercased().unicodeScalars)
      if wanted.count >= 2, other.starts(with: wanted) { beginning.append(candidate) }
      guard let distance = distance(wanted, other, limit: limit) else { continue }
      nearest = candidate
      limit = distance - 1
      if limit < 0 { break }
    }
    return nearest ?? (beginning.count == 1 ? beginning[0] : nil)
  }

  /// `; did you mean NAME?` for the end of a message; empty where nothing is near.
  package static func question(_ name: String, in candidates: some Sequence<String>) -> String {
    of(name, in: candidates).map { "; did you mean \($0)?" } ?? ""
  }

  /// Edits between two names (optimal string alignment); nil where they are more than `limit`.
  private static func distance(
    _ a: [Unicode.Scalar], _ b: [Unicode.Scalar], limit: Int
  ) -> Int? {
    guard abs(a.count - b.count) <= limit else { return nil }
    // What both begin and end with takes no edit; names of tensors share most of their characters.
    let start = zip(a, b).prefix { $0 == $1 }.count
    let rest = min(a.count, b.count) - start
    let end = zip(a.reversed(), b.reversed()).prefix(rest).prefix { $0 == $1 }.count
    let (a, b) = (a[start..<(a.count - end)], b[start..<(b.count - end)])
    var before: [Int] = []
    var last = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var row = [i + 1]
      for (j, y) in b.enumerated() {
        var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (x == y ? 0 : 1))
        if i > 0, j > 0, x == b[b.startIndex + j - 1], y == a[a.startIndex + i - 1] {
          edits = min(edits, before[j - 1] + 1)
        }
        row.append(edits)
      }
      guard row.min() ?? 0 <= limit else { return nil }
      before = last
      last = row
    }
    return last[b.count] <= limit ? last[b.count] : nil
  }
}

extension Session {
  /// `; did you mean NAME?` for a tensor that is not there: a near name, or the one name that ends in it; else a pattern that fits.
  ///
  /// - Parameter name: without the signs of a pattern, whose meaning cannot be guessed.
  package func tensorQuestion(_ name: String) -> String {
    guard !name.contains(where: { "*?[".contains($0) }) else { return "" }
    let names = catalog.entries.map(\.name)
    let weights = indicesOfWeights.map { weightName(of: $0) }
    if let near = NearMatch.of(name, in: weights) ?? NearMatch.of(name, in: names) {
      return "; did you mean \(near)?"
    }
    let ending = names.filter { $0.hasSuffix("." + name) || $0.hasSuffix("/" + name) }
    if let first = ending.first {
      return ending.count == 1
        ? "; did you mean \(first)?" : "; `*\(name)` fits \(ending.count) tensors"
    }
    // A branch of the tree, or a part of names.
    for pattern in ["\(name).*", "*.\(name).*", "*\(name)*"] {
      let count = indices(matching: GlobPattern(pattern)).count
      if count > 0 { return "; `\(pattern)` fits \(count) \(count == 1 ? "tensor" : "tensors")" }
    }
    return ""
  }
}
