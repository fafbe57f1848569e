/// One step of a rule.
///
/// All but `fold` only move data.
package enum RuleOperation: Sendable, Hashable {
  case copy
  /// Transpose of a matrix.
  case transpose
  /// One tensor to several, cut along axis 0 in these proportions.
  case split([Int])
  /// Several tensors to one, joined along axis 0; the proportions say how to cut again.
  case cat([Int])
  /// Drop leading axes of size 1.
  case squeeze(Int)
  /// Add leading axes of size 1.
  case unsqueeze(Int)
  /// A one-element tensor to this rank.
  case scalar(rank: Int)
  /// Convolution kernel `[height, width, in, out]` to `[out, in, height, width]`.
  case hwio
  /// The way back.
  case oihw
  /// `[D, heads, d]` to `[heads * d, D]`.
  case headIn
  case headInBack
  /// `[heads, d, D]` to `[D, heads * d]`.
  case headOut
  case headOutBack
  /// `[heads, d]` to `[heads * d]`.
  case flat
  case flatBack
  /// Patch convolution `[D, C, P, P]` to a linear layer over patches in (row, column, channel) order.
  case patchLinear
  case patchLinearBack
  case drop
  /// Create zeros; the argument names a size of the model.
  case zeros(String)
  /// LayerScale into the layer before it: row r of weight and bias times gamma[r]. Arithmetic, one-way.
  case fold

  /// The operation that undoes this one; nil where there is none.
  ///
  /// `scalarRank` is the rank of scalars on the source side of the table.
  package func inverse(scalarRank: Int) -> RuleOperation? {
    switch self {
    case .copy: .copy
    case .transpose: .transpose
    case .split(let proportions): .cat(proportions)
    case .cat(let proportions): .split(proportions)
    case .squeeze(let count): .unsqueeze(count)
    case .unsqueeze(let count): .squeeze(count)
    case .scalar: .scalar(rank: scalarRank)
    case .hwio: .oihw
    case .oihw: .hwio
    case .headIn: .headInBack
    case .headInBack: .headIn
    case .headOut: .headOutBack
    case .headOutBack: .headOut
    case .flat: .flatBack
    case .flatBack: .flat
    case .patchLinear: .patchLinearBack
    case .patchLinearBack: .patchLinear
    case .zeros: .drop
    case .drop, .fold: nil
    }
  }

  /// Reads one word of the notation; nil where it is none.
  package init?(_ word: some StringProtocol) {
    let word = String(word)
    var name = word
    var arguments: [Substring] = []
    if let open = word.firstIndex(of: "("), word.hasSuffix(")") {
      name = String(word[..<open])
      arguments = word[word.index(after: open)...].dropLast().split(separator: ",")
    }
    let numbers = arguments.compactMap { Int($0) }
    let areNumbers = numbers.count == arguments.count && numbers.allSatisfy { $0 > 0 && $0 < 1000 }
    switch (name, arguments.count) {
    case ("copy", 0): self = .copy
    case ("T", 0): self = .transpose
    case ("split", 2...) where areNumbers: self = .split(numbers)
    case ("cat", 2...) where areNumbers: self = .cat(numbers)
    case ("sq", 1) where areNumbers: self = .squeeze(numbers[0])
    case ("unsq", 1) where areNumbers: self = .unsqueeze(numbers[0])
    case ("shape", 0): self = .scalar(rank: 0)
    case ("shape", 1) where numbers == [1]: self = .scalar(rank: 1)
    case ("hwio", 0): self = .hwio
    case ("oihw", 0): self = .oihw
    case ("headin", 0): self = .headIn
    case ("headout", 0): self = .headOut
    case ("flat", 0): self = .flat
    case ("patchlin", 0): self = .patchLinear
    case ("drop", 0): self = .drop
    case ("zeros", 1): self = .zeros(String(arguments[0]))
    case ("fold", 0): self = .fold
    default: return nil
    }
  }
}

extension RuleOperation: CustomStringConvertible {
  package var description: String {
    switch self {
    case .copy: "copy"
    case .transpose: "T"
    case .split(let proportions): "split(" + Self.list(proportions) + ")"
    case .cat(let proportions): "cat(" + Self.list(proportions) + ")"
    case .squeeze(let count): "sq(\(count))"
    case .unsqueeze(let count): "unsq(\(count))"
    case .scalar(let rank): rank == 0 ? "shape()" : "shape(1)"
    case .hwio: "hwio"
    case .oihw: "oihw"
    case .headIn: "headin"
    case .headInBack: "headin⁻¹"
    case .headOut: "headout"
    case .headOutBack: "headout⁻¹"
    case .flat: "flat"
    case .flatBack: "flat⁻¹"
    case .patchLinear: "patchlin"
    case .patchLinearBack: "patchlin⁻¹"
    case .drop: "drop"
    case .zeros(let size): "zeros(\(size))"
    case .fold: "fold"
    }
  }

  private static func list(_ numbers: [Int]) -> String {
    numbers.map(String.init).joined(separator: ",")
  }
}
