package import Analysis

/// How heat maps map values to colours.
package enum ScaleKind: String, Sendable, CaseIterable {
  /// Diverging when the values have both signs.
  case automatic
  case diverging
  case sequential

  package var next: ScaleKind {
    switch self {
    case .automatic: .diverging
    case .diverging: .sequential
    case .sequential: .automatic
    }
  }
}

/// The pane of the selected tensor.
package struct DetailState: Equatable, Sendable {
  package var entry: EntryReference?
  package var slice: SliceChoice?
  package var picture: SlicePicture?
  /// What `picture` shows.
  package var pictureRequest: SliceRequest?
  /// Cell of the heat map under the cursor, in pixels of the picture.
  package var cursorRow = 0
  package var cursorColumn = 0
  package var scaleKind = ScaleKind.automatic
  package var statistics = BoundedStore<EntryReference, TensorStatistics>(capacity: 512)
  package var spectra = BoundedStore<EntryReference, SingularSpectrum>(capacity: 64)
  /// Why numbers of an entry are missing.
  package var problems = BoundedStore<EntryReference, String>(capacity: 64)

  package init() {}
}

/// A dictionary that forgets its oldest values.
package struct BoundedStore<Key: Hashable & Sendable, Value: Equatable & Sendable>: Equatable,
  Sendable
{
  private var values: [Key: Value] = [:]
  private var order: [Key] = []
  private let capacity: Int

  package init(capacity: Int) { self.capacity = capacity }

  package subscript(key: Key) -> Value? {
    get { values[key] }
    set {
      if values[key] == nil, newValue != nil {
        order.append(key)
        if order.count > capacity { values[order.removeFirst()] = nil }
      } else if newValue == nil {
        order.removeAll { $0 == key }
      }
      values[key] = newValue
    }
  }
}
