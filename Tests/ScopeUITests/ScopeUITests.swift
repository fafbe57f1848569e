import Testing
import ScopeUI


