extension Array where Element: Equatable {
  /// The next element after `now`, or the one before it for a negative step, around the ends.
  ///
  /// Where `now` is none of them, it counts as the first.
  /// - Precondition: the array is not empty.
  func neighbour(of now: Element, _ step: Int) -> Element {
    let place = firstIndex(of: now) ?? 0
    return self[(place + (step > 0 ? 1 : count - 1)) % count]
  }
}
