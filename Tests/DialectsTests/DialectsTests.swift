import Testing
import Dialects

@Suite("Dialects") struct DialectsTests {}
