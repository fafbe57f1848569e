import Inference
import ScopeEngine

/// The page of rotary embeddings and learned position tables.
struct RopeState: Equatable, Sendable {
  /// Where the parameters come from.
  enum Source: Equatable, Sendable {
    /// Index into `RotaryPreset.all`.
    case preset(Int)
    /// The rotary embedding of the open checkpoint.
    case checkpoint
    /// The learned position table of the open checkpoint.
    case table
  }

  /// What stands left of the kernel.
  enum LeftView: String, Equatable, Sendable, CaseIterable {
    case channel
    case positions
    /// The pair of a channel on its circle.
    case phase
    /// What pairs that are no rotations do to lengths.
    case gain
    /// Learned frequencies as vectors.
    case vectors
    case comparison

    /// Those that mean something for an embedding.
    static func choices(of base: RotarySpecification?) -> [LeftView] {
      allCases.filter { view in
        switch view {
        case .gain: base?.family == .vjepa2
        case .vectors: base?.family == .mixed
        case .channel, .positions, .phase, .comparison: true
        }
      }
    }
  }

  enum Focus: Equatable, Sendable { case picture, fields }

  var source = Source.preset(0)
  var checkpoint: CheckpointPositions?
  /// What was changed of the source's own parameters.
  var changes = RotaryChanges()
  /// Block and head of learned frequencies.
  var block = 0
  var head = 0
  var channel = 0
  var function = RotaryGridView.Function.cosine
  var axis = RotaryEmbedding.Axis.x
  var isSorted = false
  var leftView = LeftView.channel
  var query = PatchPlace()
  /// The frame that the pictures show.
  var frame = 0
  var comparison: TokenGrid?
  var focus = Focus.picture
  var field = RopeField.source
  /// The list of sources, while it is open.
  var picker: ListCursor?
  /// Everything that the page draws, made once a change.
  var pictures: RopePictures?

  struct PatchPlace: Equatable, Sendable {
    var frame = 0
    var row = 7
    var column = 7
  }

  /// Sources in the order of the list: what the checkpoint has, then the presets.
  var sources: [Source] {
    var sources: [Source] = []
    if checkpoint?.rotary != nil { sources.append(.checkpoint) }
    if checkpoint?.table != nil { sources.append(.table) }
    return sources + RotaryPreset.all.indices.map { .preset($0) }
  }

  func name(of source: Source) -> String {
    switch source {
    case .preset(let index):
      RotaryPreset.all.indices.contains(index) ? RotaryPreset.all[index].name : ""
    case .checkpoint: "open checkpoint"
    case .table: "position table"
    }
  }

  func summary(of source: Source) -> String {
    switch source {
    case .preset(let index):
      RotaryPreset.all.indices.contains(index) ? RotaryPreset.all[index].summary : ""
    case .checkpoint: checkpoint?.rotary?.summary ?? ""
    case .table: checkpoint?.table?.name ?? ""
    }
  }

  /// Parameters before the changes; nil for a learned table.
  var base: RotarySpecification? {
    switch source {
    case .preset(let index):
      return RotaryPreset.all.indices.contains(index) ? RotaryPreset.all[index].specification : nil
    case .checkpoint:
      guard let rotary = checkpoint?.rotary else { return nil }
      var specification = rotary.specification
      if let learned = rotary.learned,
        let values = try? learned.values(
          block: min(block, learned.blocks - 1), head: min(head, learned.heads - 1))
      {
        specification.learnedFrequencies = values
      }
      return specification
    case .table: return nil
    }
  }

  var table: LearnedPositions? { source == .table ? checkpoint?.table : nil }

  /// The grid on show, with the changes.
  var grid: TokenGrid {
    if let grid = changes.grid { return grid }
    if let table { return TokenGrid(rows: table.rows, columns: table.columns) }
    return base?.grid ?? TokenGrid(rows: 14, columns: 14)
  }

  /// The grid that the query moves on: that of the table itself, or the one on show.
  var queryGrid: TokenGrid {
    if let table { return TokenGrid(rows: table.rows, columns: table.columns) }
    return grid
  }
}
