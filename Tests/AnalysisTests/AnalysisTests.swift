import Testing
import Analysis

@Suite("Analysis") struct AnalysisTests {}
