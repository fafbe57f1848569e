import ScopeEngine

/// What the command line asks of the dashboard.
///
/// Read by hand: the argument library costs milliseconds that the first frame does not have.
package struct DashboardArguments: Sendable, Equatable {
  /// Names of the pages, in the order of their numbers.
  package static let pages = ["tree", "mapping", "convert", "rope", "attention", "inference"]
  static let options = [
    "--snapshot", "--snapshot-png", "--page", "--theme", "--no-mouse", "--graphics", "--ascii",
    "--tour", "--force", "--help",
  ]

  package struct Size: Sendable, Equatable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
      self.columns = columns
      self.rows = rows
    }
  }

  /// How pictures are drawn.
  package enum Graphics: String, Sendable, Equatable, CaseIterable {
    /// In pixels of the screen where the terminal says that it can, else with half blocks.
    case auto
    case off
    /// In pixels of the screen, without asking.
    case kitty
  }

  package var paths: [String] = []
  /// Print one page of this size as text and end.
  package var snapshot: Size?
  /// Write one page as a picture to this file and end.
  package var snapshotPNG: String?
  /// Whether the file of `snapshotPNG` may be there.
  package var isReplacing = false
  package var page: Int?
  package var theme: String?
  package var usesMouse = true
  package var isASCIIOnly = false
  /// Begin with the guided tour; of `demo` alone.
  package var isTour = false
  package var graphics = Graphics.auto

  package init() {}

  package struct UsageError: Error, Equatable {
    package var message: String
  }

  /// - Throws: `UsageError` with one sentence.
  package init(parsing arguments: [String]) throws(UsageError) {
    var index = arguments.first == "open" ? 1 : 0
    var onlyPaths = false
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      guard !onlyPaths, argument.hasPrefix("-"), argument != "-" else {
        paths.append(argument)
        continue
      }
      if argument == "--" {
        onlyPaths = true
        continue
      }
      var name = argument
      var attached: String?
      if let equals = argument.firstIndex(of: "=") {
        name = String(argument[..<equals])
        attached = String(argument[argument.index(after: equals)...])
      }
      func value() throws(UsageError) -> String {
        if let attached { return attached }
        guard index < arguments.count else { throw UsageError(message: "\(name) needs a value") }
        defer { index += 1 }
        return arguments[index]
      }
      switch name {
      case "--snapshot": snapshot = try Self.size(try value())
      case "--snapshot-png": snapshotPNG = try Self.picture(try value())
      case "--force": isReplacing = true
      case "--theme": theme = try value()
      case "--page":
        page = try Self.page(try value())
      case "--no-mouse": usesMouse = false
      case "--ascii": isASCIIOnly = true
      case "--tour": isTour = true
      case "--graphics":
        let text = try value()
        guard let choice = Graphics(rawValue: text) else {
          throw UsageError(
            message: "--graphics is auto, off or kitty, not \(text)"
              + NearMatch.question(text, in: Graphics.allCases.map(\.rawValue)))
        }
        graphics = choice
      default:
        let question = NearMatch.question(name, in: Self.options)
        throw UsageError(
          message: "unknown option \(name)"
            + (question.isEmpty ? "; see clipscope --help" : question))
      }
    }
    if isReplacing, snapshotPNG == nil {
      throw UsageError(message: "--force replaces the file of --snapshot-png, which is not given")
    }
  }

  /// The name of a picture: what is written is a PNG, whatever the name says.
  private static func picture(_ path: String) throws(UsageError) -> String {
    guard path.lowercased().hasSuffix(".png") else {
      throw UsageError(
        message: "--snapshot-png writes a PNG, so that its file ends in .png, not \(path)")
    }
    return path
  }

  /// A page by its number or its name.
  private static func page(_ text: String) throws(UsageError) -> Int {
    if let number = Int(text), pages.indices.contains(number - 1) { return number }
    if let index = pages.firstIndex(of: text.lowercased()) { return index + 1 }
    throw UsageError(
      message: "--page is a number from 1 to \(pages.count) or \(pages.joined(separator: ", ")), "
        + "not \(text)" + NearMatch.question(text, in: pages))
  }

  private static func size(_ text: String) throws(UsageError) -> Size {
    let parts = text.split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let columns = Int(parts[0]), let rows = Int(parts[1]),
      (1...1000).contains(columns), (1...1000).contains(rows)
    else {
      throw UsageError(
        message: "--snapshot is columns x rows, each 1 to 1000, such as 120x40, not \(text)")
    }
    return Size(columns: columns, rows: rows)
  }
}
