/// Activation of the MLPs of a tower.
package enum Activation: String, Sendable, Equatable, CaseIterable {
  /// x * sigmoid(1.702 x)
  case quickGelu = "quick_gelu"
  /// x * Phi(x), exact
  case gelu
  /// The tanh approximation.
  case geluTanh = "gelu_tanh"
  /// SiLU on the gate of a gated MLP.
  case swiglu

  /// The option that says it, with the two values that most models have and how to tell them apart.
  package static let choice =
    "--activation quick_gelu (OpenAI, DFN, MetaCLIP) or --activation gelu (most models trained with OpenCLIP)"

  /// What Transformers calls it.
  package var hiddenAct: String {
    switch self {
    case .quickGelu: "quick_gelu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_pytorch_tanh"
    case .swiglu: "silu"
    }
  }

  package init?(hiddenAct: String) {
    switch hiddenAct {
    case "quick_gelu": self = .quickGelu
    case "gelu": self = .gelu
    case "gelu_pytorch_tanh", "gelu_new", "gelu_tanh", "gelu_fast": self = .geluTanh
    case "silu", "swish", "swiglu": self = .swiglu
    default: return nil
    }
  }
}

package enum Tower: String, Sendable, Equatable, CaseIterable {
  case vision, text

  /// As sentences call it.
  package var noun: String { self == .vision ? "image" : "text" }

  private static let visionWords = ["visual", "vision_model", "image_encoder", "img"]
  private static let textWords = ["text", "text_model", "text_encoder", "txt"]

  /// The tower that a stored key belongs to, whatever the dialect; nil for what is beside both (projections of Transformers, decoders,
  /// optimisers, buffers) and for keys of a file with a single tower.
  package init?(ofKey key: String) {
    var rest = key.utf8[...]
    var isText = false
    for place in 0..<3 {
      let end = rest.firstIndex { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
      let part = Substring(rest[..<(end ?? rest.endIndex)])
      if Self.visionWords.contains(where: { $0 == part }) {
        self = .vision
        return
      }
      // OpenCLIP's flat models keep the blocks of the text tower at the root.
      if (place == 0 && part == "transformer") || Self.textWords.contains(where: { $0 == part }) {
        isText = true
      }
      guard let end else { break }
      rest = rest[rest.index(after: end)...]
    }
    guard isText else { return nil }
    self = .text
  }
}

/// Build of an image tower.
package enum VisionTrunk: String, Sendable, Equatable {
  case vit, resnet, siglip, eva02, eva01, pe, vitamin, fastvit, convnext, swin, vjepa2
  case evaPostNorm = "eva02-e"
  case clipViT = "timm-clip-vit"
  case mciViT = "mci-vit"
  case relativePosition = "vit-relpos"
  case otherViT = "vit-other"

  /// Towers made of plain transformer blocks, whose sizes follow from shapes.
  package var isTransformer: Bool {
    switch self {
    case .vit, .siglip, .eva02, .eva01, .evaPostNorm, .pe, .clipViT, .mciViT, .relativePosition,
      .otherViT, .vjepa2:
      true
    case .resnet, .vitamin, .fastvit, .convnext, .swin: false
    }
  }
}

package enum VisionPooling: String, Sendable, Equatable {
  case classToken = "class token"
  case mean
  /// Multi-head attention pooling with a learned probe (SigLIP, PE).
  case map = "MAP head"
  case attentional = "attentional pooler"
  /// The attention pool of a ResNet.
  case attentionPool = "attention pool"
  case none
}

/// Parameters of rotary positions; formulas in the RoPE views.
package struct RotaryFacts: Sendable, Equatable {
  package enum Family: String, Sendable {
    case eva02, pe
    case peBigG = "pe-bigG"
    case vjepa2
  }
  package var family: Family
  package var theta: Double
  /// Side of the grid that coordinates are scaled to.
  package var referenceSide: Double
  /// Added to positions before scaling.
  package var offset: Double
}

/// What is needed to run an image tower and what its shapes say.
///
/// Sizes in channels, patches or pixels.
package struct VisionFacts: Sendable, Equatable {
  package var trunk: VisionTrunk
  package var width: Int?
  package var layers: Int?
  /// Blocks of each stage of a FastViT; empty for other towers.
  package var stageDepths: [Int] = []
  package var heads: Int?
  /// Heads of the pooling head, where there is one.
  package var poolHeads: Int?
  package var mlpHidden: Int?
  package var patchHeight: Int?
  package var patchWidth: Int?
  /// Frames per token of a video tower.
  package var tubelet: Int?
  package var gridHeight: Int?
  package var gridWidth: Int?
  package var imageHeight: Int?
  package var imageWidth: Int?
  package var prefixTokens = 0
  package var eps = 1e-5
  package var activation: Activation?
  package var pooling: VisionPooling = .none
  /// True where norms stand after the branches (EVA02-E).
  package var isPostNorm = false
  /// True where the branches of a FastViT were merged for inference (`reparam_conv`), which cannot be undone.
  package var isReparametrised = false
  /// True where the final norm follows the pooling (CLIPA, timm GAP).
  package var normAfterPool = false
  package var hasProjection = false
  package var rotary: RotaryFacts?

  /// Rows of the position table without its prefix, after a change to pictures of `imageSize` pixels; nil: as it is.
  func patchCount(imageSize: Int?) -> Int {
    if let imageSize, let patch = patchHeight, patch > 0, imageSize != imageHeight {
      return (imageSize / patch) * (imageSize / patch)
    }
    return (gridHeight ?? 0) * (gridWidth ?? 0)
  }
}

package enum TextPooling: Sendable, Equatable {
  /// Position of the largest id.
  case argmax
  /// First position that holds this id.
  case firstEqual(Int)
  case last
  case first
}

package struct TextFacts: Sendable, Equatable {
  package var width: Int
  package var layers: Int
  package var heads: Int?
  package var mlpHidden: Int?
  package var contextLength: Int
  package var vocabularySize: Int
  package var eps = 1e-5
  package var activation: Activation?
  package var pooling: TextPooling = .argmax
  package var isCausal = true
  package var hasProjection = false
  /// CoCa: the class embedding is appended to the sequence and pooled.
  package var hasClassToken = false
  /// The padding that such a class token does not see.
  package var padID = 0
  /// MobileCLIP-S0: the first and the last block mix tokens by convolution (RepMixer).
  package var hasMixerBlocks = false
}

/// One statement about a checkpoint with the ground that it stands on.
package struct Fact: Sendable, Equatable {
  package enum Certainty: String, Sendable, Comparable {
    case confirmed, inferred, unknown

    package static func < (a: Self, b: Self) -> Bool { a.rank < b.rank }

    private var rank: Int {
      switch self {
      case .unknown: 0
      case .inferred: 1
      case .confirmed: 2
      }
    }
  }
  package var name: String
  /// Nil where it is not known.
  package var value: FactValue?
  package var certainty: Certainty
  package var reason: String
}

package enum FactValue: Sendable, Equatable, CustomStringConvertible {
  case integer(Int)
  case number(Double)
  case text(String)
  case texts([String])
  case integers([Int])

  package var description: String {
    switch self {
    case .integer(let value): String(value)
    case .number(let value): String(value)
    case .text(let value): value
    case .texts(let values): values.joined(separator: ", ")
    case .integers(let values): values.map(String.init).joined(separator: " x ")
    }
  }
}
