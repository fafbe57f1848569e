import Cells
import ScopeEngine

/// Tensors as an indented tree, cut at the dots of their names, with counts and sizes rolled up.
struct TreeListing {
  private final class Node {
    var children: [String: Node] = [:]
    var order: [String] = []
    var entry: Int?
    var tensorCount = 0
    var byteCount = 0
  }

  private struct Line {
    var text: String
    var isGroup: Bool
    var columns: [String]
  }

  private let listing: Listing

  init(_ listing: Listing) { self.listing = listing }

  func print(to console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    var lines: [Line] = []
    append(root(), indent: 0, to: &lines, console)
    let width = lines.map { SafeText.columns(of: $0.text) }.max() ?? 0
    for line in lines where console.hasReader {
      let padding = String(repeating: " ", count: width - SafeText.columns(of: line.text) + 2)
      let name = line.isGroup ? style.accent(line.text) : line.text
      console.line(name + padding + line.columns.joined(separator: "  "))
    }
  }

  private func root() -> Node {
    let root = Node()
    for index in listing.indices {
      let entry = listing.session.catalog.entries[index]
      var node = root
      let parts = entry.path.flatMap { $0.split(separator: ".", omittingEmptySubsequences: false) }
      root.tensorCount += 1
      root.byteCount &+= entry.byteCount
      for part in parts {
        let name = String(part)
        if let child = node.children[name] {
          node = child
        } else {
          let child = Node()
          node.children[name] = child
          node.order.append(name)
          node = child
        }
        node.tensorCount += 1
        node.byteCount &+= entry.byteCount
      }
      node.entry = index
    }
    return root
  }

  /// Walks with a stack of its own: names from a file may nest as deeply as they like.
  private func append(_ root: Node, indent: Int, to lines: inout [Line], _ console: Console) {
    var stack: [(name: String, node: Node, depth: Int)] = children(of: root, depth: 0)
    while let (name, node, depth) = stack.popLast() {
      var label = name
      var current = node
      // A chain of groups with one child each is one line.
      while current.entry == nil, current.order.count == 1,
        let only = current.order.first, let child = current.children[only]
      {
        label += "." + only
        current = child
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
      if !current.children.isEmpty {
        if current.entry == nil {
          lines.append(
            Line(
              text: text, isGroup: true,
              columns: [
                "\(Numbers.grouped(current.tensorCount)) tensors",
                Numbers.bytes(current.byteCount),
              ]))
        }
        stack += children(of: current, depth: depth + 1)
      }
    }
  }

  private func children(of node: Node, depth: Int) -> [(name: String, node: Node, depth: Int)] {
    node.order.sorted { NumericOrder.precedes($1, $0) }
      .compactMap { name in node.children[name].map { (name, $0, depth) } }
  }
}
