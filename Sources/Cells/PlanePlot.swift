import Glibc

/// Points of a plane, equally scaled on both sides, around an origin in the middle.
package struct PlanePlot: Sendable, Equatable {
  package struct Mark: Sendable, Equatable {
    package var x: Double
    package var y: Double
    package var role: Role

    package init(x: Double, y: Double, role: Role) {
      self.x = x
      self.y = y
      self.role = role
    }
  }

  /// The plot goes from minus to plus this.
  package var reach: Double
  /// Radii of circles around the origin.
  package var circles: [Double]
  /// Small dots.
  package var trail: [Mark]
  /// Drawn last, as bullets.
  package var marks: [Mark]

  package init(reach: Double, circles: [Double] = [], trail: [Mark] = [], marks: [Mark] = []) {
    self.reach = reach
    self.circles = circles
    self.trail = trail
    self.marks = marks
  }

  /// Cells that the plot takes of an area: twice as wide as high, so that circles are round.
  package static func size(in area: Size) -> Size {
    let rows = min(area.rows, area.columns / 2)
    return Size(columns: 2 * rows, rows: rows)
  }

  /// Fills the upper left of the canvas.
  package func draw(_ canvas: Canvas) {
    let size = Self.size(in: canvas.size)
    guard size.rows >= 3, reach > 0, reach.isFinite else { return }
    var dots = DotGrid(columns: size.columns, rows: size.rows)
    for column in 0..<size.columns * 2 where column % 4 == 0 {
      dots.set(x: column, y: size.rows * 2, role: .rule)
      dots.set(x: size.columns, y: column, role: .rule)
    }
    for radius in circles where radius > 0 && radius <= 2 * reach {
      let steps = max(Int(radius / reach * Double(size.columns) * 3), 8)
      for step in 0..<steps {
        let angle = 2 * Double.pi * Double(step) / Double(steps)
        set(radius * cos(angle), radius * sin(angle), .rule, &dots, size)
      }
    }
    for mark in trail { set(mark.x, mark.y, mark.role, &dots, size) }
    dots.draw(canvas, asciiSign: ".")
    for mark in marks {
      guard let dot = place(mark.x, mark.y, size) else { continue }
      canvas.put(
        canvas.symbols.bullet, at: Point(column: dot.x / 2, row: dot.y / 4), role: mark.role)
    }
  }

  private func set(_ x: Double, _ y: Double, _ role: Role, _ dots: inout DotGrid, _ size: Size) {
    guard let dot = place(x, y, size) else { return }
    dots.set(x: dot.x, y: dot.y, role: role)
  }

  /// Two dots a column, four a row; y grows upwards.
  private func place(_ x: Double, _ y: Double, _ size: Size) -> (x: Int, y: Int)? {
    guard x.isFinite, y.isFinite, abs(x) <= reach, abs(y) <= reach else { return nil }
    let side = Double(size.columns * 2 - 1)
    return (
      Int(((x / reach + 1) / 2 * side).rounded()), Int(((1 - y / reach) / 2 * side).rounded())
    )
  }
}
