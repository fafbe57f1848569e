import Glibc
import Synchronization
import Testing

@testable import Inference

@Suite("A team's threads")
struct CrewTests {
  /// How often each part of a loop was run.
  private static func counts(_ parts: Int, on team: Team) -> [Int] {
    var counts = [Int](repeating: 0, count: parts)
    counts.withUnsafeMutableBufferPointer { counts in
      // Each part has a place of its own, so that a part that is run twice or never shows.
      nonisolated(unsafe) let places = counts
      team.run(parts) { places[$0] += 1 }
    }
    return counts
  }

  @Test("Every part of every loop is run once, and is done when the loop returns", arguments: 1...6)
  func everyPart(threads: Int) {
    let team = Team(count: threads)
    for round in 0..<2_000 {
      let parts = round % 9
      #expect(Self.counts(parts, on: team) == [Int](repeating: 1, count: parts))
    }
  }

  @Test("Threads that fell asleep come back", arguments: [2, 3, 8])
  func sleepers(threads: Int) {
    let team = Team(count: threads)
    for _ in 0..<40 {
      usleep(1_000)
      #expect(Self.counts(threads, on: team) == [Int](repeating: 1, count: threads))
    }
  }

  @Test("The caller sleeps while a part takes long")
  func longPart() {
    let done = Atomic<Int>(0)
    for _ in 0..<10 {
      Team(count: 2).run(2) { part in
        if part == 1 { usleep(3_000) }
        done.add(1, ordering: .relaxed)
      }
    }
    #expect(done.load(ordering: .relaxed) == 20)
  }

  @Test("More than one thread works")
  func severalThreads() {
    // Each part waits until the other has begun: a loop that ran them one after the other would not end.
    let begun = Atomic<Int>(0)
    Team(count: 2).run(2) { _ in
      begun.add(1, ordering: .sequentiallyConsistent)
      while begun.load(ordering: .sequentiallyConsistent) < 2 { sched_yield() }
    }
    #expect(begun.load(ordering: .relaxed) == 2)
  }

  @Test("Loops of several callers do not mix")
  func severalCallers() {
    let wrong = Atomic<Int>(0)
    // The callers are parts of a loop themselves.
    Team(count: 4).run(4) { caller in
      let team = Team(count: 2 + caller % 2)
      for round in 0..<500 {
        let parts = 1 + round % 5
        if Self.counts(parts, on: team) != [Int](repeating: 1, count: parts) {
          wrong.add(1, ordering: .relaxed)
        }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
  }
}
