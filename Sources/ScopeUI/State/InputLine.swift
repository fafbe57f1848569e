import Cells

/// One line of text that is being typed.
///
/// Any text is taken as data; drawing cleans it.
struct InputLine: Equatable, Sendable {
  private(set) var text: String
  /// Characters before the cursor.
  private(set) var cursor: Int
  /// Whether the text is only offered: what is typed takes its place, any key that edits keeps it.
  private(set) var isOffered = false

  init(_ text: String = "") {
    self.text = text
    cursor = text.count
  }

  /// - Parameter text: the value so far, which another one takes the place of more often than it is changed.
  init(offering text: String) {
    self.init(text)
    isOffered = !text.isEmpty
  }

  /// Takes a key if it is one for a line of text; says whether it was.
  mutating func take(_ event: InputEvent) -> Bool {
    guard edit(event) else { return false }
    isOffered = false
    return true
  }

  private mutating func edit(_ event: InputEvent) -> Bool {
    switch event {
    case .text(let typed), .paste(let typed):
      if isOffered { self = InputLine() }
      // Line ends of a paste would leave the line; everything else stays.
      insert(String(typed.filter { !$0.isNewline }.prefix(Self.longest)))
    case .key(.backspace, let modifiers) where modifiers.contains(.alt):
      deleteWord()
    case .key(.backspace, _):
      if cursor > 0 { remove(cursor - 1..<cursor) }
    case .key(.delete, _):
      if cursor < text.count { remove(cursor..<cursor + 1) }
    case .key(.left, _): cursor = max(cursor - 1, 0)
    case .key(.right, _): cursor = min(cursor + 1, text.count)
    case .key(.home, _), .key(.character("a"), .control): cursor = 0
    case .key(.end, _), .key(.character("e"), .control): cursor = text.count
    case .key(.character("u"), .control): remove(0..<cursor)
    case .key(.character("k"), .control): remove(cursor..<text.count)
    case .key(.character("w"), .control): deleteWord()
    default: return false
    }
    return true
  }

  /// What a key does to a line that filters a list while it is typed.
  enum FilterKey {
    /// The list is as wanted.
    case accepted
    /// The line goes, and its filter with it.
    case closed
    /// The text changed.
    case typed
    /// Nothing to the line.
    case ignored
    /// It is the list's, or everybody's.
    case passed
  }

  mutating func takeFilterKey(_ event: InputEvent) -> FilterKey {
    switch event {
    case .key(.enter, _): return .accepted
    case .key(.escape, _), .key(.character("c"), .control):
      self = InputLine()
      return .closed
    case .key(.up, _), .key(.down, _), .key(.pageUp, _), .key(.pageDown, _): return .passed
    case .key(.character("p"), .control), .key(.character("z"), .control): return .passed
    default: return take(event) ? .typed : .ignored
    }
  }

  private mutating func insert(_ piece: String) {
    guard text.count + piece.count <= Self.longest else { return }
    let place = text.index(text.startIndex, offsetBy: cursor)
    let before = text[..<place] + piece
    // Marks may join the character before them, so count anew.
    let after = text[place...]
    cursor = before.count
    text = String(before + after)
    cursor = min(cursor, text.count)
  }

  private mutating func remove(_ range: Range<Int>) {
    let start = text.index(text.startIndex, offsetBy: range.lowerBound)
    let end = text.index(text.startIndex, offsetBy: range.upperBound)
    text.removeSubrange(start..<end)
    cursor = min(range.lowerBound, text.count)
  }

  private mutating func deleteWord() {
    let characters = Array(text)
    var start = cursor
    while start > 0 && characters[start - 1] == " " { start -= 1 }
    while start > 0 && characters[start - 1] != " " && characters[start - 1] != "/" { start -= 1 }
    if start == cursor, start > 0 { start -= 1 }
    remove(start..<cursor)
  }

  /// Far more than any name to look for; keeps a pasted book out.
  private static let longest = 4096
}
