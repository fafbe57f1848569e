/// Finds the state dict inside a training checkpoint.
enum WeightsRoot {
  /// Keys under which trainers keep the weights, best first.
  private static let keys = [
    "state_dict", "model", "module", "model_ema", "state_dict_ema", "model_state_dict", "ema",
  ]

  /// Path of the map that holds the weights; empty where they stand at the root.
  ///
  /// A trainer's key wins; without one, a map that holds every tensor of the file.
  static func path(in entries: [Entry]) -> [String] {
    var root: [String] = []
    var below = entries
    for depth in 0..<4 {
      below = below.filter { $0.path.count > depth + 1 }
      let first = below.first?.path[depth]
      if let key = keys.first(where: { key in below.contains { $0.path[depth] == key } }) {
        root.append(key)
        below = below.filter { $0.path[depth] == key }
      } else if let first, below.count == entries.count,
        below.allSatisfy({ $0.path[depth] == first })
      {
        root.append(first)
      } else {
        break
      }
    }
    return root
  }
}
