import CKernels
import Glibc

/// What the machine can do at best: the micro-kernel on operands that stay in the first-level cache.
package enum MachinePeak {
  /// Operations a second of `threads` threads together.
  package static func measure(threads: Int? = nil) -> Double {
    let team = Team(count: threads)
    let workspace = Workspace(team: team)
    let depth = 128
    let rows = 12
    let columns = 32
    let panels = AlignedBuffer(floats: ck_packed_count(depth, columns) * team.count)
    let input = AlignedBuffer(floats: rows * depth)
    let output = AlignedBuffer(floats: rows * columns * team.count)
    let repeats = 20_000
    var best = 0.0
    for _ in 0..<3 {
      var start = timespec()
      clock_gettime(CLOCK_MONOTONIC, &start)
      team.run(team.count) { part in
        var packed = ck_packed(
          panels: UnsafeRawPointer(panels.floats + part * depth * columns),
          element: CK_F32, inputs: depth, outputs: columns)
        var nothing = ck_epilogue()
        for _ in 0..<repeats {
          ck_product(
            &packed, input.floats, depth, rows, output.floats + part * rows * columns, columns, 0, 2,
            &nothing, workspace.productScratch(part))
        }
      }
      var end = timespec()
      clock_gettime(CLOCK_MONOTONIC, &end)
      let seconds =
        Double(end.tv_sec - start.tv_sec) + Double(end.tv_nsec - start.tv_nsec) * 1e-9
      best = max(best, 2.0 * Double(rows * depth * columns * repeats * team.count) / seconds)
    }
    return best
  }
}
