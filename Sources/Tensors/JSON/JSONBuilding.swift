// Values of Swift as JSON values.

extension JSONValue {
  /// An object of the members that have a value, in order.
  package static func members(_ members: [(String, JSONValue?)]) -> JSONValue {
    .object(
      JSONObject(
        members.compactMap { key, value in
          value.map { JSONObject.Member(key: key, value: $0) }
        }))
  }

  package static func strings(_ strings: [String]) -> JSONValue {
    .array(strings.map { .string($0) })
  }

  package static func integers(_ integers: [Int]) -> JSONValue {
    .array(integers.map { .integer($0) })
  }

  /// null where there is no number.
  package static func optional(_ number: Double?) -> JSONValue {
    number.map { .number($0) } ?? .null
  }

  /// A number of 32 bits with the fewest digits that tell it from its neighbours: 0.1 in place of 0.10000000149011612.
  package static func single(_ number: Float) -> JSONValue {
    .number(Double(number.description) ?? Double(number))
  }

  package static func singles(_ numbers: some Sequence<Float>) -> JSONValue {
    .array(numbers.map { .single($0) })
  }
}
