import Tensors

/// Lists the tensors and other values of a pickled checkpoint, with their paths.
///
/// Iterative and bounded: each container is entered once, however often it is shared, so neither a list inside itself
/// nor a doubling memo costs more than one visit a value.
struct CheckpointWalk {
  struct Found {
    var path: [String]
    var recipe: TensorRecipe
  }

  let graph: PickleGraph
  let stream: UnsafeRawBufferPointer
  let isTorchScript: Bool

  private(set) var tensors: [Found] = []
  private(set) var others: [OtherValue] = []
  private(set) var diagnostics: [Diagnostic] = []

  static let tensorLimit = 500_000
  static let otherLimit = 100_000
  static let depthLimit = 128

  private struct Visit {
    var node: PickleGraph.Index
    /// Index into `steps`, -1 at the root.
    var step: Int
    var depth: Int
  }
  private struct Step {
    var name: String
    var parent: Int
  }
  private var steps: [Step] = []

  init(graph: PickleGraph, stream: UnsafeRawBufferPointer, isTorchScript: Bool) {
    self.graph = graph
    self.stream = stream
    self.isTorchScript = isTorchScript
    walk()
  }

  private func path(_ step: Int) -> [String] {
    var names: [String] = []
    var current = step
    while current >= 0 {
      names.append(steps[current].name)
      current = steps[current].parent
    }
    names.reverse()
    // The attributes of a module read as one dotted name, as in the state dict of the same model.
    return isTorchScript && !names.isEmpty ? [names.joined(separator: ".")] : names
  }

  private mutating func walk() {
    var seen = [Int: Int]()
    var waiting = [Visit(node: graph.root, step: -1, depth: 0)]
    while let visit = waiting.popLast() {
      if let recipe = graph.tensor(visit.node) {
        guard tensors.count < Self.tensorLimit else { return stop("tensors") }
        tensors.append(Found(path: path(visit.step), recipe: recipe))
        continue
      }
      guard let children = children(of: visit.node), !children.isEmpty else {
        guard others.count < Self.otherLimit else { return stop("values") }
        addOther(visit.node, visit.step)
        continue
      }
      if let first = seen[Int(visit.node)] {
        guard others.count < Self.otherLimit else { return stop("values") }
        others.append(
          OtherValue(
            path: path(visit.step), kind: graph.kind(visit.node),
            text: "the same object as `\(PickleGraph.cut(path(first).joined(separator: ".")))`"))
        continue
      }
      if visit.depth >= Self.depthLimit {
        others.append(
          OtherValue(
            path: path(visit.step), kind: graph.kind(visit.node),
            text: "nested deeper than \(Self.depthLimit) levels, not followed"))
        diagnostics.append(
          Diagnostic(
            severity: .warning, kind: "deep-nesting", place: path(visit.step).first ?? "",
            message: "values nested deeper than \(Self.depthLimit) levels are not listed"))
        continue
      }
      seen[Int(visit.node)] = visit.step
      if case .object = graph[visit.node], graph.pairs(visit.node) == nil, !isTorchScript {
        addOther(visit.node, visit.step)
      }
      for (name, child) in children.reversed() {
        var step = visit.step
        if let name {
          steps.append(Step(name: name, parent: visit.step))
          step = steps.count - 1
        }
        waiting.append(Visit(node: child, step: step, depth: visit.depth + 1))
      }
    }
  }

  private mutating func stop(_ what: String) {
    diagnostics.append(
      Diagnostic(
        severity: .warning, kind: "too-many-values", place: "",
        message: "more than \(what == "tensors" ? Self.tensorLimit : Self.otherLimit) \(what); the rest is not listed"))
  }

  private mutating func addOther(_ node: PickleGraph.Index, _ step: Int) {
    let name = step >= 0 ? steps[step].name : ""
    // Every module of a TorchScript archive carries these two; they say nothing about the weights.
    if isTorchScript, name == "training" || name == "_is_full_backward_hook" { return }
    if isTorchScript, case .none = graph[node] { return }
    if isTorchScript, let inner = graph.pairs(node) ?? graph.sequence(node), inner.isEmpty { return }
    if isTorchScript, case .object = graph[node] { return }
    others.append(
      OtherValue(
        path: path(step), kind: graph.kind(node), text: graph.wording(node, stream: stream)))
  }

  /// Named children of a container; nil for a leaf, and for short lists of plain values, which are shown in one line.
  private func children(of node: PickleGraph.Index) -> [(String?, PickleGraph.Index)]? {
    if let flat = graph.pairs(node) { return named(flat) }
    switch graph[node] {
    case .tuple(let place), .list(let place), .set(let place):
      let items = graph.collections[place]
      if items.allSatisfy({ isPlain($0) }) { return nil }
      return items.enumerated().map { (String($0.offset), $0.element) }
    case .object(let place):
      let object = graph.objects[place]
      if graph.numpyScalar(object) != nil || graph.sequence(node) != nil { return nil }
      if let name = graph.name(ofCallee: object), name.hasSuffix("multiarray._reconstruct")
        || name == "numpy.dtype" || name == "_codecs.encode"
      {
        return nil
      }
      var found: [(String?, PickleGraph.Index)] = []
      if let state = object.state {
        found += moduleChildren(state) ?? graph.pairs(state).map(named) ?? [(nil, state)]
      }
      found += named(object.pairs)
      found += object.items.enumerated().map { (String($0.offset), $0.element) }
      return found.isEmpty ? nil : found
    default: return nil
    }
  }

  private func named(_ flat: [PickleGraph.Index]) -> [(String?, PickleGraph.Index)] {
    var found: [(String?, PickleGraph.Index)] = []
    found.reserveCapacity(flat.count / 2)
    var position = 0
    while position + 1 < flat.count {
      let key = graph.text(flat[position]) ?? graph.wording(flat[position], stream: stream)
      found.append((key, flat[position + 1]))
      position += 2
    }
    return found
  }

  /// A module saved whole keeps its tensors in three dictionaries; their names are left out of the path.
  private func moduleChildren(_ state: PickleGraph.Index) -> [(String?, PickleGraph.Index)]? {
    guard let parameters = graph.value("_parameters", in: state),
      let modules = graph.value("_modules", in: state), graph.pairs(modules) != nil
    else { return nil }
    var found: [(String?, PickleGraph.Index)] = []
    for part in [parameters, graph.value("_buffers", in: state), modules] {
      if let part, let flat = graph.pairs(part) {
        found += named(flat).filter { if case .none = graph[$0.1] { false } else { true } }
      }
    }
    return found
  }

  private func isPlain(_ node: PickleGraph.Index) -> Bool {
    switch graph[node] {
    case .none, .boolean, .integer, .wideInteger, .real, .text, .bytes, .global: true
    default: false
    }
  }

  // MARK: - Where the weights are

  private static let weightKeys = [
    "state_dict", "model_state_dict", "model", "module", "model_ema", "state_dict_ema", "ema",
  ]

  /// Path of the map of tensors inside a training checkpoint; empty where the root itself is one.
  func weightsRoot() -> [String] {
    if isTorchScript { return [] }
    var node = graph.root
    var path: [String] = []
    search: for _ in 0..<4 {
      if holdsTensors(node) { return path }
      for key in Self.weightKeys {
        guard let inner = graph.value(key, in: node), reachesTensors(inner) else { continue }
        path.append(key)
        node = inner
        continue search
      }
      return holdsTensors(node) ? path : []
    }
    return []
  }

  private func holdsTensors(_ node: PickleGraph.Index) -> Bool {
    guard let flat = graph.pairs(node) else {
      if case .object(let place) = graph[node], let state = graph.objects[place].state {
        return moduleChildren(state) != nil
      }
      return false
    }
    return stride(from: 1, to: flat.count, by: 2).contains { graph.tensor(flat[$0]) != nil }
  }

  private func reachesTensors(_ node: PickleGraph.Index) -> Bool {
    if holdsTensors(node) { return true }
    return Self.weightKeys.contains { key in
      graph.value(key, in: node).map { holdsTensors($0) } ?? false
    }
  }
}
