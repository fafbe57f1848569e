/// What reaches the program from outside: keys, text, mouse, size, signals, and wake-ups from jobs.
package enum InputEvent: Sendable, Equatable {
  /// A named key, or a character together with control or alt.
  case key(Key, Modifiers)
  /// One typed character with its marks, without control or alt.
  case text(String)
  /// A bracketed paste, as it came; it is data like any other.
  case paste(String)
  case mouse(MouseEvent)
  case resize(Size)
  /// Somebody wrote to the wake pipe: results are waiting.
  case wake
  /// SIGTERM, SIGHUP, SIGINT: leave now.
  case signal(Int32)
}

package enum Key: Sendable, Hashable {
  case enter
  case escape
  case tab
  case backTab
  case backspace
  case delete
  case insert
  case up
  case down
  case left
  case right
  case home
  case end
  case pageUp
  case pageDown
  case function(Int)
  /// Lower-case letter or sign; comes only with control or alt.
  case character(Character)
}

package struct Modifiers: OptionSet, Sendable, Hashable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }
  package static let shift = Modifiers(rawValue: 1)
  package static let alt = Modifiers(rawValue: 2)
  package static let control = Modifiers(rawValue: 4)
}

package struct MouseEvent: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case press
    case release
    case drag
    case wheelUp
    case wheelDown
  }

  package var kind: Kind
  package var point: Point
  /// 1 left, 2 middle, 3 right; 0 for the wheel.
  package var button: Int

  package init(kind: Kind, point: Point, button: Int) {
    self.kind = kind
    self.point = point
    self.button = button
  }
}
