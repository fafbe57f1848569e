import Cells
import Checkpoints
import TestSupport
import Testing

@testable import ScopeEngine
@testable import ScopeUI

@Suite("The conversion page") struct ConvertPageTests {
  static let sizes = [(80, 24), (120, 40), (200, 60), (40, 10)]

  private static func select(_ field: ConvertField, _ state: inout State) {
    state.convert.focus = .form
    state.convert.field = field
  }

  @Test("What came with the program is converted into the current folder") func installed() throws {
    var state = try State.convert(SampleMappings.clip())
    state.opened?.isInstalled = true
    state.suggestOutput()
    #expect(state.convert.form.output == "epoch_12-hf")
  }

  @Test("The page opens with a plan for the other library") func plan() throws {
    let state = try State.convert(SampleMappings.clip())
    #expect(state.convert.form.target == .transformers)
    #expect(state.convert.form.output == "/models/epoch_12-hf")
    let outline = try #require(state.convert.outline)
    #expect(outline.tensorCount == 398)
    #expect(outline.files.map(\.name).contains("config.json"))
    #expect(outline.byteCount > 600_000_000)
    #expect(outline.changedCount >= 74)
    #expect(!outline.warnings.isEmpty)
  }

  @Test("Arrows and space change a choice and ask for a new plan") func choices() throws {
    var state = try State.convert(SampleMappings.clip())
    Self.select(.dtype, &state)
    let works = state.press("right", "right").works
    #expect(state.convert.form.elementType == .f16)
    guard case .plan(let order) = works.last else {
      Issue.record("no plan was asked for")
      return
    }
    #expect(order.options.elementType == .f16)
    state.press("left")
    #expect(state.convert.form.elementType == .f32)
    Self.select(.force, &state)
    state.press("space")
    #expect(state.convert.form.isReplacing)
  }

  @Test("The tower brings the projection, PyTorch takes the shards away") func fields() throws {
    var state = try State.convert(SampleMappings.clip())
    #expect(!state.convert.form.fields.contains(.projection))
    Self.select(.tower, &state)
    state.press("right")
    #expect(state.convert.form.tower == .vision && state.convert.form.fields.contains(.projection))
    Self.select(.format, &state)
    state.press("space")
    #expect(state.convert.form.shownFormat == .pt)
    #expect(!state.convert.form.fields.contains(.shards))
    state.press("0")
    #expect(state.convert.form.tower == nil && state.convert.form.shownFormat == .safetensors)
    #expect(state.convert.form.target == .transformers)
  }

  @Test("Lines of text are typed, kept with Enter and dropped with Esc") func text() throws {
    var state = try State.convert(SampleMappings.clip())
    Self.select(.output, &state)
    state.press("enter")
    #expect(state.convert.line?.text == "/models/epoch_12-hf")
    state.press("2", "q", "esc")
    #expect(state.convert.form.output == "/models/epoch_12-hf" && state.page == .convert)
    state.press("enter", "2", "enter")
    #expect(state.convert.form.output == "/models/epoch_12-hf2")
    // A folder that was typed stays when the target changes.
    Self.select(.target, &state)
    state.press("right")
    #expect(state.convert.form.output == "/models/epoch_12-hf2")
  }

  @Test("The hints say what Enter does, and how a line is cleared") func hints() throws {
    var state = try State.convert(SampleMappings.clip(), columns: 80, rows: 24)
    func hints() -> String { state.rows().last { !$0.isEmpty } ?? "" }
    Self.select(.output, &state)
    #expect(hints().contains("Enter edit") && !hints().contains("Enter choose"))
    state.press("enter")
    #expect(hints().contains("Enter done  Esc back  Ctrl-U clear"), "\(hints())")
    // The hints work with the mouse, too.
    let row = state.size.rows - 1
    let clear = try #require(
      FrameHints.hints(state, columns: 80, symbols: .utf8).first { $0.command == .clearLine })
    state.click(Point(column: clear.columns.lowerBound, row: row))
    #expect(state.convert.line?.text.isEmpty == true)
    state.press("/", "x")
    state.click(Point(column: 2, row: row))
    #expect(state.convert.line == nil && state.convert.form.output == "/x")
    Self.select(.start, &state)
    #expect(hints().contains("Enter start"))
    Self.select(.dtype, &state)
    #expect(!hints().contains("Enter"))
  }

  @Test("Values and names of files stand whole at 80 columns") func narrow() throws {
    var state = try State.convert(SampleMappings.clip(), columns: 80, rows: 24)
    state.convert.form.activation = nil
    var targets = try #require(state.convert.targets)
    let fact = try #require(targets.facts.firstIndex { $0.name == "activation" })
    targets.facts[fact].value = .string("quick_gelu")
    targets.facts[fact].shown = "quick_gelu"
    targets.facts[fact].certainty = "confirmed"
    state.finish(.targets, .targets(targets))
    var outline = SampleMappings.outline()
    outline.files.append(
      ConversionOutline.File(name: "preprocessor_config.json", byteCount: 1086))
    state.finish(.plan, .planned(outline))
    let page = state.rows().joined(separator: "\n")
    #expect(page.contains("‹ quick_gelu ›"), "\(page)")
    #expect(page.contains("preprocessor_config.json") && page.contains("1.06 KiB"), "\(page)")
    Self.select(.activation, &state)
    #expect(
      state.rows().contains {
        $0.contains("activation, where the file does not say it: quick_gelu (confirmed)")
      })
    Self.select(.output, &state)
    #expect(state.rows().contains { $0.contains("is complete: /models/epoch_12-hf") })
  }

  @Test(
    "Text that means nothing is refused with the field's name",
    arguments: [
      (ConvertField.heads, "x", "heads is a number"), (.heads, "0", "heads is a number"),
      (.shards, "5 parsecs", "max shard size is a size"), (.shards, "-1", "max shard size"),
      (.imageSize, "1e9", "image size is a number"), (.output, "", "no name"),
    ])
  func badText(field: ConvertField, text: String, words: String) throws {
    var state = try State.convert(SampleMappings.clip())
    Self.select(field, &state)
    state.press("enter")
    state.convert.line = InputLine(text)
    state.press("enter")
    if field == .output {
      // An empty name goes back to the suggested one.
      #expect(state.convert.form.output == "/models/epoch_12-hf")
      return
    }
    #expect(state.convert.problem?.contains(words) == true)
    let effects = state.press("s")
    #expect(effects.works.isEmpty && state.convert.history.isEmpty)
    #expect(state.toast?.kind == .error && state.convert.field == field)
  }

  @Test("Sizes and head counts as people write them") func numbers() {
    #expect(Amounts.byteCount("500MB") == 500_000_000)
    #expect(Amounts.byteCount("1.5 GiB") == 1_610_612_736)
    #expect(Amounts.byteCount("1e400") == nil && Amounts.byteCount("0") == nil)
    #expect(ConvertForm.headCounts("12, 8") == .success([12, 8]))
    #expect((try? ConvertForm.headCounts("1,2,3").get()) == nil)
  }

  @Test("What the user says of the model reaches plan and mapping") func identity() throws {
    var state = try State.mapping(SampleMappings.clip())
    state.press("3")
    state.finish(
      .targets,
      .targets(try DialectTargets(SampleMappings.session(SampleMappings.clip()), options: .init())))
    Self.select(.activation, &state)
    let works = state.press("right").works
    #expect(state.convert.form.activation == .quickGelu)
    let options = IdentityOptions(activation: .quickGelu)
    #expect(works.contains(.mapping(to: .transformers, options)))
    #expect(works.contains(.targets(options)))
  }

  @Test("A folder that is taken is refused unless force is chosen") func occupied() throws {
    var state = try State.convert(SampleMappings.clip())
    state.convert.outline?.occupied = 3
    var effects = state.press("s")
    #expect(effects.works.isEmpty)
    #expect(state.toast?.text.contains("exists and is not empty") == true)
    Self.select(.force, &state)
    state.press("space")
    state.finish(.plan, .planned(SampleMappings.outline()))
    effects = state.press("s")
    guard case .convert(let order) = effects.works.last else {
      Issue.record("nothing was started")
      return
    }
    #expect(order.isReplacing)
  }

  @Test("A conversion runs on while other pages are looked at") func running() throws {
    var state = try State.convert(SampleMappings.clip())
    Self.select(.start, &state)
    let works = state.press("enter").works
    #expect(works.contains { if case .convert = $0 { true } else { false } })
    #expect(state.convert.isRunning)
    let generation = state.jobs[.convert]?.generation ?? 0
    let progress = JobProgress(
      doneBytes: 250_000_000, totalBytes: 1_000_000_000, bytesPerSecond: 250_000_000,
      elapsedSeconds: 1, currentItem: "visual.conv1.weight")
    _ = update(&state, .conversionProgressed(generation: generation, progress))
    var page = state.rows().joined(separator: "\n")
    #expect(page.contains("25 %") && page.contains("/s") && page.contains("left"))
    #expect(page.contains("visual.conv1.weight"))
    state.press("1")
    page = state.rows().joined(separator: "\n")
    #expect(page.contains("convert to hf 25 %"))
    // A second one waits its turn.
    state.press("3")
    #expect(state.press("s").works.isEmpty)
    #expect(state.toast?.text.contains("under way") == true)
    state.press("1")
    state.finish(.convert, .converted(.init(outline: SampleMappings.outline(), seconds: 2)))
    #expect(!state.convert.isRunning && state.jobs[.convert] == nil)
    #expect(state.toast?.kind == .success)
    state.press("3")
    #expect(state.rows().contains { $0.contains("398 tensors") })
    #expect(state.rows().contains { $0.contains("history") })
  }

  @Test("x asks the conversion to stop and waits for its last word") func stopping() throws {
    var state = try State.convert(SampleMappings.clip())
    state.press("s")
    let effects = state.press("x")
    #expect(effects == [.cancel(.convert)])
    #expect(state.convert.history.last?.phase == .stopping && state.jobs[.convert] != nil)
    state.finish(.convert, .cancelled)
    #expect(state.convert.history.last?.phase == .cancelled)
    #expect(state.toast?.text.contains("nothing was left behind") == true)
    state.press("s")
    state.press("X")
    #expect(state.convert.history.last?.phase == .stopping)
    // It was over before it could stop: then it is done.
    state.finish(.convert, .converted(.init(outline: SampleMappings.outline(), seconds: 1)))
    guard case .done = state.convert.history.last?.phase else {
      Issue.record("a finished conversion is not told")
      return
    }
  }

  @Test("A failure is told and kept") func failure() throws {
    var state = try State.convert(SampleMappings.clip())
    state.press("s")
    state.finish(.convert, .failed("/models/epoch_12-hf: No space left on device"))
    #expect(
      state.convert.history.last?.phase == .failed("/models/epoch_12-hf: No space left on device"))
    #expect(state.toast?.kind == .error)
  }

  @Test("Another checkpoint does not stop the conversion, leaving asks first") func elsewhere()
    throws
  {
    var state = try State.convert(SampleMappings.clip())
    state.press("s")
    state.generation += 1
    state.jobs[.open] = JobRow(generation: state.generation, title: "open", fraction: nil)
    state.finish(
      .open,
      .opened(
        OpenedCheckpoint(
          path: "/models/other.pt", model: TreeModel(catalog: SampleCatalogs.training()))))
    #expect(state.jobs[.convert] != nil && state.convert.isRunning)
    #expect(state.convert.outline == nil)
    state.press("q")
    guard case .choice = state.overlays.last else {
      Issue.record("it left without asking")
      return
    }
  }

  @Test("The report can be read, copied as a command, exported and opened") func report() throws {
    var state = try State.convert(SampleMappings.clip())
    state.press("s")
    state.finish(.convert, .converted(.init(outline: SampleMappings.outline(), seconds: 2)))
    state.press("tab", "tab")
    #expect(state.convert.focus == .history)
    state.press("enter")
    guard case .viewer(let viewer) = state.overlays.last else {
      Issue.record("the report did not open")
      return
    }
    #expect(viewer.documents.map(\.title) == ["report", "command", "receipt"])
    state.press("esc", "y")
    let copied = state.press("c")
    #expect(
      copied.contains(
        .copy(
          "clipscope convert /models/epoch_12.safetensors /models/epoch_12-hf --to hf"
            + " --activation quick_gelu --verify")))
    #expect(state.convert.csv.contains("model.safetensors,398,605000000"))
    #expect(state.exportName == "conversion-receipt")
    #expect(state.press("O").works == [.open(path: "/models/epoch_12-hf")])
  }

  @Test("A command line quotes what a shell would take apart") func quoting() {
    var order = ConversionOrder(
      output: "/a b/it's", options: ConversionOptions(target: .openAI, elementType: .f16),
      identity: IdentityOptions(activation: .gelu, heads: 12, textHeads: 8))
    order.isReplacing = true
    #expect(
      order.commandLine(source: "/x.pt")
        == "clipscope convert /x.pt '/a b/it'\\''s' --to openai --dtype F16 --activation gelu "
        + "--heads 12,8 --force")
  }

  @Test("An unknown dialect can still be written as safetensors") func unknown() throws {
    let state = try State.convert(SampleCatalogs.plain(["a.weight", "b.weight"]))
    #expect(state.convert.form.target == .safetensors)
    #expect(state.convert.outline?.tensorCount == 2)
    #expect(state.convert.targets?.note != nil)
    #expect(state.rows().contains { $0.contains("The same keys can be written") })
    #expect(!state.convert.form.fields.contains(.tower))
  }

  @Test("Clicks choose fields, the marks change them") func mouse() throws {
    var state = try State.convert(SampleMappings.clip())
    func click(_ field: ConvertField, column: Int) {
      guard let place = ConvertLayout(state).fields.first(where: { $0.field == field }) else {
        Issue.record("\(field) is not on show")
        return
      }
      let point = Point(column: place.area.column + column, row: place.area.row)
      state.click(point)
    }
    click(.dtype, column: 1)
    #expect(state.convert.field == .dtype && state.convert.form.elementType == nil)
    click(.dtype, column: ConvertLayout.labelColumns + 4)
    #expect(state.convert.form.elementType == .f32)
    click(.dtype, column: ConvertLayout.labelColumns)
    #expect(state.convert.form.elementType == nil)
    click(.output, column: ConvertLayout.labelColumns + 2)
    #expect(state.convert.line == nil)
    click(.output, column: ConvertLayout.labelColumns + 2)
    #expect(state.convert.line != nil)
    state.press("esc")
    click(.start, column: 1)
    #expect(state.convert.isRunning)
  }

  @Test("The page looks like its pictures", arguments: sizes)
  func pictures(columns: Int, rows: Int) throws {
    var state = try State.convert(SampleMappings.clip(), columns: columns, rows: rows)
    Snapshot.expect(state.drawn(), is: "convert-\(columns)x\(rows)")
    state.press("s")
    let generation = state.jobs[.convert]?.generation ?? 0
    _ = update(
      &state,
      .conversionProgressed(
        generation: generation,
        JobProgress(
          doneBytes: 430_000_000, totalBytes: 1_000_000_000, bytesPerSecond: 210_000_000,
          elapsedSeconds: 2, currentItem: "visual.transformer.resblocks.3.attn.in_proj_weight")))
    Snapshot.expect(state.drawn(), is: "convert-running-\(columns)x\(rows)")
    var verification = ConversionVerification()
    verification.comparedTargets = 398
    verification.comparedSources = 302
    state.finish(
      .convert,
      .converted(
        .init(
          outline: SampleMappings.outline(dropped: 2), seconds: 2.4, verification: verification)))
    state.press("tab")
    Snapshot.expect(state.drawn(), is: "convert-report-\(columns)x\(rows)")
  }

  @Test("A report tells why features were not compared") func featuresSkipped() {
    var verification = ConversionVerification()
    verification.featuresSkipped = "no forward"
    let report = ConversionRecord.Report(
      outline: SampleMappings.outline(dropped: 0), seconds: 1, verification: verification)
    #expect(
      report.lines(.ascii).contains { $0.text == "features were not compared: no forward" })
  }

  @Test("ASCII without colour") func ascii() throws {
    let state = try State.convert(SampleMappings.clip(), columns: 100, rows: 30)
    let page = state.drawn(symbols: .ascii, depth: .mono)
    #expect(page.plainText().utf8.allSatisfy { $0 == 0x0A || ($0 >= 0x20 && $0 < 0x7F) })
    Snapshot.expect(page, is: "convert-ascii-100x30")
  }
}
