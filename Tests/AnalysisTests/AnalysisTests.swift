import Analysis
import Testing

@Suite("Analysis") struct AnalysisTests {}
