import Glibc

/// The themes that can be chosen: built-in ones, and those of the given folders.
///
/// Later folders win by name.
package struct ThemeLibrary: Sendable {
  package private(set) var themes: [Theme] = [.dark, .light, .mono]
  /// Files that could not be used; the others are.
  package private(set) var problems: [ThemeError] = []

  /// Themes are small; whatever is larger is something else.
  private static let byteLimit = 1 << 20

  package init(folders: [String] = []) {
    for folder in folders {
      for name in Self.names(in: folder) {
        do throws(ThemeError) {
          add(try Self.load(file: "\(folder)/\(name)"))
        } catch {
          problems.append(error)
        }
      }
    }
  }

  package mutating func add(_ theme: Theme) {
    if let index = themes.firstIndex(where: { $0.name == theme.name }) {
      themes[index] = theme
    } else {
      themes.append(theme)
    }
  }

  package func theme(named name: String) throws(ThemeError) -> Theme {
    guard let theme = themes.first(where: { $0.name == name }) else {
      throw .unknownTheme(name: name)
    }
    return theme
  }

  /// What to start with when nobody chose; nil means that the terminal did not tell.
  package static func standard(isDark: Bool?, depth: ColorDepth) -> Theme {
    depth == .mono ? .mono : isDark == false ? .light : .dark
  }

  /// Reads `.toml` themes, and base16 or base24 schemes in `.yaml` or `.yml`.
  package static func load(file: String) throws(ThemeError) -> Theme {
    let text = try read(file)
    return file.hasSuffix(".toml")
      ? try ThemeFile.parse(text, file: file) : try BaseScheme.parse(text, file: file)
  }

  private static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if [".toml", ".yaml", ".yml"].contains(where: name.hasSuffix) { names.append(name) }
    }
    return names.sorted()
  }

  private static func read(_ file: String) throws(ThemeError) -> String {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .unreadable(file: file) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(file: file)
    }
    guard status.st_size <= byteLimit else {
      throw .tooLarge(file: file, byteCount: Int(status.st_size))
    }
    var bytes = [UInt8](repeating: 0, count: byteLimit)
    var filled = 0
    while filled < byteLimit {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, byteLimit - filled)
      }
      guard count >= 0 else { throw .unreadable(file: file) }
      if count == 0 { break }
      filled += count
    }
    guard let text = String(validating: bytes[..<filled], as: UTF8.self) else {
      throw .syntax(file: file, line: 1, message: "not UTF-8")
    }
    return text
  }
}
