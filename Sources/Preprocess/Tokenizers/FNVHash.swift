/// The 64-bit hash of Fowler, Noll and Vo (FNV-1a), which grows by one symbol at a time.
enum FNVHash {
  /// The hash of nothing.
  static let basis: UInt64 = 0xCBF2_9CE4_8422_2325

  static func step(_ hash: UInt64, _ symbol: UInt64) -> UInt64 {
    (hash ^ symbol) &* 0x100_0000_01B3
  }
}
