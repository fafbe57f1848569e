import ArgumentParser

extension ColourChoice: ExpressibleByArgument {}

/// Options of every command.
struct SharedOptions: ParsableArguments {
  @Flag(help: "Print one JSON document instead of text.")
  var json = false

  @Option(help: ArgumentHelp("When to colour the text.", valueName: "when"))
  var color: ColourChoice = .auto
}
