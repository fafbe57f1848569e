/// The order in which people read names: runs of digits compare as numbers, so `resblocks.2` stands before `resblocks.10`.
package enum NaturalOrder {
  /// True when `a` stands before `b`. A strict total order: names that differ only in leading zeros fall back to their bytes.
  package static func precedes(_ a: String, _ b: String) -> Bool {
    var left = a
    var right = b
    return left.withUTF8 { l in right.withUTF8 { r in compare(l, r) < 0 } }
  }

  /// Negative, zero or positive, as in C.
  static func compare(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Int {
    var i = 0
    var j = 0
    while i < a.count && j < b.count {
      if isDigit(a[i]) && isDigit(b[j]) {
        var startA = i
        var startB = j
        while i < a.count && isDigit(a[i]) { i += 1 }
        while j < b.count && isDigit(b[j]) { j += 1 }
        while startA < i && a[startA] == 0x30 { startA += 1 }
        while startB < j && b[startB] == 0x30 { startB += 1 }
        // Without leading zeros the longer run is the larger number.
        if i - startA != j - startB { return (i - startA) - (j - startB) }
        while startA < i {
          if a[startA] != b[startB] { return Int(a[startA]) - Int(b[startB]) }
          startA += 1
          startB += 1
        }
      } else {
        if a[i] != b[j] { return Int(a[i]) - Int(b[j]) }
        i += 1
        j += 1
      }
    }
    if a.count - i != b.count - j { return (a.count - i) - (b.count - j) }
    // Equal as people read them: leading zeros decide, so that the order stays total.
    var k = 0
    while k < min(a.count, b.count) {
      if a[k] != b[k] { return Int(a[k]) - Int(b[k]) }
      k += 1
    }
    return a.count - b.count
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
