/// One user intent with the words for it.
///
/// Keymap, help, palette, hints and docs/keys.md come from the table of these.
struct Command: Sendable {
  /// Where its keys mean it.
  ///
  /// The same key may mean something else elsewhere.
  enum Scope: Sendable, Hashable {
    case everywhere
    /// Lists, trees and texts: moving about.
    case moving
    /// A line that is being typed, on every page that has one.
    case line
    /// The tree page, whatever pane has the focus.
    case treePage
    /// The tree page with the focus on the tree.
    case tree
    /// The tree page with the focus on the detail pane.
    case detail
    case start
    /// The page of a training over time.
    case epochs
    /// The guided tour, on every page.
    case tour
    /// The page of keys side by side.
    case mapping
    /// The page of conversions.
    case convert
    /// The page of rotary embeddings.
    case rope
    /// The page of attention.
    case attention
    /// The page that runs the model.
    case inference
  }

  enum Group: String, Sendable, CaseIterable {
    case everywhere = "Everywhere"
    case moving = "Moving"
    case typing = "Typing"
    case tree = "Tree"
    case detail = "Tensor"
    case epochs = "Epochs"
    case mapping = "Mapping"
    case convert = "Convert"
    case rope = "RoPE"
    case attention = "Attention"
    case inference = "Inference"
    case start = "Start page"
    case tour = "Tour"
  }

  var id: CommandID
  /// One to three words: hints and palette.
  var title: String
  /// A sentence: help and docs.
  var help: String
  var group: Group
  var scope: Scope
  var keys: [KeyChord]

  init(
    _ id: CommandID, _ title: String, _ help: String, _ group: Group, _ scope: Scope,
    _ keys: [KeyChord]
  ) {
    self.id = id
    self.title = title
    self.help = help
    self.group = group
    self.scope = scope
    self.keys = keys
  }
}
