import Tensors
import Testing

@Suite("Shapes") struct ShapeTests {
  @Test(
    "The reach of a view is its lowest and highest element",
    arguments: [
      ([2, 3], [3, 1], 0, 0...5), ([2, 3], [1, 2], 4, 4...9), ([3], [-2], 4, 0...4),
      ([], [], 7, 7...7), ([5], [0], 1, 1...1), ([1, 2], [Int.max, 1], 3, 3...4),
      ([0, 4], [4, 1], 0, 0...3),
    ] as [([Int], [Int], Int, ClosedRange<Int>)])
  func reach(sizes: [Int], strides: [Int], offset: Int, expected: ClosedRange<Int>) {
    #expect(Shape(sizes).reach(strides: strides, from: offset) == expected)
  }

  @Test("Strides that leave the range of integers have no reach") func noReach() {
    #expect(Shape([3, 2]).reach(strides: [1 << 62, 1], from: 0) == nil)
    #expect(Shape([2, 2]).reach(strides: [.max, .max], from: 0) == nil)
    #expect(Shape([2, 2]).reach(strides: [1], from: 0) == nil)
  }

  @Test(
    "Only shapes that arithmetic can start from are plausible",
    arguments: [
      ([], true), ([77, 768], true), ([0, 1 << 40], true), ([1 << 48], true),
      ([(1 << 48) + 1], false), ([1 << 40, 1 << 40, 0], false), ([0, .max, 2], false),
      ([-1], false), (Array(repeating: 1, count: 64), true),
      (Array(repeating: 1, count: 65), false),
    ] as [([Int], Bool)])
  func plausibility(sizes: [Int], expected: Bool) {
    #expect(Shape(sizes).isPlausible == expected)
  }
}
