import Cells

/// Numbers that may be absent.
enum Figures {
  /// Six significant digits, `none` where there is no value.
  static func value(_ number: Double?) -> String {
    number.map { Numbers.value($0, digits: 6) } ?? "none"
  }
}
