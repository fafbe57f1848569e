import Tensors

/// Where a storage stands in its file, or why it is not there.
struct StoragePlace {
  var offset = 0
  var byteCount = 0
  var compression = Location.Compression.none
  var identity: Int?
  var name: String?
  var obstacle: String?
}

/// Storages of a zip checkpoint: members `data/N` beside the pickle.
struct ZipStorages {
  let archive: ZipArchive
  let root: String
  private var known: [String: StoragePlace] = [:]

  init(archive: ZipArchive, root: String) {
    self.archive = archive
    self.root = root
  }

  mutating func place(of recipe: TensorRecipe) -> StoragePlace {
    guard let key = recipe.storageKey else { return StoragePlace() }
    var place = known[key] ?? locate(key)
    known[key] = place
    if place.obstacle == nil, let count = recipe.storageElementCount {
      let (wanted, overflow) = count.multipliedReportingOverflow(by: recipe.storageElementWidth)
      if overflow || count < 0 || wanted > place.byteCount {
        place.obstacle =
          "storage `data/\(key)` has \(place.byteCount) bytes where \(overflow ? "too many" : String(wanted)) are claimed"
      }
    }
    return place
  }

  private func locate(_ key: String) -> StoragePlace {
    let name = "data/\(key)"
    var place = StoragePlace(identity: known.count, name: name)
    guard let member = archive.member(root + name) else {
      place.obstacle = "storage `\(name)` is missing"
      return place
    }
    if let obstacle = archive.obstacle(of: member) {
      place.obstacle = "storage `\(name)` \(obstacle)"
      return place
    }
    do {
      place.offset = try archive.dataOffset(of: member)
      place.byteCount = member.byteCount
      if !member.isStored {
        place.compression = .deflate(byteCount: member.compressedCount, skipping: 0)
      }
    } catch {
      if case .malformed(_, let where_, let reason) = error {
        place.obstacle = "storage `\(name)`: \(where_) \(reason)"
      } else {
        place.obstacle = "storage `\(name)` cannot be located"
      }
    }
    return place
  }
}

/// Storages of a legacy stream: one after the other behind the pickles, each with its element count.
struct StreamStorages {
  let file: MappedFile
  private var widths: [String: Int] = [:]
  private var places: [String: StoragePlace] = [:]
  private(set) var obstacle: String?

  init(file: MappedFile, recipes: [TensorRecipe]) {
    self.file = file
    for recipe in recipes {
      if let key = recipe.storageKey { widths[key] = recipe.storageElementWidth }
    }
  }

  /// Follows the chain of counts; stops where it cannot go on and says why in `obstacle`.
  mutating func read(keys: [String], from start: Int) {
    var reader = ByteReader(file.bytes)
    do {
      try reader.seek(to: start)
      for (index, key) in keys.enumerated() {
        guard let width = widths[key] else {
          // No tensor says how wide its elements are, so nothing behind it can be found.
          if index + 1 < keys.count { obstacle = "storage `\(key)` has no known element type" }
          return
        }
        let count = try reader.read(Int64.self)
        let (byteCount, overflow) = Int(count).multipliedReportingOverflow(by: width)
        guard count >= 0, !overflow, byteCount <= reader.remaining else {
          obstacle =
            "storage `\(key)` claims \(count) elements but \(reader.remaining) bytes are left"
          return
        }
        places[key] = StoragePlace(
          offset: reader.offset, byteCount: byteCount, identity: places.count, name: key)
        try reader.skip(byteCount)
      }
    } catch {
      obstacle = "incomplete: the file ends before its storages do"
    }
  }

  func place(of recipe: TensorRecipe) -> StoragePlace {
    guard let key = recipe.storageKey else { return StoragePlace() }
    return places[key]
      ?? StoragePlace(name: key, obstacle: obstacle ?? "storage `\(key)` is missing")
  }
}
