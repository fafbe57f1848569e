package import Analysis
package import Cells
package import ScopeEngine

/// What happened.
///
/// Every change of the state starts as one of these.
package enum Action: Equatable, Sendable {
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
package enum Outcome: Equatable, Sendable {
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
  case foundPictures([String])
  case pictures([String])
  case folder(FolderListing)
  case startFolder(FolderListing, recent: [RecentFile])
  case text(path: String, String)
  case written(path: String)
  /// The file exists and nobody said to replace it.
  case exists(path: String)
  case nothing
  /// - lack: what the model lacks, where that is why.
  case failed(String, lack: ModelLack? = nil)
  case cancelled
}

package enum TimerKey: Hashable, Sendable {
  /// The selection has not moved for a moment.
  case rest
  case toast
}

/// A tensor of the open checkpoint or of the one beside it.
package struct EntryReference: Hashable, Sendable {
  package enum Side: Hashable, Sendable { case left, right }
  package var side: Side
  /// Index into the catalog's entries.
  package var index: Int

  package init(_ side: Side, _ index: Int) {
    self.side = side
    self.index = index
  }
}

/// How far two tensors of one name are apart.
package struct ItemDifference: Equatable, Sendable {
  package var item: Int32
  /// Largest absolute difference; 0 when all bits or values agree, nil when they cannot be compared.
  package var maximum: Double?

  package init(item: Int32, maximum: Double?) {
    self.item = item
    self.maximum = maximum
  }
}

package struct RecentFile: Equatable, Sendable {
  package var path: String
  package var summary: String
  package var byteCount: Int

  package init(path: String, summary: String, byteCount: Int) {
    self.path = path
    self.summary = summary
    self.byteCount = byteCount
  }
}

package struct FolderItem: Equatable, Sendable {
  package var name: String
  package var isFolder: Bool
  package var byteCount: Int
  /// True for files whose name is one of a checkpoint.
  package var isCheckpoint: Bool

  package init(name: String, isFolder: Bool, byteCount: Int, isCheckpoint: Bool) {
    self.name = name
    self.isFolder = isFolder
    self.byteCount = byteCount
    self.isCheckpoint = isCheckpoint
  }
}

package struct FolderListing: Equatable, Sendable {
  package var path: String
  /// Folders first, then files, by name.
  package var items: [FolderItem]
  /// Why it could not be read.
  package var problem: String?

  package init(path: String, items: [FolderItem], problem: String? = nil) {
    self.path = path
    self.items = items
    self.problem = problem
  }
}
