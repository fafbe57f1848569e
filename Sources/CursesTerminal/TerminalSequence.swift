/// What follows an ESC that begins more than a key, character by character: a control sequence or a string.
///
/// Shapes are those of ECMA-48: `ESC [`, parameters, one final character; or `ESC` and one of `] P _ ^ X`, text, and BEL or `ESC \`.
struct TerminalSequence: Equatable {
  enum Progress: Equatable {
    case unfinished
    case complete
    /// It is none, or is over without its end; these were read and belong to what comes next.
    case abandoned(unread: [Unicode.Scalar])
  }

  /// Nil while only the ESC has come.
  private(set) var introducer: Unicode.Scalar?
  /// Parameters of a control sequence, or the text of a string.
  private(set) var text = ""
  /// Of a control sequence.
  private(set) var final: Unicode.Scalar?
  /// The ESC of `ESC \` has come.
  private var isEnding = false
  private var count = 0

  /// Longer ones are no answers to anything that is asked here.
  private static let mostParameters = 64
  private static let mostText = 1 << 16

  static func begins(with scalar: Unicode.Scalar) -> Bool {
    scalar == "[" || "]P_^X".unicodeScalars.contains(scalar)
  }

  var isString: Bool { introducer != nil && introducer != "[" }

  /// Only a terminal sends such a thing; keys with modifiers look like other control sequences.
  var isReply: Bool { isString || text.first.map { "?>=".contains($0) } ?? false }

  mutating func take(_ scalar: Unicode.Scalar) -> Progress {
    guard introducer != nil else {
      guard Self.begins(with: scalar) else { return .abandoned(unread: [scalar]) }
      introducer = scalar
      return .unfinished
    }
    return isString ? takeText(scalar) : takeParameter(scalar)
  }

  private mutating func takeParameter(_ scalar: Unicode.Scalar) -> Progress {
    switch scalar.value {
    case 0x40...0x7E:
      final = scalar
      return .complete
    case 0x20..<0x40 where count < Self.mostParameters:
      append(scalar)
      return .unfinished
    default: return .abandoned(unread: [scalar])
    }
  }

  private mutating func takeText(_ scalar: Unicode.Scalar) -> Progress {
    if isEnding { return scalar == "\\" ? .complete : .abandoned(unread: ["\u{1b}", scalar]) }
    switch scalar.value {
    case 0x07: return .complete
    case 0x1B: isEnding = true
    // CAN and SUB call a sequence off.
    case 0x18, 0x1A: return .abandoned(unread: [])
    default:
      guard count < Self.mostText else { return .abandoned(unread: [scalar]) }
      append(scalar)
    }
    return .unfinished
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    text.unicodeScalars.append(scalar)
    count += 1
  }
}
