/// Numbers as people read them, without locale and without Foundation.
package enum Numbers {
  /// A number and what it counts: `1 value`, `1,769,472 values`.
  package static func counted(_ count: Int, _ noun: String) -> String {
    "\(grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// `1769472` as `1,769,472`.
  package static func grouped(_ value: Int) -> String {
    let digits = Array(String(value.magnitude).utf8)
    var result = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { result += "," }
      result.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return result
  }

  /// `151277313` as `151.3 M`: powers of 1000, four digits at most.
  package static func compact(_ count: Int) -> String {
    scaled(
      Double(count), whole: count, base: 1000, units: ["", " K", " M", " G", " T", " P", " E"])
  }

  /// `7077888` as `6.75 MiB`: powers of 1024.
  package static func bytes(_ count: Int) -> String {
    scaled(
      Double(count), whole: count, base: 1024,
      units: [" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"])
  }

  private static func scaled(_ value: Double, whole: Int, base: Double, units: [String]) -> String {
    var value = value
    var unit = 0
    while abs(value) >= base && unit < units.count - 1 {
      value /= base
      unit += 1
    }
    if unit == 0 { return "\(whole)\(units[0])" }
    // 999.96 would read 1000.0: go on to the next unit.
    if abs(value) >= base - 0.05 && unit < units.count - 1 {
      value /= base
      unit += 1
    }
    let places = base == 1024 ? (abs(value) < 10 ? 2 : abs(value) < 100 ? 1 : 0) : 1
    return fixed(value, places: places) + units[unit]
  }

  /// A measured value in a few digits: `-0.4127`, `41.6`, `1.2e-07`, `NaN`, `-Inf`.
  package static func value(_ value: Double, digits: Int = 4) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "Inf" }
    if value == 0 { return "0" }
    let magnitude = abs(value)
    if magnitude >= 1e6 || magnitude < 1e-3 {
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
      var text = fixed(mantissa, places: max(digits - 2, 0))
      if text.hasPrefix("10") {
        text = fixed(mantissa / 10, places: max(digits - 2, 0))
        exponent += 1
        // Rounded up to where the plain form begins.
        if exponent == -3 { return fixed(value, places: digits) }
      }
      let size = String(abs(exponent))
      let sign = exponent < 0 ? "-" : "+"
      return (value < 0 ? "-" : "") + text + "e" + sign + (size.utf8.count < 2 ? "0" : "") + size
    }
    var before = 1
    var bound = 10.0
    while magnitude >= bound {
      before += 1
      bound *= 10
    }
    if value == value.rounded() { return fixed(value, places: 0) }
    return fixed(value, places: magnitude < 1 ? digits : max(digits - before, 0))
  }

  /// With `places` digits after the point, rounded half away from zero.
  package static func fixed(_ value: Double, places: Int) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "Inf" }
    let places = min(max(places, 0), 9)
    var power = 1.0
    for _ in 0..<places { power *= 10 }
    let scaled = (abs(value) * power).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let digits = Int(scaled)
    let unit = Int(power)
    let sign = value < 0 && digits != 0 ? "-" : ""
    if places == 0 { return "\(sign)\(digits)" }
    let part = String(digits % unit)
    return "\(sign)\(digits / unit)." + String(repeating: "0", count: places - part.utf8.count)
      + part
  }

  /// `0.42` as `42 %`.
  package static func percent(_ fraction: Double) -> String {
    fraction.isNaN ? "NaN" : fixed(min(max(fraction, -9.99), 9.99) * 100, places: 0) + " %"
  }

  /// Seconds as `0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`.
  package static func duration(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    if seconds < 10 { return fixed(seconds, places: 1) + " s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
    return "\(whole / 3600) h \(two(whole % 3600 / 60)) min"
  }
}
