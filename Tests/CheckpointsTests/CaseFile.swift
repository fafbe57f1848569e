import Foundation
import TestSupport
import Testing

/// Facts of `cases/expected.json` about one file or folder.
struct CaseFile: Sendable, CustomTestStringConvertible {
  let name: String
  let open: String
  let messageSays: String?
  let duplicate: String?
  let warns: String?
  let tensors: [String: (type: String, shape: [Int])]?
  let values: [String: [Double]]
  let names: [String]?
  let count: Int?
  /// Nil where nothing is said; `.some(nil)` where there is none.
  let metadata: [String: String]??
  let metadataLength: [String: Int]

  var path: String { Fixtures.path("cases/\(name)") }
  var testDescription: String { name }

  /// Facts of the cases called `numbers`, sorted by file name.
  static func all(of numbers: [String]) -> [CaseFile] {
    guard let data = FileManager.default.contents(atPath: Fixtures.path("cases/expected.json")),
      let root = try? JSONSerialization.jsonObject(with: data) as? [String: [String: Any]]
    else { return [] }
    return numbers.flatMap { number in
      (root[number] ?? [:]).compactMap { name, facts in
        (facts as? [String: Any]).map { CaseFile(name: name, facts: $0) }
      }
    }.sorted { $0.name < $1.name }
  }

  private init(name: String, facts: [String: Any]) {
    self.name = name
    open = facts["open"] as? String ?? ""
    messageSays = facts["message_says"] as? String
    duplicate = facts["duplicate"] as? String
    warns = facts["warns"] as? String
    tensors = (facts["tensors"] as? [String: [Any]])?.mapValues {
      ($0[0] as? String ?? "", $0[1] as? [Int] ?? [])
    }
    values = ((facts["values"] as? [String: [Any]]) ?? [:]).mapValues { list in
      list.map { ($0 as? NSNumber)?.doubleValue ?? .nan }
    }
    names = facts["names"] as? [String]
    count = facts["count"] as? Int
    metadata = facts.keys.contains("metadata") ? .some(facts["metadata"] as? [String: String]) : nil
    metadataLength = facts["metadata_length"] as? [String: Int] ?? [:]
  }
}
