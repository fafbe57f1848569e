/// The head of a fixture that a reference library wrote: which tiny model it is, and arrays that came out of it.
///
/// Weights are not in it: both sides make them from the names of the tensors; see `Tests/Oracle/inference.py`.
public enum ReferenceModel {
  public struct Values: Decodable, Sendable {
    public var shape: [Int]
    /// Row-major.
    public var values: [Float]
  }

  public struct Rotary: Decodable, Sendable {
    public var columnsFirst: Bool?
    public var offset: Double?
    public var reference: [Int]?
    public var tubelets: Int?
    public var base: Double
  }

  public struct Vision: Decodable, Sendable {
    public var family: String
    public var height: Int
    public var imageWidth: Int
    public var patch: Int
    public var width: Int
    public var layers: Int
    public var heads: Int
    public var activation: String
    public var epsilon: Float
    public var pooling: String
    public var poolHeads: Int?
    public var normAfterPooling: Bool
    public var postNorm: Bool
    public var rotary: Rotary?
    public var stages: [Int]?
    public var frames: Int?
    public var tubelet: Int?
  }

  public struct Text: Decodable, Sendable {
    public var width: Int
    public var layers: Int
    public var heads: Int
    public var activation: String
    public var epsilon: Float
    public var causal: Bool
    public var pooling: String
    public var eos: Int?
    public var pad: Int?
  }
}
