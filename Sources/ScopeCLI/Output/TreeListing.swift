import Cells
import ScopeEngine

/// Tensors as an indented tree, cut at the dots of their names, with counts and sizes rolled up.
struct TreeListing {
  /// Nodes stand in an array and name each other by index: a chain of a million objects would overflow the stack when it is let go.
  private struct Node {
    var label = ""
    var children: [Int] = []
    var entry: Int?
    var tensorCount = 0
    var elementCount = 0
    var byteCount = 0
    /// Name of the element type that all tensors share; empty where there is none yet, nil where they differ.
    var elementType: String? = ""

    mutating func add(_ entry: Entry) {
      tensorCount += 1
      elementCount = elementCount.addingSaturating(entry.elementCount)
      byteCount = byteCount.addingSaturating(entry.byteCount)
      let type = entry.elementType.rawValue
      elementType = elementType?.isEmpty == true || elementType == type ? type : nil
    }
  }

  private struct Step: Hashable {
    var parent: Int
    var label: Substring
  }

  private struct Line {
    var text: String
    var isGroup: Bool
    var columns: [String]
  }

  private let listing: Listing
  private let order: ListCommand.Order

  /// - Parameter order: of the rows below each branch.
  init(_ listing: Listing, order: ListCommand.Order = .name) {
    self.listing = listing
    self.order = order
  }

  func print(to console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    var lines: [Line] = []
    append(nodes(), to: &lines, console)
    let width = lines.map { SafeText.columns(of: $0.text) }.max() ?? 0
    for line in lines where console.hasReader {
      let padding = String(repeating: " ", count: width - SafeText.columns(of: line.text) + 2)
      let name = line.isGroup ? style.accent(line.text) : line.text
      console.line(name + padding + line.columns.joined(separator: "  "))
    }
  }

  /// All nodes, the root first, parents before their children.
  private func nodes() -> [Node] {
    var nodes = [Node()]
    var known: [Step: Int] = [:]
    for index in listing.indices {
      let entry = listing.session.catalog.entries[index]
      var place = 0
      nodes[place].add(entry)
      for part in entry.path.lazy.flatMap({
        $0.split(separator: ".", omittingEmptySubsequences: false)
      }) {
        let step = Step(parent: place, label: part)
        if let found = known[step] {
          place = found
        } else {
          known[step] = nodes.count
          nodes[place].children.append(nodes.count)
          place = nodes.count
          nodes.append(Node(label: String(part)))
        }
        nodes[place].add(entry)
      }
      nodes[place].entry = index
    }
    return nodes
  }

  /// Walks with a stack of its own: names from a file may nest as deeply as they like.
  private func append(_ nodes: [Node], to lines: inout [Line], _ console: Console) {
    var stack = children(of: nodes[0], depth: 0, in: nodes)
    while let (place, depth) = stack.popLast() {
      var current = nodes[place]
      var label = current.label
      // A chain of groups with one child each is one line.
      while current.entry == nil, current.children.count == 1 {
        current = nodes[current.children[0]]
        label += "." + current.label
      }
      let text = String(repeating: "  ", count: min(depth, 40)) + console.shown(label)
      if let index = current.entry {
        let entry = listing.session.catalog.entries[index]
        lines.append(
          Line(
            text: text, isGroup: false,
            columns: [
              console.shown(entry.foreignType ?? entry.elementType.rawValue),
              entry.shape.description, Numbers.bytes(entry.byteCount),
            ]))
      }
      guard !current.children.isEmpty else { continue }
      if current.entry == nil {
        lines.append(
          Line(
            text: text, isGroup: true,
            columns: [
              Numbers.counted(current.tensorCount, "tensor"), Numbers.bytes(current.byteCount),
            ]))
      }
      stack += children(of: current, depth: depth + 1, in: nodes)
    }
  }

  /// In the reverse of the order in which they are shown, for a stack.
  private func children(
    of node: Node, depth: Int, in nodes: [Node]
  ) -> [(place: Int, depth: Int)] {
    let shown =
      order == .file ? node.children : node.children.sorted { precedes(nodes[$0], nodes[$1]) }
    return shown.reversed().map { ($0, depth) }
  }

  /// Largest first; branches of several types last; names where the rest is the same.
  private func precedes(_ a: Node, _ b: Node) -> Bool {
    switch order {
    case .size where a.byteCount != b.byteCount: return a.byteCount > b.byteCount
    case .count where a.elementCount != b.elementCount: return a.elementCount > b.elementCount
    case .dtype where a.elementType != b.elementType:
      guard let left = a.elementType, let right = b.elementType else { return a.elementType != nil }
      return left < right
    default: return NumericOrder.precedes(a.label, b.label)
    }
  }
}
