package import Cells

/// The terminal as the dashboard sees it; tests bring their own.
package typealias DashboardTerminal = Painter & EventSource & TerminalControl

/// Where input comes from.
package protocol EventSource {
  /// Waits for input, a wake-up or the end of the time, and returns all input that is there; empty after a mere wake-up or
  /// when the time is over. Waits without end when the time is nil.
  mutating func events(within milliseconds: Int?) -> [InputEvent]
}

/// What a dashboard asks of a terminal beside painting.
package protocol TerminalControl {
  /// Size of a cell where pictures are shown in pixels of the screen; may become known while the program runs.
  var graphics: CellPixels? { get }
  /// Puts text on the clipboard (OSC 52).
  mutating func copy(_ text: String)
  /// Stops the program until it is continued.
  mutating func suspend()
  /// Forgets what is on the screen, so that the next frame is drawn in full.
  mutating func redraw()
}
