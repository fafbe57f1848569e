import COpenBLAS
import Checkpoints
import Glibc

/// The computer as far as it matters here: what `doctor` prints.
package struct Machine: Sendable, Equatable {
  package var processor: String
  package var processorCount: Int
  /// Threads that the engine uses.
  package var threadCount: Int
  /// Of the vector extensions that kernels are written for.
  package var features: [String]
  package var memoryByteCount: Int
  package var availableMemoryByteCount: Int
  /// Kernel family that OpenBLAS chose for this processor.
  package var blasCore: String
  package var blasConfiguration: String
  package var blasThreadCount: Int

  package static func inspected() -> Machine {
    let cpu = fields(of: "/proc/cpuinfo")
    let memory = fields(of: "/proc/meminfo")
    let known = [
      "sse4_2", "avx", "avx2", "fma", "f16c", "avx512f", "avx512bw", "amx_tile", "asimd",
    ]
    let flags = Set((cpu["flags"] ?? cpu["Features"] ?? "").split(separator: " ").map(String.init))
    return Machine(
      processor: cpu["model name"] ?? cpu["CPU part"] ?? "unknown",
      processorCount: Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))),
      threadCount: Threads.count,
      features: known.filter(flags.contains),
      memoryByteCount: kilobytes(memory["MemTotal"]),
      availableMemoryByteCount: kilobytes(memory["MemAvailable"]),
      blasCore: text(openblas_get_corename()),
      blasConfiguration: text(openblas_get_config()),
      blasThreadCount: Int(openblas_get_num_threads()))
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? "unknown"
  }

  private static func text(_ pointer: UnsafeMutablePointer<CChar>?) -> String {
    pointer.map { String(cString: $0) } ?? "unknown"
  }

  private static func kilobytes(_ text: String?) -> Int {
    (text?.split(separator: " ").first.flatMap { Int($0) } ?? 0) * 1024
  }

  /// The first value of each `name : value` line.
  private static func fields(of path: String) -> [String: String] {
    var fields: [String: String] = [:]
    guard let stream = fopen(path, "re") else { return fields }
    defer { fclose(stream) }
    var buffer = [CChar](repeating: 0, count: 16_384)
    while fgets(&buffer, Int32(buffer.count), stream) != nil {
      let end = buffer.firstIndex(of: 0) ?? buffer.count
      let line = String(decoding: buffer[..<end].map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard let colon = line.firstIndex(of: ":") else { continue }
      let name = line[..<colon].trimmed
      if fields[name] == nil { fields[name] = line[line.index(after: colon)...].trimmed }
    }
    return fields
  }
}
