import Glibc
import Inference

// Times towers with weights made on the fly.
//   scope-bench [--json] [--threads N] [--rounds N] [--blas] [--models b32,b16,l14] [--half] [--cpu]   table or JSON of all rows
//   scope-bench --attention [...]    keeping all maps, and the way back to them, as ratios to the plain forward
//   scope-bench --serve MODEL [...]  runs what it is told on standard input: `image B`, `text B`, `products image B`, `attention`;
//                                    answers with seconds, for interleaving with other programs
//   scope-bench [...] --check FILE...   compares features with those of the fixtures (Tests/Fixtures/inference/full)

private let options = BenchOptions(CommandLine.arguments.dropFirst())
if let model = options.served {
  BenchServer(options, model).run()
} else if !options.checked.isEmpty {
  exit(SampledModel.check(options.checked, options.load) ? 0 : 1)
} else if options.isAttention {
  BenchTable(options).runAttention()
} else {
  BenchTable(options).run()
}
