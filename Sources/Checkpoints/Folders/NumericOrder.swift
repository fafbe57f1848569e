/// Names in the order in which people count: `blocks.2` before `blocks.10`.
package enum NumericOrder {
  /// Runs of digits compare as numbers of any length, everything else by code points.
  package static func precedes(_ left: String, _ right: String) -> Bool {
    var a = left.utf8[...]
    var b = right.utf8[...]
    while let x = a.first, let y = b.first {
      if isDigit(x), isDigit(y) {
        let first = takeDigits(&a)
        let second = takeDigits(&b)
        if first.count != second.count { return first.count < second.count }
        if !first.elementsEqual(second) { return first.lexicographicallyPrecedes(second) }
      } else {
        if x != y { return x < y }
        a.removeFirst()
        b.removeFirst()
      }
    }
    if a.isEmpty != b.isEmpty { return a.isEmpty }
    // Equal but for leading zeros.
    return left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// Removes a run of digits; gives it without leading zeros.
  private static func takeDigits(_ text: inout Substring.UTF8View) -> Substring.UTF8View {
    let run = text.prefix(while: isDigit)
    text = text.dropFirst(run.count)
    return run.drop { $0 == 0x30 }
  }
}
