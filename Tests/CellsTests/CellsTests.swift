import Testing
import Cells

@Suite("Cells") struct CellsTests {}
