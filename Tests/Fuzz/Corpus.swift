import Glibc

/// The files that mutations start from.
struct Corpus {
  struct Seed {
    /// Path below the fixtures.
    var name: String
    var bytes: [UInt8]
    /// For a member of a sharded folder: all files of the folder, by name.
    var siblings: [(name: String, bytes: [UInt8])]
    var fileName: String
  }

  private(set) var seeds: [Seed] = []

  private static let endings = [
    ".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz", ".npy", ".json", ".msgpack", ".gguf",
    ".h5", ".jpg", ".png", ".webp", ".gif", ".ppm", ".pgm", ".pbm", ".txt.gz", ".toml",
  ]
  /// Texts that are seeds by themselves; other JSON is one only as an index of shards.
  private static let tokenizers = [
    "tokenizer.json", "unigram.json", "wordpiece.json", "bytelevel.json", "gemma.json",
  ]
  private static let byteCountLimit = 200_000

  init(fixtures: String, only: String?) {
    collect(fixtures, prefix: "", only: only)
    collect(fixtures + "/../../themes", prefix: "themes/", only: only)
  }

  private mutating func collect(_ folder: String, prefix: String, only: String?) {
    let names = Self.names(in: folder).sorted()
    let isSharded = names.contains { $0.hasSuffix(".index.json") }
    var files: [(name: String, bytes: [UInt8])] = []
    for name in names {
      let path = folder + "/" + name
      if Self.isFolder(path) {
        collect(path, prefix: prefix + name + "/", only: only)
      } else if Self.endings.contains(where: { name.hasSuffix($0) }),
        let bytes = Self.read(path), bytes.count <= Self.byteCountLimit
      {
        files.append((name, bytes))
      }
    }
    for file in files {
      let name = prefix + file.name
      if let only, !name.contains(only) { continue }
      if file.name.hasSuffix(".json"), !file.name.hasSuffix(".index.json"),
        !Self.tokenizers.contains(file.name)
      {
        continue
      }
      seeds.append(
        Seed(
          name: name, bytes: file.bytes,
          siblings: isSharded ? files.filter { $0.name != file.name } : [], fileName: file.name))
    }
  }

  static func names(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let record = readdir(directory) {
      let offset = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
      let text = UnsafeRawPointer(record).advanced(by: offset)
      let name = String(cString: text.assumingMemoryBound(to: UInt8.self))
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  static func read(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size < 1 << 24 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    let count = Glibc.read(descriptor, &bytes, bytes.count)
    return count == bytes.count ? bytes : nil
  }

  static func write(_ bytes: [UInt8], to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
  }
}
