import Cells
import ScopeEngine

extension State {
  /// The page was chosen: what the file can become is asked for once.
  mutating func showConvert() -> [Effect] {
    guard opened != nil else { return [] }
    suggestOutput()
    guard convert.targets != nil else { return askForTargets() }
    return convert.planned == nil ? askForPlan() : []
  }

  private mutating func askForTargets() -> [Effect] {
    guard jobs[.targets] == nil else { return [] }
    return [start(.targets, .targets(convert.form.identity), title: "identify the dialect")]
  }

  mutating func take(_ targets: DialectTargets) -> [Effect] {
    convert.targets = targets
    if !convert.form.isTargetOwn {
      convert.form.target = targets.suggested ?? .safetensors
      suggestOutput()
    }
    return page == .convert ? askForPlan() : []
  }

  /// The mapping page's target, for the form.
  mutating func chooseConversion(_ target: ConversionTarget) {
    guard convert.form.target != target || !convert.form.isTargetOwn else { return }
    convert.form.target = target
    convert.form.isTargetOwn = true
    convert.planned = nil
    suggestOutput()
  }

  /// A folder beside the source, or in the current folder for what came with the program; named after source and target,
  /// until the user types another.
  mutating func suggestOutput() {
    guard let opened, !convert.form.isOutputOwn else { return }
    var base = FilePath.name(of: opened.path)
    for ending in [
      ".index.json", ".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz", ".msgpack",
    ]
    where base.hasSuffix(ending) && base.count > ending.count {
      base.removeLast(ending.count)
    }
    let name = "\(base)-\(convert.form.target.rawValue)"
    convert.form.output =
      opened.isInstalled ? name : FilePath.join(FilePath.parent(of: opened.path), name)
  }

  // MARK: Plan

  mutating func askForPlan() -> [Effect] {
    guard opened != nil else { return [] }
    do throws(ConvertForm.Problem) {
      let order = try convert.form.order()
      convert.planned = order
      return [start(.plan, .plan(order), title: "plan")]
    } catch {
      convert.outline = nil
      convert.planned = nil
      convert.problem = error.sentence
      return stop(.plan)
    }
  }

  mutating func take(_ outline: ConversionOutline) {
    convert.outline = outline
    convert.problem = nil
  }

  mutating func failPlan(_ reason: String) {
    convert.outline = nil
    convert.problem = reason
  }

  /// The form was changed by `change`: plan, folder and what was made with the facts of the model follow.
  private mutating func changeForm(_ change: (inout ConvertForm) -> Void) -> [Effect] {
    let before = convert.form
    change(&convert.form)
    suggestOutput()
    guard convert.form != before else { return [] }
    if !convert.form.fields.contains(convert.field) { convert.field = .target }
    convert.sheet = .plan
    convert.top = 0
    var effects: [Effect] = []
    if convert.form.identity != before.identity {
      effects += renewMapping()
      effects.append(
        start(.targets, .targets(convert.form.identity), title: "identify the dialect"))
    }
    return effects + askForPlan()
  }

  // MARK: Conversion

  mutating func startConversion() -> [Effect] {
    guard opened != nil else { return [] }
    if convert.isRunning { return say(.warning, "a conversion is under way; x stops it") }
    let order: ConversionOrder
    do throws(ConvertForm.Problem) {
      order = try convert.form.order()
    } catch {
      convert.field = error.field
      return say(.error, error.sentence)
    }
    if convert.planned == order {
      if let problem = convert.problem { return say(.error, problem) }
      if let obstacle = convert.outline?.obstacle(isReplacing: order.isReplacing) {
        return say(.error, obstacle)
      }
    }
    if convert.history.count >= Self.mostRecords { convert.history.removeFirst() }
    convert.history.append(
      ConversionRecord(order: order, sourcePath: opened?.path ?? ""))
    showRecord(convert.history.count - 1)
    convert.progress = nil
    return [
      start(.convert, .convert(order), title: "convert to \(order.options.target.rawValue)")
    ]
  }

  private static let mostRecords = 50

  /// Asks the conversion to stop; it is over when its last word comes.
  mutating func stopConversion() -> [Effect] {
    guard convert.isRunning, !convert.history.isEmpty else {
      return say(.info, "no conversion is under way")
    }
    convert.history[convert.history.count - 1].phase = .stopping
    jobs[.convert]?.title = "stop converting"
    return [.cancel(.convert)]
  }

  /// The conversion under way is over.
  mutating func endConversion(_ phase: ConversionRecord.Phase) -> [Effect] {
    guard convert.isRunning, !convert.history.isEmpty else { return [] }
    convert.history[convert.history.count - 1].phase = phase
    convert.progress = nil
    convert.top = 0
    let output = convert.history[convert.history.count - 1].order.output
    var effects: [Effect]
    switch phase {
    case .done: effects = say(.success, "converted: \(output)")
    case .failed(let reason): effects = say(.error, reason)
    default: effects = say(.warning, "the conversion was cancelled; nothing was left behind")
    }
    // The folder is there now, or is not: the plan says so.
    if convert.planned != nil { effects += askForPlan() }
    return effects
  }

  private mutating func showRecord(_ index: Int) {
    convert.sheet = .record(index)
    convert.historyList.selected = index
    convert.top = 0
  }

  mutating func settleConvert() {
    let layout = ConvertLayout(self)
    if !convert.form.fields.contains(convert.field) { convert.field = .target }
    if convert.history.isEmpty, convert.focus == .history { convert.focus = .form }
    convert.historyList.settle(count: convert.history.count, height: max(layout.history.rows, 1))
    let count = ConvertSheet(self, columns: layout.sheetText.columns, symbols: symbols).count
    convert.top = min(max(convert.top, 0), max(count - max(layout.sheetText.rows, 1), 0))
  }

  // MARK: Keys

  mutating func takeConvertText(_ event: InputEvent) -> [Effect]? {
    guard var line = convert.line else { return nil }
    switch event {
    case .key(.enter, _), .key(.tab, _):
      convert.line = nil
      let field = convert.field
      return changeForm { $0.set(field, to: line.text) }
    case .key(.escape, _), .key(.character("c"), .control):
      convert.line = nil
      return []
    case .key(.character("z"), .control), .mouse: return nil
    default:
      _ = line.take(event)
      convert.line = line
      return []
    }
  }

  mutating func performInConvert(_ command: CommandID) -> [Effect]? {
    switch command {
    case .convertStart: return startConversion()
    case .convertStop: return stopConversion()
    case .convertPlan:
      convert.sheet = .plan
      convert.top = 0
      return []
    case .convertReset:
      return changeForm { form in
        let target = form.target
        form = ConvertForm()
        form.target = target
        form.isTargetOwn = true
      }
    case .convertOpen: return openConverted()
    case .focusNext:
      switch convert.focus {
      case .form: convert.focus = .sheet
      case .sheet: convert.focus = convert.history.isEmpty ? .form : .history
      case .history: convert.focus = .form
      }
      return []
    default: break
    }
    switch convert.focus {
    case .form: return performInForm(command)
    case .sheet: return performInSheet(command)
    case .history: return performInHistory(command)
    }
  }

  private mutating func performInForm(_ command: CommandID) -> [Effect]? {
    let fields = convert.form.fields
    let place = fields.firstIndex(of: convert.field) ?? 0
    let field = convert.field
    switch command {
    case .up: convert.field = fields[max(place - 1, 0)]
    case .down: convert.field = fields[min(place + 1, fields.count - 1)]
    case .first: convert.field = fields[0]
    case .last: convert.field = fields[fields.count - 1]
    case .left: return changeForm { $0.step(field, by: -1) }
    case .right: return changeForm { $0.step(field, by: 1) }
    case .convertNext:
      return field == .start ? startConversion() : changeForm { $0.step(field, by: 1) }
    case .activate:
      if field == .start { return startConversion() }
      guard field.isText else { return changeForm { $0.step(field, by: 1) } }
      convert.line = InputLine(convert.form.text(of: field))
    case .pageUp, .pageDown, .halfPageUp, .halfPageDown: return performInSheet(command)
    case .cancel: break
    default: return nil
    }
    return []
  }

  private mutating func performInSheet(_ command: CommandID) -> [Effect]? {
    let height = max(ConvertLayout(self).sheetText.rows, 1)
    switch command {
    case .up: convert.top -= 1
    case .down: convert.top += 1
    case .pageUp: convert.top -= max(height - 1, 1)
    case .pageDown: convert.top += max(height - 1, 1)
    case .halfPageUp: convert.top -= max(height / 2, 1)
    case .halfPageDown: convert.top += max(height / 2, 1)
    case .first: convert.top = 0
    case .last: convert.top = Int(Int32.max)
    case .activate: return readSheet()
    case .cancel, .left: convert.focus = .form
    case .right: break
    default: return nil
    }
    return []
  }

  private mutating func performInHistory(_ command: CommandID) -> [Effect]? {
    let count = convert.history.count
    let height = max(ConvertLayout(self).history.rows, 1)
    func moved(_ step: ListCursor.Step) {
      convert.historyList.move(step, count: count, height: height)
    }
    switch command {
    case .up: moved(.by(-1))
    case .down: moved(.by(1))
    case .first: moved(.first)
    case .last: moved(.last)
    case .pageUp, .pageDown, .halfPageUp, .halfPageDown: return performInSheet(command)
    case .activate, .right:
      showRecord(convert.historyList.selected)
      return readSheet()
    case .cancel, .left:
      convert.focus = .form
      return []
    default: return nil
    }
    showRecord(convert.historyList.selected)
    return []
  }

  /// Plan or report in full, with the receipt.
  private mutating func readSheet() -> [Effect] {
    var documents: [ViewerDocument] = []
    if let record = convert.shownRecord {
      let text = record.lines(.utf8).map(\.text).joined(separator: "\n")
      documents.append(ViewerDocument(title: "report", source: .text(text)))
      documents.append(
        ViewerDocument(
          title: "command",
          source: .text(record.order.commandLine(source: record.sourcePath))))
      if case .done(let report) = record.phase {
        documents.append(
          ViewerDocument(title: "receipt", source: .text(report.outline.document)))
      }
    } else if let outline = convert.outline {
      let sheet = ConvertSheet(self, columns: 1000, symbols: .utf8)
      let text = (0..<sheet.count).map { sheet[$0].map(\.text).joined() }.joined(separator: "\n")
      documents.append(ViewerDocument(title: "plan", source: .text(text)))
      documents.append(ViewerDocument(title: "receipt", source: .text(outline.document)))
    }
    guard !documents.isEmpty else { return [] }
    overlays.append(.viewer(ViewerState(title: "conversion", documents: documents)))
    return []
  }

  private mutating func openConverted() -> [Effect] {
    let record = convert.shownRecord ?? convert.history.last
    guard let record, case .done = record.phase else {
      return say(.info, "there is no finished conversion to open")
    }
    return open(record.order.output)
  }

  // MARK: Mouse

  mutating func takeConvertMouse(_ mouse: MouseEvent) -> [Effect] {
    let layout = ConvertLayout(self)
    switch mouse.kind {
    case .wheelUp, .wheelDown:
      let isUp = mouse.kind == .wheelUp
      if layout.form.contains(mouse.point) {
        return convert.line == nil ? performInForm(isUp ? .up : .down) ?? [] : []
      }
      convert.top += isUp ? -3 : 3
      return []
    case .press where mouse.button == 1: break
    default: return []
    }
    if layout.history.contains(mouse.point) {
      let row = convert.historyList.top + mouse.point.row - layout.history.row
      guard convert.history.indices.contains(row) else { return [] }
      convert.line = nil
      convert.focus = .history
      showRecord(row)
    } else if layout.sheet.contains(mouse.point) {
      convert.line = nil
      convert.focus = .sheet
    } else if let place = layout.fields.first(where: { $0.area.contains(mouse.point) }) {
      return click(place.field, at: mouse.point, place.area)
    }
    return []
  }

  private mutating func click(_ field: ConvertField, at point: Point, _ area: Rect) -> [Effect] {
    if convert.line != nil {
      guard field != convert.field else { return [] }
      convert.line = nil
    }
    let isAgain = convert.focus == .form && convert.field == field
    convert.focus = .form
    convert.field = field
    if field == .start { return startConversion() }
    let value = area.column + ConvertLayout.labelColumns
    guard point.column >= value else { return [] }
    if field.isText {
      if isAgain { convert.line = InputLine(convert.form.text(of: field)) }
      return []
    }
    // The left mark goes back, everything else forward; the first click on a name only chooses the field.
    return changeForm { $0.step(field, by: point.column <= value + 1 ? -1 : 1) }
  }
}
