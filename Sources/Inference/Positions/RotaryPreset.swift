/// A published rotary embedding by name.
package struct RotaryPreset: Sendable, Equatable {
  package var name: String
  /// One line for lists.
  package var summary: String
  package var specification: RotarySpecification
  /// False where there is no usual grid and the one here is only an example.
  package var hasOwnGrid: Bool

  package init(
    name: String, summary: String, specification: RotarySpecification, hasOwnGrid: Bool = true
  ) {
    self.name = name
    self.summary = summary
    self.specification = specification
    self.hasOwnGrid = hasOwnGrid
  }

  package static func named(_ name: String) -> RotaryPreset? { all.first { $0.name == name } }

  package static let all: [RotaryPreset] = vision + text + video

  private static func grid(_ rows: Int, _ columns: Int, frames: Int = 1) -> TokenGrid {
    TokenGrid(frames: frames, rows: rows, columns: columns)
  }

  private static func eva(_ name: String, _ summary: String, side: Int) -> RotaryPreset {
    RotaryPreset(
      name: name, summary: summary,
      specification: RotarySpecification(
        family: .axial, headWidth: 64, theta: 10_000, grid: grid(side, side),
        referenceGrid: grid(16, 16)))
  }

  private static func perception(
    _ name: String, _ summary: String, side: Int, headWidth: Int = 64, offset: Double = 1
  ) -> RotaryPreset {
    RotaryPreset(
      name: name, summary: summary,
      specification: RotarySpecification(
        family: .axial, headWidth: headWidth, theta: 10_000, grid: grid(side, side),
        order: [.x, .y], offset: offset, referenceGrid: grid(side, side)))
  }

  private static let vision: [RotaryPreset] = [
    eva("eva02-b16-224", "EVA02-CLIP B/16, 224 px: coordinates stretched to 16x16", side: 14),
    eva("eva02-l14-224", "EVA02-CLIP L/14, 224 px", side: 16),
    eva("eva02-l14-336", "EVA02-CLIP L/14, 336 px: coordinates squeezed to 16x16", side: 24),
    perception("pe-core-b16-224", "PE-Core B/16, 224 px: x first, indices from 1", side: 14),
    perception("pe-core-l14-336", "PE-Core L/14, 336 px: x first, indices from 1", side: 24),
    perception(
      "pe-core-g14-448", "PE-Core G/14, 448 px: no class token, indices from 0", side: 32,
      headWidth: 96, offset: 0),
    RotaryPreset(
      name: "rope-vit-axial", summary: "RoPE-ViT, axial frequencies, theta 100",
      specification: RotarySpecification(
        family: .axial, headWidth: 64, theta: 100, grid: grid(14, 14), order: [.x, .y]),
      hasOwnGrid: false),
    RotaryPreset(
      name: "rope-vit-mixed",
      summary: "RoPE-ViT, mixed frequencies, initial unless learned",
      specification: RotarySpecification(
        family: .mixed, headWidth: 64, theta: 10, grid: grid(14, 14), order: [.x, .y]),
      hasOwnGrid: false),
    RotaryPreset(
      name: "dinov3", summary: "DINOv3: centred, normalised, periods up to theta 100",
      specification: RotarySpecification(
        family: .dinov3, headWidth: 64, theta: 100, grid: grid(14, 14), layout: .halves),
      hasOwnGrid: false),
    RotaryPreset(
      name: "timm-mrope", summary: "timm's image form of the interleaved multimodal spectrum",
      specification: RotarySpecification(
        family: .mropeInterleaved, headWidth: 64, theta: 10_000, grid: grid(14, 14),
        layout: .halves, section: [8, 12, 12]),
      hasOwnGrid: false),
    RotaryPreset(
      name: "pixtral", summary: "Pixtral vision tower: even bands to y, odd bands to x",
      specification: RotarySpecification(
        family: .pixtral, headWidth: 64, theta: 10_000, grid: grid(64, 64), layout: .halves),
      hasOwnGrid: false),
    RotaryPreset(
      name: "llama4-vision", summary: "Llama 4 vision tower: x first, indices from 1",
      specification: RotarySpecification(
        family: .axial, headWidth: 88, theta: 10_000, grid: grid(24, 24), order: [.x, .y],
        offset: 1),
      hasOwnGrid: false),
    RotaryPreset(
      name: "sam2", summary: "SAM 2 memory attention: one head of 256, x first",
      specification: RotarySpecification(
        family: .axial, headWidth: 256, theta: 10_000, grid: grid(64, 64), order: [.x, .y]),
      hasOwnGrid: false),
    RotaryPreset(
      name: "qwen2-vl-vision", summary: "Qwen2-VL vision tower: tokens in 2x2 blocks",
      specification: RotarySpecification(
        family: .qwenVision, headWidth: 80, theta: 10_000, grid: grid(16, 16), layout: .halves,
        merge: 2),
      hasOwnGrid: false),
  ]

  private static let text: [RotaryPreset] = [
    RotaryPreset(
      name: "qwen2-vl-text", summary: "Qwen2-VL language model: slots in runs of t, y, x",
      specification: RotarySpecification(
        family: .mropeChunked, headWidth: 128, theta: 1_000_000, grid: grid(16, 16, frames: 4),
        layout: .halves, section: [16, 24, 24]),
      hasOwnGrid: false),
    RotaryPreset(
      name: "qwen3-vl-text", summary: "Qwen3-VL language model: slots dealt t, y, x in turn",
      specification: RotarySpecification(
        family: .mropeInterleaved, headWidth: 128, theta: 500_000,
        grid: grid(16, 16, frames: 4), layout: .halves, section: [24, 20, 20]),
      hasOwnGrid: false),
  ]

  private static func video(
    _ name: String, _ summary: String, headWidth: Int, section: [Int], theta: Double = 10_000,
    grid: TokenGrid, baseGrid: TokenGrid? = nil
  ) -> RotaryPreset {
    RotaryPreset(
      name: name, summary: summary,
      specification: RotarySpecification(
        family: .blocks, headWidth: headWidth, theta: theta, grid: grid, section: section,
        baseGrid: baseGrid),
      hasOwnGrid: false)
  }

  private static let video: [RotaryPreset] = [
    RotaryPreset(
      name: "vjepa2-l", summary: "V-JEPA 2 ViT-L: t, y, x blocks of 20, four channels unrotated",
      specification: RotarySpecification(
        family: .vjepa2, headWidth: 64, theta: 10_000, grid: grid(16, 16, frames: 32))),
    RotaryPreset(
      name: "vjepa2-h", summary: "V-JEPA 2 ViT-H: t, y, x blocks of 26, two channels unrotated",
      specification: RotarySpecification(
        family: .vjepa2, headWidth: 80, theta: 10_000, grid: grid(16, 16, frames: 32))),
    video(
      "cogvideox-1.0", "CogVideoX 1.0: the grid is fitted into 30x45", headWidth: 64,
      section: [16, 24, 24], grid: grid(30, 45, frames: 13), baseGrid: grid(30, 45)),
    video(
      "cogvideox-1.5", "CogVideoX 1.5: plain indices", headWidth: 64, section: [16, 24, 24],
      grid: grid(48, 85, frames: 6)),
    video(
      "hunyuanvideo", "HunyuanVideo: blocks of 16, 56, 56, theta 256", headWidth: 128,
      section: [16, 56, 56], theta: 256, grid: grid(45, 80, frames: 9)),
    video(
      "wan2.1", "Wan 2.1: blocks of 44, 42, 42", headWidth: 128, section: [44, 42, 42],
      grid: grid(30, 52, frames: 21)),
  ]
}
