import Checkpoints
import OrderedCollections
import Tensors
import Testing

@testable import Dialects

@Suite("What names and shapes tell") struct IdentityTests {
  /// Keys, and the name that two of them have in the end.
  private static let collisions: [(shapes: [(String, Shape)], name: String)] = [
    (
      [
        ("pre_layrnorm.weight", [4]), ("post_layernorm.weight", [4]),
        ("vision_model.post_layernorm.weight", [5]),
      ], "vision_model.post_layernorm.weight"
    ),
    (
      [
        ("vjepa2.encoder.embeddings.patch_embeddings.proj.weight", [8, 3, 2, 4, 4]),
        ("vjepa2.encoder.layer.0.attention.query.weight", [8, 8]),
        ("vjepa2.encoder.layernorm.weight", [8]), ("encoder.layernorm.weight", [9]),
      ], "encoder.layernorm.weight"
    ),
  ]

  @Test(
    "Two keys that become one when a prefix is evened out: one stays, the other is told of",
    arguments: collisions.indices)
  func collision(index: Int) throws {
    let (shapes, name) = Self.collisions[index]
    let identity = Identity.identify(
      catalog: Catalog(shapes: shapes.map { (name: $0.0, shape: $0.1) }))
    #expect(identity.normalisation.tensors[name] != nil)
    #expect(
      identity.normalisation.tensors.count + identity.normalisation.ignored.count == shapes.count)
    #expect(identity.warnings.contains { $0.contains("`\(name)`") }, "\(identity.warnings)")
    #expect(identity.normalisation.ignored.map(\.reason) == ["the name occurs twice"])
  }

  @Test(
    "PE's rotary coordinates are scaled to the grid of the training, also where the table was resized",
    arguments: [(768, 14, 20, 14), (1024, 14, 32, 24), (384, 16, 14, 24), (1024, 14, 24, 24)])
  func perceptionReference(width: Int, patch: Int, side: Int, reference: Int) throws {
    let trunk = "visual.trunk."
    let identity = Identity.identify(
      catalog: Catalog(shapes: [
        (trunk + "patch_embed.proj.weight", [width, 3, patch, patch]),
        (trunk + "cls_token", [1, 1, width]), (trunk + "norm_pre.weight", [width]),
        (trunk + "pos_embed", [1, side * side + 1, width]),
        (trunk + "attn_pool.latent", [1, 1, width]),
        (trunk + "blocks.0.norm1.weight", [width]),
      ]))
    let rotary = try #require(identity.vision?.rotary)
    #expect(identity.vision?.gridHeight == side)
    #expect(rotary.referenceSide == Double(reference) && rotary.offset == 1)
  }

  @Test("A timm tower without a class token takes the mean of its patches, after the norm")
  func meanWithoutClassToken() throws {
    let identity = Identity.identify(
      catalog: Catalog(shapes: [
        ("patch_embed.proj.weight", [768, 3, 16, 16]), ("patch_embed.proj.bias", [768]),
        ("pos_embed", [1, 196, 768]), ("blocks.0.norm1.weight", [768]), ("norm.weight", [768]),
      ]))
    let vision = try #require(identity.vision)
    #expect(vision.trunk == .otherViT && vision.prefixTokens == 0)
    #expect(vision.pooling == .mean && !vision.normAfterPool)
  }

  @Test("A classifier of timm is no OpenCLIP, and its head no projection")
  func classifier() throws {
    let identity = Identity.identify(
      catalog: Catalog(shapes: [
        ("cls_token", [1, 1, 192]), ("patch_embed.proj.weight", [192, 3, 16, 16]),
        ("patch_embed.proj.bias", [192]), ("pos_embed", [1, 197, 192]),
        ("blocks.0.norm1.weight", [192]), ("norm.weight", [192]), ("head.weight", [1000, 192]),
      ]))
    #expect(identity.dialect == .timm && identity.family == "timm")
    #expect(identity.facts.first { $0.name == "embed_dim" }?.reason == "shape of the head")
    #expect(throws: Refusal("CLIPModel has no place for the timm image tower")) {
      try ConversionTarget.layout(for: identity, options: .init(target: .transformers))
    }
  }
}
