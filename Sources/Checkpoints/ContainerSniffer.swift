import Glibc
import Tensors

/// Decides which reader a path belongs to: by its first bytes, never by its name alone.
enum ContainerSniffer {
  static func open(
    _ path: String, _ cancellation: Cancellation = .never
  ) throws(CheckpointError) -> OpenedContainer {
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw .file(FileError(path: path, operation: "open", code: errno))
    }
    if status.st_mode & S_IFMT == S_IFDIR { return try FolderReader.open(path, cancellation) }
    var opened =
      path.hasSuffix(ShardIndex.suffix)
      ? try ShardedReader.open(path, cancellation) : try openFile(path, cancellation)
    opened.catalog.companions = CompanionFiles.beside(path)
    return opened
  }

  /// Opens one file that holds tensors; never a folder or an index of shards.
  static func openFile(
    _ path: String, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    try cancellation.check()
    let file = try CheckpointError.catching(try MappedFile(path: path))
    let opened: OpenedContainer
    do {
      opened = try openFile(path, file, cancellation)
    } catch {
      throw file.isCut ? .cut(file) : error
    }
    if file.isCut { throw .cut(file) }
    return opened
  }

  private static func openFile(
    _ path: String, _ file: MappedFile, _ cancellation: Cancellation
  ) throws(CheckpointError) -> OpenedContainer {
    switch FileSignature(file.bytes, path: path) {
    case .safetensors: try SafetensorsReader.open(path, file: file)
    case .zip: try ZipContainers.open(path, file: file, cancellation)
    case .npy: try NumPyReader.openArray(path, file: file, cancellation)
    case .pickle: try PyTorchReader.openLegacy(path, file: file, cancellation)
    case .notACheckpoint(let reason): throw .unrecognised(path: path, reason: reason)
    }
  }
}

/// What the first bytes of a file say that it is.
enum FileSignature: Equatable {
  case safetensors
  /// PyTorch since 1.6, TorchScript and `.npz`.
  case zip
  case npy
  /// PyTorch before 1.6, or a bare pickle.
  case pickle
  /// `reason` is a sentence about what it is instead.
  case notACheckpoint(reason: String)

  /// Bytes from the start of a file that are enough to decide.
  static let prefixByteCount = 512

  /// - Parameter bytes: the file, or at least its first `prefixByteCount` bytes.
  init(_ bytes: UnsafeRawBufferPointer, path: String) {
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.prefixByteCount))
    func starts(with text: String) -> Bool { start.starts(with: text.utf8) }
    func starts(with magic: [UInt8]) -> Bool { start.starts(with: magic) }
    if start.isEmpty {
      self = .notACheckpoint(reason: "the file is empty")
    } else if starts(with: "version https://git-lfs.github.com") {
      self = .notACheckpoint(
        reason: "this is a Git LFS pointer, not the file itself; run `git lfs pull` to fetch it")
    } else if Self.isWebPage(start) {
      self = .notACheckpoint(
        reason: "not a checkpoint (HTML text); the download gave a web page instead of the file")
    } else if SafetensorsReader.recognises(start) {
      self = .safetensors
    } else if starts(with: "PK\u{3}\u{4}") || starts(with: "PK\u{5}\u{6}") {
      self = .zip
    } else if starts(with: [0x93] + Array("NUMPY".utf8)) {
      self = .npy
    } else if starts(with: "GGUF") {
      self = .notACheckpoint(reason: "GGUF files are not read yet")
    } else if starts(with: [0x89] + Array("HDF\r\n\u{1A}\n".utf8)) {
      self = .notACheckpoint(reason: "HDF5 files are not read yet")
    } else if path.hasSuffix(".safetensors") {
      // Its own reader says best what is wrong with the length prefix.
      self = .safetensors
    } else if Self.isPickle(start) {
      self = .pickle
    } else if path.hasSuffix(".msgpack") {
      self = .notACheckpoint(reason: "msgpack files are not read yet")
    } else if start.first.map({ $0 == 0x7B || $0 == 0x5B }) == true {
      self = .notACheckpoint(
        reason: "this looks like a JSON text, not a checkpoint; open the folder that holds it")
    } else if start.allSatisfy({ $0 == 0 }) {
      self = .notACheckpoint(reason: "the file holds zeros where a container should begin")
    } else {
      self = .notACheckpoint(
        reason:
          "the first bytes are not those of a format that is read (safetensors, PyTorch, NumPy)")
    }
  }

  /// What `body` makes of the first `prefixByteCount` bytes of a file, or of all where there are fewer.
  ///
  /// - Throws: `FileError` where it cannot be opened or read.
  static func withPrefix<Result>(
    ofFile path: String, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(FileError) -> Result {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, operation: "open", code: errno) }
    defer { close(descriptor) }
    let outcome: Swift.Result<Result, FileError> = withUnsafeTemporaryAllocation(
      byteCount: prefixByteCount, alignment: 8
    ) { buffer in
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      guard count >= 0 else {
        return .failure(FileError(path: path, operation: "read", code: errno))
      }
      return .success(body(UnsafeRawBufferPointer(rebasing: buffer[..<count])))
    }
    return try outcome.get()
  }

  /// Whether a pickle begins with `PROTO` and a protocol that writes it: no text does so.
  static func hasProtocolMark(_ start: UnsafeRawBufferPointer) -> Bool {
    start.count >= 2 && start[0] == 0x80 && (2...5).contains(start[1])
  }

  private static func isWebPage(_ start: UnsafeRawBufferPointer) -> Bool {
    let text = start.drop { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D || $0 > 0x7F }
      .prefix(16).map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
    return ["<!doctype", "<html", "<head", "<?xml", "<body", "<error"].contains {
      text.starts(with: $0.utf8)
    }
  }

  /// Protocol 2 and later begin with `PROTO`; older text pickles with `(`, `]`, `}` or `c` and end in `.`.
  private static func isPickle(_ start: UnsafeRawBufferPointer) -> Bool {
    guard start.count >= 2 else { return false }
    switch start[0] {
    case 0x80: return start[1] <= 5
    // MARK and what may follow it, EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE.
    case 0x28:
      return [0x64, 0x6C, 0x69, 0x74, 0x53, 0x56, 0x58, 0x63, 0x4B, 0x28].contains(start[1])
    case 0x7D, 0x5D, 0x29: return [0x71, 0x72, 0x70, 0x28, 0x2E, 0x94].contains(start[1])
    // GLOBAL "module\nname\n" and LONG/INT as text.
    case 0x63, 0x69:
      return start.dropFirst().prefix(80).contains(0x0A)
        && start.dropFirst().prefix { $0 != 0x0A }.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    case 0x4C, 0x49, 0x46:
      return start.dropFirst().first.map { $0 >= 0x30 && $0 <= 0x39 || $0 == 0x2D } == true
    default: return false
    }
  }
}
