import Analysis

/// How heat maps map values to colours.
enum ScaleKind: String, Sendable, CaseIterable {
  /// Diverging when the values have both signs.
  case automatic
  case diverging
  case sequential
}

/// The pane of the selected tensor.
struct DetailState: Equatable, Sendable {
  var entry: EntryReference?
  var slice: SliceChoice?
  var picture: SlicePicture?
  /// What `picture` shows.
  var pictureRequest: SliceRequest?
  /// Cell of the heat map under the cursor, in pixels of the picture.
  var cursorRow = 0
  var cursorColumn = 0
  var scaleKind = ScaleKind.automatic
  var statistics = BoundedStore<EntryReference, TensorStatistics>(capacity: 512)
  var spectra = BoundedStore<EntryReference, SingularSpectrum>(capacity: 64)
  /// Why numbers of an entry are missing.
  var problems = BoundedStore<EntryReference, String>(capacity: 64)

}

/// A dictionary that forgets its oldest values.
struct BoundedStore<Key: Hashable & Sendable, Value: Equatable & Sendable>: Equatable,
  Sendable
{
  private var values: [Key: Value] = [:]
  private var order: [Key] = []
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  subscript(key: Key) -> Value? {
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
