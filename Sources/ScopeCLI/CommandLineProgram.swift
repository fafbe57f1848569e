import ArgumentParser
import Glibc
import ScopeEngine

/// Runs a subcommand: parse, run, one line of error at most, exit status.
package enum CommandLineProgram {
  /// Whether the first argument is a command or asks for help; everything else belongs to the dashboard.
  package static func handles(_ arguments: [String]) -> Bool {
    guard let first = arguments.first else { return false }
    if first == "open" || first == "demo" {
      return asksForHelp(arguments)
        || first == "demo"
          && arguments.prefix { $0 != "--" }.contains(where: DemoCommand.isOfList)
    }
    // The options of the dashboard may stand behind a path, and so may a question for help.
    if !commandNames.contains(first), asksForHelp(arguments) { return true }
    // The last one is how completion scripts ask for words that only a run knows.
    return ["help", "--help", "-h", "--version", "---completion"].contains(first)
      || commandNames.contains(first)
  }

  private static func asksForHelp(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  package static var commandNames: [String] {
    RootCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// - Parameters:
  ///   - arguments: without the name of the program.
  ///   - terminalFacts: what the terminal library knows, asked only by `doctor`.
  /// - Returns: the exit status.
  package static func run(
    _ arguments: [String], terminalFacts: () -> [DoctorFact] = { [] },
    output: Int32 = STDOUT_FILENO, errors: Int32 = STDERR_FILENO
  ) -> Int32 {
    // A reader that went away shows as EPIPE at the write, which is quiet.
    signal(SIGPIPE, SIG_IGN)
    var console = Console(output: output, errors: errors, colour: .never)
    var isParsed = false
    if let message = mistakeInHelp(arguments) {
      console.message("clipscope: \(message)")
      return ExitStatus.usage
    }
    if let message = mistakeBeforeHelp(arguments) {
      console.message("clipscope: \(message)")
      return ExitStatus.trouble
    }
    do {
      var parsed = try root(of: arguments).parseAsRoot(arguments)
      guard let command = parsed as? any Command else {
        // The library's own command for help: it answers by throwing what is to be printed.
        try parsed.run()
        return ExitStatus.success
      }
      isParsed = true
      console = Console(output: output, errors: errors, colour: command.shared.color)
      let status: Int32 =
        if let doctor = command as? DoctorCommand {
          try doctor.run(on: console, terminal: terminalFacts())
        } else {
          try command.run(on: console, with: Engine())
        }
      return console.ending(with: status)
    } catch {
      return report(error, isParsed: isParsed, arguments: arguments, on: console)
    }
  }

  /// What is wrong with a path behind `demo`, which has a checkpoint of its own: a demo model may be meant.
  package static func mistake(behindDemo word: String) -> String {
    let names = ((try? DemoModels.installed())?.models ?? []).map(\.name)
    let name = names.contains(word) ? word : NearMatch.of(word, in: names)
    return "demo takes no path; "
      + (name.map { "did you mean clipscope demo/\($0)?" } ?? "clipscope \(word) opens one")
  }

  /// `help NAME` of a command that does not exist: the library would answer with the help of the whole.
  private static func mistakeInHelp(_ arguments: [String]) -> String? {
    guard arguments.first == "help", let name = arguments.dropFirst().first, !name.hasPrefix("-"),
      !commandNames.contains(name), name != "help"
    else { return nil }
    let question = NearMatch.question(name, in: commandNames)
    return "there is no command `\(name)`"
      + (question.isEmpty ? "; see clipscope --help" : question)
  }

  /// A question for help behind a first word that is neither a file nor a command: the word is what is wrong.
  private static func mistakeBeforeHelp(_ arguments: [String]) -> String? {
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help",
      !commandNames.contains(first)
    else { return nil }
    return mistake(in: [first])
  }

  /// The command that parses: completion scripts also ask for what the dashboard's own options take.
  private static func root(of arguments: [String]) -> any ParsableCommand.Type {
    arguments.first == "---completion" ? CompletionRoot.self : RootCommand.self
  }

  /// One line on standard error; for the executable, whose own arguments are read by hand.
  package static func usageError(_ message: String) -> Int32 {
    Console(colour: .never).message("clipscope: \(message)")
    return ExitStatus.usage
  }

  /// Any error of the rooms below as one sentence.
  package static func sentence(of error: any Error) -> String {
    switch error {
    case CheckpointError.file(let file): sentence(of: file)
    case let error as CheckpointError: error.description
    case let error as FileError where error.path == "-" && error.code == ENOENT:
      "-: a checkpoint is read from a file or folder, not from standard input"
    case let error as FileError:
      // Every command that writes a file takes --force; what bears the name of an unfinished file is not theirs to replace.
      error.code == EEXIST && !error.path.hasSuffix(".part")
        ? error.description + "; --force replaces it" : error.description
    case let ending as Ending: ending.message ?? ""
    default: String(describing: error)
    }
  }

  /// What is wrong with the first path where it is rather a mistyped command: nothing is called so and it looks like one.
  ///
  /// - Parameters:
  ///   - paths: of the dashboard; the words behind a mistyped command are not looked at.
  /// - Returns: one sentence; nil where the first path is to be opened.
  package static func mistake(in paths: [String]) -> String? {
    guard let word = paths.first, access(word, F_OK) != 0,
      !word.contains(where: { "/.".contains($0) }), word != "demo"
    else { return nil }
    let question = NearMatch.question(word, in: commandNames)
    return "\(word): there is no file and no command of that name"
      + (question.isEmpty ? "; see clipscope --help" : question)
  }

  /// What a command throws is trouble; what parsing throws is a wrong command line, or a question for help.
  private static func report(
    _ error: any Error, isParsed: Bool, arguments: [String], on console: Console
  ) -> Int32 {
    if let ending = error as? Ending {
      if let message = ending.message { console.message("clipscope: \(message)") }
      return ending.status
    }
    guard isParsed, !isOfParser(error) else {
      return reportParsing(error, arguments: arguments, on: console)
    }
    console.message("clipscope: \(sentence(of: error))")
    return ExitStatus.trouble
  }

  /// Commands may ask the library for help or refuse an argument while they run.
  private static func isOfParser(_ error: any Error) -> Bool {
    error is CleanExit || error is ValidationError || error is ExitCode
  }

  /// Help and version are answers; everything else that the library throws is a wrong command line.
  private static func reportParsing(
    _ error: any Error, arguments: [String], on console: Console
  ) -> Int32 {
    if RootCommand.exitCode(for: error) == .success {
      console.line(RootCommand.fullMessage(for: error))
      return console.ending(with: ExitStatus.success)
    }
    let command = arguments.first.flatMap { commandNames.contains($0) ? " \($0)" : nil } ?? ""
    var message = oneLine(RootCommand.message(for: error))
    message = negativeValue(message, in: arguments) ?? message
    message = withChoices(singleDash(message, in: arguments) ?? message, of: arguments.first)
    message = withNearValue(withoutFarGuess(message))
    if arguments.first == "embed", message.contains("nexpected argument") {
      message += "; pictures are given as --image A --image B or --image FOLDER, texts as --text"
    }
    let link = message.hasSuffix("?") ? " See" : "; see"
    console.message("clipscope: \(message)\(link) clipscope\(command) --help")
    return ExitStatus.usage
  }

  /// The library guesses at an option however far it is; a guess that is not near is left out.
  private static func withoutFarGuess(_ message: String) -> String {
    // Unknown option 'GIVEN'. Did you mean 'GUESS'?
    let parts = message.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 5, parts[0] == "Unknown option ", parts[2] == ". Did you mean ",
      NearMatch.of(parts[1], in: [parts[3]]) == nil
    else { return message }
    return "Unknown option '\(parts[1])'"
  }

  /// The library lists the values of an option and guesses at none; the one that was meant is named where one is near.
  private static func withNearValue(_ message: String) -> String {
    // The value 'GIVEN' is invalid for 'OPTION'. Please provide one of 'A', 'B' or 'C'
    // The value 'GIVEN' is invalid for 'OPTION'. Please provide one of the following: A, B, C
    let parts = message.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
    let start = ". Please provide one of "
    guard parts.count >= 5, parts[0] == "The value ", parts[2] == " is invalid for ",
      parts[4].hasPrefix(start)
    else { return message }
    let quoted = parts.indices.dropFirst(5).filter { $0 % 2 == 1 }.map { parts[$0] }
    let listed = parts[4].split(separator: ": ", maxSplits: 1).dropFirst().first ?? ""
    let choices = quoted.isEmpty ? listed.split(separator: ", ").map(String.init) : quoted
    return message + NearMatch.question(parts[1], in: choices)
  }

  /// The option that a message says is not there, or has no value.
  private static func missingOption(_ message: String) -> Substring? {
    // Missing expected argument '--NAME <value>'
    // Missing value for '--NAME <value>'
    let parts = message.split(separator: "'", omittingEmptySubsequences: false)
    guard parts.count == 3,
      ["Missing expected argument ", "Missing value for "].contains(parts[0]),
      let name = parts[1].split(separator: " ").first, name.hasPrefix("--")
    else { return nil }
    return name
  }

  /// An option that is missing because it was given with one dash: the library says the first before the second.
  private static func singleDash(_ message: String, in arguments: [String]) -> String? {
    guard let name = missingOption(message) else { return nil }
    let short = name.dropFirst()
    guard arguments.contains(where: { $0.prefix { $0 != "=" } == short }) else { return nil }
    return "Unknown option '\(short)'. Did you mean '\(name)'?"
  }

  /// The library lists the values of an option that has a wrong one, and none for an option that is left out.
  private static func withChoices(_ message: String, of command: String?) -> String {
    let type = RootCommand.configuration.subcommands.first {
      $0.configuration.commandName == command
    }
    guard let name = missingOption(message),
      let choices = (type as? any Command.Type)?.choices[String(name)]
    else { return message }
    return "\(message), one of \(choices.joined(separator: ", "))"
  }

  /// The library takes a negative number for an option of its own and says that the value is missing.
  private static func negativeValue(_ message: String, in arguments: [String]) -> String? {
    let parts = message.split(separator: "'", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "Missing value for ",
      let name = parts[1].split(separator: " ").first,
      let place = arguments.firstIndex(of: String(name)), place + 1 < arguments.count
    else { return nil }
    let value = arguments[place + 1]
    guard value.hasPrefix("-"), value.dropFirst().first?.isNumber == true else { return nil }
    return "The value '\(value)' is invalid for '\(parts[1])'"
  }

  /// A message of the library on one line, ready for a semicolon: long lists of choices come as `  - NAME` lines.
  static func oneLine(_ message: String) -> String {
    let lines = message.split(separator: "\n").map { line -> Substring in
      let text = line.drop { $0 == " " }
      return text.hasPrefix("- ") ? text.dropFirst(2) : text
    }
    guard let first = lines.first else { return "" }
    var text = String(first)
    if lines.count > 1 { text += " " + lines.dropFirst().joined(separator: ", ") }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }
}
