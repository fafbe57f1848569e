import Glibc

/// Starts children, watches their pace and writes down what ends them.
struct FuzzSupervisor {
  let options: FuzzOptions
  let corpus: Corpus
  private var findings: [(number: Int, what: String)] = []

  private static let batchCount = 20_000
  /// Beyond this one input counts as a hang.
  private static let secondsLimit = 1.0
  private static let findingLimit = 50

  init(options: FuzzOptions, corpus: Corpus) {
    self.options = options
    self.corpus = corpus
  }

  /// - Returns: exit status.
  mutating func run() -> Int32 {
    let counterPath = "/tmp/scope-fuzz-counter-\(getpid())"
    guard let counter = SharedCounter(path: counterPath, isNew: true) else {
      print("cannot make \(counterPath)")
      return 2
    }
    defer { unlink(counterPath) }
    print("\(corpus.seeds.count) seeds, \(options.inputCount) inputs, seed \(options.seed)")
    let start = Self.now()
    var next = 0
    while next < options.inputCount, findings.count < Self.findingLimit {
      let count = min(Self.batchCount, options.inputCount - next)
      counter.set(current: next)
      guard let what = watch(first: next, count: count, counter: counter) else {
        next += count
        continue
      }
      let number = counter.current
      record(number, what)
      next = number + 1
    }
    let seconds = Self.now() - start
    let rate = Int(Double(next) / max(seconds, 0.001))
    print(
      "\(next) inputs in \(Int(seconds)) s (\(rate) per second), \(counter.openedCount) opened, "
        + "\(findings.count) findings")
    return findings.isEmpty ? 0 : 1
  }

  /// - Returns: nil when the child ran its whole batch, else what ended it.
  private func watch(first: Int, count: Int, counter: SharedCounter) -> String? {
    guard let child = spawn(first: first, count: count, counter: counter) else {
      return "cannot start a child"
    }
    var seen = counter.current
    // Loading the seeds is not part of the first input.
    var since = Self.now() + 2
    while true {
      var status: Int32 = 0
      if waitpid(child, &status, WNOHANG) == child { return Self.meaning(of: status) }
      usleep(20_000)
      if counter.current != seen {
        seen = counter.current
        since = Self.now()
      } else if Self.now() - since > Self.secondsLimit {
        kill(child, SIGKILL)
        waitpid(child, &status, 0)
        FuzzChild.remove(folder: "/dev/shm/scope-fuzz-\(child)")
        return "hang"
      }
    }
  }

  private static func meaning(of status: Int32) -> String? {
    if status == 0 { return nil }
    let signal = status & 0x7F
    if signal != 0 { return "signal \(signal)" }
    let code = status >> 8 & 0xFF
    return code == FuzzChild.tooLargeStatus ? "memory" : "exit status \(code)"
  }

  private func spawn(first: Int, count: Int, counter: SharedCounter) -> pid_t? {
    var arguments = [
      "/proc/self/exe", "--seed", String(Int64(bitPattern: options.seed)), "--fixtures",
      options.fixtures, "--child", String(first), String(count), counter.path,
    ]
    if let only = options.only { arguments += ["--only", only] }
    // A crash report of every finding would take seconds; the input can be replayed for it.
    let environment = ["SWIFT_BACKTRACE=enable=no", "PATH=/usr/bin:/bin"]
    var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child = pid_t()
    guard posix_spawn(&child, "/proc/self/exe", nil, nil, &argv, &envp) == 0 else { return nil }
    return child
  }

  private mutating func record(_ number: Int, _ what: String) {
    findings.append((number, what))
    let input = FuzzInput(number: number, options: options, corpus: corpus)
    mkdir(options.saveFolder, 0o755)
    let name = "\(options.seed)-\(number)-\(what.filter { $0 != " " })-\(input.seed.fileName)"
    _ = Corpus.write(input.bytes, to: options.saveFolder + "/" + name)
    print("input \(number) from \(input.seed.name): \(what); kept as \(options.saveFolder)/\(name)")
    fflush(nil)
  }

  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
