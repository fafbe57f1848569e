import ArgumentParser
import Cells
import ScopeEngine

/// One line of `doctor`.
package struct DoctorFact: Sendable, Equatable {
  package enum Verdict: String, Sendable {
    case good
    case warning
    case bad
  }

  package var name: String
  package var value: String
  package var verdict: Verdict
  /// What to do about it; empty where all is well.
  package var advice: String

  package init(_ name: String, _ value: String, _ verdict: Verdict = .good, advice: String = "") {
    self.name = name
    self.value = value
    self.verdict = verdict
    self.advice = advice
  }
}

struct DoctorCommand: Command {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check terminal, locale, colours, BLAS, processor and memory.")

  @OptionGroup var shared: SharedOptions

  func run(on console: Console, with engine: Engine) throws -> Int32 {
    try run(on: console, terminal: [])
  }

  /// - Parameter terminal: what the terminal library found out, given by the executable.
  func run(on console: Console, terminal: [DoctorFact]) throws -> Int32 {
    let sections = [
      ("terminal", Self.environment() + terminal), ("machine", Self.machine()),
      ("folders", Self.folders()),
    ]
    if shared.json {
      var document = Document()
      document.add("version", .string(Program.version))
      for (title, facts) in sections {
        document.add(
          title,
          .array(
            facts.map { fact in
              [
                "name": .string(fact.name), "value": .string(fact.value),
                "verdict": .string(fact.verdict.rawValue), "advice": .string(fact.advice),
              ]
            }))
      }
      print(document.value, on: console)
      return ExitStatus.success
    }
    let style = TextStyle(isColoured: console.isColoured)
    console.line("clipscope \(Program.version)")
    for (title, facts) in sections {
      console.line()
      console.line(style.heading(title))
      for fact in facts {
        let mark =
          switch fact.verdict {
          case .good: style.good("ok  ")
          case .warning: style.warning("note")
          case .bad: style.bad("bad ")
          }
        let padding = String(repeating: " ", count: max(18 - fact.name.count, 1))
        let advice = fact.advice.isEmpty ? "" : "  " + style.dim(console.shown(fact.advice))
        console.line("  \(mark)  \(fact.name)\(padding)\(console.shown(fact.value))\(advice)")
      }
    }
    return ExitStatus.success
  }

  private static func environment() -> [DoctorFact] {
    let term = Environment["TERM"] ?? ""
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { Environment[$0] }.first { !$0.isEmpty } ?? ""
    return [
      term.isEmpty || term == "dumb"
        ? DoctorFact(
          "TERM", term.isEmpty ? "not set" : term, .bad,
          advice: "the dashboard needs a terminal type, such as TERM=xterm-256color")
        : DoctorFact("TERM", term),
      Environment.localeIsUTF8
        ? DoctorFact("locale", locale)
        : DoctorFact(
          "locale", locale.isEmpty ? "not set" : locale, .warning,
          advice: "names outside ASCII are spelled out; LC_ALL=C.UTF-8 shows them"),
      DoctorFact("COLORTERM", Environment["COLORTERM"] ?? "not set"),
      (Environment["NO_COLOR"] ?? "").isEmpty
        ? DoctorFact("NO_COLOR", "not set")
        : DoctorFact("NO_COLOR", "set", .warning, advice: "nothing is coloured"),
    ]
  }

  private static func machine() -> [DoctorFact] {
    let machine = Machine.inspected()
    let hasFast = machine.features.contains("avx2") || machine.features.contains("asimd")
    return [
      DoctorFact("processor", machine.processor),
      DoctorFact("processors", "\(machine.processorCount), \(machine.threadCount) used"),
      DoctorFact(
        "vector units", machine.features.joined(separator: " "), hasFast ? .good : .warning,
        advice: hasFast ? "" : "the fast kernels need AVX2 with FMA; the portable ones are used"),
      DoctorFact(
        "memory",
        "\(Numbers.bytes(machine.memoryByteCount)), "
          + "\(Numbers.bytes(machine.availableMemoryByteCount)) available"),
      DoctorFact(
        "OpenBLAS",
        "\(machine.blasCore), \(Numbers.counted(machine.blasThreadCount, "thread")); "
          + machine.blasConfiguration),
    ]
  }

  private static func folders() -> [DoctorFact] {
    [
      DoctorFact("state", UserFolder.state.path ?? "none (HOME is not set)"),
      Installation.themes.map { DoctorFact("themes", $0) }
        ?? DoctorFact(
          "themes", "not found", .warning,
          advice: "the built-in ones are used; CLIPSCOPE_SHARE names the folder that holds them"),
      DoctorFact("own themes", Installation.userThemes ?? "none (HOME is not set)"),
      Installation.demoCheckpoint.map { DoctorFact("demo", $0) }
        ?? DoctorFact(
          "demo", "not found", .warning,
          advice: "`clipscope demo` needs it; `./dev install` brings it, "
            + "CLIPSCOPE_SHARE names the folder that holds it"),
    ]
  }
}
