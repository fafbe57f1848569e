/// What the command line asks of the dashboard.
///
/// Read by hand: the argument library costs milliseconds that the first frame does not have.
package struct DashboardArguments: Sendable, Equatable {
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
      case "--snapshot-png": snapshotPNG = try value()
      case "--theme": theme = try value()
      case "--page":
        let text = try value()
        guard let number = Int(text), (1...6).contains(number) else {
          throw UsageError(message: "--page is a number from 1 to 6, not \(text)")
        }
        page = number
      case "--no-mouse": usesMouse = false
      case "--ascii": isASCIIOnly = true
      case "--tour": isTour = true
      case "--graphics":
        let text = try value()
        guard let choice = Graphics(rawValue: text) else {
          throw UsageError(message: "--graphics is auto, off or kitty, not \(text)")
        }
        graphics = choice
      default: throw UsageError(message: "unknown option \(name); see clipscope --help")
      }
    }
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
