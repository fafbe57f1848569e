import Cells

/// All commands, in the order of the help screen.
enum CommandTable {
  static let commands: [Command] =
    everywhere + moving + typing + tree + detail + epochs + mapping + convert + rope + attention
    + inference + start + tour

  private static let byID: [CommandID: Command] = Dictionary(
    commands.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })

  private static let byKey: [Command.Scope: [KeyChord: CommandID]] = {
    var result: [Command.Scope: [KeyChord: CommandID]] = [:]
    for command in commands {
      for key in command.keys { result[command.scope, default: [:]][key] = command.id }
    }
    return result
  }()

  static func command(_ id: CommandID) -> Command? { byID[id] }

  /// The command of a key; earlier scopes win.
  static func command(for event: InputEvent, in scopes: [Command.Scope]) -> CommandID? {
    guard let chord = KeyChord(event) else { return nil }
    for scope in scopes {
      if let id = byKey[scope]?[chord] { return id }
    }
    return nil
  }

  private static let everywhere: [Command] = [
    Command(
      .help, "help", "Show all keys and commands.", .everywhere, .everywhere,
      [.text("?"), .key(.function(1))]),
    Command(
      .palette, "commands", "Find a command by its name and run it.", .everywhere, .everywhere,
      [.text(":"), .control("p")]),
    Command(
      .open, "open", "Open a file or folder with the file picker.", .everywhere, .everywhere,
      [.text("o")]),
    Command(
      .startPage, "start page", "Go to recent files and the files of this folder.", .everywhere,
      .everywhere, [.text("H")]),
    Command(
      .demo, "demo", "Open the demo checkpoint that comes with the program.", .start, .start,
      [.text("d")]),
    Command(
      .theme, "theme", "Choose the colours, with a preview.", .everywhere, .everywhere,
      [.text("T")]),
    Command(
      .messages, "messages", "Read what was said above the keys so far, in full.", .everywhere,
      .everywhere, [.text("M")]),
    Command(
      .copy, "copy", "Copy the name, the row or the statistics to the clipboard.", .everywhere,
      .everywhere, [.text("y")]),
    Command(
      .export, "export", "Write what is shown to a file: text, CSV, JSON or PNG.", .everywhere,
      .everywhere, [.text("e")]),
    Command(
      .page1, "tree", "Page 1: the tensors as a tree.", .everywhere, .everywhere, [.text("1")]),
    Command(
      .page2, "mapping", "Page 2: keys beside those of another dialect.", .everywhere, .everywhere,
      [.text("2")]),
    Command(
      .page3, "convert", "Page 3: write another dialect.", .everywhere, .everywhere, [.text("3")]),
    Command(
      .page4, "RoPE", "Page 4: rotary position embeddings.", .everywhere, .everywhere,
      [.text("4")]),
    Command(
      .page5, "attention", "Page 5: where the model looks.", .everywhere, .everywhere,
      [.text("5")]),
    Command(
      .page6, "inference", "Page 6: run the model.", .everywhere, .everywhere, [.text("6")]),
    Command(
      .epochs, "epochs", "A folder of snapshots as one: each tensor over the training.",
      .everywhere, .everywhere, [.text("E")]),
    Command(
      .stopJobs, "stop jobs", "Stop everything that runs in the background.", .everywhere,
      .everywhere, [.text("X")]),
    Command(
      .redraw, "redraw", "Draw the whole screen anew.", .everywhere, .everywhere, [.control("l")]),
    Command(
      .suspend, "suspend", "Go to the background; `fg` comes back.", .everywhere, .everywhere,
      [.control("z")]),
    Command(
      .quit, "quit",
      "Leave; asks first while a run, a conversion, a comparison or an export is under way.",
      .everywhere, .everywhere,
      [.text("q"), .control("c")]),
  ]

  private static let moving: [Command] = [
    Command(.up, "up", "One row up.", .moving, .moving, [.key(.up), .text("k")]),
    Command(.down, "down", "One row down.", .moving, .moving, [.key(.down), .text("j")]),
    Command(
      .left, "close",
      "Close the branch or go to its parent; one cell or pane left; the value before.",
      .moving, .moving, [.key(.left), .text("h")]),
    Command(
      .right, "open", "Open the branch or go into it; one cell or pane right; the next value.",
      .moving,
      .moving, [.key(.right), .text("l")]),
    Command(
      .pageUp, "page up", "One page up.", .moving, .moving, [.key(.pageUp), .control("b")]),
    Command(
      .pageDown, "page down", "One page down.", .moving, .moving, [.key(.pageDown), .control("f")]),
    Command(
      .halfPageUp, "half page up", "Half a page up.", .moving, .moving, [.control("u")]),
    Command(
      .halfPageDown, "half page down", "Half a page down.", .moving, .moving, [.control("d")]),
    Command(.first, "first", "To the first row.", .moving, .moving, [.key(.home), .text("g")]),
    Command(.last, "last", "To the last row.", .moving, .moving, [.key(.end), .text("G")]),
    Command(
      .activate, "choose", "Open or close a branch, go to a tensor's pane, read its facts in full.",
      .moving, .moving, [.key(.enter)]),
    Command(
      .cancel, "back", "Close what is on top, clear the find line, leave the pane.", .moving,
      .moving, [.key(.escape)]),
    Command(
      .focusNext, "pane", "Go to the other pane.", .moving, .moving, [.key(.tab), .key(.backTab)]),
  ]

  /// What `InputLine` does with keys that are no text; Enter takes what was typed and Esc leaves it.
  private static let typing: [Command] = [
    Command(
      .clearLine, "clear", "Clear what stands before the cursor: all of it, at the end.", .typing,
      .line, [.control("u")]),
    Command(
      .clearRest, "clear rest", "Clear what stands behind the cursor.", .typing, .line,
      [.control("k")]),
    Command(
      .deleteWord, "delete word", "Delete the word or the part of a path before the cursor.",
      .typing, .line, [.control("w")]),
    Command(
      .lineStart, "line start", "To the start of the line.", .typing, .line,
      [.key(.home), .control("a")]),
    Command(
      .lineEnd, "line end", "To the end of the line.", .typing, .line,
      [.key(.end), .control("e")]),
  ]

  private static let tree: [Command] = [
    Command(
      .find, "find", "Find names as you type; 'exact, !without, several words.", .tree, .treePage,
      [.text("/")]),
    Command(.findNext, "next match", "To the next match.", .tree, .treePage, [.text("n")]),
    Command(
      .findPrevious, "previous match", "To the match before.", .tree, .treePage, [.text("N")]),
    Command(
      .sort, "sort", "Sort by name, bytes, parameters, dtype or file order, in turn.", .tree,
      .treePage, [.text("s")]),
    Command(
      .mark, "mark", "Mark the tensor, or all tensors of the branch.", .tree, .treePage,
      [.text(" ")]),
    Command(
      .unmarkAll, "unmark all", "Take all marks away.", .tree, .treePage, [.text("U")]),
    Command(
      .expandBelow, "open all", "Open the branch and all branches below it.", .tree, .tree,
      [.text("*")]),
    Command(
      .collapseAll, "close all", "Close all branches.", .tree, .tree, [.text("-")]),
    Command(
      .nextSibling, "next sibling", "To the next row of the same level.", .tree, .tree,
      [.text("}"), .text("J")]),
    Command(
      .previousSibling, "previous sibling", "To the row before of the same level.", .tree, .tree,
      [.text("{"), .text("K")]),
    Command(
      .compare, "compare", "Open a second checkpoint beside this one.", .tree, .treePage,
      [.text("c")]),
    Command(
      .stopComparing, "stop comparing", "Put the second checkpoint away.", .tree, .treePage,
      [.text("C")]),
    Command(
      .nextDifference, "next difference", "To the next tensor that differs.", .tree, .treePage,
      [.text("]")]),
    Command(
      .previousDifference, "previous difference", "To the tensor before that differs.", .tree,
      .treePage, [.text("[")]),
    Command(
      .metadata, "metadata", "Read metadata, configuration files and remarks.", .tree, .treePage,
      [.text("i")]),
    Command(
      .toggleDetail, "detail pane", "Show or hide the tensor's pane.", .tree, .treePage,
      [.text("|")]),
    Command(
      .showMapping, "mapping", "Show the tensor on the mapping page.", .tree, .treePage,
      [.text("m")]),
    Command(.narrow, "narrower", "Make the tree narrower.", .tree, .treePage, [.text("<")]),
    Command(.widen, "wider", "Make the tree wider.", .tree, .treePage, [.text(">")]),
  ]

  private static let detail: [Command] = [
    Command(
      .spectrum, "spectrum", "Compute the singular values, in the background.", .detail, .treePage,
      [.text("p")]),
    Command(
      .rowAxis, "row axis", "Take the next axis for the rows of the heat map.", .detail, .treePage,
      [.text("r")]),
    Command(
      .columnAxis, "column axis", "Take the next axis for the columns of the heat map.", .detail,
      .treePage, [.text("R")]),
    Command(
      .heldAxis, "held axis", "Choose which of the other axes the index keys move.", .detail,
      .treePage, [.text("x")]),
    Command(
      .nextIndex, "next slice", "One further on the held axis.", .detail, .treePage, [.text(".")]),
    Command(
      .previousIndex, "previous slice", "One back on the held axis.", .detail, .treePage,
      [.text(",")]),
    Command(
      .forwardIndex, "slice +10", "Ten further on the held axis.", .detail, .treePage,
      [.text(")")]),
    Command(
      .backIndex, "slice -10", "Ten back on the held axis.", .detail, .treePage, [.text("(")]),
    Command(
      .zoomIn, "zoom in", "Halve the part that the heat map shows, around the cell.", .detail,
      .treePage, [.text("+"), .text("=")]),
    Command(
      .zoomOut, "zoom out", "Double the part that the heat map shows.", .detail, .detail,
      [.text("-"), .text("_")]),
    Command(
      .zoomReset, "whole slice", "Show the whole slice again.", .detail, .treePage, [.text("0")]),
    Command(
      .scaleKind, "scale", "Diverging around zero, sequential, or by the values.", .detail,
      .treePage, [.text("v")]),
    Command(
      .colorScale, "colour scale", "The next colour scale.", .detail, .treePage, [.text("V")]),
  ]

  private static let epochs: [Command] = [
    Command(
      .epochsFind, "find", "Find tensors as you type; 'exact, !without, several words.", .epochs,
      .epochs, [.text("/")]),
    Command(
      .epochsSort, "sort", "Largest movers first, by name, or by the newest norm, in turn.",
      .epochs, .epochs, [.text("s")]),
    Command(
      .epochsScale, "one scale", "Draw all rows on one scale, or each on its own.", .epochs,
      .epochs, [.text("v")]),
    Command(
      .epochsRun, "read again", "Read the snapshots again, also after it was stopped or failed.",
      .epochs, .epochs, [.text("r")]),
  ]

  private static let mapping: [Command] = [
    Command(
      .mappingFind, "find", "Find keys of both sides as you type; 'exact, !without, several words.",
      .mapping, .mapping, [.text("/")]),
    Command(
      .mappingTarget, "target", "Choose the dialect to map to; others say why they cannot be.",
      .mapping, .mapping, [.text("t")]),
    Command(
      .mappingFilter, "only", "Show all rows, or only those of one kind, in turn.", .mapping,
      .mapping, [.text("f")]),
    Command(
      .mappingNextChange, "next change", "To the next row that is not a plain copy.", .mapping,
      .mapping, [.text("u")]),
    Command(
      .mappingPreviousChange, "previous change", "To the row before that is not a plain copy.",
      .mapping, .mapping, [.text("U")]),
    Command(
      .mappingConvert, "convert", "Go to the conversion page with this target.", .mapping, .mapping,
      [.text("c")]),
  ]

  private static let convert: [Command] = [
    Command(
      .convertNext, "change", "The next value of the field.", .convert, .convert, [.text(" ")]),
    Command(.convertStart, "start", "Start the conversion.", .convert, .convert, [.text("s")]),
    Command(
      .convertStop, "stop", "Stop the conversion; nothing is left behind.", .convert, .convert,
      [.text("x")]),
    Command(.convertPlan, "plan", "Show the plan again.", .convert, .convert, [.text("p")]),
    Command(
      .convertOpen, "open result", "Open what the shown conversion wrote.", .convert, .convert,
      [.text("O")]),
    Command(
      .convertReset, "reset", "Take all choices but the target back.", .convert, .convert,
      [.text("0")]),
  ]

  private static let rope: [Command] = [
    Command(
      .ropeSources, "presets", "Choose a published embedding, or that of the open checkpoint.",
      .rope, .rope, [.text("p")]),
    Command(
      .ropeView, "left picture",
      "Left of the kernel: one channel over the grid, positions by channels, or the compared kernel.",
      .rope, .rope, [.text("v")]),
    Command(.ropeNextChannel, "channel", "The next channel.", .rope, .rope, [.text("]")]),
    Command(
      .ropePreviousChannel, "previous channel", "The channel before.", .rope, .rope, [.text("[")]),
    Command(
      .ropeFunction, "cos or sin", "Cosines or sines of the channel.", .rope, .rope, [.text("f")]),
    Command(
      .ropeAxis, "axis", "Positions by channels along the next axis: y, x, t.", .rope, .rope,
      [.text("a")]),
    Command(
      .ropeSort, "sort channels",
      "Channels from the fastest to the slowest, or in the model's order.",
      .rope, .rope, [.text("w")]),
    Command(.ropeNextFrame, "frame", "The next frame.", .rope, .rope, [.text(".")]),
    Command(.ropePreviousFrame, "previous frame", "The frame before.", .rope, .rope, [.text(",")]),
    Command(
      .ropeQueryFrame, "query frame", "Put the query on the frame that is shown.", .rope, .rope,
      [.text("t")]),
    Command(
      .ropeLarger, "larger grid", "One row and one column more.", .rope, .rope,
      [.text("+"), .text("=")]),
    Command(
      .ropeSmaller, "smaller grid", "One row and one column less.", .rope, .rope,
      [.text("-"), .text("_")]),
    Command(
      .ropeThetaUp, "larger theta", "The next larger base of the spectrum.", .rope, .rope,
      [.text(">")]),
    Command(
      .ropeThetaDown, "smaller theta", "The next smaller base of the spectrum.", .rope, .rope,
      [.text("<")]),
    Command(
      .ropeScaling, "scaling", "Change the spectrum for the grid: none, linear, NTK, YaRN.", .rope,
      .rope, [.text("s")]),
    Command(
      .ropeCompare, "compare grid", "Compare with the same model on another grid.", .rope, .rope,
      [.text("c")]),
    Command(
      .ropeReset, "reset", "The model's own grid and parameters again.", .rope, .rope,
      [.text("0")]),
  ]

  private static let inference: [Command] = [
    Command(
      .inferenceAdd, "add pictures", "Add a picture, a folder of pictures, or a pattern.",
      .inference, .inference, [.text("a")]),
    Command(
      .inferenceNewLabel, "new label", "Add labels; commas stand between several.", .inference,
      .inference, [.text("n"), .text("+")]),
    Command(
      .inferenceTemplate, "template", "Change the text around the label; {} is its place.",
      .inference, .inference, [.text("p")]),
    Command(
      .inferenceRemove, "remove", "Take the picture or the label off its list.", .inference,
      .inference, [.text("x"), .key(.delete)]),
    Command(
      .inferenceMatrix, "matrix", "Similarities of all pictures and labels, or the bars again.",
      .inference, .inference, [.text("m")]),
    Command(
      .inferenceValues, "values", "Similarity, logit or probability in the matrix.", .inference,
      .inference, [.text("v")]),
    Command(
      .inferenceSort, "sort", "Labels best first, or in their own order.", .inference, .inference,
      [.text("s")]),
    Command(
      .inferenceColors, "colour scale", "The next colour scale of the matrix.", .inference,
      .inference, [.text("V")]),
    Command(
      .inferenceRun, "run", "Run what is missing, and what failed, again.", .inference, .inference,
      [.text("r")]),
    Command(
      .inferenceTokenizer, "tokenizer", "Name the tokenizer of a model that brings none.",
      .inference, .inference, [.text("t")]),
    Command(
      .inferenceActivation, "activation",
      "Choose the activation where the file does not say it, in turn.", .inference, .inference,
      [.text("A")]),
  ]

  private static let start: [Command] = [
    Command(
      .forgetRecent, "forget", "Take the file off the list of recent files.", .start, .start,
      [.key(.delete), .text("x")])
  ]

  /// While `clipscope demo --tour` goes on and nothing is being typed, before what the keys mean else.
  private static let tour: [Command] = [
    Command(
      .tourNext, "next", "Go on to the next step of the tour.", .tour, .tour, [.key(.enter)]),
    Command(
      .tourBack, "back", "Go back to the step before.", .tour, .tour, [.key(.backspace)]),
    Command(.tourLeave, "leave", "Leave the tour; the page stays.", .tour, .tour, [.key(.escape)]),
  ]
}
