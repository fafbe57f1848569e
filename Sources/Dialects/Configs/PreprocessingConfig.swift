package import Tensors

/// How pictures are prepared, in the terms of both libraries.
package struct PreprocessingConfig: Sendable, Equatable {
  package enum ResizeMode: String, Sendable { case shortest, squash, longest }

  package var size: Int
  package var mean: [Double]
  package var std: [Double]
  package var interpolation: String
  package var resizeMode: ResizeMode
  /// Where the values come from.
  package var provenance: String

  package static let clipMean = [0.48145466, 0.4578275, 0.40821073]
  package static let clipStd = [0.26862954, 0.26130258, 0.27577711]
  private static let imageNetMean = [0.485, 0.456, 0.406]
  private static let imageNetStd = [0.229, 0.224, 0.225]

  /// From the config files of a model, or what its family uses.
  package static func of(_ identity: Identity, imageSize: Int?) -> PreprocessingConfig {
    let size = imageSize ?? identity.vision?.imageHeight ?? 224
    var result = familyDefault(identity, size)
    if identity.config?.kind == .openClip, let own = identity.config?.document["preprocess_cfg"] {
      result.mean = numbers(own["mean"]) ?? result.mean
      result.std = numbers(own["std"]) ?? result.std
      result.interpolation = own["interpolation"]?.string ?? result.interpolation
      result.resizeMode = own["resize_mode"]?.string.flatMap(ResizeMode.init) ?? result.resizeMode
      result.provenance = "preprocess_cfg of open_clip_config.json"
    } else if let own = identity.config?.preprocessor {
      result.mean = numbers(own["image_mean"]) ?? result.mean
      result.std = numbers(own["image_std"]) ?? result.std
      switch own["resample"]?.integer {
      case 2: result.interpolation = "bilinear"
      case 3: result.interpolation = "bicubic"
      case 0: result.interpolation = "nearest"
      default: break
      }
      let isCropped = own["do_center_crop"]?.bool ?? (own["crop_size"] != nil)
      result.resizeMode = isCropped ? .shortest : .squash
      result.provenance = "preprocessor_config.json"
    }
    return result
  }

  private static func familyDefault(_ identity: Identity, _ size: Int) -> PreprocessingConfig {
    let half = [0.5, 0.5, 0.5]
    switch identity.vision?.trunk {
    case .siglip:
      return .init(
        size: size, mean: half, std: half, interpolation: "bicubic", resizeMode: .squash,
        provenance: "usual for SigLIP")
    case .pe:
      return .init(
        size: size, mean: half, std: half, interpolation: "bilinear", resizeMode: .squash,
        provenance: "usual for PE")
    case .fastvit where identity.vision?.stageDepths.count == 5:
      return .init(
        size: size, mean: clipMean, std: clipStd, interpolation: "bilinear", resizeMode: .shortest,
        provenance: "usual for MobileCLIP2-S3 and S4")
    case .mciViT, .fastvit:
      return .init(
        size: size, mean: [0, 0, 0], std: [1, 1, 1], interpolation: "bilinear",
        resizeMode: .shortest, provenance: "usual for MobileCLIP")
    case .vit where identity.vision?.pooling == .mean:
      return .init(
        size: size, mean: imageNetMean, std: imageNetStd, interpolation: "bilinear",
        resizeMode: .squash, provenance: "usual for CLIPA")
    case .vjepa2:
      return .init(
        size: size, mean: imageNetMean, std: imageNetStd, interpolation: "bilinear",
        resizeMode: .shortest, provenance: "usual for V-JEPA 2")
    default:
      return .init(
        size: size, mean: clipMean, std: clipStd, interpolation: "bicubic", resizeMode: .shortest,
        provenance: "usual for CLIP")
    }
  }

  private static func numbers(_ value: JSONValue?) -> [Double]? {
    guard let values = value?.array?.compactMap(\.number), values.count == 3 else { return nil }
    return values
  }

  package var openClip: JSONValue {
    [
      "mean": .array(mean.map { .number($0) }), "std": .array(std.map { .number($0) }),
      "interpolation": .string(interpolation), "resize_mode": .string(resizeMode.rawValue),
    ]
  }

  /// `pretrained_cfg` of timm, which takes what is not in it from its own defaults (224 pixels, the mean of ImageNet).
  ///
  /// - Parameters:
  ///   - height: of the pictures, in pixels.
  ///   - width: of the pictures, in pixels.
  ///   - isFixed: the model is built for that size, as those with a position table are.
  package func timm(height: Int, width: Int, isFixed: Bool) -> JSONValue {
    let cropMode =
      switch resizeMode {
      case .shortest: "center"
      case .squash: "squash"
      case .longest: "border"
      }
    return [
      "input_size": [3, .integer(height), .integer(width)], "fixed_input_size": .bool(isFixed),
      "mean": .array(mean.map { .number($0) }), "std": .array(std.map { .number($0) }),
      "interpolation": .string(interpolation), "crop_pct": 1.0, "crop_mode": .string(cropMode),
    ]
  }

  /// Of NaFlex models, which keep the shape of a picture: it is scaled to at most `patchCount` patches.
  package func naFlex(patch: Int, patchCount: Int) -> JSONValue {
    [
      "image_processor_type": "Siglip2ImageProcessor", "do_convert_rgb": true, "do_resize": true,
      "resample": interpolation == "bicubic" ? 3 : interpolation == "nearest" ? 0 : 2,
      "do_rescale": true, "rescale_factor": .number(1.0 / 255), "do_normalize": true,
      "image_mean": .array(mean.map { .number($0) }), "image_std": .array(std.map { .number($0) }),
      "patch_size": .integer(patch), "max_num_patches": .integer(patchCount),
    ]
  }

  /// - Throws: `Refusal` for resizing with padding, which Transformers does not have.
  package func transformers(isSiglip: Bool) throws(Refusal) -> JSONValue {
    guard resizeMode != .longest else {
      throw Refusal(
        "`resize_mode: longest` (padding) has no equivalent in Transformers' image processors")
    }
    let edges: JSONValue = ["height": .integer(size), "width": .integer(size)]
    var members: [(String, JSONValue)] = [
      ("image_processor_type", isSiglip ? "SiglipImageProcessor" : "CLIPImageProcessor"),
      ("do_convert_rgb", true), ("do_resize", true),
      ("size", resizeMode == .shortest ? ["shortest_edge": .integer(size)] : edges),
      ("resample", interpolation == "bilinear" ? 2 : interpolation == "nearest" ? 0 : 3),
    ]
    if !isSiglip || resizeMode == .shortest {
      members.append(("do_center_crop", .bool(resizeMode == .shortest)))
    }
    if resizeMode == .shortest { members.append(("crop_size", edges)) }
    members += [
      ("do_rescale", true), ("rescale_factor", .number(1.0 / 255)), ("do_normalize", true),
      ("image_mean", .array(mean.map { .number($0) })),
      ("image_std", .array(std.map { .number($0) })),
    ]
    return .object(JSONObject(members.map { .init(key: $0.0, value: $0.1) }))
  }
}
