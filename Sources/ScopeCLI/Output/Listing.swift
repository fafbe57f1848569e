import Cells
import ScopeEngine

/// Some tensors of a checkpoint in an order, as a table or a JSON document.
struct Listing: Sendable {
  let session: Session
  let indices: [Int]

  private var catalog: Catalog { session.catalog }

  // MARK: Text

  func print(to console: Console) {
    let style = TextStyle(isColoured: console.isColoured)
    var table = TextTable([
      ("name", .left), ("dtype", .left), ("shape", .left), ("bytes", .right), ("", .left),
    ])
    for index in indices {
      let entry = catalog.entries[index]
      table.add([
        console.shown(entry.name), console.shown(entry.foreignType ?? entry.elementType.rawValue),
        entry.shape.description, Numbers.bytes(entry.byteCount),
        entry.remarks.map { console.shown($0) }.joined(separator: "; "),
      ])
    }
    table.print(to: console, style: style)
    if indices.count == catalog.entries.count {
      for other in catalog.others where console.hasReader {
        console.line(
          style.dim(
            "\(console.shown(other.name))  \(console.shown(other.kind))  \(console.shown(other.text))"
          ))
      }
    }
  }

  // MARK: JSON

  /// - Parameter valueLimit: how many values of each tensor; nil for none.
  func document(valueLimit: Int?, context: JobContext) throws -> JSONValue {
    var document = Document()
    document.add("path", .string(session.path))
    document.add("container", .string(catalog.container.rawValue))
    document.add("weights_root", .strings(catalog.weightsRoot))
    let sharing = namesOfSharedStorage()
    document.add(
      "entries",
      .array(
        try indices.map { index in
          try context.checkCancellation()
          return try row(index, sharing: sharing, valueLimit: valueLimit)
        }))
    document.add(
      "others",
      .array(
        catalog.others.map { other in
          [
            "name": .string(other.name), "path": .strings(other.path),
            "class": .string(other.kind), "text": .string(other.text),
          ]
        }))
    document.add(
      "warnings",
      .strings(catalog.diagnostics.filter { $0.severity != .note }.map(\.sentence)))
    return document.value
  }

  /// Names of sharers that one row repeats: a file may hang any number of tensors on one storage.
  private static let sharerLimit = 64

  private struct StorageKey: Hashable {
    var file: Int
    var identity: Int
  }

  private func namesOfSharedStorage() -> [StorageKey: [Int]] {
    var names: [StorageKey: [Int]] = [:]
    for (index, entry) in catalog.entries.enumerated() {
      guard let identity = entry.location.storageIdentity else { continue }
      names[StorageKey(file: entry.location.file, identity: identity), default: []].append(index)
    }
    return names
  }

  private func row(
    _ index: Int, sharing: [StorageKey: [Int]], valueLimit: Int?
  ) throws -> JSONValue {
    let entry = catalog.entries[index]
    let location = entry.location
    let shared =
      location.storageIdentity.flatMap {
        sharing[StorageKey(file: location.file, identity: $0)]
      }?.lazy.filter { $0 != index }.prefix(Self.sharerLimit).map { catalog.entries[$0].name } ?? []
    var values: JSONValue?
    var reason = entry.isReadable ? nil : entry.remarks.first ?? "its bytes cannot be read"
    if let valueLimit, entry.isReadable {
      do {
        values = try session.values(of: index, limit: valueLimit).json
      } catch let error as CheckpointError where error != .cancelled {
        // One tensor that cannot be read does not hide the others.
        reason = error.description
      }
    }
    return .members([
      ("name", .string(entry.name)),
      ("path", .strings(entry.path)),
      ("dtype", .string(entry.elementType.rawValue)),
      ("shape", .integers(entry.shape.sizes)),
      ("bytes", .integer(entry.byteCount)),
      (
        "file",
        catalog.files.indices.contains(location.file)
          ? .string(catalog.files[location.file]) : .null
      ),
      ("offset", .integer(firstByte(of: entry))),
      ("strides", location.strides.map { .integers($0) }),
      ("storage", location.storageName.map { .string($0) }),
      ("compression", location.compression == .none ? nil : "deflate"),
      ("byte_order", location.order == .big ? "big" : nil),
      ("shares_with", shared.isEmpty ? nil : .strings(shared)),
      ("foreign_dtype", entry.foreignType.map { .string($0) }),
      ("remarks", entry.remarks.isEmpty ? nil : .strings(entry.remarks)),
      ("unreadable", reason.map { .string($0) }),
      ("values", values),
    ])
  }

  /// Offset in the file of the first element; of the compressed data for compressed tensors.
  private func firstByte(of entry: Entry) -> Int {
    guard entry.location.compression == .none else { return entry.location.offset }
    let (bytes, o1) = entry.location.storageOffset.multipliedReportingOverflow(
      by: entry.elementType.byteCount)
    let (sum, o2) = entry.location.offset.addingReportingOverflow(bytes)
    return o1 || o2 ? entry.location.offset : sum
  }
}

extension TensorValues {
  /// Numbers as JSON; a complex number is a pair, or its real part alone where no imaginary part is set.
  var json: JSONValue {
    switch numbers {
    case .floating(let values): .array(values.map { .number($0) })
    case .integers(let values): .integers(values)
    case .unsigned(let values):
      .array(values.map { Int(exactly: $0).map { .integer($0) } ?? .number(Double($0)) })
    case .booleans(let values): .array(values.map { .bool($0) })
    case .complex(let values):
      values.allSatisfy { $0.imaginary == 0 }
        ? .array(values.map { .number($0.real) })
        : .array(values.map { [.number($0.real), .number($0.imaginary)] })
    }
  }

  /// For reading by people.
  var texts: [String] {
    switch numbers {
    case .floating(let values): values.map { Figures.value($0) }
    case .integers(let values): values.map { String($0) }
    case .unsigned(let values): values.map { String($0) }
    case .booleans(let values): values.map { String($0) }
    case .complex(let values):
      values.map { "\(Figures.value($0.real))+\(Figures.value($0.imaginary))i" }
    }
  }
}
