import ArgumentParser
import Cells
import ScopeEngine

struct ListCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "ls",
    abstract: "List the tensors as a table or a tree.",
    discussion: """
      GLOB is a name or a pattern: * is any run of characters (dots too), ? is one, [a-z] one of a set. It is \
      compared with the full name and with the name within the weights.
      """)

  enum Order: String, CaseIterable, ExpressibleByArgument {
    case file, name, size, count, dtype
  }

  @Argument(help: "A checkpoint file or folder.", completion: .file()) var path: String
  @Argument(help: "Only tensors whose name fits.") var glob: String?
  @Flag(help: "Show a tree with totals in place of a table.") var tree = false
  @Option(
    help: ArgumentHelp(
      "Order of the rows, in a tree of those below each branch; file is the order of the container. By default file, "
        + "and name for a tree.",
      valueName: "order"))
  var sort: Order?
  @Flag(help: "Show the first values of each tensor, row-major.") var values = false
  @Option(help: "How many values of each tensor --values shows; 1000 where not given.")
  var limit: Int?
  @OptionGroup var shared: SharedOptions

  private static let usualLimit = 1000
  private var valueLimit: Int { limit ?? Self.usualLimit }

  func validate() throws {
    guard valueLimit >= 0 else { throw ValidationError("--limit must not be negative") }
    guard limit == nil || values else { throw ValidationError("--limit belongs to --values") }
  }

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let session = try open(path, with: engine)
    let wanted = try session.wanted(glob)
    // A tree sorts what is below each branch itself.
    let indices = tree && !shared.json ? wanted : sorted(wanted, of: session.catalog.entries)
    let listing = Listing(session: session, indices: indices)
    if shared.json {
      let values = values ? valueLimit : nil
      print(
        try blocking(
          engine.start(.other("list")) { context in
            try listing.document(valueLimit: values, context: context)
          }, showingProgressOn: console), on: console)
    } else if tree {
      TreeListing(listing, order: sort ?? .name).print(to: console)
    } else {
      listing.print(to: console)
    }
    let isWhole = values && !shared.json ? try printValues(of: listing, on: console) : true
    let warnings = session.catalog.diagnostics.filter { $0.severity != .note }
    for warning in Console.shownRows(warnings, \.severity) {
      console.message("clipscope: \(session.path): \(warning.sentence)")
    }
    if warnings.count > Console.rowLimit {
      let left = Numbers.grouped(warnings.count - Console.rowLimit)
      console.message("clipscope: \(session.path): and \(left) more warnings (--json)")
    }
    return isWhole ? ExitStatus.success : ExitStatus.trouble
  }

  /// - Returns: false where a tensor could not be read, which is told and does not hide the others.
  private func printValues(of listing: Listing, on console: Console) throws -> Bool {
    var isWhole = true
    for index in listing.indices where console.hasReader {
      let entry = listing.session.catalog.entries[index]
      guard entry.isReadable else { continue }
      let values: TensorValues
      do {
        values = try listing.session.values(of: index, limit: valueLimit)
      } catch let error as CheckpointError {
        console.message("clipscope: \(error.description)")
        isWhole = false
        continue
      }
      console.line()
      console.line("\(console.shown(entry.name)) \(entry.shape)")
      var line = "  "
      for text in values.texts {
        if line.utf8.count + text.utf8.count > 78 {
          console.line(line)
          line = "  "
        }
        line += text + " "
      }
      console.line(line)
      if values.elementCount > valueLimit { console.line("  ... \(values.elementCount) in all") }
    }
    return isWhole
  }

  private func sorted(_ indices: [Int], of entries: [Entry]) -> [Int] {
    switch sort ?? .file {
    case .file: indices
    case .name:
      indices.sorted { NumericOrder.precedes(entries[$0].name, entries[$1].name) }
    case .size: indices.sorted { entries[$0].byteCount > entries[$1].byteCount }
    case .count: indices.sorted { entries[$0].elementCount > entries[$1].elementCount }
    case .dtype:
      indices.sorted {
        (entries[$0].elementType.rawValue, $0) < (entries[$1].elementType.rawValue, $1)
      }
    }
  }
}

extension Session {
  /// Entries that fit a pattern.
  ///
  /// - Throws: `Ending` where there is a pattern and nothing fits.
  func wanted(_ glob: String?) throws -> [Int] {
    guard let glob else { return Array(catalog.entries.indices) }
    let found = indices(matching: GlobPattern(glob))
    guard !found.isEmpty else {
      throw Ending.trouble("\(path): no tensor fits `\(glob)`\(tensorQuestion(glob))")
    }
    return found
  }
}
