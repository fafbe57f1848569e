import Testing
import Inference

@Suite("Inference") struct InferenceTests {}
