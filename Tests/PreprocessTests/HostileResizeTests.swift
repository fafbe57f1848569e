import Testing

@testable import Preprocess

/// Shapes that make a resize long or large.
@Suite("What a resize may cost") struct HostileResizeTests {
  @Test(
    "The pixels before the window of a nearest resize are not walked without end",
    .timeLimit(.minutes(1)))
  func nearestStart() {
    // 2^60 steps end in no lifetime.
    let far = 1 << 60
    #expect(ByteResize.nearestIndices(1 << 20, far * 2, far..<far + 2) == [1 << 19, 1 << 19])
    #expect(ByteResize.stepLimit <= 1 << 27)
    // Where both ways are open they agree.
    #expect(ByteResize.nearestIndices(10, 30, 12..<18) == [4, 4, 4, 5, 5, 5])
  }

  private func noise(width: Int, height: Int, channels: Int) -> ByteResize.Block {
    var state: UInt32 = 1
    let samples = (0..<width * height * channels).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    return ByteResize.Block(samples: samples, width: width, height: height, channels: channels)
  }

  @Test(
    "What stands between the passes is made in strips, with the same result",
    arguments: [ResizePlan.PassOrder.pillow13, .horizontalFirst])
  func strips(order: ResizePlan.PassOrder) {
    let source = noise(width: 37, height: 300, channels: 3)
    for plan in [
      ResizePlan(width: 60, height: 20, filter: .bicubic, passOrder: order),
      ResizePlan(width: 60, height: 310, filter: .bilinear, passOrder: order),
      ResizePlan(width: 37, height: 20, filter: .bicubic, passOrder: order),
      ResizePlan(
        width: 90, height: 41, filter: .bicubic, columns: 5..<44, rows: 3..<38, passOrder: order,
        quantization: .torchvision),
    ] {
      let whole = ByteResize.resize(source, plan: plan)
      for limit in [1, 1_000, 30_000] {
        let parts = ByteResize.resize(source, plan: plan, middleLimit: limit)
        #expect(parts.samples == whole.samples)
        #expect(parts.width == whole.width && parts.left == whole.left && parts.top == whole.top)
      }
    }
  }

  @Test("Strips hold no more than the limit, and every line once") func stripSizes() {
    let strips = ResizePlan.strips(of: 5..<1_005, length: 1_000, limit: 64_000)
    #expect(strips.allSatisfy { $0.count * 1_000 <= 64_000 })
    #expect(strips.flatMap { Array($0) } == Array(5..<1_005))
    // A line that is too long by itself is a strip.
    #expect(ResizePlan.strips(of: 0..<3, length: 1 << 40, limit: 10) == [0..<1, 1..<2, 2..<3])
  }
}
