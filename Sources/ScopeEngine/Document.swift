package import Tensors

/// The members of a JSON document that leaves the program, in order, headed by the version of its schema.
package struct Document {
  private var object = JSONObject([.init(key: "schema", value: 1)])

  package init() {}

  /// Adds a member; none where the value is nil.
  package mutating func add(_ key: String, _ value: JSONValue?) {
    guard let value else { return }
    object.members.append(.init(key: key, value: value))
  }

  package var value: JSONValue { .object(object) }
}
