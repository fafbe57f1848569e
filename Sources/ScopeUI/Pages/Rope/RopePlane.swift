import Analysis
import Cells
import Inference

/// A plot of pairs of channels in their plane, with what it says in words.
struct RopePlane: Equatable, Sendable {
  var title: String
  var plot: PlanePlot
  var lines: [String]

  /// Where the pair of a channel turns a unit vector to: at the query, and at all patches along the axis that moves it.
  static func phase(
    _ channel: Int, of specification: RotarySpecification, at query: RopeState.PatchPlace
  ) throws(RotaryError) -> RopePlane {
    let pair = try RotaryPair(channel: channel, of: specification)
    let axis = pair.axis ?? .x
    let role = RopeSpectrumView.role(axis)
    let trail = (0..<specification.patchCount(along: axis)).map { place in
      let point = pair.point(
        frame: axis == .t ? place : query.frame, row: axis == .y ? place : query.row,
        column: axis == .x ? place : query.column)
      return PlanePlot.Mark(x: point.x, y: point.y, role: role)
    }
    let (frame, row, column) = (query.frame, query.row, query.column)
    let point = pair.point(frame: frame, row: row, column: column)
    let angles = pair.angles(frame: frame, row: row, column: column)
    var lines = ["at query (\(number(point.x)), \(number(point.y)))"]
    if pair.isRotation {
      lines.append("angle \(number(angles.first)) rad, \(number(turns(angles.first))) turns")
    } else {
      lines.append("angles \(number(angles.first)) and \(number(angles.second)) rad: no rotation")
      let gain = pair.leastGain(frame: frame, row: row, column: column)
      lines.append("least gain \(number(gain))")
    }
    return RopePlane(
      title: "channels \(pair.first), \(pair.second) along \(axis.rawValue)",
      plot: PlanePlot(
        reach: 1.1, circles: [1], trail: trail,
        marks: trail + [PlanePlot.Mark(x: point.x, y: point.y, role: .cursor)]), lines: lines)
  }

  /// Learned frequencies: x to the right, y up, in radians a patch.
  static func vectors(of specification: RotarySpecification) throws(RotaryError) -> RopePlane {
    let embedding = try specification.embedding()
    let (y, x) = (embedding.axes.count - 2, embedding.axes.count - 1)
    let channels = stride(
      from: 0, to: embedding.layout == .interleaved ? embedding.headWidth : embedding.headWidth / 2,
      by: embedding.layout == .interleaved ? 2 : 1)
    let marks = channels.map { channel in
      PlanePlot.Mark(
        x: embedding.frequency(channel: channel, axis: x),
        y: embedding.frequency(channel: channel, axis: y), role: .axisX)
    }
    let lengths = marks.map { ($0.x * $0.x + $0.y * $0.y).squareRoot() }
    let longest = lengths.max() ?? 0
    let aliased = lengths.count { $0 > .pi }
    var lines = ["\(marks.count) pairs, longest \(number(longest)) rad a patch"]
    lines.append(
      aliased > 0 ? "\(aliased) beyond pi alias" : "rings: 1 and pi, where aliasing begins")
    return RopePlane(
      title: "frequencies, x right, y up",
      plot: PlanePlot(reach: max(longest * 1.1, 1e-6), circles: [1, .pi], marks: marks),
      lines: lines)
  }

  private static func turns(_ angle: Double) -> Double { angle / (2 * .pi) }

  private static func number(_ value: Double) -> String { Numbers.value(value, digits: 3) }
}
