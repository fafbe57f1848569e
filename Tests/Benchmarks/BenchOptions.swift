import Inference

/// What the benchmark was asked to do.
struct BenchOptions {
  var json = false
  var threads: Int?
  var rounds = 7
  var path = ProductPath.packed
  var models = ["b32", "b16", "l14"]
  var served: String?
  var isHalf = false
  /// Count processor time of all threads instead of wall time: steadier on a busy machine.
  var countsProcessorTime = false
  /// Only attention: capture against the plain forward, and the way back.
  var isAttention = false
  /// Fixtures of sampled features to compare with in place of timing.
  var checked: [String] = []

  init(_ arguments: some Sequence<String>) {
    var iterator = arguments.makeIterator()
    while let argument = iterator.next() {
      switch argument {
      case "--json": json = true
      case "--threads": threads = iterator.next().flatMap { Int($0) }
      case "--rounds": rounds = iterator.next().flatMap { Int($0) } ?? rounds
      case "--blas": path = .blas
      case "--attention": isAttention = true
      case "--half": isHalf = true
      case "--cpu": countsProcessorTime = true
      case "--models":
        models = iterator.next()?.split(separator: ",").map(String.init) ?? models
      case "--serve": served = iterator.next()
      case "--check":
        while let path = iterator.next() { checked.append(path) }
      default: break
      }
    }
  }

  var load: LoadOptions { LoadOptions(path: path, threads: threads) }
}
