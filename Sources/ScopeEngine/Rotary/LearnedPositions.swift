import Checkpoints
import Dialects

/// A learned table of position embeddings with its grid.
///
/// Compared by identity: a table is read once and shared.
package final class LearnedPositions: Sendable, Equatable {
  package let name: String
  package let width: Int
  /// Rows before the grid: class token, registers.
  package let prefixRows: Int
  /// Rows and columns of the grid; one row for texts.
  package let rows: Int
  package let columns: Int
  package let isText: Bool
  /// `[prefixRows + rows * columns, width]`, row-major.
  private let values: [Float]
  /// The patch rows at unit length.
  private let directions: [Float]

  package static func == (a: LearnedPositions, b: LearnedPositions) -> Bool { a === b }

  init(
    name: String, width: Int, prefixRows: Int, rows: Int, columns: Int, isText: Bool,
    values: [Float]
  ) {
    self.name = name
    self.width = width
    self.prefixRows = prefixRows
    self.rows = rows
    self.columns = columns
    self.isText = isText
    self.values = values
    var directions = Array(values[(prefixRows * width)...])
    for row in 0..<rows * columns {
      var sum = 0.0
      for c in row * width..<(row + 1) * width { sum += Double(directions[c] * directions[c]) }
      let length = Float(sum.squareRoot())
      // Rows of zeros have no direction: their similarity is NaN, which has its own colour.
      for c in row * width..<(row + 1) * width { directions[c] /= length }
    }
    self.directions = directions
  }

  /// Cosine similarity of every position of the grid with one of them.
  ///
  /// - Returns: `[rows, columns]`, row-major, NaN where a row is zero; empty where there is no such position.
  package func similarity(row: Int, column: Int) -> [Double] {
    guard (0..<rows).contains(row), (0..<columns).contains(column) else { return [] }
    let start = (row * columns + column) * width
    return directions.withUnsafeBufferPointer { all in
      (0..<rows * columns).map { other in
        // Eight sums, so that the additions need not wait for one another.
        var sums = SIMD8<Float>.zero
        let base = other * width
        var c = 0
        while c + 8 <= width {
          var a = SIMD8<Float>.zero
          var b = SIMD8<Float>.zero
          for lane in 0..<8 {
            a[lane] = all[start + c + lane]
            b[lane] = all[base + c + lane]
          }
          sums += a * b
          c += 8
        }
        var sum = sums.sum()
        while c < width {
          sum += all[start + c] * all[base + c]
          c += 1
        }
        return Double(sum)
      }
    }
  }

  /// Length of every position's vector, `[rows, columns]`.
  package func norms() -> [Double] {
    (0..<rows * columns).map { row in
      let start = (prefixRows + row) * width
      return values[start..<start + width].reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }
  }

  /// The table resampled to another grid, as OpenCLIP and timm do it: with the antialiased cubic kernel, that of a text linearly.
  package func resized(rows newRows: Int, columns newColumns: Int) -> LearnedPositions {
    guard newRows != rows || newColumns != columns, newRows > 0, newColumns > 0 else {
      return self
    }
    if isText, rows == 1, newRows == 1 { return resizedLine(newColumns) }
    let resize = GridResize(
      prefixRows: prefixRows, oldHeight: rows, oldWidth: columns, newHeight: newRows,
      newWidth: newColumns)
    return LearnedPositions(
      name: name, width: width, prefixRows: prefixRows, rows: newRows, columns: newColumns,
      isText: isText, values: resize.apply(to: values, width: width))
  }

  /// Half-pixel centres, the two nearest rows, no antialiasing: torch's `interpolate` in mode `linear`.
  private func resizedLine(_ count: Int) -> LearnedPositions {
    let scale = Double(columns) / Double(count)
    var result = Array(values[..<(prefixRows * width)])
    result.reserveCapacity((prefixRows + count) * width)
    for position in 0..<count {
      let place = max((Double(position) + 0.5) * scale - 0.5, 0)
      let low = min(Int(place), columns - 1)
      let share = Float(place - Double(low))
      let first = (prefixRows + low) * width
      let second = (prefixRows + min(low + 1, columns - 1)) * width
      for c in 0..<width {
        result.append(values[first + c] * (1 - share) + values[second + c] * share)
      }
    }
    return LearnedPositions(
      name: name, width: width, prefixRows: prefixRows, rows: 1, columns: count, isText: isText,
      values: result)
  }
}

extension Session {
  /// Entries that are learned position tables by their names, image tower first.
  package var positionTableEntries: [(index: Int, isText: Bool)] {
    let endings = [
      "positional_embedding", "pos_embed", "pos_embedding", "position_embedding",
      "position_embeddings", "position_embedding.weight", "position_embeddings.weight",
      "position_embedding/embedding",
    ]
    let wrapper = catalog.wrapperPrefix.count
    let found = indicesOfWeights.compactMap { index -> (index: Int, isText: Bool)? in
      let name = weightName(of: index)
      let entry = catalog.entries[index]
      let isTable = endings.contains { ending in
        guard name.hasSuffix(ending) else { return false }
        let before = name.dropLast(ending.count).last
        return before == nil || before == "." || before == "/"
      }
      guard isTable, entry.shape.rank >= 2, entry.elementType.isFloatingPoint else { return nil }
      let lower = name.lowercased()
      let isImage = ["visual", "vision", "img", "image", "encoder.embeddings"].contains {
        lower.contains($0)
      }
      return (
        index,
        !isImage
          && (lower.contains("txt") || lower.contains("text")
            || name.dropFirst(wrapper) == "positional_embedding")
      )
    }
    return found.filter { !$0.isText } + found.filter(\.isText)
  }

  /// Reads a learned position table.
  ///
  /// - Parameter wantsText: that of the text tower; nil takes the image tower's where there is one.
  /// - Throws: `CheckpointError` where there is none or it cannot be read.
  package func positionTable(wantsText: Bool? = nil) throws -> LearnedPositions {
    let candidates = positionTableEntries.filter { wantsText == nil || $0.isText == wantsText }
    guard let (index, isText) = candidates.first else {
      let tower = wantsText.map { $0 ? "the text tower" : "the image tower" } ?? "it"
      throw CheckpointError.malformed(
        path: path, place: "", reason: "\(tower) has no learned position table")
    }
    let entry = catalog.entries[index]
    func refused(_ reason: String) -> CheckpointError {
      .unusable(path: path, tensor: entry.name, reason: reason)
    }
    let sizes = Array(entry.shape.sizes.drop { $0 == 1 })
    let width = sizes.last ?? 0
    guard (2...3).contains(sizes.count), width > 0, entry.elementCount > 0 else {
      throw refused("a position table is [positions, width], not \(entry.shape)")
    }
    guard entry.elementCount <= 1 << 25 else { throw refused("it holds too many numbers") }
    guard
      case .floating(let numbers) = try values(of: index, limit: entry.elementCount).numbers,
      numbers.count == entry.elementCount
    else { throw refused("a position table holds floating-point numbers") }
    let count = numbers.count / width
    let grid = sizes.count == 3 ? (0, sizes[0], sizes[1]) : Self.grid(of: count, isText: isText)
    return LearnedPositions(
      name: weightName(of: index), width: width, prefixRows: grid.0, rows: grid.1,
      columns: grid.2, isText: isText, values: numbers.map { Float($0) })
  }

  /// Prefix rows, rows and columns of the grid: a square with up to eight rows before it, else a line.
  private static func grid(of count: Int, isText: Bool) -> (Int, Int, Int) {
    if !isText {
      for prefix in 0...8 where count - prefix > 0 {
        let side = Int(Double(count - prefix).squareRoot().rounded())
        if side > 1, side * side == count - prefix { return (prefix, side, side) }
      }
    }
    return (0, 1, count)
  }
}
