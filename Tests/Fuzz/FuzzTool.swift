import Glibc

/// A seeded mutation fuzzer over every reader of files: checkpoints, pictures, tokenizers, themes.
@main struct FuzzTool {
  static func main() {
    guard let options = FuzzOptions(CommandLine.arguments) else {
      print(FuzzOptions.usage)
      exit(64)
    }
    let corpus = Corpus(fixtures: options.fixtures, only: options.only)
    guard !corpus.seeds.isEmpty else {
      print("no seeds below \(options.fixtures)")
      exit(2)
    }
    if let child = options.child {
      guard let counter = SharedCounter(path: child.counter, isNew: false) else { exit(2) }
      exit(
        FuzzChild.run(
          first: child.first, count: child.count, counter: counter, options: options,
          corpus: corpus))
    }
    if let number = options.replay {
      let input = FuzzInput(number: number, options: options, corpus: corpus)
      guard let folder = FuzzChild.workFolder(), let path = input.place(in: folder) else { exit(2) }
      print("input \(number) from \(input.seed.name), \(input.bytes.count) bytes")
      print(FuzzInput.run(path).outcome)
      FuzzChild.remove(folder: folder)
      return
    }
    var supervisor = FuzzSupervisor(options: options, corpus: corpus)
    exit(supervisor.run())
  }
}
