import Checkpoints
import Glibc

/// One checkpoint of a training run, told by the numbers in its name.
package struct TrainingSnapshot: Sendable, Equatable {
  /// Name within the folder: `epoch_3.pt`, `checkpoint-500`.
  package var name: String
  package var path: String
  /// Epoch, step or both, in the order of the name.
  package var numbers: [Int]

  package init(name: String, path: String, numbers: [Int]) {
    self.name = name
    self.path = path
    self.numbers = numbers
  }
}

/// The snapshots that a folder holds, in the order of training.
///
/// Knows what trainers write: `epoch_N.pt` (OpenCLIP), `step`-numbered files, `epoch=E-step=S.ckpt` (Lightning), and
/// folders `checkpoint-N` (Transformers).
struct SnapshotFolder {
  /// More than anybody looks at; keeps the table of tensors by snapshots small.
  static let limit = 1000

  private(set) var path: String
  private(set) var snapshots: [TrainingSnapshot]
  /// Numbered names of another series or of no checkpoint, with the reason.
  private(set) var leftOut: [String]

  /// - Throws: `CheckpointError` where the folder cannot be read, or holds fewer than two snapshots or too many.
  init(_ folder: String) throws(CheckpointError) {
    do throws(CheckpointError) {
      self = try Self.reading(folder)
    } catch .file(let error) where error.code == ENOTDIR {
      throw .unrecognised(
        path: folder, reason: "is a file; a series is the folder that holds its snapshots")
    }
    if snapshots.isEmpty, let inner = try? Self.reading(folder + "/checkpoints"),
      !inner.snapshots.isEmpty
    {
      // OpenCLIP's training writes `logs/NAME/checkpoints/epoch_N.pt`.
      self = inner
    }
    guard snapshots.count >= 2 else {
      let found = snapshots.first.map { "only `\($0.name)`" } ?? "no checkpoint"
      throw .unrecognised(
        path: folder,
        reason: "a series needs two or more checkpoints named by epoch or step; there is \(found)")
    }
    guard snapshots.count <= Self.limit else {
      throw .unrecognised(
        path: folder, reason: "\(snapshots.count) snapshots are more than \(Self.limit)")
    }
  }

  private init(path: String, snapshots: [TrainingSnapshot], leftOut: [String]) {
    self.path = path
    self.snapshots = snapshots
    self.leftOut = leftOut
  }

  private static func reading(_ folder: String) throws(CheckpointError) -> SnapshotFolder {
    var series: [String: [TrainingSnapshot]] = [:]
    var leftOut: [String] = []
    let candidates = Dictionary(
      try CheckpointFolder.candidates(in: folder).map { ($0.name, $0) },
      uniquingKeysWith: { first, _ in first })
    let names = try CheckpointError.catching(try DirectoryListing.names(in: folder))
    for name in names where !name.hasPrefix(".") {
      guard let parsed = SnapshotName(name) else { continue }
      let path = FilePath.join(folder, name)
      if FilePath.isFolder(path) || candidates[name]?.kind != nil {
        series[parsed.skeleton, default: []].append(
          TrainingSnapshot(name: name, path: path, numbers: parsed.numbers))
      } else if let impostor = candidates[name] {
        leftOut.append("\(name): \(impostor.reason ?? "not a checkpoint")")
      }
    }
    // The longest series; of equals the one whose name comes first.
    let chosen = series.keys.max { left, right in
      let (a, b) = (series[left]?.count ?? 0, series[right]?.count ?? 0)
      return a != b ? a < b : left > right
    }
    for (skeleton, snapshots) in series where skeleton != chosen {
      leftOut += snapshots.map { "\($0.name): belongs to another series" }
    }
    let snapshots = chosen.flatMap { series[$0] } ?? []
    return SnapshotFolder(
      path: folder,
      snapshots: snapshots.sorted { left, right in
        left.numbers != right.numbers
          ? left.numbers.lexicographicallyPrecedes(right.numbers)
          : NumericOrder.precedes(left.name, right.name)
      },
      leftOut: leftOut.sorted(by: NumericOrder.precedes))
  }
}

/// What the name of a snapshot says.
struct SnapshotName: Equatable {
  /// Numbers that follow a word such as `epoch` or `step`.
  var numbers: [Int] = []
  /// The name with `#` for each run of digits: the same for all snapshots of a series.
  var skeleton = ""

  private static let words = ["epoch", "step", "steps", "checkpoint", "ckpt", "iter", "iteration"]

  /// nil where no number of the name counts epochs or steps.
  init?(_ name: String) {
    var word = ""
    var digits = ""
    for character in name.lowercased() {
      if character.isASCII, character.isNumber {
        if digits.isEmpty { skeleton.append("#") }
        digits.append(character)
        continue
      }
      guard take(&digits, after: word) else { return nil }
      skeleton.append(character)
      if character.isLetter {
        word.append(character)
      } else if !"_-=".contains(character) || !Self.words.contains(where: word.hasSuffix) {
        word = ""
      }
    }
    guard take(&digits, after: word), !numbers.isEmpty else { return nil }
  }

  /// False for a number that no counter reaches.
  private mutating func take(_ digits: inout String, after word: String) -> Bool {
    defer { digits = "" }
    guard !digits.isEmpty, Self.words.contains(where: word.hasSuffix) else { return true }
    guard let number = Int(digits) else { return false }
    numbers.append(number)
    return true
  }
}
