import Inference
import Tensors
import TestSupport
import Testing

@testable import ScopeEngine

@Suite("Positions of a checkpoint") struct PositionTests {
  private func tensor(_ name: String, _ shape: Shape, _ values: [Float]? = nil)
    -> TinyCheckpoint.Tensor
  {
    let count = shape.elementCount ?? 0
    return TinyCheckpoint.Tensor(
      name: name, shape: shape, values: values ?? [Float](repeating: 0.5, count: count))
  }

  @Test(
    "A text's table is resized along a line as OpenCLIP does it, linearly and without a wider window",
    arguments: [(5, [1, 2.2, 4, 7.6, 10]), (2, [1.75, 8.5]), (3, [1, 4, 10])])
  func textTable(count: Int, expected: [Double]) throws {
    let folder = try TemporaryFolder()
    let session = try TinyCheckpoint.session(
      [tensor("text.positional_embedding", [3, 2], [1, 0, 4, 0, 10, 0])], in: folder)
    let table = try session.positionTable(wantsText: true)
    let resized = table.resized(rows: 1, columns: count)
    #expect(resized.rows == 1 && resized.columns == count && resized.isText)
    for (have, want) in zip(resized.norms(), expected) { #expect(abs(have - want) < 1e-6) }
    #expect(resized.norms().count == count)
  }

  @Test(
    "The image tower's table comes first, also where a training wrapper stands before every name",
    arguments: ["", "module.", "_orig_mod.module."])
  func wrappedTables(wrapper: String) throws {
    let folder = try TemporaryFolder()
    let session = try TinyCheckpoint.session(
      [
        tensor(wrapper + "positional_embedding", [77, 4]), tensor(wrapper + "ln_final.weight", [4]),
        tensor(wrapper + "visual.positional_embedding", [17, 4]),
      ], in: folder)
    let image = try session.positionTable()
    #expect(image.name == wrapper + "visual.positional_embedding" && !image.isText)
    #expect(image.rows == 4 && image.columns == 4 && image.prefixRows == 1)
    let text = try session.positionTable(wantsText: true)
    #expect(text.name == wrapper + "positional_embedding" && text.columns == 77)
  }

  @Test("The grid that PE's coordinates are scaled to is the trained one after a resize, too")
  func perceptionReference() throws {
    let trunk = "visual.trunk."
    let folder = try TemporaryFolder()
    let session = try TinyCheckpoint.session(
      [
        tensor(trunk + "patch_embed.proj.weight", [768, 3, 1, 1]),
        tensor(trunk + "cls_token", [1, 1, 768]), tensor(trunk + "norm_pre.weight", [768]),
        tensor(trunk + "pos_embed", [1, 401, 768]),
        tensor(trunk + "attn_pool.latent", [1, 1, 768]),
        tensor(trunk + "blocks.0.norm1.weight", [768]),
      ], in: folder)
    let source = try session.rotarySource()
    #expect(source.specification.grid == TokenGrid(rows: 20, columns: 20))
    #expect(source.specification.referenceGrid == TokenGrid(rows: 14, columns: 14))
    #expect(source.notes.contains { $0.contains("14x14") }, "\(source.notes)")
  }

  @Test("The gains of all pairs are measured in one go, however wide the head") func gains() throws
  {
    func time(_ width: Int) throws -> Duration {
      let specification = RotarySpecification(
        family: .vjepa2, headWidth: width, theta: 10_000, grid: TokenGrid(rows: 2, columns: 2))
      return try (0..<3).map { _ in
        try ContinuousClock().measure {
          let picture = try RotaryPicture.gain(along: .x, of: specification)
          #expect(picture.columns == width / 3 / 2)
        }
      }.min() ?? .zero
    }
    let ratio = try time(1_536) / time(384)
    #expect(ratio < 9, "\(ratio)")
  }
}
