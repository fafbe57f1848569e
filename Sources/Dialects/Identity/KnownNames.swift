/// What the names of published weights tell.
///
/// Names can be given to any file, so this is never more than a hint.
package enum KnownNames {
  /// Tags of OpenCLIP 3.3 whose weights were trained with quick_gelu.
  private static let quick = [
    "openai", "yfcc15m", "cc12m", "metaclip_400m", "metaclip_fullcc", "metaclip-400m",
    "metaclip-fullcc",
    "dfn5b", "quickgelu",
  ]
  private static let plain = [
    "laion2b", "laion-2b", "datacomp", "commonpool", "dfn2b_s39b", "metaclip_altogether",
    "laion_aesthetic",
  ]

  /// The activation that the name of a file or folder speaks for, with the part of the name that does.
  package static func activation(path: String) -> (activation: Activation, word: String)? {
    let parts = path.split(separator: "/").suffix(2).joined(separator: "/").lowercased()
    for word in plain where parts.contains(word) { return (.gelu, word) }
    for word in quick where parts.contains(word) { return (.quickGelu, word) }
    if parts.contains("dfn2b") { return (.quickGelu, "dfn2b") }
    if parts.contains("laion400m"), parts.contains("b-32") || parts.contains("b32") {
      return (.quickGelu, "laion400m")
    }
    if parts.contains("laion400m") { return (.gelu, "laion400m") }
    if parts.contains("clip-vit-"), parts.contains("patch") { return (.quickGelu, "clip-vit") }
    return nil
  }
}
