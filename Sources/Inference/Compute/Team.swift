import CKernels
import COpenBLAS

/// The one place that decides how work is spread over threads.
///
/// Two or more images: every worker takes whole images through all layers, without barriers. One image:
/// the columns of each product and the heads of each attention are split. OpenBLAS itself stays on
/// one thread, since its workers spin between calls and would fight with ours.
package struct Team: Sendable {
  package let count: Int

  /// - Parameters:
  ///   - count: threads, the caller included; nil = one a core that this process may use.
  package init(count: Int? = nil) { self.count = max(1, min(count ?? Self.availableCores, 512)) }

  static let alone = Team(count: 1)

  /// Cores that this process may run on.
  package static var availableCores: Int { Int(ck_core_count()) }

  static let singleThreadedBLAS: Void = openblas_set_num_threads(1)

  /// Calls `body` with 0 ..< parts, at the same time where there is more than one part; returns when all are done.
  func run(_ parts: Int, _ body: (Int) -> Void) {
    if parts <= 1 {
      if parts == 1 { body(0) }
      return
    }
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: Crew.Loop(body: body)) { loop in
        Crew.lend(count) { $0.run(parts, loop) }
      }
    }
  }
}
