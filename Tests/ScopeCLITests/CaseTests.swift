import Foundation
import TestSupport
import Testing

/// The files of public bug reports, seen through the command line: cases c01 to c16.
@Suite("Cases through the command line") struct CaseTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    /// The expected facts, as JSON text.
    var facts: String
    var testDescription: String { name }

    func object() throws -> [String: Any] {
      try #require(try JSONSerialization.jsonObject(with: Data(facts.utf8)) as? [String: Any])
    }
  }

  static let cases: [Case] = {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("cases/expected.json")),
      let all = try? JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    else { return [] }
    var cases: [Case] = []
    for number in 1...16 {
      for (name, facts) in all[number < 10 ? "c0\(number)" : "c\(number)"] ?? [:] {
        guard let data = try? JSONSerialization.data(withJSONObject: facts) else { continue }
        cases.append(Case(name: name, facts: String(decoding: data, as: UTF8.self)))
      }
    }
    return cases.sorted { $0.name < $1.name }
  }()

  @Test("All cases are there") func count() { #expect(Self.cases.count > 60) }

  @Test("What must open opens, what must not says why in one line", arguments: cases)
  func opening(_ item: Case) throws {
    let facts = try item.object()
    let path = Fixtures.path("cases/\(item.name)")
    let run = try CommandRun("ls", path, "--json", "--values")
    let expected = facts["open"] as? String ?? "ok"
    if run.status == 0 {
      #expect(expected.contains("ok") || expected.contains("or ") || expected.contains("partial"))
      try check(run.json(), against: facts)
    } else {
      #expect(run.status == 2)
      #expect(expected.contains("error"), "\(run.errors)")
      #expect(run.output.isEmpty)
      #expect(run.errors.hasPrefix("clipscope: "))
      #expect(run.errors.contains(item.name))
      #expect(run.errors.count { $0 == "\n" } == 1)
    }
    if let says = facts["message_says"] as? String, expected != "ok or error" {
      // In the error, in a warning, or on the tensor.
      #expect((run.errors + run.output).contains(says), "\(run.errors)")
    }
    if let name = facts["duplicate"] as? String { #expect(run.errors.contains(name)) }
    #expect(!FileManager.default.fileExists(atPath: "clipscope_pickle_ran"))
  }

  private func check(_ document: [String: Any], against facts: [String: Any]) throws {
    let entries = try #require(document["entries"] as? [[String: Any]])
    func entry(_ name: String) -> [String: Any]? {
      entries.first { $0["name"] as? String == name }
        ?? entries.first { ($0["path"] as? [String])?.last == name }
    }
    for (name, wanted) in facts["tensors"] as? [String: [Any]] ?? [:] {
      let found = try #require(entry(name), "\(name) is missing")
      #expect(found["dtype"] as? String == wanted[0] as? String)
      #expect(found["shape"] as? [Int] == wanted[1] as? [Int])
    }
    for (name, wanted) in facts["values"] as? [String: [NSNumber]] ?? [:] {
      let found = try #require(entry(name), "\(name) is missing")
      let values = try #require(found["values"] as? [NSNumber], "\(name) has no values")
      #expect(values == wanted, "\(name)")
    }
    if let count = facts["count"] as? Int { #expect(entries.count == count) }
    for wanted in facts["names"] as? [String] ?? [] where facts["each_equals"] == nil {
      #expect(entries.contains { $0["name"] as? String == wanted })
    }
    if let wanted = facts["each_equals"] as? [NSNumber] {
      for found in entries { #expect(found["values"] as? [NSNumber] == wanted, "\(found)") }
    }
    if let warning = facts["warns"] as? String {
      let warnings = document["warnings"] as? [String] ?? []
      let numbers = warning.split { !$0.isNumber }.map(String.init)
      #expect(warnings.contains { text in numbers.allSatisfy(text.contains) }, "\(warnings)")
    }
    for group in facts["shared"] as? [[String]] ?? [] {
      for name in group {
        let others = Set(entry(name)?["shares_with"] as? [String] ?? [])
        #expect(others == Set(group).subtracting([name]), "\(name)")
      }
    }
    for name in facts["not_numeric"] as? [String] ?? [] {
      #expect(entry(name)?["values"] == nil)
    }
  }

  @Test("Globals that a pickle would have called are findings of scan", arguments: cases)
  func globals(_ item: Case) throws {
    guard let global = try item.object()["reports_global"] as? String else { return }
    let run = try CommandRun("scan", Fixtures.path("cases/\(item.name)"), "--json")
    #expect(run.status == 1)
    let findings = try #require(try run.json()["findings"] as? [[String: Any]])
    let finding = try #require(findings.first { $0["global"] as? String == global })
    #expect(finding["severity"] as? String == "danger")
    #expect(finding["opcode_offset"] is Int)
    #expect(!FileManager.default.fileExists(atPath: "clipscope_pickle_ran"))
  }

  @Test("c04: an empty tensor has no minimum, maximum or mean") func empty() throws {
    let path = Fixtures.path("cases/c04_zero_and_scalar.safetensors")
    let run = try CommandRun("stats", path, "z1", "--json")
    let entries = try #require(try run.json()["entries"] as? [[String: Any]])
    for key in ["min", "max", "mean", "std"] { #expect(entries[0][key] is NSNull, "\(key)") }
    let text = try CommandRun("stats", path, "z1")
    #expect(text.output.contains("none"))
    #expect(!text.output.lowercased().split(separator: "\n").dropFirst().joined().contains("nan"))
  }

  @Test("c05: a long metadata value does not flood the output") func longMetadata() throws {
    let run = try CommandRun("info", Fixtures.path("cases/c05_long_value.safetensors"))
    #expect(run.status == 0)
    #expect(run.output.split(separator: "\n").allSatisfy { $0.count < 200 })
    let json = try CommandRun("info", Fixtures.path("cases/c05_long_value.safetensors"), "--json")
    let metadata = try #require(try json.json()["metadata"] as? [String: String])
    #expect(metadata["cfg"]?.count == 24_000)
  }

  @Test(
    "c06: no control or direction-changing character of a name is printed",
    arguments: [
      ["ls"], ["ls", "--tree"], ["ls", "--json"], ["stats"], ["stats", "--json"], ["scan"],
    ])
  func hostileNames(command: [String]) throws {
    let path = Fixtures.path("cases/c06_hostile_names.safetensors")
    let run = try CommandRun(command + [path])
    #expect(run.status == 0)
    for scalar in (run.output + run.errors).unicodeScalars where scalar != "\n" {
      let value = scalar.value
      let isHostile =
        value < 0x20 || (0x7F...0x9F).contains(value) || (0x202A...0x202E).contains(value)
        || (0x2066...0x2069).contains(value)
      #expect(!isHostile, "U+\(String(value, radix: 16))")
    }
  }

  @Test("c06: names that differ only in such a character stay apart") func hostileNamesDiffer()
    throws
  {
    let run = try CommandRun("ls", Fixtures.path("cases/c06_hostile_names.safetensors"))
    let lines = run.output.split(separator: "\n").dropFirst().filter { $0.contains("[1]") }
    #expect(lines.count == 17)
    #expect(Set(lines).count == 17)
    #expect(run.output.contains(#"c1osc\u{9d}52"#))
  }

  @Test("c07: columns after a wide name stay in line") func wideNames() throws {
    let run = try CommandRun("ls", Fixtures.path("cases/c07_wide_names.safetensors"))
    let lines = run.output.split(separator: "\n").map(String.init)
    let starts = Set(
      lines.compactMap { line -> Int? in
        let found = [" U8 ", " F32 ", " dtype "].compactMap {
          line.range(of: $0, options: .backwards)
        }
        guard let range = found.first else { return nil }
        return DisplayWidth.columns(of: String(line[..<range.lowerBound]))
      })
    #expect(lines.count >= 10)
    #expect(starts.count == 1, "\(starts)")
  }

  @Test("c10: weights, optimizer and other values are told apart") func training() throws {
    let path = Fixtures.path("cases/c10_epoch_3.pt")
    let listing = try CommandRun("ls", path, "--json").json()
    #expect(listing["weights_root"] as? [String] == ["state_dict"])
    let others = try #require(listing["others"] as? [[String: Any]])
    #expect(others.contains { $0["class"] as? String == "argparse.Namespace" })
    func text(_ name: String) -> String? {
      others.first { $0["name"] as? String == name }?["text"] as? String
    }
    #expect(text("epoch") == "3")
    #expect(text("best") == "0.625")
    let info = try CommandRun("info", path, "--json").json()
    #expect(info["tensor_count"] as? Int == 2)
    #expect(info["parameter_count"] as? Int == 7)
    #expect(info["other_tensor_count"] as? Int == 3)
    #expect(try CommandRun("scan", path).status == 0)
  }

  @Test("c11: shared storage counts once, views that leave their storage have no values")
  func views() throws {
    let info = try CommandRun("info", Fixtures.path("cases/c11_views.pt"), "--json").json()
    // t, block and evens share 24 elements, the three ties 4; spread names one, tail four.
    #expect(info["parameter_count"] as? Int == 24 + 4 + 1 + 4)
    for name in ["c11_offset_past_end", "c11_stride_past_end", "c11_stride_overflow"] {
      let run = try CommandRun("ls", Fixtures.path("cases/\(name).pt"), "--json", "--values")
      guard run.status == 0 else { continue }
      let entries = try #require(try run.json()["entries"] as? [[String: Any]])
      #expect(entries.contains { $0["unreadable"] is String }, "\(name)")
    }
  }
}

/// Columns of a terminal line, for the scripts of the case file: wide East Asian characters take two.
enum DisplayWidth {
  static func columns(of text: String) -> Int {
    text.unicodeScalars.reduce(0) { sum, scalar in
      switch scalar.value {
      case 0x0300...0x036F, 0x1AB0...0x1AFF, 0x20D0...0x20FF: sum
      case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
        0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF:
        sum + 2
      default: sum + 1
      }
    }
  }
}
