import Preprocess
import Tensors
import Testing

@Suite("Resizing equals Pillow to the last bit")
struct ResizeTests {
  @Test(
    "Every mode, filter and size of the table",
    arguments: ExpectedPictures.rows("resize").enumerated().map { $0 })
  func agrees(index: Int, row: JSONValue) throws {
    let mode = try #require(DecodedImage.Mode(rawValue: row[0]?.string ?? ""))
    let filter = try #require(ResamplingFilter(rawValue: row[1]?.string ?? ""))
    let sizes = (2...5).compactMap { row[$0]?.integer }
    var image = DecodedImage(
      width: sizes[0], height: sizes[1], mode: mode,
      samples: ExpectedPictures.noise(index, sizes[0] * sizes[1] * mode.byteCount))
    image.palette = [UInt8](repeating: 0, count: 768)
    let plan = ResizePlan(width: sizes[2], height: sizes[3], filter: filter)
    let result = ImageResize.resize(image, plan: plan)
    #expect(result.width == sizes[2] && result.height == sizes[3])
    #expect(ExpectedPictures.crc(result.samples) == row[6]?.integer, "\(row)")
  }

  @Test(
    "A window holds the same pixels as the whole result", arguments: ResizePlan.PassOrder.allCases)
  func window(order: ResizePlan.PassOrder) {
    for (index, mode) in DecodedImage.Mode.allCases.enumerated() {
      for (width, height) in [(31, 17), (9, 40), (50, 50)] {
        var image = DecodedImage(
          width: 33, height: 29, mode: mode,
          samples: ExpectedPictures.noise(index, 33 * 29 * mode.byteCount))
        image.palette = [UInt8](repeating: 0, count: 768)
        let whole = ImageResize.resize(
          image, plan: ResizePlan(width: width, height: height, filter: .bicubic, passOrder: order))
        let part = ImageResize.resize(
          image,
          plan: ResizePlan(
            width: width, height: height, filter: .bicubic, columns: 2..<8, rows: 5..<16,
            passOrder: order))
        let channels = mode.byteCount
        var expected = [UInt8]()
        for y in 5..<16 {
          let start = (y * width + 2) * channels
          expected += whole.samples[start..<start + 6 * channels]
        }
        #expect(part.samples == expected, "\(mode) \(width) x \(height)")
      }
    }
  }

  @Test("Float resampling keeps constants and means nothing new at the same size")
  func floats() {
    let plane = (0..<12).map { Double($0 * $0) }
    let same = FloatResize.resize(
      plane, width: 4, height: 3, plan: ResizePlan(width: 4, height: 3, filter: .bicubic))
    #expect(same == plane)
    let flat = FloatResize.resize(
      [Double](repeating: 3.5, count: 35), width: 7, height: 5,
      plan: ResizePlan(width: 3, height: 11, filter: .bicubic))
    #expect(flat.count == 33)
    #expect(flat.allSatisfy { abs($0 - 3.5) < 1e-12 })
  }
}
