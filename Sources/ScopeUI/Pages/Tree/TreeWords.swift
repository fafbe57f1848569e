import Cells
import Tensors

/// The role of an element type: its colour all over the program.
enum ElementTypeRole {
  static func role(_ type: ElementType) -> Role {
    switch type {
    case .f32: .dtypeF32
    case .f16: .dtypeF16
    case .bf16: .dtypeBF16
    case .f8e4m3, .f8e5m2: .dtypeF8
    case .f64: .dtypeF64
    case .i64, .i32, .i16, .i8, .u64, .u32, .u16, .u8: .dtypeInteger
    case .bool: .dtypeBool
    case .c64, .c128: .dtypeOther
    }
  }
}

/// A comparison's verdict on a row, short enough for a column.
enum DifferenceText {
  static func short(_ difference: NodeDifference, _ symbols: Symbols) -> (String, Role) {
    switch difference {
    case .none: ("", .dim)
    case .pending: (symbols.ellipsis, .dim)
    case .values(let maximum) where maximum == 0: ("=", .success)
    case .values(let maximum): (Numbers.value(maximum), .changed)
    case .unreadable: ("unread", .warning)
    case .shape: ("shape", .changed)
    case .onlyLeft: ("only here", .removed)
    case .onlyRight: ("only there", .added)
    }
  }
}

/// Cuts a label into pieces that were matched and pieces that were not.
enum LabelSpans {
  static func spans(_ label: String, matched: [Int], plain: Style, match: Style) -> [Span] {
    let marks = Set(matched)
    var spans: [Span] = []
    var piece = ""
    var isMatched = false
    var offset = 0
    for scalar in label.unicodeScalars {
      let hit = marks.contains(offset)
      if hit != isMatched, !piece.isEmpty {
        spans.append(Span(piece, style: isMatched ? match : plain))
        piece = ""
      }
      isMatched = hit
      piece.unicodeScalars.append(scalar)
      offset += UTF8.width(scalar)
    }
    if !piece.isEmpty { spans.append(Span(piece, style: isMatched ? match : plain)) }
    return spans
  }
}
