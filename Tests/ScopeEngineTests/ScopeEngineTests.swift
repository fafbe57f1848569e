import Testing
import ScopeEngine

@Suite("ScopeEngine") struct ScopeEngineTests {}
