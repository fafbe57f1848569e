/// What a terminal says unasked for by a key.
enum TerminalReply: Equatable {
  /// A string between its introducer (`_`, `P`, `]`, ...) and its end.
  case string(introducer: Character, String)
  /// The answer to the request that every terminal answers (DA1).
  case attributes
}

/// Finds out whether the terminal shows pictures in placeholder cells, without ever waiting for it.
///
/// A tiny picture is sent as a question, then the terminal's name and its attributes are asked for. The last one is
/// answered by all, so its answer means that nothing more comes. Answers come as input and are taken out of it.
struct GraphicsQuery: Equatable {
  static let id = 31
  /// Terminals that know the protocol and print placeholders as characters.
  private static let withoutPlaceholders = ["wezterm", "konsole"]
  /// The first kitty that knows placeholders; Debian 12 has an older one.
  private static let firstKitty = (major: 0, minor: 28)

  private(set) var isSupported = false
  /// Answers are waited for.
  private(set) var isPending = true
  /// The last answer has come.
  private(set) var isAnswered = false
  private var saidYes = false
  private var isRefused = false
  private let insideTmux: Bool
  /// The next attributes may still be the answer to an earlier question.
  private var awaitsEarlier: Bool

  /// - Parameter followsUnanswered: another question that ends with the attributes was asked before and has not got them yet.
  init(insideTmux: Bool, followsUnanswered: Bool = false) {
    self.insideTmux = insideTmux
    awaitsEarlier = followsUnanswered
  }

  /// What is written.
  ///
  /// `U=1` is the wish for placeholders: a kitty that does not know them refuses the whole question. tmux hands the picture on where it
  /// may, and answers the rest itself.
  var question: [UInt8] {
    let picture = KittyGraphics.command(
      "i=\(Self.id),s=1,v=1,a=q,U=1,t=d,f=24", payload: Array("AAAA".utf8), insideTmux: insideTmux)
    return picture + Array("\(insideTmux ? "" : "\u{1b}[>q")\u{1b}[c".utf8)
  }

  mutating func take(_ reply: TerminalReply) {
    switch reply {
    case .string("_", let text): takeAnswer(text)
    case .string("P", let text):
      let name = text.lowercased()
      guard name.hasPrefix(">|") else { return }
      awaitsEarlier = false
      if Self.printsPlaceholders(name.dropFirst(2)) { isRefused = true }
      if !isPending { decide() }
    case .string: return
    case .attributes where awaitsEarlier: awaitsEarlier = false
    case .attributes:
      isAnswered = true
      guard isPending else { return }
      isPending = false
      decide()
    }
  }

  /// Whether the terminal of that name and version, such as `kitty(0.26.5)`, prints placeholders as characters.
  private static func printsPlaceholders(_ name: Substring) -> Bool {
    if withoutPlaceholders.contains(where: { name.hasPrefix($0) }) { return true }
    guard name.hasPrefix("kitty(") else { return false }
    let numbers = name.dropFirst(6).split(whereSeparator: { !$0.isNumber }).map { Int($0) ?? 0 }
    guard numbers.count >= 2 else { return false }
    return (numbers[0], numbers[1]) < (firstKitty.major, firstKitty.minor)
  }

  /// The time is over: what was said counts, and an answer that comes yet is still believed.
  mutating func giveUp() {
    isPending = false
    decide()
  }

  /// `Gi=31;OK`; anything else in place of OK is a refusal.
  private mutating func takeAnswer(_ text: String) {
    guard text.first == "G" else { return }
    // Terminals answer in the order of the questions: the earlier one got nothing.
    awaitsEarlier = false
    let parts = text.dropFirst().split(
      separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[1] == "OK",
      parts[0].split(separator: ",").contains("i=\(Self.id)")
    else { return }
    saidYes = true
    // The terminal around tmux answers after tmux did.
    if !isPending { decide() }
  }

  private mutating func decide() { isSupported = saidYes && !isRefused }
}

/// Whether pictures are shown in pixels of the screen.
package enum GraphicsChoice: String, Sendable, CaseIterable {
  /// Where the terminal says that it can.
  case auto
  case off
  /// Without asking.
  case kitty
}
