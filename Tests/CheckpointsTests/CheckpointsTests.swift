import Testing
import Checkpoints

@Suite("Checkpoints") struct CheckpointsTests {}
