import Testing
import Tensors

@Suite("Tensors") struct TensorsTests {}
