import Tensors

/// What the pickles of an archive name that are not listed themselves.
///
/// Other programs choose by other rules which pickle they load: torch takes the root folder of the first member, compares names without
/// case and may take the second of two equal ones, `torch.jit` also reads `constants.pkl`, and NumPy unpickles arrays of objects. So each
/// of them counts for `scan`.
struct PickleNames {
  private let archive: ZipArchive
  private let cancellation: Cancellation
  private(set) var globals: [PickleGlobal] = []
  /// Pickles that could not be looked at.
  private(set) var diagnostics: [Diagnostic] = []
  /// Inflated bytes that may still be read.
  private var bytesLeft = PyTorchReader.pickleLimit

  init(in archive: ZipArchive, _ cancellation: Cancellation) {
    self.archive = archive
    self.cancellation = cancellation
  }

  /// Adds what all members called `*.pkl` name, but for `listed`.
  /// - Throws: `CheckpointError.cancelled`.
  mutating func addPickles(besides listed: ZipMember? = nil) throws(CheckpointError) {
    for member in archive.members where Self.name(member.name, endsIn: ".pkl") && member != listed {
      try add(member)
    }
  }

  /// Adds what all arrays of objects name.
  /// - Throws: `CheckpointError.cancelled`.
  mutating func addObjectArrays() throws(CheckpointError) {
    for member in archive.members where Self.name(member.name, endsIn: ".npy") {
      try cancellation.check()
      guard let offset = try? archive.dataOffset(of: member),
        let header = try? NumPyReader.header(of: member, at: offset, in: archive),
        header.holdsObjects
      else { continue }
      try add(member, from: header.byteCount)
    }
  }

  /// Adds what the pickle names that begins `start` bytes into a member.
  /// - Throws: `CheckpointError.cancelled`.
  mutating func add(_ member: ZipMember, from start: Int = 0) throws(CheckpointError) {
    try cancellation.check()
    do {
      globals += try archive.withData(of: member, limit: bytesLeft) { bytes in
        try Self.globals(in: bytes, at: start, place: member.name, cancellation)
      }
      bytesLeft -= member.byteCount
    } catch CheckpointError.cancelled {
      throw .cancelled
    } catch {
      diagnostics.append(
        Diagnostic(
          severity: .error, kind: "unread-pickle", place: member.name,
          message: "what this pickle names is not known: \(error)"))
    }
  }

  /// Names in the pickle that begins at `start`; those before the damage where it is damaged, since Python runs a pickle while it reads it.
  /// - Throws: `CheckpointError.cancelled`.
  static func globals(
    in bytes: UnsafeRawBufferPointer, at start: Int, place: String, _ cancellation: Cancellation
  ) throws(CheckpointError) -> [PickleGlobal] {
    var machine = PickleMachine(bytes, at: start, place: place, cancellation)
    _ = try? machine.run()
    try cancellation.check()
    return machine.graph.globals
  }

  /// A line for each name that should make a reader stop.
  static func dangers(of globals: [PickleGlobal]) -> [Diagnostic] {
    globals.filter { $0.standing == .dangerous }.map { global in
      Diagnostic(
        severity: .danger, kind: "unsafe-global", place: global.place,
        message:
          "the pickle names `\(global.fullName)` at offset \(global.opcodeOffset); it was not called"
      )
    }
  }

  private static func name(_ name: String, endsIn ending: String) -> Bool {
    name.utf8.count >= ending.utf8.count
      && zip(name.utf8.suffix(ending.utf8.count), ending.utf8).allSatisfy {
        ($0 | 0x20) == ($1 | 0x20)
      }
  }
}
