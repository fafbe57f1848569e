/// Values that a pickle describes, held in an arena and named by index.
///
/// References are indices, so a value that is fetched a thousand times from the memo exists once, a list may hold itself, and nothing
/// is ever walked recursively while it is built or thrown away.
struct PickleGraph: Sendable {
  typealias Reference = Int

  enum Node: Sendable, Equatable {
    case none
    case boolean(Bool)
    case integer(Int)
    /// Beyond 64 bits: how many bytes it takes.
    case longInteger(byteCount: Int)
    case real(Double)
    case text(String)
    /// Range of the pickle stream.
    case bytes(Range<Int>)
    /// Bytes that had to be made: text encoded as Latin-1, as protocol 2 writes them.
    case madeBytes([UInt8])
    case list(Int)
    case tuple(Int)
    case set(Int)
    case dictionary(Int)
    case global(Int)
    case object(Int)
    case storage(Int)
    case tensor(Int)
  }

  struct Pair: Sendable, Equatable {
    var key: Reference
    var value: Reference
  }

  /// A call or instance that is not carried out.
  struct Inert: Sendable, Equatable {
    var callable: Reference
    var arguments: Reference?
    var state: Reference?
    /// Items that the pickle would have appended or set.
    var elements: [Reference] = []
    var pairs: [Pair] = []
  }

  /// What a persistent id `("storage", class, key, location, count)` names.
  struct Storage: Sendable, Equatable {
    var key: String
    /// Class name in `torch`, such as `FloatStorage`.
    var className: String
    var elementCount: Int
  }

  struct TensorView: Sendable, Equatable {
    var storage: Int
    var offset: Int
    var sizes: [Int]
    var strides: [Int]
    /// `torch.float32`, where the call names it (untyped storages).
    var typeName: String?
    var isQuantised: Bool
  }

  private(set) var nodes: [Node] = [.none]
  var sequences: [[Reference]] = []
  var dictionaries: [[Pair]] = []
  var globals: [PickleGlobal] = []
  var inert: [Inert] = []
  var storages: [Storage] = []
  var tensors: [TensorView] = []

  mutating func add(_ node: Node) -> Reference {
    nodes.append(node)
    return nodes.count - 1
  }

  subscript(reference: Reference) -> Node { nodes[reference] }

  // MARK: Reading

  func text(_ reference: Reference) -> String? {
    if case .text(let text) = nodes[reference] { return text }
    return nil
  }

  func integer(_ reference: Reference) -> Int? {
    switch nodes[reference] {
    case .integer(let value): value
    case .boolean(let value): value ? 1 : 0
    default: nil
    }
  }

  func global(_ reference: Reference) -> PickleGlobal? {
    if case .global(let index) = nodes[reference] { return globals[index] }
    return nil
  }

  /// Elements of a tuple or list.
  func elements(_ reference: Reference) -> [Reference]? {
    switch nodes[reference] {
    case .list(let index), .tuple(let index), .set(let index): sequences[index]
    default: nil
    }
  }

  func integers(_ reference: Reference) -> [Int]? {
    guard let elements = elements(reference) else { return nil }
    var result: [Int] = []
    result.reserveCapacity(elements.count)
    for element in elements {
      guard let value = integer(element) else { return nil }
      result.append(value)
    }
    return result
  }

  func pairs(_ reference: Reference) -> [Pair]? {
    if case .dictionary(let index) = nodes[reference] { return dictionaries[index] }
    return nil
  }
}
