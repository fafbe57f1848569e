import CKernels
import Foundation
import TestSupport
import Testing

/// Plain versions of the kernels in double precision, as their oracle.
private enum Slow {
  static func product(_ a: [Float], _ w: [Float], rows: Int, inputs: Int, outputs: Int) -> [Double]
  {
    var result = [Double](repeating: 0, count: rows * outputs)
    for r in 0..<rows {
      for o in 0..<outputs {
        var sum = 0.0
        for k in 0..<inputs { sum += Double(a[r * inputs + k]) * Double(w[o * inputs + k]) }
        result[r * outputs + o] = sum
      }
    }
    return result
  }

  static func activate(_ x: Double, _ activation: ck_activation) -> Double {
    switch activation {
    case CK_QUICK_GELU: x / (1 + exp(-1.702 * x))
    case CK_GELU: x * 0.5 * erfc(-x / 2.0.squareRoot())
    case CK_GELU_TANH:
      0.5 * x * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case CK_RELU: max(x, 0)
    default: x
    }
  }

  static func attention(
    q: [Float], k: [Float], v: [Float], queries: Int, keys: Int, width: Int, causal: Bool,
    hidden: [UInt8]?
  ) -> (output: [Double], probabilities: [Double]) {
    var output = [Double](repeating: 0, count: queries * width)
    var probabilities = [Double](repeating: 0, count: queries * keys)
    for i in 0..<queries {
      var scores: [Double] = []
      for j in 0..<keys {
        var sum = 0.0
        for d in 0..<width { sum += Double(q[i * width + d]) * Double(k[j * width + d]) }
        let isHidden = (causal && j > i) || (hidden.map { $0[j] != 0 } ?? false)
        scores.append(isHidden ? -.infinity : sum / Double(width).squareRoot())
      }
      guard let top = scores.max(), top > -.infinity else { continue }
      let exponentials = scores.map { exp($0 - top) }
      let total = exponentials.reduce(0, +)
      for j in 0..<keys {
        probabilities[i * keys + j] = exponentials[j] / total
        for d in 0..<width {
          output[i * width + d] += exponentials[j] / total * Double(v[j * width + d])
        }
      }
    }
    return (output, probabilities)
  }
}

private func random(_ count: Int, _ seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in Float.random(in: -1...1, using: &generator) }
}

private func aligned(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
  let raw = UnsafeMutableRawBufferPointer.allocate(byteCount: count * 4 + 256, alignment: 64)
  raw.initializeMemory(as: UInt8.self, repeating: 0)
  return raw.bindMemory(to: Float.self)
}

private func largestDifference(_ found: some Sequence<Float>, _ expected: [Double]) -> Double {
  zip(found, expected).map { $0.isFinite ? abs(Double($0) - $1) : .infinity }.max() ?? 0
}

@Suite("Kernels agree with plain double-precision twins", .serialized) struct KernelTests {
  static let levels = [CK_LEVEL_PORTABLE, CK_LEVEL_AVX2, CK_LEVEL_AVX512]
  static let sizes = [
    [1, 1, 1], [1, 768, 40], [2, 7, 16], [3, 8, 17], [5, 255, 33], [6, 256, 16], [7, 257, 15],
    [13, 600, 48], [50, 80, 240], [61, 33, 99], [200, 64, 31], [391, 9, 18],
  ]

  private func bytes(of values: ArraySlice<Float>, as element: ck_element) -> [UInt8] {
    switch element {
    case CK_F16: values.map { Float16($0) }.withUnsafeBytes(Array.init)
    case CK_BF16: values.map { UInt16($0.bitPattern >> 16) }.withUnsafeBytes(Array.init)
    default: values.withUnsafeBytes(Array.init)
    }
  }

  private func expectSamePanels(
    _ panels: UnsafeMutableBufferPointer<Float>, fromTransposeOf w: [Float], inputs: Int,
    outputs: Int, _ element: ck_element
  ) {
    let columns = (0..<inputs).flatMap { k in (0..<outputs).map { w[$0 * inputs + k] } }
    let again = aligned(ck_packed_count(inputs, outputs))
    defer { again.deallocate() }
    let first = inputs / 3
    for (start, count) in [(0, first), (first, inputs - first)] {
      ck_pack_columns(
        again.baseAddress, element, inputs, outputs, start, count,
        bytes(of: columns[start * outputs..<(start + count) * outputs], as: element), element)
    }
    let size = ck_packed_count(inputs, outputs) * (element == CK_F32 ? 4 : 2)
    #expect(
      UnsafeRawBufferPointer(panels).prefix(size).elementsEqual(
        UnsafeRawBufferPointer(again).prefix(size)))
  }

  @Test("packed product of any size, from three element types", arguments: sizes, levels)
  func product(size: [Int], level: ck_level) {
    ck_limit_level(level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let (rows, inputs, outputs) = (size[0], size[1], size[2])
    let a = random(rows * inputs, 1)
    for element in [CK_F32, CK_F16, CK_BF16] {
      // Numbers that each type holds exactly, so that one oracle serves all.
      var w = random(inputs * outputs, 2)
      for i in w.indices { w[i] = Float(bitPattern: w[i].bitPattern & 0xFFFF_0000) }
      if element == CK_F16 { w = w.map { Float(Float16($0)) } }
      let expected = Slow.product(a, w, rows: rows, inputs: inputs, outputs: outputs)
      let panels = aligned(ck_packed_count(inputs, outputs))
      let scratch = aligned(ck_product_scratch())
      defer {
        panels.deallocate()
        scratch.deallocate()
      }
      // Packed in two pieces that meet in the middle of a panel.
      let first = outputs / 3
      for (start, count) in [(0, first), (first, outputs - first)] where count > 0 {
        ck_pack_rows(
          panels.baseAddress, element, inputs, outputs, start, count,
          bytes(of: w[start * inputs..<(start + count) * inputs], as: element), element)
      }
      expectSamePanels(panels, fromTransposeOf: w, inputs: inputs, outputs: outputs, element)
      var packed = ck_packed(
        panels: panels.baseAddress, element: element, inputs: inputs, outputs: outputs)
      var nothing = ck_epilogue()
      var c = [Float](repeating: .nan, count: rows * outputs)
      let all = (outputs + 15) / 16
      // Columns in two calls, as two threads would.
      for (low, high) in [(0, all / 2), (all / 2, all)] {
        ck_product(
          &packed, a, inputs, rows, &c, outputs, low, high, &nothing, nil, scratch.baseAddress)
      }
      #expect(largestDifference(c, expected) < 2e-6 * Double(inputs).squareRoot() + 1e-6)
      let tiles = aligned(ck_tiled_count(rows, inputs))
      defer { tiles.deallocate() }
      ck_tile_input(a, inputs, rows, inputs, element, tiles.baseAddress)
      var again = [Float](repeating: .nan, count: rows * outputs)
      ck_product(
        &packed, nil, 0, rows, &again, outputs, 0, all, &nothing, tiles.baseAddress, nil)
      #expect(again == c)
    }
  }

  @Test(
    "epilogues: bias, activation, scale, residual, gate",
    arguments: [
      CK_IDENTITY, CK_QUICK_GELU, CK_GELU, CK_GELU_TANH, CK_RELU, CK_SILU_GATE, CK_SUM_RELU,
    ], levels)
  func epilogues(activation: ck_activation, level: ck_level) {
    ck_limit_level(level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let (rows, columns) = (7, 43)
    let x = random(rows * columns, 3).map { $0 * 9 }
    let bias = random(columns, 4)
    let scale = random(columns, 5)
    let operand = random(rows * columns, 6)
    var c = x
    bias.withUnsafeBufferPointer { bias in
      scale.withUnsafeBufferPointer { scale in
        operand.withUnsafeBufferPointer { operand in
          var epilogue = ck_epilogue(
            bias: bias.baseAddress, scale: scale.baseAddress, operand: operand.baseAddress,
            operand_stride: columns, activation: activation)
          ck_finish(&c, columns, rows, columns, 0, &epilogue)
        }
      }
    }
    let expected = x.indices.map { index -> Double in
      let column = index % columns
      let y = Slow.activate(Double(x[index] + bias[column]), activation) * Double(scale[column])
      let z = Double(operand[index])
      if activation == CK_SILU_GATE { return y * z / (1 + exp(-z)) }
      return activation == CK_SUM_RELU ? max(y + z, 0) : y + z
    }
    #expect(largestDifference(c, expected) < 3e-6)
  }

  @Test(
    "attention of any width, masked or not",
    arguments: [
      [1, 1, 1], [5, 5, 7], [6, 16, 8], [17, 17, 16], [26, 26, 21], [3, 40, 64], [77, 77, 64],
      [50, 300, 33], [1, 513, 80],
    ], levels)
  func attention(size: [Int], level: ck_level) {
    ck_limit_level(level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let (queries, keys, width) = (size[0], size[1], size[2])
    let q = random(queries * width, 7).map { $0 * 3 }
    let k = random(keys * width, 8).map { $0 * 3 }
    let v = random(keys * width, 9)
    let hidden = (0..<keys).map { UInt8($0 % 5 == 3 ? 1 : 0) }
    let scratch = aligned(ck_attention_scratch(keys, width))
    defer { scratch.deallocate() }
    for causal in [false, true] {
      for mask in [nil, hidden] {
        let expected = Slow.attention(
          q: q, k: k, v: v, queries: queries, keys: keys, width: width, causal: causal,
          hidden: mask)
        var output = [Float](repeating: .nan, count: queries * width)
        var probabilities = [Float](repeating: .nan, count: queries * keys)
        output.withUnsafeMutableBufferPointer { output in
          probabilities.withUnsafeMutableBufferPointer { probabilities in
            (mask ?? []).withUnsafeBufferPointer { maskBytes in
              q.withUnsafeBufferPointer { q in
                k.withUnsafeBufferPointer { k in
                  v.withUnsafeBufferPointer { v in
                    var head = ck_attention()
                    head.queries = q.baseAddress
                    head.keys = k.baseAddress
                    head.values = v.baseAddress
                    head.output = output.baseAddress
                    head.query_stride = width
                    head.key_stride = width
                    head.value_stride = width
                    head.output_stride = width
                    head.query_count = queries
                    head.key_count = keys
                    head.width = width
                    head.scale = 1 / Float(width).squareRoot()
                    head.causal = causal ? 1 : 0
                    head.hidden = mask == nil ? nil : maskBytes.baseAddress
                    head.probabilities = probabilities.baseAddress
                    ck_attend(&head, scratch.baseAddress)
                  }
                }
              }
            }
          }
        }
        #expect(largestDifference(output, expected.output) < 3e-6)
        #expect(largestDifference(probabilities, expected.probabilities) < 3e-6)
      }
    }
  }

  @Test("a query that may see no key gives zeros") func everythingHidden() {
    let scratch = aligned(ck_attention_scratch(3, 4))
    defer { scratch.deallocate() }
    let rows = random(12, 10)
    var output = [Float](repeating: .nan, count: 4)
    rows.withUnsafeBufferPointer { rows in
      output.withUnsafeMutableBufferPointer { output in
        [UInt8](repeating: 1, count: 3).withUnsafeBufferPointer { hidden in
          var head = ck_attention()
          head.queries = rows.baseAddress
          head.keys = rows.baseAddress
          head.values = rows.baseAddress
          head.output = output.baseAddress
          (head.query_stride, head.key_stride, head.value_stride) = (4, 4, 4)
          head.output_stride = 4
          (head.query_count, head.key_count, head.width, head.scale) = (1, 3, 4, 0.5)
          head.hidden = hidden.baseAddress
          ck_attend(&head, scratch.baseAddress)
        }
      }
    }
    #expect(output == [0, 0, 0, 0])
  }

  @Test("norms and softmax of odd widths", arguments: [1, 5, 8, 33, 768, 1025], levels)
  func rows(width: Int, level: ck_level) {
    ck_limit_level(level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let x = random(2 * width, 11).map { $0 * 4 + 1 }
    let weight = random(width, 12)
    let bias = random(width, 13)
    var normed = [Float](repeating: .nan, count: 2 * width)
    ck_layer_norm(&normed, width, x, width, 2, width, weight, bias, 1e-5)
    var soft = x
    ck_softmax(&soft, width, 2, width, 0.7)
    var unit = x
    ck_unit_norm(&unit, width, 2, width, 1e-12)
    for row in 0..<2 {
      let values = x[row * width..<(row + 1) * width].map(Double.init)
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(width)
      let total = values.map { exp($0 * 0.7) }.reduce(0, +)
      let length = values.map { $0 * $0 }.reduce(0, +).squareRoot()
      let range = row * width..<(row + 1) * width
      #expect(
        largestDifference(
          normed[range],
          values.enumerated().map {
            ($1 - mean) / (variance + 1e-5).squareRoot() * Double(weight[$0]) + Double(bias[$0])
          }) < 2e-5)
      #expect(largestDifference(soft[range], values.map { exp($0 * 0.7) / total }) < 2e-6)
      #expect(largestDifference(unit[range], values.map { $0 / length }) < 1e-6)
    }
  }

  @Test("rotation keeps length", arguments: levels)
  func rotation(level: ck_level) {
    ck_limit_level(level)
    defer { ck_limit_level(CK_LEVEL_AVX512) }
    let width = 20
    let x = random(3 * 2 * width, 14)
    var cosines: [Float] = []
    var sines: [Float] = []
    for token in 0..<3 {
      for d in 0..<width {
        let angle = Float(token) * Float(d / 2) * 0.3
        cosines.append(cos(angle))
        sines.append(d % 2 == 0 ? -sin(angle) : sin(angle))
      }
    }
    var y = x
    ck_rotate(&y, 2 * width, 3, 2, width, cosines, sines)
    for token in 0..<3 {
      for head in 0..<2 {
        let start = token * 2 * width + head * width
        let expected = (0..<width).map { d in
          Double(x[start + d]) * Double(cosines[token * width + d])
            + Double(x[start + (d ^ 1)]) * Double(sines[token * width + d])
        }
        #expect(largestDifference(y[start..<start + width], expected) < 1e-6)
        let before = x[start..<start + width].map { $0 * $0 }.reduce(0, +)
        let after = y[start..<start + width].map { $0 * $0 }.reduce(0, +)
        #expect(abs(before - after) < 1e-5)
      }
    }
  }
}
