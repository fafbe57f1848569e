import Cells
import Checkpoints
import Tensors

/// Draws the tree: only the rows that are in sight cost anything.
enum TreeView {
  static func draw(_ state: State, _ canvas: Canvas) {
    let layout = TreeLayout(FrameLayout(state.size).body, state.tree)
    if let column = layout.dividerColumn {
      canvas.verticalRule(column: column, from: layout.tree.row, to: layout.tree.endRow)
    }
    guard layout.tree.columns > 0, let model = state.tree.model else { return }
    let columns = TreeColumns(layout.tree, hasComparison: state.tree.comparison != nil)
    if let row = layout.findRow { drawFind(state, canvas, layout.tree, row: row) }
    drawHeader(state, canvas, columns, row: layout.headerRow)
    let pane = canvas.sub(layout.list)
    guard !state.tree.rows.isEmpty else {
      let sentence =
        state.tree.isFiltered
        ? "nothing matches; Esc shows all" : "this checkpoint holds no tensors"
      pane.put(sentence, at: Point(column: 2, row: 0), role: .dim)
      return
    }
    for row in 0..<layout.list.rows {
      let index = state.tree.list.top + row
      guard state.tree.rows.indices.contains(index) else { break }
      drawRow(
        state.tree.rows[index], isSelected: index == state.tree.list.selected, state, model, pane,
        columns, row: row)
    }
    drawScrollbar(state, canvas, layout)
  }

  /// Where one is, for the status line.
  static func whereText(_ state: State, _ symbols: Symbols) -> String {
    guard let model = state.tree.model, let node = state.tree.selectedNode else { return "" }
    var parts: [String] = []
    if let find = state.tree.find, state.tree.isFiltered {
      parts.append(
        "\(Numbers.grouped(find.matches.count)) of \(Numbers.grouped(model.items.count)) match"
      )
    }
    parts.append(model.fullName(of: node))
    if !state.tree.marks.isEmpty { parts.append("\(state.tree.marks.count) marked") }
    return parts.joined(separator: " \(symbols.dot) ")
  }

  private static func drawFind(_ state: State, _ canvas: Canvas, _ pane: Rect, row: Int) {
    guard let find = state.tree.find else { return }
    let count =
      find.query.isEmpty ? "" : Numbers.grouped(find.matches.count) + " "
    let used = canvas.put("/", at: Point(column: pane.column + 1, row: row), role: .key)
    let line = Rect(
      column: pane.column + 1 + used, row: row, columns: pane.columns - 4 - count.count, rows: 1)
    InputLineView.draw(find.line, canvas, line, hasFocus: find.isEditing)
    canvas.put(
      count, at: Point(column: pane.endColumn - count.count - 1, row: row),
      role: find.matches.isEmpty ? .warning : .dim)
  }

  private static func drawHeader(
    _ state: State, _ canvas: Canvas, _ columns: TreeColumns, row: Int
  ) {
    let sort = state.tree.order?.sort ?? .name
    let title = sort == .name ? "name" : "name (by \(sort.rawValue))"
    let focus: Role = state.tree.focus == .tree ? .titleFocused : .title
    canvas.put(
      title, at: Point(column: columns.nameStart, row: row), role: focus,
      maxColumns: columns.nameEnd - columns.nameStart)
    for column in columns.columns {
      canvas.putRight(
        column.kind.title(canvas.symbols), endingAt: column.end, row: row, role: .dim,
        maxColumns: column.width)
    }
  }

  private static func drawRow(
    _ id: Int32, isSelected: Bool, _ state: State, _ model: TreeModel, _ pane: Canvas,
    _ columns: TreeColumns, row: Int
  ) {
    let node = model.nodes[Int(id)]
    let item = model.item(at: id)
    let isBranch = node.hasChildren
    let difference = state.tree.comparison?.nodes[Int(id)] ?? .none
    if isSelected {
      pane.fill(
        Rect(column: 0, row: row, columns: pane.columns, rows: 1),
        role: state.tree.focus == .tree ? .selection : .selectionUnfocused)
    }
    let selectionRole: Role? =
      isSelected ? (state.tree.focus == .tree ? .selection : .selectionUnfocused) : nil
    // Very deep names would push themselves out of the pane.
    let indent = min(2 * Int(node.depth), max(columns.nameColumns - 14, 0))
    var column = 1 + indent
    let isMarked =
      item.map { $0.isTensor && state.tree.marks.contains(node.item) } ?? false
    let sign =
      isBranch
      ? (state.tree.isOpen(id) ? pane.symbols.expanded : pane.symbols.collapsed)
      : isMarked ? pane.symbols.bullet : pane.symbols.leaf
    pane.put(
      sign, at: Point(column: column, row: row), role: selectionRole ?? (isMarked ? .accent : .dim))
    column += 2
    let room = columns.nameEnd - columns.paneStart - column
    let role: Role = selectionRole ?? labelRole(node, item, difference)
    drawLabel(id, node, item, state, model, pane, Point(column: column, row: row), room, role)
    drawColumns(id, node, item, difference, state, model, pane, columns, row, selectionRole)
  }

  private static func labelRole(
    _ node: TreeNode, _ item: TreeItem?, _ difference: NodeDifference
  ) -> Role {
    switch difference {
    case .onlyLeft: return .removed
    case .onlyRight: return .added
    case .shape, .unreadable: return .changed
    case .values(let maximum) where maximum != 0: return .changed
    default: break
    }
    if let item, !item.isTensor { return .dim }
    return node.isWeight ? .text : .dim
  }

  /// The label with what the find matched in it.
  ///
  /// Labels too long lose their middle: both ends tell names apart.
  private static func drawLabel(
    _ id: Int32, _ node: TreeNode, _ item: TreeItem?, _ state: State, _ model: TreeModel,
    _ pane: Canvas, _ point: Point, _ room: Int, _ role: Role
  ) {
    guard room > 0 else { return }
    var used = 0
    let positions = state.tree.isFiltered ? matchedBytes(id, node, state, model) : []
    if positions.isEmpty || pane.columns(of: node.label) > room {
      used = pane.put(node.label, at: point, role: role, maxColumns: room, truncation: .middle)
    } else {
      let spans = LabelSpans.spans(
        node.label, matched: positions, plain: pane.style(role), match: pane.style(.match))
      used = pane.put(spans, at: point, maxColumns: room)
    }
    var note = ""
    if node.depth == 0, !node.isWeight, node.hasChildren { note = "  (not weights)" }
    if let item, item.value >= 0 {
      let value = model.catalog.others[Int(item.value)]
      note = " = \(value.text)"
    }
    if !note.isEmpty {
      pane.put(
        note, at: Point(column: point.column + used, row: point.row), role: .dim,
        maxColumns: max(room - used, 0))
    }
  }

  /// Bytes of the label that the find matched.
  private static func matchedBytes(
    _ id: Int32, _ node: TreeNode, _ state: State, _ model: TreeModel
  ) -> [Int] {
    guard let find = state.tree.find, find.query.text.utf8.count <= 256 else { return [] }
    let name = model.fullName(of: id)
    guard name.utf8.count <= 4096 else { return [] }
    let offset = name.utf8.count - node.label.utf8.count
    return FuzzyScorer.positions(find.query, in: name).filter { $0 >= offset }
      .map { $0 - offset }
  }

  private static func drawColumns(
    _ id: Int32, _ node: TreeNode, _ item: TreeItem?, _ difference: NodeDifference,
    _ state: State, _ model: TreeModel, _ pane: Canvas, _ columns: TreeColumns, _ row: Int,
    _ selection: Role?
  ) {
    let isValue = item.map { !$0.isTensor } ?? false
    for column in columns.columns {
      let end = column.end - columns.paneStart
      var text = ""
      var role: Role = selection ?? .dim
      switch column.kind {
      case .type:
        if let entry = model.entry(at: id) {
          text = (entry.foreignType ?? entry.elementType.rawValue) + " " + entry.shape.description
          role = selection ?? ElementTypeRole.role(entry.elementType)
        } else if isValue, let item {
          text = model.catalog.others[Int(item.value)].kind
        }
      case .shortType:
        if let entry = model.entry(at: id) {
          text = entry.foreignType ?? entry.elementType.rawValue
          role = selection ?? ElementTypeRole.role(entry.elementType)
        } else if isValue, let item {
          text = model.catalog.others[Int(item.value)].kind
        }
      case .count:
        if !isValue, node.hasChildren { text = Numbers.grouped(Int(node.tensorCount)) }
      case .parameters:
        if !isValue {
          text = Numbers.compact(node.parameterCount)
          role = selection ?? .text
        }
      case .bytes:
        if !isValue {
          text = Numbers.bytes(node.byteCount)
          role = selection ?? .text
        }
      case .difference:
        (text, role) = DifferenceText.short(difference, pane.symbols)
        role = selection ?? role
      }
      pane.putRight(text, endingAt: end, row: row, role: role, maxColumns: column.width)
    }
  }

  private static func drawScrollbar(_ state: State, _ canvas: Canvas, _ layout: TreeLayout) {
    let count = state.tree.rows.count
    let height = layout.list.rows
    guard height > 2, layout.list.columns > 10 else { return }
    Widgets.scrollbar(
      canvas.sub(layout.list), column: layout.list.columns - 1, offset: state.tree.list.top,
      visible: height, count: count, hasTrack: false)
  }
}
