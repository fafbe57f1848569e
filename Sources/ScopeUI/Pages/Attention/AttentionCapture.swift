import Analysis
import Cells
import Inference
import Preprocess
import ScopeEngine

/// All attention of one input, shared and never copied; two are equal when they are the same one.
final class AttentionCapture: Sendable, Equatable {
  let request: AttentionRequest
  let view: AttentionView
  /// What the tower saw, one a frame of the grid; empty for texts.
  let previews: [PixelGrid]
  /// Readable tokens of a text, padding left out.
  let labels: [String]
  /// Of every head of every block.
  let measures: [HeadMeasures]
  /// Origins that mean something for this tower; the first is the usual one.
  let origins: [AttentionOrigin]
  /// Blocks, then the pooling head where there is one.
  let layers: [AttentionQuery.Layer]
  /// A sentence about pictures of a folder that are not among the frames; nil where all are.
  let note: String?

  init(
    _ request: AttentionRequest, view: AttentionView, previews: [PixelGrid] = [],
    labels: [String] = [], measures: [HeadMeasures] = [], note: String? = nil
  ) {
    self.request = request
    self.note = note
    self.view = view
    self.previews = previews
    self.labels = labels
    self.measures = measures
    let blocks = view.stack?.layers ?? 0
    layers =
      (0..<blocks).map { .index($0) } + (view.pooling == nil ? [] : [AttentionQuery.Layer.pool])
    if view.stack == nil {
      origins = [.pool]
    } else if view.grid.isEmpty {
      origins = [.pool, .mean, .place]
    } else {
      origins = (view.hasClassToken ? [.classToken] : []) + [.mean, .pool, .place]
    }
  }

  convenience init(
    _ request: AttentionRequest, _ captured: CapturedAttention, note: String? = nil
  ) {
    self.init(
      request, view: captured.view,
      previews: captured.pictures.map { picture in
        let preview = picture.preview
        return PixelGrid(width: preview.width, height: preview.height, samples: preview.samples)
      },
      labels: captured.labels,
      measures: captured.measures, note: note)
  }

  /// Nil for texts and prepared pixels.
  func preview(frame: Int) -> PixelGrid? {
    previews.isEmpty ? nil : previews[min(max(frame, 0), previews.count - 1)]
  }

  static func == (a: AttentionCapture, b: AttentionCapture) -> Bool { a === b }

  var score: Float? { view.relevance?.score }

  /// Frames of a clip; 1 for pictures and texts.
  var frames: Int { view.grid.count == 3 ? view.grid[0] : 1 }
  /// Rows of the patch grid; 1 for texts.
  var rows: Int { view.grid.count >= 2 ? view.grid[view.grid.count - 2] : 1 }
  /// Columns of the patch grid; the tokens of a text that are shown.
  var columns: Int {
    if let columns = view.grid.last { return columns }
    return labels.isEmpty ? view.tokens : min(labels.count, view.tokens)
  }

  func heads(of layer: AttentionQuery.Layer) -> Int {
    (layer == .pool ? view.pooling?.heads : view.stack?.heads) ?? 0
  }
}

/// Whose attention is shown.
enum AttentionOrigin: String, Hashable, Sendable, CaseIterable {
  case classToken = "cls"
  case mean
  case pool
  /// The patch or token that the cursor is on.
  case place
}

/// One map that can be asked of a capture.
struct AttentionChoice: Hashable, Sendable {
  var side: AttentionRequest.Side
  var method: AttentionQuery.Method
  var layer: AttentionQuery.Layer
  var head: AttentionQuery.Head
  var origin: AttentionQuery.Origin?

  var query: AttentionQuery {
    AttentionQuery(method: method, layer: layer, head: head, origin: origin)
  }

  /// The same for every origin: what a whole matrix answers.
  var matrixKey: AttentionChoice {
    var key = self
    key.origin = nil
    return key
  }
}

/// A rollout or relevance, computed in the background.
struct AttentionRolled: Equatable, Sendable {
  var capture: AttentionCapture
  var choice: AttentionChoice
  /// Answer to the choice itself; empty where it has none.
  var values: [Float]
  /// `[T, T]` for every other origin; nil where it was not asked for.
  var matrix: [Float]?
  var problem: String?

  /// - Throws: `AttentionError.cancelled`.
  static func compute(
    _ capture: AttentionCapture, _ choice: AttentionChoice, isCancelled: () -> Bool
  ) throws(AttentionError) -> AttentionRolled {
    var rolled = AttentionRolled(capture: capture, choice: choice, values: [])
    do throws(AttentionError) {
      rolled.values = try capture.view.values(choice.query, isCancelled: isCancelled).values
      if case .patch? = choice.origin { rolled.matrix = try matrix(capture, choice, isCancelled) }
      if case .token? = choice.origin { rolled.matrix = try matrix(capture, choice, isCancelled) }
    } catch .cancelled {
      throw .cancelled
    } catch {
      rolled.problem = error.description
    }
    return rolled
  }

  private static func matrix(
    _ capture: AttentionCapture, _ choice: AttentionChoice, _ isCancelled: () -> Bool
  ) throws(AttentionError) -> [Float] {
    var query = choice.query
    query.full = true
    return try capture.view.values(query, isCancelled: isCancelled).values
  }
}
