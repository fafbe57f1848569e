import CDeflate
import Cells

/// Sequences of the kitty graphics protocol: a picture is sent once, and placeholder cells show it.
enum KittyGraphics {
  /// Base64 characters a sequence, the most that the protocol allows.
  static let chunkLimit = 4096

  /// Sends a picture and makes it ready for placeholders; the terminal answers nothing and the cursor stays.
  ///
  /// - Parameters:
  ///   - grid: empty pixels are transparent.
  ///   - id: 1 to 2^24 - 1; what the terminal has under it is replaced.
  ///   - columns: cells that the picture is stretched to.
  /// - Returns: nothing for an empty picture.
  static func transmission(
    _ grid: PixelGrid, id: UInt32, columns: Int, rows: Int, insideTmux: Bool = false
  ) -> [UInt8] {
    guard grid.width > 0, grid.height > 0 else { return [] }
    let isOpaque = !grid.pixels.contains(nil)
    let raw = samples(grid, isOpaque: isOpaque)
    let packed = deflated(raw)
    let data = packed ?? raw
    let keys =
      "a=T,U=1,q=2,f=\(isOpaque ? 24 : 32)\(packed == nil ? "" : ",o=z"),"
      + "s=\(grid.width),v=\(grid.height),i=\(id),c=\(columns),r=\(rows)"
    let step = chunkLimit / 4 * 3
    var result: [UInt8] = []
    result.reserveCapacity(data.count * 3 / 2 + 256)
    for start in stride(from: 0, to: data.count, by: step) {
      let end = min(start + step, data.count)
      var control = start == 0 ? keys : "q=2"
      if start > 0 || end < data.count { control += ",m=\(end < data.count ? 1 : 0)" }
      result += command(control, payload: Base64.encode(data[start..<end]), insideTmux: insideTmux)
    }
    return result
  }

  /// Takes a picture and its data off the terminal.
  static func deletion(id: UInt32, insideTmux: Bool = false) -> [UInt8] {
    command("a=d,d=I,q=2,i=\(id)", payload: [], insideTmux: insideTmux)
  }

  static func command(_ control: String, payload: [UInt8], insideTmux: Bool) -> [UInt8] {
    let plain = Array("\u{1b}_G\(control);".utf8) + payload + Array("\u{1b}\\".utf8)
    return insideTmux ? Tmux.passedThrough(plain) : plain
  }

  /// `[height, width, 3]`, or with transparency `[height, width, 4]`.
  private static func samples(_ grid: PixelGrid, isOpaque: Bool) -> [UInt8] {
    let channels = isOpaque ? 3 : 4
    let count = grid.pixels.count * channels
    return [UInt8](unsafeUninitializedCapacity: count) { result, written in
      var offset = 0
      for pixel in grid.pixels {
        let color = pixel ?? Color(0, 0, 0)
        result.initializeElement(at: offset, to: color.red)
        result.initializeElement(at: offset + 1, to: color.green)
        result.initializeElement(at: offset + 2, to: color.blue)
        if !isOpaque { result.initializeElement(at: offset + 3, to: pixel == nil ? 0 : 255) }
        offset += channels
      }
      written = count
    }
  }

  /// The bytes as a zlib stream; nil where the library has no memory or they would not shrink.
  private static func deflated(_ bytes: [UInt8]) -> [UInt8]? {
    guard let compressor = libdeflate_alloc_compressor(1) else { return nil }
    defer { libdeflate_free_compressor(compressor) }
    var size = 0
    let packed = [UInt8](unsafeUninitializedCapacity: bytes.count) { result, written in
      size = libdeflate_zlib_compress(
        compressor, bytes, bytes.count, result.baseAddress, result.count)
      written = size
    }
    return size > 0 ? packed : nil
  }
}
