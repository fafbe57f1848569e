import Glibc

/// Where the user's own files of this program are, by the XDG base directory specification.
package enum UserFolder: Sendable {
  /// Tokenizers that were fetched.
  case data
  /// Themes, and which one is used.
  case configuration
  /// What is remembered between runs.
  case state

  /// nil where there is no home.
  package var path: String? {
    if let base = Self.folder(in: variable) { return base + "/clipscope" }
    return Self.folder(in: "HOME").map { "\($0)/\(usualPlace)/clipscope" }
  }

  private var variable: String {
    switch self {
    case .data: "XDG_DATA_HOME"
    case .configuration: "XDG_CONFIG_HOME"
    case .state: "XDG_STATE_HOME"
    }
  }

  private var usualPlace: String {
    switch self {
    case .data: ".local/share"
    case .configuration: ".config"
    case .state: ".local/state"
    }
  }

  /// A relative path is not used, as the specification says.
  private static func folder(in variable: String) -> String? {
    getenv(variable).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
  }
}
