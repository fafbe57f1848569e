import Cells
import Inference
import ScopeEngine

/// What a view can be written as.
enum RopeFormat: String, OutputFormat {
  case npy, csv, json, png
}

/// Writes a view to a file.
struct RopeFile {
  private let result: RopeResult

  init(_ result: RopeResult) { self.result = result }

  func write(to path: String, as format: RopeFormat, isReplacing: Bool) throws {
    switch format {
    case .npy: try writeArray(to: path, isReplacing)
    case .csv:
      var text = ""
      RopeText.csv(of: result) { text += $0 + "\r\n" }
      try CompleteFile.write(Array(text.utf8), to: path, isReplacing: isReplacing)
    case .json:
      let text = result.document().text() + "\n"
      try CompleteFile.write(Array(text.utf8), to: path, isReplacing: isReplacing)
    case .png:
      guard let bytes = picture() else {
        throw Ending.trouble("\(path): the picture is empty or too large to draw")
      }
      try CompleteFile.write(bytes, to: path, isReplacing: isReplacing)
    }
  }

  /// `[2, positions, D]` for tables, cos then sin; `[T, H, W]` or `[H, W]` for pictures; all F32.
  private func writeArray(to path: String, _ isReplacing: Bool) throws {
    let values: [Float]
    let shape: Shape
    switch result.content {
    case .table:
      guard let specification = result.specification else { return }
      let embedding = try specification.embedding()
      let positions = specification.positions()
      let (cosines, sines) = embedding.table(at: positions)
      values = cosines + sines
      shape = Shape([2, positions.count, embedding.headWidth])
    case .picture(let picture):
      values = picture.values.map { Float($0) }
      shape = Shape(picture.sizes)
    case .spectrum: throw Ending.usage("a spectrum is written as .json, .csv or .png, not .npy")
    }
    try values.withUnsafeBytes {
      try NumPyWriter.write($0, type: .f32, shape: shape, to: path, isReplacing: isReplacing)
    }
  }

  // MARK: Pictures

  private func picture() -> [UInt8]? {
    switch result.content {
    case .spectrum:
      return RopeDrawing.page(
        result, size: Size(columns: 100, rows: 34), depth: .trueColor, symbols: .utf8
      )
      .png()
    case .table:
      guard let specification = result.specification,
        let embedding = try? specification.embedding()
      else { return nil }
      // Tokens down, channels across: cosines left, sines right of a gap.
      let (cosines, sines) = embedding.table(at: specification.positions())
      let width = embedding.headWidth
      let tokens = specification.grid.tokenCount
      var grid = PixelGrid(width: 2 * width + 2, height: tokens)
      let scale = specification.scaling.scale
      for token in 0..<tokens {
        for channel in 0..<width {
          for (values, start) in [(cosines, 0), (sines, width + 2)] {
            let share = (Double(values[token * width + channel]) / scale + 1) / 2
            grid[start + channel, token] = ColorScale.blueRed.color(at: share)
          }
        }
      }
      return grid.png(zoom: Self.zoom(grid))
    case .picture(let picture):
      let grid = Self.montage(picture)
      return grid.png(zoom: Self.zoom(grid))
    }
  }

  private static func zoom(_ grid: PixelGrid) -> Int {
    max(512 / max(grid.width, grid.height, 1), 1)
  }

  static func scale(of picture: RotaryPicture) -> ColorScale {
    picture.isDiverging ? .blueRed : .viridis
  }

  /// Frames side by side with a gap, in rows of about the same length as the number of rows.
  static func montage(_ picture: RotaryPicture) -> PixelGrid {
    let across = max(Int(Double(picture.frames).squareRoot().rounded(.up)), 1)
    let down = (picture.frames + across - 1) / across
    var grid = PixelGrid(
      width: across * (picture.columns + 1) - 1, height: down * (picture.rows + 1) - 1)
    for frame in 0..<picture.frames {
      let left = frame % across * (picture.columns + 1)
      let top = frame / across * (picture.rows + 1)
      for row in 0..<picture.rows {
        for column in 0..<picture.columns {
          let value = picture[frame, row, column]
          let share = (value - picture.low) / (picture.high - picture.low)
          grid[left + column, top + row] = scale(of: picture).quantised(at: share)
        }
      }
    }
    return grid
  }
}
