import Analysis
import Cells
import ScopeEngine

/// What happened.
///
/// Every change of the state starts as one of these.
enum Action: Equatable, Sendable {
  case input(InputEvent)
  /// Chosen from the palette.
  case commandChosen(CommandID)
  case timerFired(TimerKey, generation: Int)
  case jobProgressed(JobKey, generation: Int, fraction: Double?)
  /// The conversion goes on; with amounts, unlike other jobs.
  case conversionProgressed(generation: Int, JobProgress)
  /// A part of a result; more follows.
  case jobDelivered(JobKey, generation: Int, Outcome)
  case jobFinished(JobKey, generation: Int, Outcome)
}

/// What a job brought.
enum Outcome: Equatable, Sendable {
  case opened(OpenedCheckpoint)
  case compared(TreeModel, path: String)
  case statistics(EntryReference, TensorStatistics)
  case slice(SliceRequest, SlicePicture)
  case spectrum(EntryReference, SingularSpectrum)
  case differences([ItemDifference])
  case series(TrainingSeries)
  case accuracy(SnapshotAccuracy)
  case positions(CheckpointPositions)
  case targets(DialectTargets)
  case mapping(MappingAnswer)
  case planned(ConversionOutline)
  case converted(ConversionRecord.Report)
  case inference(InferenceReport)
  case preview(PicturePreview)
  case attention(AttentionCapture)
  case attentionMap(AttentionRolled)
  case foundPictures(PictureFiles.Found)
  case pictures(PictureFiles.Found)
  case folder(FolderListing)
  case startFolder(FolderListing, recent: [RecentFile])
  case text(path: String, String)
  case written(path: String)
  /// The file exists and nobody said to replace it.
  case exists(path: String)
  case nothing
  /// With what the model lacks, where that is why.
  case failed(String, lack: ModelLack? = nil)
  case cancelled
}

enum TimerKey: Hashable, Sendable {
  /// The selection has not moved for a moment.
  case rest
  case toast
}

/// A tensor of the open checkpoint or of the one beside it.
struct EntryReference: Hashable, Sendable {
  enum Side: Hashable, Sendable { case left, right }
  var side: Side
  /// Index into the catalog's entries.
  var index: Int

  init(_ side: Side, _ index: Int) {
    self.side = side
    self.index = index
  }
}

/// How far two tensors of one name are apart.
struct ItemDifference: Equatable, Sendable {
  var item: Int32
  /// Largest absolute difference; 0 when all bits or values agree, nil when they cannot be compared.
  var maximum: Double?
}

struct RecentFile: Equatable, Sendable {
  var path: String
  var summary: String
  var byteCount: Int
}

struct FolderItem: Equatable, Sendable {
  var name: String
  var isFolder: Bool
  /// Nil for a file whose name is not UTF-8, which cannot be looked at.
  var byteCount: Int?
  /// True for files whose name is one of a checkpoint.
  var isCheckpoint: Bool

  /// The size of a file in words.
  var size: String { byteCount.map { Numbers.bytes($0) } ?? "not UTF-8" }
}

struct FolderListing: Equatable, Sendable {
  var path: String
  /// Folders first, then files, by name.
  var items: [FolderItem]
  /// Why it could not be read.
  var problem: String?
  /// Checkpoints of one training in it, which open together; zero where there is no series.
  var snapshotCount = 0
}
