extension StringProtocol {
  /// The first place of an ASCII mark, compared byte by byte: the tables are read at every start, and comparing characters is slow.
  func firstRange(ofASCII mark: StaticString) -> Range<String.Index>? {
    let wanted = UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)
    guard let head = wanted.first else { return nil }
    var rest = utf8[...]
    while let place = rest.firstIndex(of: head) {
      if rest[place...].starts(with: wanted) {
        return place..<rest.index(place, offsetBy: wanted.count)
      }
      rest = rest[rest.index(after: place)...]
    }
    return nil
  }

  func contains(ascii byte: Unicode.Scalar) -> Bool {
    utf8.contains(UInt8(truncatingIfNeeded: byte.value))
  }
}
