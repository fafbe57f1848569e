/// Which classes and functions of Python a pickle may name, and what is thought of them.
///
/// Nothing here is ever called; the table decides only how a name is reported.
enum PickleGlobalTable {
  static func standing(module rawModule: String, name: String) -> PickleGlobal.Standing {
    let module =
      switch rawModule {
      case "__builtin__": "builtins"
      case "copy_reg": "copyreg"
      default: rawModule
      }
    let full = "\(module).\(name)"
    if known.contains(full) { return .known }
    if module == "__torch__" || module.hasPrefix("__torch__.") { return .known }
    if module == "torch", storages[name] != nil || dtypes[name] != nil { return .known }
    if module == "torch.storage", name.hasSuffix("Storage") { return .known }
    if module == "numpy.dtypes" || module == "torch.jit._pickle" {
      return name.contains(".") ? .unknown : .known
    }
    if dangerous.contains(full) { return .dangerous }
    let root = module.prefix { $0 != "." }
    if dangerousModules.contains(String(root)) || dangerousModules.contains(module) {
      return .dangerous
    }
    // `a.b.system` walks attributes: what it ends in counts.
    if name.contains("."), let last = name.split(separator: ".").last,
      dangerousNames.contains(String(last))
    {
      return .dangerous
    }
    return .unknown
  }

  static let mapClasses: Set<String> = [
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter", "builtins.dict",
    "__builtin__.dict",
  ]

  static let known: Set<String> = [
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3", "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_parameter_with_state", "torch._utils._rebuild_qtensor",
    "torch._utils._rebuild_sparse_tensor", "torch._utils._rebuild_sparse_csr_tensor",
    "torch._utils._rebuild_nested_tensor", "torch._utils._rebuild_meta_tensor_no_storage",
    "torch._utils._rebuild_wrapper_subclass",
    "torch._utils._rebuild_device_tensor_from_numpy",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor",
    "torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type",
    "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch.Tensor",
    "torch.Size", "torch.device", "torch.serialization._get_layout",
    "torch.per_tensor_affine", "torch.per_channel_affine", "torch.Generator",
    "torch.UntypedStorage",
    "collections.OrderedDict", "collections.defaultdict", "collections.Counter",
    "collections.deque", "argparse.Namespace", "types.SimpleNamespace",
    "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
    "numpy.dtype", "numpy.ndarray", "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
    "builtins.set", "builtins.frozenset", "builtins.complex", "builtins.bytearray",
    "builtins.slice", "builtins.range", "builtins.dict", "builtins.list", "builtins.tuple",
    "builtins.int", "builtins.float", "builtins.bool", "builtins.str", "builtins.bytes",
    "builtins.object", "copyreg._reconstructor", "_codecs.encode", "pathlib.PosixPath",
    "pathlib.PurePosixPath", "datetime.datetime", "datetime.date", "datetime.timedelta",
  ]

  static let dangerous: Set<String> = [
    "builtins.eval", "builtins.exec", "builtins.compile", "builtins.__import__",
    "builtins.getattr", "builtins.setattr", "builtins.delattr", "builtins.open",
    "builtins.input", "builtins.globals", "builtins.locals", "builtins.vars",
    "builtins.breakpoint", "builtins.apply", "builtins.execfile", "builtins.file",
    "builtins.memoryview", "builtins.type", "builtins.map", "builtins.filter",
    "torch.load", "torch.jit.load", "torch.save", "torch.storage._load_from_bytes",
    "torch.serialization.load", "torch.compile", "torch.classes.load_library",
    "torch.ops.load_library", "torch.multiprocessing.spawn", "torch.utils.data.DataLoader",
    "torch._dynamo.guards.GuardBuilder.get", "torch.jit.unsupported_tensor_ops.execWrapper",
    "torch.utils._config_module.load_config", "torch.utils.bottleneck.__main__.run_cprofile",
    "torch.utils.collect_env.run", "torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression",
    "numpy.load", "numpy.loadtxt", "numpy.fromfile", "numpy.memmap", "numpy.save",
    "numpy.testing._private.utils.runstring", "numpy.f2py.crackfortran.getlincoef",
    "operator.attrgetter", "operator.methodcaller", "operator.itemgetter",
    "functools.partial", "functools.reduce", "itertools.starmap",
    "copyreg.add_extension", "types.FunctionType", "types.CodeType", "types.LambdaType",
    "pathlib.Path.unlink", "pathlib.Path.write_text", "pathlib.Path.write_bytes",
    "linecache.getline", "timeit.timeit", "timeit.main", "logging.config.listen",
    "logging.FileHandler", "uuid._get_command_stdout", "ensurepip._run_pip",
    "idlelib.pyshell.ModifiedInterpreter.runcode", "lib2to3.pgen2.grammar.Grammar.loadgrammar",
    "doctest.debug_script", "profile.run", "profile.runctx", "cProfile.run", "cProfile.runctx",
    "trace.Trace.run", "trace.Trace.runctx", "test.support.script_helper.assert_python_ok",
    "pandas.read_pickle", "joblib.load", "dill.loads", "dill.load", "cloudpickle.loads",
    "cloudpickle.load", "zipimport.zipimporter", "yaml.load", "yaml.unsafe_load",
  ]

  /// Everything in these modules, and below them, counts as dangerous.
  static let dangerousModules: Set<String> = [
    "os", "posix", "nt", "posixpath", "ntpath", "sys", "subprocess", "_posixsubprocess",
    "commands", "popen2", "importlib", "imp", "runpy", "pty", "shutil", "socket", "_socket",
    "socketserver", "ssl", "http", "httplib", "urllib", "urllib2", "requests", "aiohttp",
    "ftplib", "smtplib", "telnetlib", "xmlrpc", "webbrowser", "pickle", "_pickle", "cPickle",
    "marshal", "shelve", "code", "codeop", "bdb", "pdb", "ctypes", "_ctypes", "cffi", "signal",
    "threading", "_thread", "multiprocessing", "concurrent", "asyncio", "tempfile", "glob",
    "fileinput", "pip", "setuptools", "distutils", "venv", "pkgutil", "gc", "inspect",
    "platform", "resource", "fcntl", "mmap", "io", "_io", "sqlite3", "torch.hub",
    "torch.utils.cpp_extension", "torch.distributed.run", "numpy.distutils",
    "numpy.ctypeslib", "dill", "cloudpickle", "pydoc", "antigravity",
  ]

  private static let dangerousNames: Set<String> = [
    "system", "popen", "eval", "exec", "__import__", "getattr", "setattr", "open", "run",
    "call", "check_output", "Popen", "import_module", "load", "loads", "spawn", "execv",
    "__globals__", "__builtins__", "__subclasses__", "__reduce__", "__getattribute__",
  ]
}
