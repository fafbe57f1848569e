/// Every glyph that the program draws with, named once; one set for UTF-8 terminals and one for ASCII.
package struct Symbols: Sendable, Equatable {
  /// True when only ASCII may be written: names are then shown with escapes, too.
  package let asciiOnly: Bool

  package let ellipsis: String
  package let dot: String
  package let bullet: String
  package let arrowUp: String
  package let arrowDown: String
  package let arrowLeft: String
  package let arrowRight: String
  package let expanded: String
  package let collapsed: String
  package let leaf: String
  package let check: String
  package let cross: String
  package let circle: String
  package let warning: String
  package let times: String
  package let dash: String
  package let sigma: String
  package let delta: String
  package let theta: String
  package let lambda: String
  package let chevronLeft: String
  package let chevronRight: String

  package let horizontal: String
  package let vertical: String
  package let topLeft: String
  package let topRight: String
  package let bottomLeft: String
  package let bottomRight: String
  package let teeDown: String
  package let teeLeft: String
  package let teeRight: String

  package let barLeft: String
  package let barRight: String
  /// Nine steps from empty to full, growing from the left.
  package let eighthsAcross: [String]
  /// Nine steps from empty to full, growing from the foot.
  package let eighthsUp: [String]
  /// From empty to full, for pictures without colour.
  package let shades: [String]
  package let scrollThumb: String
  package let scrollTrack: String
  package let upperHalf: String
  package let lowerHalf: String

  package static let utf8 = Symbols(
    asciiOnly: false, ellipsis: "…", dot: "·", bullet: "•", arrowUp: "↑", arrowDown: "↓",
    arrowLeft: "←", arrowRight: "→", expanded: "▾", collapsed: "▸", leaf: " ", check: "✓",
    cross: "✗", circle: "○", warning: "▲", times: "×", dash: "–", sigma: "σ", delta: "Δ",
    theta: "θ", lambda: "λ", chevronLeft: "‹", chevronRight: "›", horizontal: "─", vertical: "│",
    topLeft: "┌", topRight: "┐", bottomLeft: "└", bottomRight: "┘", teeDown: "┬",
    teeLeft: "┤", teeRight: "├", barLeft: "▕", barRight: "▏",
    eighthsAcross: [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    eighthsUp: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"], shades: [" ", "░", "▒", "▓", "█"],
    scrollThumb: "┃", scrollTrack: "│", upperHalf: "▀", lowerHalf: "▄")

  package static let ascii = Symbols(
    asciiOnly: true, ellipsis: "~", dot: "-", bullet: "*", arrowUp: "^", arrowDown: "v",
    arrowLeft: "<", arrowRight: ">", expanded: "-", collapsed: "+", leaf: " ", check: "+",
    cross: "x", circle: "o", warning: "!", times: "x", dash: "-", sigma: "s", delta: "d",
    theta: "theta", lambda: "lambda", chevronLeft: "<", chevronRight: ">", horizontal: "-",
    vertical: "|", topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+", teeDown: "+",
    teeLeft: "+", teeRight: "+", barLeft: "[", barRight: "]",
    eighthsAcross: [" ", " ", "-", "-", "=", "=", "=", "#", "#"],
    eighthsUp: [" ", ".", ".", ":", "-", "=", "+", "*", "#"],
    shades: [" ", ".", ":", "-", "=", "+", "*", "#", "%", "@"],
    scrollThumb: "#", scrollTrack: "|", upperHalf: "^", lowerHalf: "_")
}
