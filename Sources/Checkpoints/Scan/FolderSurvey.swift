import Tensors

/// The files of a folder and of the folders below it, told apart by their first bytes.
///
/// Only regular files count. Links are followed, each folder is entered once. `.git` is passed over: it keeps copies of what stands
/// beside it, compressed.
package struct FolderSurvey: Sendable {
  /// How far a survey goes before it says that it goes no further.
  package struct Limits: Sendable {
    /// Folders between the first one and a file.
    package var depth = 32
    /// Names of files and folders.
    package var count = 100_000

    package init() {}
  }

  /// A file that is to be opened.
  package struct File: Sendable, Equatable {
    package enum Kind: Sendable {
      /// A container, or a pickle that says so or is named like a checkpoint.
      case checkpoint
      /// Begins like a pickle without a mark of its own, as a text may by chance.
      case maybePickle
      /// Names the shards of a checkpoint.
      case index
    }

    /// Path below the folder.
    package var name: String
    package var path: String
    package var kind: Kind
  }

  /// Something that was not looked at, and why.
  package struct Gap: Sendable, Equatable {
    /// Path below the folder; empty for the folder itself.
    package var name: String
    package var reason: String
  }

  /// Near ones first, those of a folder by name with numbers in numeric order.
  package private(set) var files: [File] = []
  /// What is named like a checkpoint and is none, and what cannot be read.
  package private(set) var unreadable: [Gap] = []
  /// Folders beyond the limits.
  package private(set) var unvisited: [Gap] = []
  /// Regular files of which the first bytes were read.
  package private(set) var fileCount = 0
  /// Of these, those that are of other kinds.
  package private(set) var otherCount = 0

  private let limits: Limits
  private var namesLeft: Int
  private var entered: Set<[UInt64]> = []

  /// - Throws: `CheckpointError.file` where `folder` itself cannot be listed, `.cancelled`.
  package init(
    of folder: String, limits: Limits = Limits(),
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) throws(CheckpointError) {
    self.limits = limits
    namesLeft = limits.count
    let cancellation = Cancellation(isCancelled)
    var waiting = [(path: folder, name: "", depth: 0)]
    var next = 0
    while next < waiting.count {
      let (path, name, depth) = waiting[next]
      next += 1
      try cancellation.check()
      guard namesLeft > 0 else {
        unvisited.append(
          Gap(
            name: name,
            reason: "not looked at, nor is what follows: "
              + "\(limits.count) files and folders came before"))
        return
      }
      if let identity = FilePath.identity(of: path), !entered.insert(identity).inserted { continue }
      guard depth <= limits.depth else {
        unvisited.append(
          Gap(name: name, reason: "folders more than \(limits.depth) deep are not looked at"))
        continue
      }
      let names: [String]
      do {
        names = try takeNames(in: path, called: name)
      } catch {
        guard !name.isEmpty else { throw .file(error) }
        unreadable.append(Gap(name: name, reason: error.reason))
        continue
      }
      for item in names {
        try cancellation.check()
        let itemPath = FilePath.join(path, item)
        let itemName = FilePath.join(name, item)
        switch FilePath.kind(of: itemPath) {
        case .folder: if item != ".git" { waiting.append((itemPath, itemName, depth + 1)) }
        case .file: add(itemPath, called: itemName)
        case .other: break
        case nil:
          if Self.isNamedLikeCheckpoint(item) {
            unreadable.append(Gap(name: itemName, reason: "a link that leads nowhere"))
          }
        }
      }
    }
  }

  /// Names in a folder, as many as may still be looked at.
  private mutating func takeNames(
    in folder: String, called name: String
  ) throws(FileError) -> [String] {
    let listing = try DirectoryListing.listing(in: folder)
    // Whatever stands under such a name, a folder perhaps, is not looked at.
    for item in listing.foreign.sorted() {
      unreadable.append(
        Gap(
          name: FilePath.join(name, item),
          reason: "its name is not UTF-8, so that it cannot be opened"))
    }
    let all = listing.names
    let names = all.sorted(by: NumericOrder.precedes).prefix(namesLeft)
    if names.count < all.count
      || all.count + listing.foreign.count >= DirectoryListing.nameLimit
    {
      unvisited.append(
        Gap(
          name: name,
          reason: "only the first \(names.count) files and folders in it were looked at"))
    }
    namesLeft -= names.count
    return Array(names)
  }

  private mutating func add(_ path: String, called name: String) {
    fileCount += 1
    let isNamed = Self.isNamedLikeCheckpoint(name)
    let start: (signature: FileSignature, isMarked: Bool)
    do {
      start = try FileSignature.withPrefix(ofFile: path) {
        (FileSignature($0, path: path), FileSignature.hasProtocolMark($0))
      }
    } catch {
      unreadable.append(Gap(name: name, reason: error.reason))
      return
    }
    switch start.signature {
    case .notACheckpoint where isNamed && name.hasSuffix(ShardIndex.suffix):
      files.append(File(name: name, path: path, kind: .index))
    case .notACheckpoint(let reason):
      if isNamed {
        unreadable.append(Gap(name: name, reason: reason))
      } else {
        otherCount += 1
      }
    case .pickle where !start.isMarked && !isNamed:
      files.append(File(name: name, path: path, kind: .maybePickle))
    case .safetensors, .zip, .npy, .pickle:
      files.append(File(name: name, path: path, kind: .checkpoint))
    }
  }

  /// Counts a file as one of another kind that turned out to be none of the kind it begins as.
  package mutating func countAsOther() { otherCount += 1 }

  /// Endings that pickles have which no checkpoint has.
  private static let pickleEndings = [".pickle", ".joblib", ".dill"]

  /// By the name alone, in any case: weights, or pickles of any kind.
  package static func isNamedLikeCheckpoint(_ name: String) -> Bool {
    let name = name.lowercased()
    return CheckpointFolder.isNamedLikeCheckpoint(name)
      || pickleEndings.contains { name.hasSuffix($0) }
  }
}
