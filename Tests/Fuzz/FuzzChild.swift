import Glibc

/// The process that runs inputs.
///
/// It tells its parent, through a shared page, which input it is at.
enum FuzzChild {
  /// Exit status when the process grew too large.
  static let tooLargeStatus: Int32 = 3
  static let growthLimit = 256 << 20

  static func run(
    first: Int, count: Int, counter: SharedCounter, options: FuzzOptions, corpus: Corpus
  ) -> Int32 {
    // A runaway allocation ends this process, not the machine.
    var limit = rlimit(rlim_cur: 6 << 30, rlim_max: 6 << 30)
    setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    var noCore = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &noCore)
    guard let folder = workFolder() else { return 2 }
    defer { remove(folder: folder) }
    let start = residentPeak()
    for number in first..<first + count {
      counter.set(current: number)
      let input = FuzzInput(number: number, options: options, corpus: corpus)
      guard let path = input.place(in: folder) else { return 2 }
      let (outcome, _) = FuzzInput.run(path)
      if outcome == "opened" { counter.countOpened() }
      if input.seed.siblings.isEmpty { unlink(path) }
      if residentPeak() - start > growthLimit {
        remove(folder: folder)
        return tooLargeStatus
      }
    }
    counter.set(current: first + count)
    return 0
  }

  static func residentPeak() -> Int {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss << 10
  }

  static func workFolder() -> String? {
    for base in ["/dev/shm", "/tmp"] {
      let path = "\(base)/scope-fuzz-\(getpid())"
      if mkdir(path, 0o700) == 0 { return path }
    }
    return nil
  }

  static func remove(folder: String) {
    for name in Corpus.names(in: folder) {
      let path = folder + "/" + name
      if unlink(path) != 0 { remove(folder: path) }
    }
    rmdir(folder)
  }
}

/// Two numbers in a page that parent and child share.
final class SharedCounter {
  let path: String
  private let words: UnsafeMutablePointer<Int>

  /// - Parameter isNew: whether the file is made here.
  init?(path: String, isNew: Bool) {
    let descriptor = open(path, isNew ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    if isNew { guard ftruncate(descriptor, 4_096) == 0 else { return nil } }
    guard let address = mmap(nil, 4_096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0),
      address != MAP_FAILED
    else { return nil }
    self.path = path
    words = address.assumingMemoryBound(to: Int.self)
  }

  var current: Int { words[0] }
  var openedCount: Int { words[1] }
  func set(current: Int) { words[0] = current }
  func countOpened() { words[1] += 1 }
}
