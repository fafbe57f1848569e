import Checkpoints
import Glibc
import Tensors

/// A folder that is filled beside its target as `TARGET.part` and takes the target's name in one step when it is complete.
///
/// A process that is killed leaves the target as it was, and a `.part` folder with a mark in it that the next run removes. A `.part`
/// folder without the mark belongs to somebody else and is not touched.
final class StagedFolder {
  /// Where the folder ends up.
  let target: String
  /// The target as the user wrote it, for messages.
  private let shown: String
  /// Where it is filled.
  let path: String
  private let isReplacing: Bool
  private let isDurable: Bool
  private var lock: Int32 = -1
  private var isDone = false
  /// Files of the old folder that are no part of a model and come along.
  private var kept: [String] = []

  static let mark = ".clipscope-part"

  /// - Parameters:
  ///   - sources: files that are read while the folder is filled; they must not be replaced.
  /// - Throws: `CheckpointError.file` where the target exists and `isReplacing` is false, or cannot be written; `Refusal` where replacing
  ///   would lose something.
  init(
    target wanted: String, isReplacing: Bool, isDurable: Bool = true, sources: [String]
  ) throws {
    shown = wanted
    target = Self.resolved(wanted)
    path = target + ".part"
    self.isReplacing = isReplacing
    self.isDurable = isDurable
    try inspectTarget(sources: sources)
    try Self.makeParents(of: target)
    try claim()
  }

  deinit { discard() }

  func join(_ name: String) -> String { path + "/" + name }

  /// Writes a small file whole.
  func write(_ bytes: UnsafeRawBufferPointer, as name: String) throws(CheckpointError) {
    let file = join(name)
    let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw Self.failure(file, "write") }
    defer { close(descriptor) }
    let code = bytes.writeAll(to: descriptor)
    guard code == 0 else { throw Self.failure(file, "write", code: code) }
    guard !isDurable || fdatasync(descriptor) == 0 || errno == EINVAL else {
      throw Self.failure(file, "sync")
    }
  }

  func write(_ text: String, as name: String) throws {
    try Array(text.utf8).withUnsafeBytes { try write($0, as: name) }
  }

  /// Copies a small file that stands beside the source.
  func copy(_ companion: Companion) throws(CheckpointError) {
    try copy(companion.path, as: companion.name)
  }

  private func copy(_ source: String, as name: String) throws(CheckpointError) {
    let file = try CheckpointError.catching(try MappedFile(path: source))
    try write(file.bytes, as: name)
    withExtendedLifetime(file) {}
  }

  /// Gives the folder the name of the target.
  func commit() throws {
    if isDurable { Self.synchronise(path) }
    if mayReplaceByRename {
      guard rename(path, target) == 0 else { throw Self.failure(target, "rename") }
    } else {
      // The folder may have changed while the new one was filled.
      kept = []
      try inspectTarget(sources: [])
      for name in kept { try keep(name) }
      try exchange()
    }
    isDone = true
    unlink(target + "/" + Self.mark)
    releaseLock()
    if isDurable { Self.synchronise(FilePath.parent(of: target)) }
  }

  /// Takes a file of the old folder along, unless the new one has its own; as a copy where the file system has no links.
  private func keep(_ name: String) throws {
    let old = target + "/" + name
    guard linkat(AT_FDCWD, old, AT_FDCWD, join(name), 0) != 0, errno != EEXIST else { return }
    let code = errno
    var status = stat()
    guard [EPERM, EOPNOTSUPP, ENOSYS].contains(code), lstat(old, &status) == 0,
      status.st_mode & S_IFMT == S_IFREG
    else { throw Self.failure(old, "keep", code: code) }
    try copy(old, as: name)
    chmod(join(name), status.st_mode & 0o7777)
  }

  /// Removes what was written, unless it was committed.
  func discard() {
    guard !isDone else { return }
    isDone = true
    if lock >= 0 { Self.empty(path) }
    releaseLock()
  }

  private func releaseLock() {
    if lock >= 0 { close(lock) }
    lock = -1
  }

  // MARK: The target

  private var mayReplaceByRename: Bool {
    var status = stat()
    guard lstat(target, &status) == 0 else { return true }
    return Self.names(in: target).isEmpty
  }

  private func inspectTarget(sources: [String]) throws {
    var status = stat()
    guard lstat(target, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw Refusal("\(shown): is a file; the output of a conversion is a folder")
    }
    let names = Self.names(in: target)
    guard !names.isEmpty else { return }
    guard isReplacing else {
      throw Refusal("\(shown): exists and is not empty; --force replaces the model in it")
    }
    let folder = Self.resolved(target)
    for source in sources where Self.resolved(source).hasPrefix(folder + "/") {
      throw Refusal(
        "\(shown): holds the source of the conversion (\(source)); choose another folder")
    }
    for name in names {
      guard lstat(target + "/" + name, &status) == 0 else { continue }
      guard status.st_mode & S_IFMT != S_IFDIR else {
        throw Refusal(
          "\(shown): has the folder `\(name)` in it and is not replaced as a whole; choose another folder"
        )
      }
      if !Self.belongsToModel(name) { kept.append(name) }
    }
  }

  /// Whether a conversion replaces a file of this name: weights, configs, tokenizers.
  private static func belongsToModel(_ name: String) -> Bool {
    let endings = [".safetensors", ".bin", ".pt", ".pth", ".index.json", ".part"]
    let names = [
      "config.json", "open_clip_config.json", "preprocessor_config.json", "processor_config.json",
      "tokenizer.json",
      "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
      "merges.txt", "spiece.model",
      "tokenizer.model", ConversionReceipt.fileName, mark,
    ]
    return names.contains(name) || endings.contains { name.hasSuffix($0) }
  }

  /// Puts the new folder in place of the old one and removes the old one.
  private func exchange() throws {
    typealias Exchange =
      @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    let exchanging: UInt32 = 2
    if let symbol = dlsym(nil, "renameat2"),
      unsafeBitCast(symbol, to: Exchange.self)(AT_FDCWD, path, AT_FDCWD, target, exchanging) == 0
    {
      Self.empty(path)
      return
    }
    // File systems without an exchange: for a moment there is no target, never a mixed one.
    let old = target + ".old.part"
    guard rename(target, old) == 0 else { throw Self.failure(target, "rename") }
    guard rename(path, target) == 0 else {
      let error = Self.failure(target, "rename")
      rename(old, target)
      throw error
    }
    Self.empty(old)
  }

  // MARK: The part

  private func claim() throws {
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw Self.failure(path, "write", code: EEXIST)
      }
      let names = Self.names(in: path)
      guard names.isEmpty || names.contains(Self.mark) else {
        throw Refusal(
          "\(path): is in the way and was not left by a conversion; remove it or choose another folder"
        )
      }
      if !names.isEmpty {
        try takeLock(creating: 0)
        for name in names where name != Self.mark { unlink(join(name)) }
        return
      }
    } else if mkdir(path, 0o755) != 0 {
      throw Self.failure(shown, "make the folder")
    }
    try takeLock(creating: O_CREAT)
  }

  private func takeLock(creating: Int32) throws {
    let descriptor = open(join(Self.mark), O_RDWR | O_CLOEXEC | O_NOFOLLOW | creating, 0o644)
    guard descriptor >= 0 else {
      let error = Self.failure(path, "write")
      rmdir(path)
      throw error
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Refusal("\(shown): another conversion is writing to it")
    }
    lock = descriptor
  }

  // MARK: Paths

  /// Without links and trailing slashes where it exists; else with its parent resolved.
  static func resolved(_ path: String) -> String {
    FilePath.resolved(FilePath.withoutEnd(path))
  }

  private static func makeParents(of path: String) throws(CheckpointError) {
    let parent = FilePath.parent(of: path)
    var status = stat()
    if stat(parent, &status) == 0 { return }
    try makeParents(of: parent)
    guard mkdir(parent, 0o755) == 0 || errno == EEXIST else {
      throw failure(parent, "make the folder")
    }
  }

  private static func names(in folder: String) -> [String] {
    (try? DirectoryListing.names(in: folder)) ?? []
  }

  /// Removes a folder of files; one with folders in it stays.
  private static func empty(_ folder: String) {
    for name in names(in: folder) where name != mark { unlink(folder + "/" + name) }
    // The mark goes last, so that a run that is killed here is still recognised.
    unlink(folder + "/" + mark)
    rmdir(folder)
  }

  private static func synchronise(_ folder: String) {
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func failure(_ path: String, _ operation: String, code: Int32 = errno)
    -> CheckpointError
  {
    .file(FileError(path: path, operation: operation, code: code))
  }
}
