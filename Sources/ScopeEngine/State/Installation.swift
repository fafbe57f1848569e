import Glibc
import Tensors

/// Where the files that come with the program are: themes and the demo.
package enum Installation {
  /// Folder of the themes that are shipped; nil where none was installed.
  package static var themes: String? { shared?.themes }

  /// Folder of the demo; nil where none was installed.
  package static var demo: String? { shared?.demo }

  /// The checkpoint that `demo` opens: the first of `DemoModels`, without reading their list, which a first frame cannot wait for.
  package static var demoCheckpoint: String? {
    demo.map { $0 + "/clip-shapes" }.flatMap { exists($0) ? $0 : nil }
  }

  /// Folders to look for themes in; later ones win.
  package static var themeFolders: [String] { [themes, userThemes].compactMap { $0 } }

  /// Where users keep themes of their own.
  package static var userThemes: String? { UserFolder.configuration.path.map { $0 + "/themes" } }

  private static let shared = find()

  /// The folder named by `CLIPSCOPE_SHARE`, `share/clipscope` beside the folder of the program, or the source tree that it was built in.
  private static func find() -> (themes: String, demo: String)? {
    var folders: [String] = []
    if let named = getenv("CLIPSCOPE_SHARE") { folders.append(String(cString: named)) }
    let program = programFolder()
    if let program { folders.append(program + "/../share/clipscope") }
    for folder in folders where exists(folder + "/themes") {
      return (folder + "/themes", folder + "/demo")
    }
    // `.build/PLATFORM/release` lies three folders below the source tree.
    var folder = program ?? ""
    for _ in 0..<5 where !folder.isEmpty {
      if exists(folder + "/Package.swift"), exists(folder + "/Sources/Demo") {
        return (folder + "/themes", folder + "/Sources/Demo")
      }
      folder = folder.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }
    return nil
  }

  private static func exists(_ path: String) -> Bool { access(path, R_OK) == 0 }

  private static func programFolder() -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    guard count > 0 else { return nil }
    let path = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { return nil }
    return String(path[..<slash])
  }
}
