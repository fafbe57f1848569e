/// Flattens a pickled value into named tensors and other values.
///
/// Iterative, and every container is entered once: a value that is reached again is reported as shared, so that neither cycles nor
/// values that hold each other many times over can make the walk long.
struct PickleTree {
  struct Leaf {
    var path: [String]
    var tensor: PickleGraph.TensorView
  }

  private(set) var tensors: [Leaf] = []
  private(set) var others: [OtherValue] = []
  private(set) var isShortened = false

  private let graph: PickleGraph
  /// TorchScript modules are objects whose attributes are the parameters; flags of the module system are noise there.
  private let isModule: Bool
  private static let depthLimit = 48
  private static let otherLimit = 200_000
  private static let tensorLimit = 500_000
  /// Bytes of a text that are kept; one long text can be fetched from the memo again and again.
  private static let textLimit = 1_600

  /// A value that is still to be visited; its path is made then, since millions may wait below one parent.
  private struct Step {
    var reference: PickleGraph.Reference
    var parent: [String]
    /// Nil for the root.
    var label: String?

    var path: [String] { label.map { parent + [$0] } ?? parent }
  }

  init(of root: PickleGraph.Reference, in graph: PickleGraph, isModule: Bool = false) {
    self.graph = graph
    self.isModule = isModule
    walk(root)
  }

  private mutating func walk(_ root: PickleGraph.Reference) {
    // Depth first in the order of the pickle: children are pushed backwards.
    var pending = [Step(reference: root, parent: [])]
    var entered = Set<PickleGraph.Reference>()
    while let step = pending.popLast() {
      let path = step.path
      switch graph[step.reference] {
      case .tensor(let index):
        guard tensors.count < Self.tensorLimit else {
          isShortened = true
          continue
        }
        tensors.append(Leaf(path: path, tensor: graph.tensors[index]))
      case .dictionary, .list, .tuple, .set, .object:
        guard let children = children(of: step.reference, below: path) else {
          note(step.reference, at: path)
          continue
        }
        guard entered.insert(step.reference).inserted else {
          note(step.reference, at: path, as: "the same value as above")
          continue
        }
        guard path.count < Self.depthLimit else {
          note(step.reference, at: path, as: "nested too deeply to show")
          continue
        }
        if case .object = graph[step.reference], !isModule {
          note(step.reference, at: path)
        }
        pending.append(contentsOf: children.reversed())
      default:
        if isModule, Self.moduleFlags.contains(path.last ?? "") { continue }
        note(step.reference, at: path)
      }
    }
  }

  private static let moduleFlags: Set<String> = [
    "training", "_is_full_backward_hook", "__annotations__",
  ]

  /// - Parameter text: nil describes the value.
  private mutating func note(
    _ reference: PickleGraph.Reference, at path: [String], as text: String? = nil
  ) {
    guard others.count < Self.otherLimit else {
      isShortened = true
      return
    }
    others.append(
      OtherValue(path: path, kind: kind(reference), text: text ?? describe(reference)))
  }

  /// Steps into a container; nil for one that is better shown as a line of text.
  private func children(
    of container: PickleGraph.Reference, below path: [String]
  ) -> [Step]? {
    switch graph[container] {
    case .dictionary(let index):
      let pairs = graph.dictionaries[index]
      if pairs.isEmpty { return nil }
      return pairs.map { Step(reference: $0.value, parent: path, label: label($0.key)) }
    case .list(let index), .tuple(let index), .set(let index):
      let items = graph.sequences[index]
      guard items.contains(where: { !isScalar($0) }) else { return nil }
      return items.enumerated().map {
        Step(reference: $1, parent: path, label: String($0))
      }
    case .object(let index):
      let object = graph.inert[index]
      var steps: [Step] = []
      if let state = object.state, isModule || !isScalar(state) {
        steps.append(contentsOf: members(of: state, below: path))
      }
      for (position, element) in object.elements.enumerated() where !isScalar(element) {
        steps.append(Step(reference: element, parent: path, label: String(position)))
      }
      for pair in object.pairs {
        steps.append(Step(reference: pair.value, parent: path, label: label(pair.key)))
      }
      if !isModule, let arguments = object.arguments {
        for (position, argument) in (graph.elements(arguments) ?? []).enumerated()
        where !isScalar(argument) {
          steps.append(
            Step(reference: argument, parent: path, label: "argument \(position)"))
        }
      }
      return steps.isEmpty ? nil : steps
    default: return nil
    }
  }

  /// The attributes of a state dictionary, or the state as one step.
  private func members(of state: PickleGraph.Reference, below path: [String]) -> [Step] {
    if let pairs = graph.pairs(state) {
      return pairs.map { Step(reference: $0.value, parent: path, label: label($0.key)) }
    }
    return [Step(reference: state, parent: path, label: "state")]
  }

  private func isScalar(_ reference: PickleGraph.Reference) -> Bool {
    switch graph[reference] {
    case .dictionary, .list, .tuple, .set, .object, .tensor: false
    default: true
    }
  }

  private func label(_ key: PickleGraph.Reference) -> String {
    switch graph[key] {
    case .text(let text): Self.shortened(text)
    case .integer(let value): String(value)
    default: describe(key)
    }
  }

  private func kind(_ reference: PickleGraph.Reference) -> String {
    switch graph[reference] {
    case .none: return "None"
    case .boolean: return "bool"
    case .integer, .longInteger: return "int"
    case .real: return "float"
    case .text: return "str"
    case .bytes, .madeBytes: return "bytes"
    case .list: return "list"
    case .tuple: return "tuple"
    case .set: return "set"
    case .dictionary: return "dict"
    case .global: return "global"
    case .storage: return "storage"
    case .tensor: return "tensor"
    case .object(let index):
      return graph.global(graph.inert[index].callable)?.fullName ?? "object"
    }
  }

  /// A short text; never follows more than a few items.
  private func describe(_ reference: PickleGraph.Reference, depth: Int = 0) -> String {
    switch graph[reference] {
    case .none: return "None"
    case .boolean(let value): return value ? "True" : "False"
    case .integer(let value): return String(value)
    case .longInteger(let count): return "an integer of \(count) bytes"
    case .real(let value): return String(value)
    case .text(let text): return Self.shortened(text)
    case .bytes(let range): return "\(range.count) bytes"
    case .madeBytes(let bytes): return "\(bytes.count) bytes"
    case .global(let index): return graph.globals[index].fullName
    case .storage(let index): return "storage \(graph.storages[index].key)"
    case .tensor: return "tensor"
    case .dictionary(let index): return "{\(graph.dictionaries[index].count) items}"
    case .list(let index): return "[" + items(graph.sequences[index], depth) + "]"
    case .tuple(let index): return "(" + items(graph.sequences[index], depth) + ")"
    case .set(let index): return "{" + items(graph.sequences[index], depth) + "}"
    case .object(let index):
      let object = graph.inert[index]
      let name = graph.global(object.callable)?.fullName ?? "object"
      let arguments = object.arguments.flatMap { graph.elements($0) } ?? []
      return name + "(" + items(arguments, depth) + ")"
    }
  }

  /// Counts code points: one character may be made of any number of them.
  private static func shortened(_ text: String) -> String {
    text.utf8.count > textLimit ? String(text.unicodeScalars.prefix(textLimit / 4)) + "…" : text
  }

  private func items(_ items: [PickleGraph.Reference], _ depth: Int) -> String {
    guard depth < 2 else { return items.isEmpty ? "" : "…" }
    let shown = items.prefix(8).map { describe($0, depth: depth + 1) }.joined(separator: ", ")
    return items.count > 8 ? "\(shown), … \(items.count) items" : shown
  }
}
