import Testing
import Preprocess

@Suite("Preprocess") struct PreprocessTests {}
