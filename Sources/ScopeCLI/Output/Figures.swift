import ScopeEngine

/// Numbers as people read them.
enum Figures {
  /// `1.5 GiB`; exact below 1 KiB.
  static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"]
    var value = Double(count)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : "\(decimals(value, value < 10 ? 2 : 1)) \(units[unit])"
  }

  /// `151.3 M`; exact below a thousand.
  static func count(_ count: Int) -> String {
    let units = ["", "K", "M", "B", "T"]
    var value = Double(count)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return unit == 0 ? "\(count)" : "\(decimals(value, value < 10 ? 2 : 1)) \(units[unit])"
  }

  /// `12,345,678`.
  static func grouped(_ count: Int) -> String {
    var digits = ""
    for (index, digit) in String(count.magnitude).reversed().enumerated() {
      if index > 0, index % 3 == 0 { digits.append(",") }
      digits.append(digit)
    }
    return (count < 0 ? "-" : "") + String(digits.reversed())
  }

  /// Six significant digits, `none` where there is no value.
  static func value(_ number: Double?) -> String {
    guard let number else { return "none" }
    if number.isNaN { return "NaN" }
    if number.isInfinite { return number < 0 ? "-inf" : "inf" }
    if number == 0 { return "0" }
    let magnitude = abs(number)
    if magnitude >= 1e-4, magnitude < 1e6 {
      let whole = magnitude < 1 ? 0 : String(Int(magnitude)).count
      return trimmed(decimals(number, max(6 - max(whole, 1), 0) + (magnitude < 0.01 ? 2 : 0)))
    }
    var exponent = 0
    var mantissa = magnitude
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    return (number < 0 ? "-" : "") + trimmed(decimals(mantissa, 4)) + "e\(exponent)"
  }

  static func seconds(_ seconds: Double) -> String {
    if seconds < 60 { return "\(decimals(seconds, seconds < 10 ? 1 : 0)) s" }
    let whole = Int(min(seconds, 1e9))
    return whole < 3600
      ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole % 3600 / 60) min"
  }

  private static func decimals(_ value: Double, _ places: Int) -> String {
    var scale = 1.0
    for _ in 0..<places { scale *= 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < 9e15 else { return String(value) }
    let digits = Int(scaled)
    let whole = digits / Int(scale)
    var text = (value < 0 && digits != 0 ? "-" : "") + String(whole)
    if places > 0 {
      let fraction = String(digits % Int(scale))
      text += "." + String(repeating: "0", count: places - fraction.count) + fraction
    }
    return text
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var result = text
    while result.hasSuffix("0") { result.removeLast() }
    if result.hasSuffix(".") { result.removeLast() }
    return result
  }
}
