import TestSupport
import Testing

@testable import ScopeCLI

@Suite("Labels from a file") struct LabelTextTests {
  @Test("A file that is longer than the limit is refused, not cut") func tooLong() throws {
    let folder = try TemporaryFolder()
    var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: LabelText.byteCountLimit)
    for index in stride(from: 99, to: bytes.count, by: 100) { bytes[index] = 0x0A }
    let fits = try folder.write(bytes, to: "fits.txt")
    #expect(try LabelText.list("@" + fits).count == (bytes.count + 99) / 100)
    let long = try folder.write(bytes + Array("\nthe last".utf8), to: "long.txt")
    let ending = #expect(throws: Ending.self) { try LabelText.list("@" + long) }
    #expect(ending?.status == ExitStatus.trouble)
    let words = ending?.message ?? ""
    #expect(words.contains("long.txt") && words.contains("larger than \(LabelText.byteCountLimit)"))
  }
}
