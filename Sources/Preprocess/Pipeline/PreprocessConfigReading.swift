package import Tensors

extension PreprocessConfig {
  /// Reads OpenCLIP's `preprocess_cfg` (the object itself), for a tower of the given size.
  ///
  /// - Parameters:
  ///   - size: The model's `image_size`, which overrides the object's own.
  ///   - path: The file, for errors.
  package init(
    openCLIP json: JSONValue, size: (width: Int, height: Int)?, path: String
  ) throws(PreprocessError) {
    let reader = FieldReader(json: json, path: path)
    let declared = try reader.size("size")
    guard let target = size ?? declared else {
      throw .badConfig(path: path, field: "size", reason: "is missing, and the model has none")
    }
    self.init(width: target.width, height: target.height)
    try reader.checkSide(width, "size")
    try reader.checkSide(height, "size")
    mean = try reader.channels("mean") ?? mean
    std = try reader.channels("std") ?? std
    try reader.checkDeviation(std, "std")
    switch try reader.string("interpolation") {
    case nil, "bicubic", "random": filter = .bicubic
    case "bilinear": filter = .bilinear
    case "nearest": filter = .nearest
    case let other?:
      throw .badConfig(
        path: path, field: "interpolation", reason: "\"\(other)\" is not bicubic or bilinear")
    }
    if let name = try reader.string("resize_mode") {
      guard let mode = ResizeMode(rawValue: name), mode != .none else {
        throw .badConfig(
          path: path, field: "resize_mode", reason: "\"\(name)\" is not shortest, longest or squash"
        )
      }
      resizeMode = mode
    }
    if let level = json["fill_color"], !level.isNull {
      let number = level.integer ?? level[0]?.integer
      guard let number, (0...255).contains(number) else {
        throw .badConfig(path: path, field: "fill_color", reason: "is not a level of 0...255")
      }
      fill = UInt8(number)
    }
  }

  /// Reads a Hugging Face `preprocessor_config.json` (or the `image_processor` part of `processor_config.json`).
  package init(
    huggingFace document: JSONValue, fallback: (width: Int, height: Int)?, path: String
  ) throws(PreprocessError) {
    let json = document["image_processor"] ?? document
    let reader = FieldReader(json: json, path: path)
    let resizes = json["do_resize"]?.bool ?? true
    let crops = json["do_center_crop"]?.bool ?? (json["crop_size"].map { !$0.isNull } ?? false)
    let shortest =
      json["size"]?["shortest_edge"]?.integer ?? json["size"]?.integer.flatMap { crops ? $0 : nil }
    let exact = shortest == nil ? try reader.size("size") : nil
    let crop = crops ? try reader.size("crop_size") : nil
    let edge = shortest.map { (width: $0, height: $0) }
    guard let target = crop ?? exact ?? edge ?? fallback else {
      throw .badConfig(path: path, field: "size", reason: "is missing, and the model has none")
    }
    self.init(width: target.width, height: target.height, rules: .transformers)
    try reader.checkSide(width, "size")
    try reader.checkSide(height, "size")
    if let shortest { try reader.checkSide(shortest, "size") }
    if !resizes {
      resizeMode = .none
    } else if let shortest {
      resizeMode = .shortest
      // Without a crop pictures of any shape would be left: a tower of fixed size gets one all the same.
      shortestEdge = shortest == min(width, height) && width == height ? nil : shortest
    } else {
      resizeMode = .squash
      if let exact, exact.width != width || exact.height != height {
        throw .badConfig(
          path: path, field: "crop_size",
          reason: "differs from an exact size, which is not supported")
      }
    }
    switch json["resample"]?.integer {
    case nil, 3: filter = .bicubic
    case 2: filter = .bilinear
    case 0: filter = .nearest
    case let other?:
      throw .badConfig(
        path: path, field: "resample", reason: "\(other) is not 0 nearest, 2 bilinear or 3 bicubic")
    }
    if json["do_rescale"]?.bool == false {
      rescale = 1
    } else if let factor = json["rescale_factor"]?.number {
      rescale = Float(factor)
      guard rescale.isFinite, rescale != 0 else {
        throw .badConfig(path: path, field: "rescale_factor", reason: "is not a usable number")
      }
    }
    if json["do_normalize"]?.bool == false {
      mean = Constants.zero
      std = Constants.one
    } else {
      mean = try reader.channels("image_mean") ?? mean
      std = try reader.channels("image_std") ?? std
      try reader.checkDeviation(std, "image_std")
    }
  }
}

/// Reads fields and says which one is wrong.
private struct FieldReader {
  let json: JSONValue
  let path: String

  func string(_ field: String) throws(PreprocessError) -> String? {
    guard let value = json[field], !value.isNull else { return nil }
    guard let text = value.string else {
      throw .badConfig(path: path, field: field, reason: "is not a string")
    }
    return text
  }

  /// `n`, `[h, w]`, `{"height", "width"}`.
  func size(_ field: String) throws(PreprocessError) -> (width: Int, height: Int)? {
    guard let value = json[field], !value.isNull else { return nil }
    if let side = value.integer { return (side, side) }
    if let height = value[0]?.integer, let width = value[1]?.integer { return (width, height) }
    if let height = value["height"]?.integer, let width = value["width"]?.integer {
      return (width, height)
    }
    throw .badConfig(path: path, field: field, reason: "is not a size")
  }

  func checkSide(_ side: Int, _ field: String) throws(PreprocessError) {
    guard (1...PreprocessConfig.sideLimit).contains(side) else {
      throw .badConfig(
        path: path, field: field, reason: "\(side) is not in 1...\(PreprocessConfig.sideLimit)")
    }
  }

  /// Three numbers, or one for all channels.
  func channels(_ field: String) throws(PreprocessError) -> [Float]? {
    guard let value = json[field], !value.isNull else { return nil }
    let list = value.number.map { [$0, $0, $0] } ?? (value.array ?? []).compactMap(\.number)
    let numbers = list.map { Float($0) }
    guard numbers.count == 3, numbers.allSatisfy(\.isFinite) else {
      throw .badConfig(path: path, field: field, reason: "is not three numbers")
    }
    return numbers
  }

  func checkDeviation(_ std: [Float], _ field: String) throws(PreprocessError) {
    guard std.allSatisfy({ $0 != 0 }) else {
      throw .badConfig(path: path, field: field, reason: "holds a zero")
    }
  }
}
