// swift-tools-version: 6.2
import PackageDescription

// Settings are computed once and given to every target: Swift 6 mode, warnings are errors.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, uses: [Target.Dependency] = [], resources: [Resource]? = nil) -> Target {
  .target(name: name, dependencies: uses, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, uses: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: uses + ["TestSupport"], path: "Tests/\(name)",
    swiftSettings: strict)
}

func system(_ name: String, _ package: String, pkgConfig: String? = nil) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let collections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")

var targets: [Target] = [
  // System libraries: a module map and one header each.
  system("CNcurses", "libncurses-dev"),
  system("CDeflate", "libdeflate-dev", pkgConfig: "libdeflate"),
  system("CZlib", "zlib1g-dev", pkgConfig: "zlib"),
  system("CJPEG", "libjpeg62-turbo-dev", pkgConfig: "libjpeg"),
  system("CPNG", "libpng-dev", pkgConfig: "libpng"),
  system("CWebP", "libwebp-dev", pkgConfig: "libwebp"),
  system("CCrypto", "libssl-dev", pkgConfig: "libcrypto"),
  system("CYAML", "libyaml-dev", pkgConfig: "yaml-0.1"),
  // The few C kernels. Optimised in debug builds too: at -O0 the intrinsics are 45-80 times slower.
  .target(name: "CKernels", cSettings: [.unsafeFlags(["-O3"])]),
  // OpenBLAS, loaded at the first product: libopenblas-dev gives the header.
  .target(name: "COpenBLAS", linkerSettings: [.linkedLibrary("dl")]),

  // Rooms, lowest first. Arrows point down only; `.ci/imports` checks it.
  room("Tensors"),
  room("Checkpoints", uses: ["Tensors", "CDeflate", "CZlib"]),
  room(
    "Dialects", uses: ["Checkpoints", "Tensors", "CCrypto", collections],
    resources: [.embedInCode("Tables")]),
  room("Preprocess", uses: ["Tensors", "CJPEG", "CPNG", "CWebP", "CDeflate"]),
  room("Inference", uses: ["Tensors", "COpenBLAS", "CKernels"]),
  room("Analysis", uses: ["Tensors", "Inference", "COpenBLAS", "CKernels"]),
  room(
    "ScopeEngine",
    uses: [
      "Inference", "Dialects", "Analysis", "Preprocess", "Checkpoints", "Tensors", "COpenBLAS",
    ]),
  room("Cells", uses: [toml, "CYAML", "CPNG"]),
  room("CursesTerminal", uses: ["Cells", "Tensors", "CNcurses", "CDeflate"]),
  room("ScopeUI", uses: ["ScopeEngine", "Cells"]),
  room("ScopeCLI", uses: ["ScopeEngine", "Cells", arguments]),
  .executableTarget(
    name: "clipscope",
    dependencies: ["ScopeCLI", "ScopeUI", "CursesTerminal", "ScopeEngine", "Cells", arguments],
    swiftSettings: strict),

  // Tests mirror the rooms.
  .target(
    name: "TestSupport", dependencies: ["Tensors"], path: "Tests/TestSupport",
    swiftSettings: strict),
  tests("TensorsTests", uses: ["Tensors"]),
  tests("CheckpointsTests", uses: ["Checkpoints", "Tensors"]),
  tests("DialectsTests", uses: ["Dialects", "Checkpoints", "Tensors"]),
  tests("PreprocessTests", uses: ["Preprocess", "Tensors"]),
  tests("InferenceTests", uses: ["Inference", "Tensors", "Checkpoints", "CKernels"]),
  tests("AnalysisTests", uses: ["Analysis", "Inference", "Tensors"]),
  tests("ScopeEngineTests", uses: ["ScopeEngine", "Checkpoints", "Tensors"]),
  tests("CellsTests", uses: ["Cells"]),
  tests("CursesTerminalTests", uses: ["CursesTerminal", "Cells", "CDeflate"]),
  tests("ScopeUITests", uses: ["ScopeUI", "ScopeEngine", "Cells"]),
  tests("ScopeCLITests", uses: ["ScopeCLI", "ScopeEngine", "Cells"]),

  // Tools that are not shipped: the mutation fuzzer over every reader, and the benchmarks.
  .executableTarget(
    name: "scope-fuzz", dependencies: ["Checkpoints", "Tensors", "Preprocess", "Cells"],
    path: "Tests/Fuzz", swiftSettings: strict),
  .executableTarget(
    name: "scope-bench",
    dependencies: ["Inference", "Tensors"], path: "Tests/Benchmarks",
    exclude: [
      "attention_keys.py", "convert_throughput.py", "first_feature.py", "first_frame.py",
      "key_to_frame.py",
      "make_files.py",
    ],
    swiftSettings: strict),
]

// `CLIPSCOPE_ROOMS=Checkpoints,CheckpointsTests swift build` works on a part of the house only:
// the named targets and what they use. Handy on a slow machine.
if let wanted = Context.environment["CLIPSCOPE_ROOMS"] {
  var names = Set(wanted.split(separator: ",").map(String.init))
  var previous = 0
  while names.count != previous {
    previous = names.count
    for target in targets where names.contains(target.name) {
      for dependency in target.dependencies {
        if case .byNameItem(let name, _) = dependency { names.insert(name) }
      }
    }
  }
  targets = targets.filter { names.contains($0.name) }
}

let package = Package(
  name: "clipscope",
  products: [.library(name: "ScopeEngine", targets: ["ScopeEngine"])].filter { _ in
    targets.contains { $0.name == "ScopeEngine" }
  }
    + [.executable(name: "clipscope", targets: ["clipscope"])].filter { _ in
      targets.contains { $0.name == "clipscope" }
    },
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: targets
)
