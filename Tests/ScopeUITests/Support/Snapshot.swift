import Cells
import Foundation
import TestSupport
import Testing

/// Compares a page with its committed picture: text, then a plane of letters for the styles.
enum Snapshot {
  static func expect(
    _ page: CellBuffer, is name: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let path = Fixtures.path("ui/\(name).txt")
    let picture = picture(of: page)
    if ProcessInfo.processInfo.environment["RECORD_SNAPSHOTS"] == "1" {
      try? FileManager.default.createDirectory(
        atPath: Fixtures.path("ui"), withIntermediateDirectories: true)
      try? picture.write(toFile: path, atomically: true, encoding: .utf8)
      Issue.record("recorded \(name)", sourceLocation: sourceLocation)
      return
    }
    guard let committed = try? String(contentsOfFile: path, encoding: .utf8) else {
      Issue.record(
        "there is no picture \(name); RECORD_SNAPSHOTS=1 makes it", sourceLocation: sourceLocation)
      return
    }
    if committed != picture {
      let old = committed.split(separator: "\n", omittingEmptySubsequences: false)
      let new = picture.split(separator: "\n", omittingEmptySubsequences: false)
      let line = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }
      Issue.record(
        """
        \(name) looks different from line \(line.map { "\($0.offset + 1)" } ?? "the end") on:
        - \(line.map { String($0.element.0) } ?? "")
        + \(line.map { String($0.element.1) } ?? "")
        """, sourceLocation: sourceLocation)
    }
  }

  static func picture(of page: CellBuffer) -> String {
    var letters: [Style: Character] = [:]
    var styles: [Style] = []
    let names = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    var plane = ""
    for row in 0..<page.size.rows {
      for column in 0..<page.size.columns {
        let style = page[column, row].style
        if letters[style] == nil {
          letters[style] = names[min(styles.count, names.count - 1)]
          styles.append(style)
        }
        plane.append(letters[style] ?? "?")
      }
      plane += "\n"
    }
    let legend = styles.map { style in
      "\(letters[style] ?? "?") \(hex(style.foreground)) on \(hex(style.background)) \(style.attributes.rawValue)"
    }
    return page.plainText() + "--- styles\n" + plane + "--- legend\n"
      + legend.joined(separator: "\n") + "\n"
  }

  private static func hex(_ color: Color?) -> String {
    guard let color else { return "-" }
    return String(format: "%02x%02x%02x", color.red, color.green, color.blue)
  }
}
