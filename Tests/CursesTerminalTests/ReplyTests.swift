import Cells
import Testing

@testable import CursesTerminal

/// Plays bytes to a decoder; a pause is what a wait of so many milliseconds does not bridge.
private final class Script {
  enum Item {
    case text(String)
    case pause(Int32)
  }

  private var items: [(scalar: Unicode.Scalar?, pause: Int32)] = []
  private var position = 0

  init(_ script: [Item]) {
    for item in script {
      switch item {
      case .text(let text): items += text.unicodeScalars.map { ($0, 0) }
      case .pause(let milliseconds): items.append((nil, milliseconds))
      }
    }
  }

  func next(_ wait: Int32) -> Curses.Read {
    while position < items.count {
      if let scalar = items[position].scalar {
        position += 1
        return .character(scalar)
      }
      guard items[position].pause <= wait else {
        // Time goes on while nobody waits.
        items[position].pause -= max(wait, 1)
        return .none
      }
      position += 1
    }
    return .none
  }

  var isOver: Bool { position == items.count }
}

@Suite("Replies of the terminal") struct ReplyTests {
  /// Events and the query after everything was read.
  private func play(
    _ script: [Script.Item], insideTmux: Bool = false
  ) -> (events: [InputEvent], query: GraphicsQuery) {
    let source = Script(script)
    var query = GraphicsQuery(insideTmux: insideTmux)
    var events: [InputEvent] = []
    for _ in 0..<1000 where !source.isOver {
      events += InputDecoder(
        next: source.next, mouse: true, awaitsReplies: query.isPending, reply: { query.take($0) }
      ).drain()
    }
    return (events, query)
  }

  private static let yes = "\u{1b}_Gi=31;OK\u{1b}\\"
  private static let attributes = "\u{1b}[?62;22c"

  @Test("Yes, then the attributes: pictures are on and no key was pressed") func yes() {
    let (events, query) = play([.text(Self.yes + "\u{1b}P>|kitty(0.42)\u{1b}\\" + Self.attributes)])
    #expect(events.isEmpty)
    #expect(query.isSupported && !query.isPending)
  }

  @Test("Silence about pictures: off, and nothing more is waited for") func silence() {
    let (events, query) = play([.text(Self.attributes)])
    #expect(events.isEmpty)
    #expect(!query.isSupported && !query.isPending)
  }

  @Test("No answer at all: off, until the time is over") func absent() {
    var (events, query) = play([.text("x")])
    #expect(events == [.text("x")])
    #expect(!query.isSupported && query.isPending)
    query.giveUp()
    #expect(!query.isPending && !query.isSupported)
  }

  @Test("An answer that is torn apart anywhere is read all the same")
  func split() {
    let whole = Array((Self.yes + Self.attributes).unicodeScalars)
    for cut in 1..<whole.count {
      let first = String(String.UnicodeScalarView(whole[..<cut]))
      let rest = String(String.UnicodeScalarView(whole[cut...]))
      let (events, query) = play([.text(first), .pause(30), .text(rest)])
      #expect(events.isEmpty, "cut at \(cut)")
      #expect(query.isSupported, "cut at \(cut)")
    }
  }

  @Test(
    "Refusals and rubbish are no yes",
    arguments: [
      "\u{1b}_Gi=31;ENOTSUPPORTED:no\u{1b}\\", "\u{1b}_Gi=32;OK\u{1b}\\", "\u{1b}_G;OK\u{1b}\\",
      "\u{1b}_Gi=31\u{1b}\\", "\u{1b}_\u{1b}\\", "\u{1b}_Xi=31;OK\u{1b}\\", "\u{1b}]11;OK\u{7}",
      "\u{1b}_Gi=311;OK\u{1b}\\", "\u{1b}_G\u{0}\u{1}i=31;OK,\u{1b}\\", "\u{1b}P1$r0m\u{1b}\\",
      "\u{1b}_" + String(repeating: "A", count: 300) + "\u{1b}\\",
    ])
  func rubbish(_ answer: String) {
    let (events, query) = play([.text(answer + Self.attributes + "q")])
    #expect(events == [.text("q")])
    #expect(!query.isSupported && !query.isPending)
  }

  @Test(
    "Terminals that print placeholders as characters are left alone",
    arguments: ["WezTerm 20240203", "Konsole 24.02", "kitty(0.26.5)"])
  func refused(_ name: String) {
    let (events, query) = play([
      .text(Self.yes + "\u{1b}P>|\(name)\u{1b}\\" + Self.attributes)
    ])
    #expect(events.isEmpty && !query.isSupported)
  }

  @Test(
    "Versions of kitty that know placeholders are believed",
    arguments: ["kitty(0.28.0)", "kitty(0.35.2)", "kitty(1.0)", "kitty"])
  func newKitty(_ name: String) {
    let (_, query) = play([.text(Self.yes + "\u{1b}P>|\(name)\u{1b}\\" + Self.attributes)])
    #expect(query.isSupported)
  }

  @Test("Keys between the answers stay keys") func between() {
    let (events, query) = play([
      .text("j" + Self.yes + "k\u{1b}[A" + Self.attributes + "l"), .pause(400), .text("\u{1b}"),
    ])
    #expect(events == [.text("j"), .text("k"), .key(.up, []), .text("l"), .key(.escape, [])])
    #expect(query.isSupported)
  }

  @Test(
    "A key with a modifier that no terminal sends is the key alone",
    arguments: ["0", "-1", "-9223372036854775808", "99999999999999999999"])
  func strangeModifier(_ number: String) {
    #expect(play([.text("\u{1b}[1;\(number)A")]).events == [.key(.up, [])])
  }

  @Test("Text for the clipboard is wrapped for tmux, every ESC doubled") func clipboard() {
    let plain = "\u{1b}]52;c;YQ==\u{7}"
    #expect(Clipboard.sequence(for: "a", insideTmux: false) == plain)
    #expect(
      Clipboard.sequence(for: "a", insideTmux: true) == "\u{1b}Ptmux;\u{1b}\(plain)\u{1b}\\")
  }

  @Test("The terminal around tmux answers after tmux") func tmux() {
    let (events, query) = play(
      [.text(Self.attributes), .pause(100), .text(Self.yes)], insideTmux: true)
    #expect(events.isEmpty && query.isSupported)
    let question = String(decoding: query.question, as: UTF8.self)
    #expect(question.hasPrefix("\u{1b}Ptmux;\u{1b}\u{1b}_G") && question.hasSuffix("\u{1b}[c"))
  }

  @Test("The question ends with what every terminal answers") func question() {
    let question = String(
      decoding: GraphicsQuery(insideTmux: false).question, as: UTF8.self)
    #expect(
      question == "\u{1b}_Gi=31,s=1,v=1,a=q,U=1,t=d,f=24;AAAA\u{1b}\\\u{1b}[>q\u{1b}[c")
  }
}
