/// A tensor key with at most one hole: a layer index (`{i}`) or the rest of the key (`{*}`).
package struct KeyPattern: Sendable, Hashable, CustomStringConvertible {
  package enum Hole: Sendable, Hashable { case none, index, rest }

  package var prefix: String
  package var hole: Hole
  package var suffix: String

  package init(prefix: String, hole: Hole, suffix: String) {
    self.prefix = prefix
    self.hole = hole
    self.suffix = suffix
  }

  /// Reads `a.{i}.b`, `a.{*}` or a plain key; nil where there is more than one hole or an unknown brace.
  package init?(_ text: some StringProtocol) {
    let text = String(text)
    let holes: [(StaticString, Hole)] = [("{i}", .index), ("{*}", .rest)]
    var found: (range: Range<String.Index>, hole: Hole)?
    for (mark, hole) in holes {
      guard let range = text.firstRange(ofASCII: mark) else { continue }
      if found != nil { return nil }
      found = (range, hole)
    }
    guard let found else {
      if text.contains(ascii: "{") || text.contains(ascii: "}") || text.isEmpty { return nil }
      self.init(prefix: text, hole: .none, suffix: "")
      return
    }
    let before = text[..<found.range.lowerBound]
    let after = text[found.range.upperBound...]
    if before.contains(ascii: "{") || after.contains(ascii: "{") || after.contains(ascii: "}") {
      return nil
    }
    if found.hole == .rest && !after.isEmpty { return nil }
    self.init(prefix: String(before), hole: found.hole, suffix: String(after))
  }

  /// The key with `capture` put into the hole.
  package func key(_ capture: String) -> String {
    hole == .none ? prefix : prefix + capture + suffix
  }

  /// What stands in the hole, or nil where `key` does not match.
  ///
  /// Indexes are plain decimals of at most six digits.
  package func capture(in key: String) -> String? {
    switch hole {
    case .none: return key == prefix ? "" : nil
    case .rest:
      return key.utf8.count > prefix.utf8.count && key.hasPrefix(prefix)
        ? String(key.utf8.dropFirst(prefix.utf8.count)) : nil
    case .index:
      guard key.utf8.count > prefix.utf8.count + suffix.utf8.count, key.hasPrefix(prefix),
        key.hasSuffix(suffix)
      else { return nil }
      let middle = key.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
      return LayerIndex.isPlain(middle) ? String(middle) : nil
    }
  }

  package var description: String {
    switch hole {
    case .none: prefix
    case .index: prefix + "{i}" + suffix
    case .rest: prefix + "{*}"
    }
  }
}

/// Layer numbers inside keys.
enum LayerIndex {
  /// True for `0`, `7`, `123456`; false for `01`, `-1`, `1234567` and the empty string.
  static func isPlain(_ digits: some Collection<UInt8>) -> Bool {
    guard let first = digits.first, digits.count <= 6 else { return false }
    if first == UInt8(ascii: "0") && digits.count > 1 { return false }
    return digits.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
  }

  /// Every way to see one run of digits of `key` as a layer index: what stands before, the digits, what stands after.
  ///
  /// None of a key that is longer than any of a model: a name of a megabyte can hold half a million numbers.
  static func splits(
    _ key: String
  ) -> [(prefix: Substring, index: Substring, suffix: Substring)] {
    let bytes = key.utf8
    guard bytes.count <= 1_024 else { return [] }
    var splits: [(prefix: Substring, index: Substring, suffix: Substring)] = []
    var start = bytes.startIndex
    while let digit = bytes[start...].firstIndex(where: isDigit) {
      let end = bytes[digit...].firstIndex { !isDigit($0) } ?? bytes.endIndex
      if isPlain(bytes[digit..<end]) {
        splits.append((key[..<digit], key[digit..<end], key[end...]))
      }
      start = end
    }
    return splits
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
