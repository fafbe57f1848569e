import ArgumentParser
import Cells
import ScopeEngine

struct ThemesCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "themes",
    abstract: "List the themes of the dashboard with swatches.",
    discussion: """
      Themes come with the program; your own are TOML files or base16 and base24 schemes in clipscope/themes below the \
      configuration folder. `T` in the dashboard chooses one with a preview.
      """)

  @Argument(
    help: "Themes to show in full.", completion: .custom(ThemesCommand.names(completing:_:_:)))
  var names: [String] = []
  @OptionGroup var shared: SharedOptions

  /// The themes that there are, your own among them, for the completion of a word.
  @Sendable static func names(completing words: [String], _ index: Int, _ prefix: String)
    -> [String]
  {
    ThemeLibrary(folders: Installation.themeFolders).themes.map(\.name)
  }

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    let library = ThemeLibrary(folders: Installation.themeFolders)
    var themes = library.themes
    if !names.isEmpty {
      do {
        themes = try names.map { try library.theme(named: $0) }
      } catch {
        throw Ending.trouble("\(error)\(Self.question(about: error, library))")
      }
    }
    if shared.json {
      print(Self.document(of: themes, problems: library.problems), on: console)
    } else {
      let width = themes.map { SafeText.columns(of: $0.name) }.max() ?? 0
      for theme in themes {
        let padding = String(
          repeating: " ", count: max(width - SafeText.columns(of: theme.name), 0) + 2)
        console.line(
          console.shown(theme.name) + padding + Self.kind(theme).padded(to: 9)
            + Self.swatches(theme, isColoured: console.isColoured))
        if !names.isEmpty { Self.printRoles(of: theme, on: console) }
      }
    }
    for problem in library.problems { console.message("clipscope: \(problem)") }
    return library.problems.isEmpty ? ExitStatus.success : ExitStatus.trouble
  }

  private static func question(about error: any Error, _ library: ThemeLibrary) -> String {
    guard case .unknownTheme(let name) = error as? ThemeError else { return "" }
    let question = NearMatch.question(name, in: library.themes.map(\.name))
    return question.isEmpty ? "; `clipscope themes` lists them" : question
  }

  private static func kind(_ theme: Theme) -> String {
    switch theme.isDark {
    case true?: "dark"
    case false?: "light"
    case nil: "either"
    }
  }

  /// The colours that carry meaning, one block each.
  private static let shownRoles: [Role] = [
    .text, .dim, .accent, .success, .warning, .error, .dtypeF32, .dtypeF16, .dtypeBF16,
    .dtypeInteger, .axisY, .axisX, .axisT,
  ]

  private static func swatches(_ theme: Theme, isColoured: Bool) -> String {
    guard isColoured else { return theme.background.map(hexadecimal) ?? "terminal background" }
    return shownRoles.map { role in
      guard let color = theme.style(role).foreground else { return "  " }
      return "\u{1b}[48;2;\(color.red);\(color.green);\(color.blue)m  \u{1b}[0m"
    }.joined()
  }

  private static func printRoles(of theme: Theme, on console: Console) {
    for role in Role.allCases {
      let style = theme.style(role)
      let colors = [style.foreground, style.background].map { $0.map(hexadecimal) ?? "-" }
      console.line("  \(role.rawValue.padded(to: 22))\(colors[0].padded(to: 9))\(colors[1])")
    }
  }

  private static func hexadecimal(_ color: Color) -> String {
    "#"
      + [color.red, color.green, color.blue].map {
        let digits = String($0, radix: 16)
        return digits.count < 2 ? "0" + digits : digits
      }.joined()
  }

  private static func document(of themes: [Theme], problems: [ThemeError]) -> JSONValue {
    var document = Document()
    document.add(
      "themes",
      .array(
        themes.map { theme in
          .members([
            ("name", .string(theme.name)), ("kind", .string(kind(theme))),
            ("background", theme.background.map { .string(hexadecimal($0)) }),
            (
              "roles",
              .members(
                Role.allCases.map { role in
                  (role.rawValue, theme.style(role).foreground.map { .string(hexadecimal($0)) })
                })
            ),
          ])
        }))
    document.add("problems", .strings(problems.map(\.description)))
    return document.value
  }
}

extension String {
  fileprivate func padded(to count: Int) -> String {
    self + String(repeating: " ", count: max(count - self.count, 1))
  }
}
