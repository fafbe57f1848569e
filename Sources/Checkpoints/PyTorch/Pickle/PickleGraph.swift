/// What a pickle describes: values that point to each other by number.
///
/// Shared values are stored once and a container may hold itself, so whoever walks the graph keeps a list of
/// what was seen.
struct PickleGraph {
  typealias Index = Int32

  enum Node {
    case none
    case boolean(Bool)
    case integer(Int)
    /// An integer beyond 64 bits, as text or as a remark.
    case wideInteger(String)
    case real(Double)
    case text(String)
    /// Place in the pickle stream.
    case bytes(Range<Int>)
    case tuple(Int)
    case list(Int)
    /// Keys and values alternate.
    case map(Int)
    case set(Int)
    case global(Int)
    case object(Int)
    case persistent(Index)
    /// Out-of-band buffer of protocol 5.
    case buffer
  }

  /// The result of a call that was not made.
  struct Object {
    var callee: Index
    var arguments: Index?
    var state: Index?
    /// Keys and values alternate.
    var pairs: [Index] = []
    var items: [Index] = []
  }

  var nodes: [Node] = []
  var collections: [[Index]] = []
  var objects: [Object] = []
  var globals: [PickleGlobal] = []
  var root: Index = 0

  subscript(_ index: Index) -> Node { nodes[Int(index)] }

  func text(_ index: Index) -> String? {
    if case .text(let value) = self[index] { value } else { nil }
  }

  func integer(_ index: Index) -> Int? {
    switch self[index] {
    case .integer(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  /// Items of a tuple or list.
  func sequence(_ index: Index?) -> [Index]? {
    guard let index else { return nil }
    switch self[index] {
    case .tuple(let place), .list(let place): return collections[place]
    case .object(let place):
      // torch.Size([..]) and the like wrap one sequence.
      let object = objects[place]
      guard name(ofCallee: object) == "torch.Size", let inner = object.arguments,
        case .tuple(let first) = self[inner], let only = collections[first].first,
        case .tuple(let sizes) = self[only]
      else { return nil }
      return collections[sizes]
    default: return nil
    }
  }

  func integers(_ index: Index?) -> [Int]? {
    guard let items = sequence(index), items.count <= 64 else { return nil }
    var numbers: [Int] = []
    for item in items {
      guard let number = integer(item) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  func globalName(_ index: Index?) -> String? {
    guard let index, case .global(let place) = self[index] else { return nil }
    return globals[place].fullName
  }

  func name(ofCallee object: Object) -> String? { globalName(object.callee) }

  /// Arguments of an object's call as a list of indices.
  func arguments(of object: Object) -> [Index] {
    guard let arguments = object.arguments else { return [] }
    if case .tuple(let place) = self[arguments] { return collections[place] }
    return []
  }

  /// Keys and values, alternating, of everything that is a map: dict, OrderedDict, defaultdict, Counter.
  func pairs(_ index: Index) -> [Index]? {
    switch self[index] {
    case .map(let place): return collections[place]
    case .object(let place):
      let object = objects[place]
      guard let name = name(ofCallee: object), PickleGlobalTable.mapClasses.contains(name) else {
        return nil
      }
      if !object.pairs.isEmpty { return object.pairs }
      // Protocols 0 and 1 pass the content as a list of pairs.
      var flat: [Index] = []
      if let first = arguments(of: object).first, let items = sequence(first) {
        for item in items {
          guard let pair = sequence(item), pair.count == 2 else { return object.pairs }
          flat += pair
        }
      }
      return flat
    default: return nil
    }
  }

  func value(_ key: String, in index: Index) -> Index? {
    guard let flat = pairs(index) else { return nil }
    var position = 0
    while position + 1 < flat.count {
      if text(flat[position]) == key { return flat[position + 1] }
      position += 2
    }
    return nil
  }
}
