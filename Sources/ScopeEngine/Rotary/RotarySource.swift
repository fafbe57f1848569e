import Checkpoints
import Dialects
package import Inference

/// The rotary embedding of a checkpoint's image or video tower, as its identity tells it.
package struct RotarySource: Sendable, Equatable {
  /// The note where the width of a head had to be assumed; wrong for whoever gives it.
  package static let assumedWidth =
    "the number of heads is not known; head width 64 is assumed (--head-dim sets it)"

  /// What it is, for people: `EVA-02, coordinates scaled to 16x16`.
  package var summary: String
  package var specification: RotarySpecification
  /// Mixed embeddings: every block and head has its own frequencies.
  package var learned: LearnedFrequencies?
  /// What was assumed, and what does not fit.
  package var notes: [String]
  /// Tables that the checkpoint stores, beside what was computed.
  package var storedTables: [StoredRotaryTable]

  package init(
    summary: String, specification: RotarySpecification, learned: LearnedFrequencies? = nil,
    notes: [String] = [], storedTables: [StoredRotaryTable] = []
  ) {
    self.summary = summary
    self.specification = specification
    self.learned = learned
    self.notes = notes
    self.storedTables = storedTables
  }
}

/// A cosine or sine table that a checkpoint stores, compared with the computed one.
package struct StoredRotaryTable: Sendable, Equatable {
  package var name: String
  package var rows: Int
  package var columns: Int
  /// Largest absolute difference; nil where the sizes do not allow a comparison.
  package var largestDifference: Double?
  package var reason: String?
}

/// Why a checkpoint has no rotary embedding to show.
package struct NoRotaryEmbedding: Error, Equatable, Sendable, CustomStringConvertible {
  package var path: String
  package var reason: String
  /// Names of learned position tables that it has instead.
  package var positionTables: [String]

  package var description: String {
    var text = "\(path): \(reason)"
    if let first = positionTables.first {
      text += "; it has a learned position table, `\(first)`: --view similarity shows it"
    }
    return text
  }
}

extension Session {
  /// Derives the rotary embedding from dialect, sizes and stored frequencies.
  ///
  /// - Throws: `NoRotaryEmbedding` where there is none, `CheckpointError` where its frequencies cannot be read, `ModelError` where
  ///   the tensors contradict the options.
  package func rotarySource(options: IdentityOptions = IdentityOptions()) throws -> RotarySource {
    if let index = entry(endingIn: "rope.freqs", rank: 4) { return try mixedSource(index) }
    if let index = entry(endingIn: "rope_embed.periods", rank: 1) { return periodSource(index) }
    let identity = try keptIdentity(options: options, towers: [.vision])
    guard let vision = identity.vision, let rotary = vision.rotary else {
      throw NoRotaryEmbedding(
        path: path,
        reason: identity.dialect == .unknown
          ? "the dialect is unknown, and so is how positions are encoded"
          : "\(identity.subject) has no rotary position embedding that its tensors tell of",
        positionTables: positionTableEntries.map { weightName(of: $0.index) })
    }
    var notes: [String] = []
    let tables = storedTableIndices
    let specification = specification(
      rotary, vision, layout: identity.layout, config: identity.config, tables: tables,
      notes: &notes)
    let summary =
      switch rotary.family {
      case .eva02:
        "EVA-02, coordinates scaled to \(specification.referenceGrid ?? specification.grid)"
      case .pe: "PE, x first, indices from 1"
      case .peBigG: "PE without class token, x first, indices from 0"
      case .vjepa2: "V-JEPA 2, blocks of t, y, x with tiled frequencies"
      }
    return RotarySource(
      summary: summary, specification: specification, learned: nil, notes: notes,
      storedTables: tables.map { compared($0, with: specification) })
  }

  private func specification(
    _ rotary: RotaryFacts, _ vision: VisionFacts, layout: String?, config: ModelConfig?,
    tables: [Int], notes: inout [String]
  ) -> RotarySpecification {
    let isVideo = rotary.family == .vjepa2
    var grid = TokenGrid(
      frames: isVideo ? 32 : 1, rows: vision.gridHeight ?? 16, columns: vision.gridWidth ?? 16)
    if vision.gridHeight == nil {
      notes.append("the grid is not known without a config; 16x16 is assumed (--grid sets it)")
    }
    if isVideo, let clip = config?.document["frames_per_clip"]?.integer,
      let tubelet = vision.tubelet, tubelet > 0, (1...4096).contains(clip / tubelet)
    {
      grid.frames = clip / tubelet
    } else if isVideo {
      notes.append(
        "the number of frames is not stored; \(grid.frames) token frames are assumed (--grid sets it)"
      )
    }
    // Grids come from shapes: nothing sized by them is built before it is checked.
    if TokenGrid(parsing: "\(grid)") == nil {
      notes.append("a grid of \(grid) is out of range; 16x16 is shown")
      grid = TokenGrid(frames: grid.frames, rows: 16, columns: 16)
    }
    var headWidth = 64
    if let width = vision.width, let heads = vision.heads, heads > 0, width % heads == 0 {
      headWidth = width / heads
    } else if let table = tables.first.map({ catalog.entries[$0].shape }), table.rank == 2 {
      headWidth = table[1]
    } else {
      notes.append(RotarySource.assumedWidth)
    }
    // A side from a file: what is out of range stays in it.
    let side = Int(min(max(rotary.referenceSide, 1), 4096))
    let trained = TokenGrid(rows: side, columns: side)
    switch rotary.family {
    case .eva02:
      return RotarySpecification(
        family: .axial, headWidth: headWidth, theta: rotary.theta, grid: grid,
        referenceGrid: trained)
    case .pe, .peBigG:
      // The original code keeps index + 1 at every size; timm scales to the grid of the training.
      let reference = layout == "pe-orig" ? nil : trained
      notes.append(
        reference == nil
          ? "indices stay as they are at other sizes (convention of the original code)"
          : "at other sizes coordinates are scaled to \(trained) (convention of timm)")
      return RotarySpecification(
        family: .axial, headWidth: headWidth, theta: rotary.theta, grid: grid, order: [.x, .y],
        offset: rotary.offset, referenceGrid: reference)
    case .vjepa2:
      return RotarySpecification(
        family: .vjepa2, headWidth: headWidth, theta: rotary.theta, grid: grid)
    }
  }

  private func mixedSource(_ index: Int) throws -> RotarySource {
    let learned = try LearnedFrequencies(of: index, in: self)
    let first = (try? learned.values(block: 0, head: 0)) ?? []
    return RotarySource(
      summary: "learned mixed frequencies of \(learned.blocks) blocks and \(learned.heads) heads",
      specification: RotarySpecification(
        family: .mixed, headWidth: learned.headWidth, theta: 10,
        grid: TokenGrid(rows: 14, columns: 14), order: [.x, .y], learnedFrequencies: first),
      learned: learned,
      notes: ["the grid is not stored; 14x14 is assumed (--grid sets it)"], storedTables: [])
  }

  /// DINOv3 stores its periods `theta^(i/B)`, i in 0..<B, D = 4 B.
  private func periodSource(_ index: Int) -> RotarySource {
    let count = catalog.entries[index].elementCount
    var theta = 100.0
    var notes = ["the grid is not stored; 14x14 is assumed (--grid sets it)"]
    if count > 1, count <= 1024,
      case .floating(let periods)? = try? values(of: index, limit: count).numbers,
      let last = periods.last, last > 1, last.isFinite
    {
      let stored = RotaryPeriods.base(ofLast: last, count: count)
      // Stored in bfloat16: only a clear difference means another base.
      if abs(stored - theta) > 2 {
        theta = stored
        notes.append("theta \(Float(stored)) follows from the stored periods")
      }
    }
    return RotarySource(
      summary: "DINOv3, centred and normalised coordinates",
      specification: RotarySpecification(
        family: .dinov3, headWidth: min(max(count, 1), 1024) * 4, theta: theta,
        grid: TokenGrid(rows: 14, columns: 14), layout: .halves),
      learned: nil, notes: notes, storedTables: [])
  }

  // MARK: Stored tables

  /// The first cosine and sine table; blocks repeat them.
  private var storedTableIndices: [Int] {
    ["rope.freqs_cos", "rope.freqs_sin"].compactMap { entry(endingIn: $0, rank: 2) }
  }

  private func entry(endingIn suffix: String, rank: Int) -> Int? {
    indicesOfWeights.first { index in
      let name = weightName(of: index)
      return (name == suffix || name.hasSuffix("." + suffix))
        && catalog.entries[index].shape.rank == rank
    }
  }

  private func compared(
    _ index: Int, with specification: RotarySpecification
  ) -> StoredRotaryTable {
    let entry = catalog.entries[index]
    var result = StoredRotaryTable(
      name: weightName(of: index), rows: entry.shape[0], columns: entry.shape[1])
    guard result.columns == specification.headWidth,
      result.rows == specification.grid.tokenCount, entry.elementCount <= 1 << 26
    else {
      result.reason =
        "\(result.rows) rows of \(result.columns) do not fit grid \(specification.grid) and head "
        + "width \(specification.headWidth)"
      return result
    }
    guard let embedding = try? specification.embedding(),
      case .floating(let stored)? = try? values(of: index, limit: entry.elementCount).numbers,
      stored.count == entry.elementCount
    else {
      result.reason = "it cannot be read"
      return result
    }
    let (cosines, sines) = embedding.table(at: specification.positions())
    let computed = result.name.hasSuffix("cos") ? cosines : sines
    var largest = 0.0
    for (a, b) in zip(stored, computed) {
      let difference = abs(a - Double(b))
      largest = difference.isNaN ? .nan : max(largest, difference)
    }
    result.largestDifference = largest
    return result
  }
}
