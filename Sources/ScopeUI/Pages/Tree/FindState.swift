/// A find over the names of the tree, while it is typed and after.
struct FindState: Equatable, Sendable {
  var line: InputLine
  /// True while the find line has the keys.
  var isEditing: Bool
  private(set) var query: FindQuery
  /// Matching items, in the order of the items.
  private(set) var matches: [FindIndex.Match]
  /// Branches that the user closed among the matches.
  var closed: Set<Int32> = []
  /// Earlier, wider queries: typing on narrows their matches, deleting goes back to them.
  private var history: [Step] = []

  private struct Step: Equatable, Sendable {
    var query: FindQuery
    var matches: [FindIndex.Match]
  }

  init(_ text: String = "", isEditing: Bool = true, in index: FindIndex) {
    line = InputLine(text)
    self.isEditing = isEditing
    query = FindQuery("")
    matches = []
    search(index)
  }

  /// Brings the matches up to the line.
  mutating func search(_ index: FindIndex) {
    let wanted = FindQuery(line.text)
    guard wanted != query || wanted.isEmpty else { return }
    closed = []
    while let last = history.last, !(wanted == last.query || wanted.narrows(last.query)) {
      history.removeLast()
    }
    if let last = history.last, last.query == wanted {
      matches = last.matches
    } else if wanted.isEmpty {
      matches = []
    } else {
      matches = index.matches(wanted, within: history.last?.matches)
      history.append(Step(query: wanted, matches: matches))
      if history.count > Self.remembered { history.removeFirst() }
    }
    query = wanted
  }

  /// The item that fits best; the first of equals.
  var best: Int32? {
    var best: FindIndex.Match?
    for match in matches where match.score > best?.score ?? .min { best = match }
    return best?.index
  }

  private static let remembered = 24
}
