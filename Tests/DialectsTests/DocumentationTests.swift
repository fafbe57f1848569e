import Foundation
import TestSupport
import Testing

@testable import Dialects

@Suite("Dialect pages") struct DocumentationTests {
  /// `RECORD=1 swift test --filter DocumentationTests` writes the pages anew.
  @Test func pagesAreUpToDate() throws {
    var root = #filePath.components(separatedBy: "/")
    root.removeLast(3)
    let folder = root.joined(separator: "/") + "/docs/dialects"
    let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"
    if isRecording {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }
    for table in try RuleTables.graph().tables() {
      let path = folder + "/" + table.file.replacingOccurrences(of: ".rules", with: ".md")
      let page = TableDocument.page(table)
      if isRecording { try page.write(toFile: path, atomically: true, encoding: .utf8) }
      let stored = try? String(contentsOfFile: path, encoding: .utf8)
      #expect(stored == page, "\(path) is stale: run with RECORD=1")
    }
  }
}
