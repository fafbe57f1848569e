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
  private(set) var now = ContinuousClock.now

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
      // Time goes on while nobody waits.
      let wait = max(wait, 1)
      let pause = items[position].pause
      now += .milliseconds(min(pause, wait))
      guard pause <= wait else {
        items[position].pause -= wait
        return .none
      }
      position += 1
    }
    now += .milliseconds(wait)
    return .none
  }

  var isOver: Bool { position == items.count }
}

@Suite("Replies of the terminal") struct ReplyTests {
  /// Events and the query after everything was read.
  private func play(
    _ script: [Script.Item], insideTmux: Bool = false, begun: TerminalSequence? = nil,
    followsUnanswered: Bool = false
  ) -> (events: [InputEvent], query: GraphicsQuery) {
    let source = Script(script)
    var query = GraphicsQuery(insideTmux: insideTmux, followsUnanswered: followsUnanswered)
    var decoder = InputDecoder(
      mouse: true, begun: begun, read: source.next, now: { source.now }, reply: { query.take($0) })
    var events: [InputEvent] = []
    for _ in 0..<10_000 where !source.isOver {
      let awaits = query.isPending
      events += decoder.drain(awaitsReplies: awaits)
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

  @Test("The attributes that an earlier question waits for are not the end of the answers")
  func earlier() {
    let background = "\u{1b}]11;rgb:0000/0000/0000\u{7}"
    let name = "\u{1b}P>|WezTerm 20240203\u{1b}\\"
    let both = background + Self.attributes + Self.yes + name + Self.attributes
    var (events, query) = play([.text(both)], followsUnanswered: true)
    #expect(events.isEmpty && !query.isSupported && query.isAnswered)
    (events, query) = play([.text(Self.attributes)], followsUnanswered: true)
    #expect(query.isPending && !query.isAnswered)
    // The earlier answer got lost.
    (events, query) = play([.text(Self.yes + Self.attributes + "q")], followsUnanswered: true)
    #expect(events == [.text("q")] && query.isSupported && query.isAnswered)
  }

  @Test("What was said counts when the time is over") func saidInTime() {
    var (_, query) = play([.text(Self.yes)])
    #expect(!query.isSupported)
    query.giveUp()
    #expect(query.isSupported && !query.isPending)
    query.take(.string(introducer: "P", ">|Konsole 24.02"))
    #expect(!query.isSupported)
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

  @Test("A long text behind an ESC that was a key is read in one go, however long") func longText()
  {
    let text = "]" + String(repeating: "a", count: 70_000)
    var events: [InputEvent] = []
    let time = ContinuousClock().measure {
      events = play([.text("\u{1b}"), .pause(100), .text(text)]).events
    }
    #expect(events.first == .key(.escape, []) && events.count == 70_002)
    #expect(time < .seconds(1))
  }

  @Test("The end of a paste ends it, even of one that is cut") func longPaste() {
    let text = String(repeating: "a", count: 1 << 20)
    let events = play([.text("\u{1b}[200~" + text + "bc\u{1b}[201~q")]).events
    #expect(events.count == 2 && events.last == .text("q"))
    guard case .paste(let pasted)? = events.first else {
      Issue.record("nothing was pasted")
      return
    }
    #expect(pasted == text)
  }

  @Test("What comes behind the part of a paste that is read at once is no key")
  func pasteInParts() {
    let source = Script([.text("\u{1b}[200~0123456789abcdefghij0123456789\u{1b}[201~q")])
    var decoder = InputDecoder(
      mouse: true, mostPasted: 10, read: source.next, now: { source.now })
    #expect(decoder.drain() == [.paste("0123456789")])
    #expect(decoder.drain() == [])
    #expect(decoder.drain() == [])
    #expect(decoder.drain() == [.text("q")])
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

  /// Everything that a terminal may answer to what is asked, or to what a program before us asked.
  private static let late = [
    "\u{1b}]11;rgb:1d1d/1f1f/2121\u{1b}\\", "\u{1b}]11;rgb:1d1d/1f1f/2121\u{7}",
    "\u{1b}_Gi=31;OK\u{1b}\\", "\u{1b}P>|kitty(0.42)\u{1b}\\", "\u{1b}P1$r0m\u{1b}\\",
    "\u{1b}[?62;22c", "\u{1b}[>0;276;0c", "\u{1b}[?2026;2$y", "\u{1b}^private\u{1b}\\",
  ]

  @Test(
    "A reply that is torn apart anywhere, for however long within reason, is no key",
    arguments: late, [30, 200, 900] as [Int32])
  func torn(_ reply: String, pause: Int32) {
    let scalars = Array(reply.unicodeScalars)
    for cut in 1..<scalars.count {
      let first = String(String.UnicodeScalarView(scalars[..<cut]))
      let rest = String(String.UnicodeScalarView(scalars[cut...]))
      let script: [Script.Item] = [.text("j" + first), .pause(pause), .text(rest + "k")]
      for attributes in ["", Self.attributes] {
        // With the attributes in front, nothing is waited for any more.
        let events = play([.text(attributes), .pause(60)] + script).events
        // A lone ESC is the key, unless its rest follows at once; what follows is still taken out.
        let isKey = cut == 1 && (pause > 50 || !attributes.isEmpty)
        #expect(
          events == [.text("j")] + (isKey ? [.key(.escape, [])] : []) + [.text("k")],
          "cut at \(cut)")
      }
    }
  }

  @Test("A reply that comes one character at a time is no key", arguments: late)
  func trickling(_ reply: String) {
    let script = reply.unicodeScalars.flatMap {
      [Script.Item.text(String($0)), .pause(40)]
    }
    #expect(play(script + [.text("q")]).events == [.text("q")])
  }

  @Test(
    "A reply that is torn twice, first right behind its ESC, is no key but for the ESC",
    arguments: late, [60, 400] as [Int32])
  func tornTwice(_ reply: String, pause: Int32) {
    let scalars = Array(reply.unicodeScalars)
    for cut in 2..<scalars.count {
      let middle = String(String.UnicodeScalarView(scalars[1..<cut]))
      let rest = String(String.UnicodeScalarView(scalars[cut...]))
      let script: [Script.Item] = [
        .text("\u{1b}"), .pause(pause), .text(middle), .pause(pause), .text(rest + "k"),
      ]
      #expect(play(script).events == [.key(.escape, []), .text("k")], "cut at \(cut)")
    }
  }

  @Test("What may be the middle of a reply is held for two seconds at most, and then is keys")
  func held() {
    let escape = InputEvent.key(.escape, [])
    let start: [Script.Item] = [.text("\u{1b}"), .pause(60), .text("[")]
    // The next key says that it was none.
    #expect(
      play(start + [.pause(300), .text("q")]).events == [escape, .text("["), .text("q")])
    #expect(
      play(start + [.pause(300), .text("\u{1b}[A")]).events == [escape, .text("["), .key(.up, [])])
    // Nothing comes.
    let source = Script(start)
    var decoder = InputDecoder(mouse: true, read: source.next, now: { source.now })
    var events: [InputEvent] = []
    while !source.isOver { events += decoder.drain(awaitsReplies: true) }
    #expect(events == [escape])
    let end = decoder.heldUntil
    #expect(end != nil)
    while let end, source.now < end { _ = source.next(1_000) }
    #expect(decoder.drain(awaitsReplies: true) == [.text("[")])
    #expect(decoder.heldUntil == nil)
    // Where no reply is waited for, nothing is held.
    #expect(
      play([.text(Self.attributes + "\u{1b}"), .pause(300), .text("["), .pause(300)]).events
        == [escape, .text("[")])
  }

  @Test("The rest of a reply that an earlier question had begun to read is no key", arguments: late)
  func begun(_ reply: String) throws {
    let bytes = Array((reply + Self.attributes).utf8)
    for cut in 0..<bytes.count {
      let late = TerminalQuery.late(after: Array(bytes[..<cut]))
      // The attributes are the last answer; only the first of them are in these lists.
      guard let late else { continue }
      // The first byte of the rest is torn off, too.
      let next = String(decoding: bytes[cut...cut], as: UTF8.self)
      let rest = String(decoding: bytes[(cut + 1)...], as: UTF8.self)
      for pause: Int32 in [0, 90, 400] where late.begun != nil || pause < 50 {
        let script: [Script.Item] = [.text(next), .pause(pause), .text(rest + "q")]
        #expect(play(script, begun: late.begun).events == [.text("q")], "cut at \(cut)")
      }
    }
    #expect(TerminalQuery.late(after: bytes) == nil)
    #expect(TerminalQuery.late(after: [])?.begun == nil)
  }

  @Test("A reply that never ends holds the keys for two seconds at most, and is no endless text")
  func unended() {
    let start = "\u{1b}]11;rgb:"
    #expect(
      play([.text(start), .pause(500), .text("a"), .pause(1700), .text("q")]).events == [.text("q")]
    )
    let flood = String(repeating: "a", count: 1 << 16)
    #expect(play([.text("\u{1b}]" + flood + "xq")]).events == [.text("x"), .text("q")])
    #expect(
      play([.text("\u{1b}[" + String(repeating: "1", count: 64) + "2q")]).events
        == [.text("2"), .text("q")])
  }

  @Test("Keys that look like the beginning of a reply stay keys") func lookalikes() {
    let escape = InputEvent.key(.escape, [])
    for keys in ["]", "]1", "[?", "P>|", "_G", "[A", "j", "\\"] {
      let events = play([.text(Self.attributes + "\u{1b}"), .pause(300), .text(keys)]).events
      #expect(events == [escape] + keys.map { .text(String($0)) }, "\(keys)")
    }
    // Alt and a bracket, then a key.
    #expect(
      play([.text(Self.attributes + "\u{1b}]"), .pause(300), .text("q")]).events == [.text("q")])
  }

  @Test("Escape right before a reply, an arrow or another Escape is Escape") func escapes() {
    let escape = InputEvent.key(.escape, [])
    #expect(play([.text("\u{1b}" + Self.yes + "q")]).events == [escape, .text("q")])
    #expect(play([.text("\u{1b}\u{1b}[A")]).events == [escape, .key(.up, [])])
    #expect(
      play([.text("\u{1b}\u{1b}"), .pause(90), .text("q")]).events == [escape, escape, .text("q")])
  }

  @Test("A string that another sequence cuts off ends there; CAN calls one off") func cutOff() {
    #expect(play([.text("\u{1b}]11;rgb\u{1b}[Aq")]).events == [.key(.up, []), .text("q")])
    #expect(play([.text("\u{1b}]11;rgb\u{18}q")]).events == [.text("q")])
    #expect(play([.text("\u{1b}[1;\u{1b}[Aq")]).events == [.key(.up, []), .text("q")])
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
