import Testing
import ScopeUI

@Suite("ScopeUI") struct ScopeUITests {}
