import Testing
import ScopeCLI

@Suite("ScopeCLI") struct ScopeCLITests {}
