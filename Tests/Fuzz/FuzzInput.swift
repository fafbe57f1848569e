import Cells
import Checkpoints
import Glibc
import Preprocess
import Tensors

/// One mutated input, made from its number alone.
struct FuzzInput {
  var seed: Corpus.Seed
  var bytes: [UInt8]

  init(number: Int, options: FuzzOptions, corpus: Corpus) {
    var generator = FuzzGenerator(seed: options.seed, input: number)
    seed = corpus.seeds[generator.below(corpus.seeds.count)]
    var mutator = Mutator(generator: generator, corpus: corpus)
    bytes = mutator.mutate(seed.bytes)
    PictureRepair.limitSizes(of: &bytes)
    // Most damage would stop at a checksum.
    if generator.below(4) != 0 { PictureRepair.repairChecksums(of: &bytes) }
  }

  /// Writes the input below `folder` and gives the path to open.
  func place(in folder: String) -> String? {
    guard !seed.siblings.isEmpty else {
      let path = folder + "/" + seed.fileName
      return Corpus.write(bytes, to: path) ? path : nil
    }
    let inner = folder + "/folder"
    mkdir(inner, 0o755)
    for name in Corpus.names(in: inner) { unlink(inner + "/" + name) }
    for sibling in seed.siblings {
      guard Corpus.write(sibling.bytes, to: inner + "/" + sibling.name) else { return nil }
    }
    return Corpus.write(bytes, to: inner + "/" + seed.fileName) ? inner : nil
  }

  /// Opens a file or folder and reads some of what it holds, as what its name says.
  ///
  /// Any error that is thrown is fine.
  /// - Returns: a short word on what happened, and a number that depends on the bytes.
  static func run(_ path: String) -> (outcome: String, sum: UInt64) {
    func ends(_ endings: String...) -> Bool { endings.contains { path.hasSuffix($0) } }
    if ends(".jpg", ".png", ".webp", ".gif", ".ppm", ".pgm", ".pbm") { return decode(path) }
    if ends(".toml") { return theme(path) }
    if ends(".txt.gz") || ends(".json") && !ends(".index.json") { return tokenize(path) }
    return openCheckpoint(path)
  }

  private static func decode(_ path: String) -> (outcome: String, sum: UInt64) {
    do {
      let picture = try ImageFile.decode(path: path)
      return ("opened", picture.samples.reduce(0) { $0 &* 31 &+ UInt64($1) })
    } catch {
      return ("refused", UInt64(error.description.utf8.count))
    }
  }

  private static func theme(_ path: String) -> (outcome: String, sum: UInt64) {
    do {
      return ("opened", UInt64(try ThemeLibrary.load(file: path).name.utf8.count))
    } catch {
      return ("refused", UInt64(error.description.utf8.count))
    }
  }

  private static func tokenize(_ path: String) -> (outcome: String, sum: UInt64) {
    do {
      var request = TokenizerLocator.Request(model: path)
      request.tokenizer = path
      let tokenizer = try TokenizerLocator.open(request)
      let row = tokenizer.encode("A photo of 3 caf\u{e9}s!", contextLength: 77)
      return ("opened", row.ids.reduce(0) { $0 &* 31 &+ UInt64(truncatingIfNeeded: $1) })
    } catch {
      return ("refused", UInt64(error.description.utf8.count))
    }
  }

  private static func openCheckpoint(_ path: String) -> (outcome: String, sum: UInt64) {
    let checkpoint: CheckpointFile
    do {
      checkpoint = try CheckpointFile(opening: path)
    } catch {
      // Making the sentence is a part of what must not fail.
      return ("refused", UInt64(error.description.utf8.count))
    }
    var sum: UInt64 = 0
    let catalog = checkpoint.catalog
    for other in catalog.others.prefix(64) {
      sum &+= UInt64(other.name.utf8.count + other.text.utf8.count)
    }
    for note in catalog.diagnostics.prefix(64) { sum &+= UInt64(note.message.utf8.count) }
    for entry in catalog.entries.prefix(48) {
      sum &+= UInt64(entry.name.utf8.count)
      sum &+= UInt64(truncatingIfNeeded: entry.byteCount)
      do {
        sum &+= try checkpoint.withBytes(of: entry, limit: 4 << 20) { bytes in
          let decoder = ElementDecoder(type: entry.elementType)
          let count = bytes.count / entry.elementType.byteCount
          var sum: UInt64 = 0
          for index in [0, count / 2, count - 1] where count > 0 {
            sum &+= decoder.value(at: index, in: bytes).bitPattern
          }
          return sum
        }
      } catch {
        sum &+= UInt64("\(error)".utf8.count)
      }
    }
    return ("opened", sum)
  }
}
