import Tensors

/// What the classes and functions that pickles name mean here: the allow-list and the list of known dangers.
enum KnownGlobals {
  enum Meaning: Equatable {
    case rebuildTensor
    case rebuildTensorUntyped
    case rebuildQuantised
    case rebuildParameter
    case rebuildFromType
    case orderedDictionary
    case defaultDictionary
    case sequence
    case set
    case storageClass
    case elementType
    case numpyScalar
    case encodeText
    /// A class that honest checkpoints hold: shown by name, with its state below.
    case plainClass
  }

  static func meaning(module: String, name: String) -> Meaning? {
    if let meaning = table["\(module).\(name)"] { return meaning }
    if module == "torch" || module == "torch.storage" || module == "torch.cuda",
      name.hasSuffix("Storage")
    {
      return .storageClass
    }
    if module == "torch", elementTypeNames[name] != nil || foreignTypeNames.contains(name) {
      return .elementType
    }
    // TorchScript's own classes, and modules whose classes only carry settings.
    if module.hasPrefix("__torch__") { return .plainClass }
    // Their classes only: `partial` and `sys.modules` can be reached through such a module too.
    if plainModules.contains(module), name.first?.isUppercase == true, !name.contains(".") {
      return .plainClass
    }
    return nil
  }

  static func standing(module: String, name: String) -> PickleGlobal.Standing {
    if meaning(module: module, name: name) != nil { return .known }
    let root = module.split(separator: ".").first.map(String.init) ?? module
    if dangerousModules.contains(module) || dangerousModules.contains(root) { return .dangerous }
    if dangerousNames.contains("\(module).\(name)") { return .dangerous }
    // Dotted names reach into a module: `os` imported by an innocent module is still `os`.
    if name.split(separator: ".").contains(where: { dangerousModules.contains(String($0)) }) {
      return .dangerous
    }
    return .unknown
  }

  /// Element type of a storage class; nil for classes without a counterpart.
  static func elementType(storageClass: String) -> ElementType? { storageTypes[storageClass] }

  /// Element type of `torch.NAME`.
  static func elementType(named name: String) -> ElementType? { elementTypeNames[name] }

  private static let table: [String: Meaning] = [
    "torch._utils._rebuild_tensor": .rebuildTensor,
    "torch._utils._rebuild_tensor_v2": .rebuildTensor,
    "torch._utils._rebuild_tensor_v3": .rebuildTensorUntyped,
    "torch._utils._rebuild_qtensor": .rebuildQuantised,
    "torch._utils._rebuild_parameter": .rebuildParameter,
    "torch._utils._rebuild_parameter_with_state": .rebuildParameter,
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch._tensor._rebuild_from_type": .rebuildFromType,
    "torch._utils._rebuild_sparse_tensor": .plainClass,
    "torch._utils._rebuild_sparse_csr_tensor": .plainClass,
    "torch._utils._rebuild_meta_tensor_no_storage": .plainClass,
    "torch._utils._rebuild_device_tensor_from_numpy": .plainClass,
    "torch._utils._rebuild_nested_tensor": .plainClass,
    "torch.nn.parameter.Parameter": .plainClass,
    "torch.nn.parameter.Buffer": .plainClass,
    "torch._C._nn.Parameter": .plainClass,
    "torch.Tensor": .plainClass,
    "torch.Size": .sequence,
    "torch.device": .plainClass,
    "torch.Generator": .plainClass,
    "torch.per_tensor_affine": .plainClass,
    "torch.per_channel_affine": .plainClass,
    "torch.serialization._get_layout": .plainClass,
    "torch.strided": .plainClass,
    "torch.jit._pickle.build_intlist": .plainClass,
    "torch.jit._pickle.build_tensorlist": .plainClass,
    "torch.jit._pickle.build_doublelist": .plainClass,
    "torch.jit._pickle.build_boollist": .plainClass,
    "torch.jit._pickle.build_tensor_from_id": .plainClass,
    "torch.jit._pickle.restore_type_tag": .plainClass,
    "collections.OrderedDict": .orderedDictionary,
    "collections.defaultdict": .defaultDictionary,
    "collections.Counter": .orderedDictionary,
    "collections.deque": .sequence,
    "builtins.dict": .orderedDictionary,
    "__builtin__.dict": .orderedDictionary,
    "builtins.list": .sequence,
    "__builtin__.list": .sequence,
    "builtins.tuple": .sequence,
    "builtins.set": .set,
    "__builtin__.set": .set,
    "builtins.frozenset": .set,
    "__builtin__.frozenset": .set,
    "builtins.complex": .plainClass,
    "__builtin__.complex": .plainClass,
    "builtins.slice": .plainClass,
    "builtins.range": .plainClass,
    "builtins.bytearray": .plainClass,
    "__builtin__.bytearray": .plainClass,
    "builtins.bytes": .plainClass,
    "builtins.int": .plainClass,
    "builtins.float": .plainClass,
    "builtins.str": .plainClass,
    "builtins.bool": .plainClass,
    "builtins.object": .plainClass,
    "__builtin__.object": .plainClass,
    "_codecs.encode": .encodeText,
    "copyreg._reconstructor": .plainClass,
    "copy_reg._reconstructor": .plainClass,
    "numpy.core.multiarray.scalar": .numpyScalar,
    "numpy._core.multiarray.scalar": .numpyScalar,
    "numpy.core.multiarray._reconstruct": .plainClass,
    "numpy._core.multiarray._reconstruct": .plainClass,
    "numpy._core.numeric._frombuffer": .plainClass,
    "numpy.core.numeric._frombuffer": .plainClass,
    "numpy.ndarray": .plainClass,
    "numpy.dtype": .plainClass,
    "numpy.random._pickle.__randomstate_ctor": .plainClass,
    "numpy.random._pickle.__generator_ctor": .plainClass,
    "numpy.random._pickle.__bit_generator_ctor": .plainClass,
    "numpy.random._mt19937.MT19937": .plainClass,
    "argparse.Namespace": .plainClass,
    "types.SimpleNamespace": .plainClass,
    "uuid.UUID": .plainClass,
    "datetime.datetime": .plainClass,
    "datetime.timedelta": .plainClass,
    "datetime.date": .plainClass,
    "datetime.timezone": .plainClass,
    "pathlib.PosixPath": .plainClass,
    "pathlib.PurePosixPath": .plainClass,
    "pathlib.WindowsPath": .plainClass,
    "pathlib._local.PosixPath": .plainClass,
    "decimal.Decimal": .plainClass,
    "fractions.Fraction": .plainClass,
    "enum.Enum": .plainClass,
    "ml_dtypes.bfloat16": .plainClass,
  ]

  private static let plainModules: Set<String> = [
    "numpy.dtypes", "omegaconf.dictconfig", "omegaconf.listconfig", "omegaconf.base",
    "omegaconf.nodes", "torch.optim.lr_scheduler", "torch.optim.adamw", "torch.optim.adam",
    "torch.optim.sgd", "torch.torch_version",
  ]

  private static let dangerousModules: Set<String> = [
    "os", "posix", "nt", "subprocess", "sys", "socket", "shutil", "runpy", "pty", "importlib",
    "imp", "ctypes", "_ctypes", "code", "codeop", "commands", "multiprocessing", "threading",
    "webbrowser", "requests", "urllib", "urllib2", "http", "httplib", "ftplib", "smtplib",
    "telnetlib", "xmlrpc", "asyncio", "signal", "tempfile", "glob", "pickle", "_pickle",
    "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "zipimport", "pip",
    "setuptools", "distutils", "pkgutil", "platform", "bdb", "pdb", "trace", "timeit",
    "cProfile", "profile", "doctest", "unittest", "builtin", "linecache", "io", "_io",
    "tarfile", "zipfile", "venv", "ensurepip", "idlelib", "pydoc", "site", "gc", "inspect",
    "_posixsubprocess", "_socket", "_thread", "socketserver", "ssl", "concurrent", "mmap",
    "fcntl", "types", "fileinput", "aiohttp", "paramiko", "fabric", "nmap", "sqlite3", "getpass",
  ]

  private static let dangerousNames: Set<String> = [
    "builtins.eval", "builtins.exec", "builtins.execfile", "builtins.compile", "builtins.open",
    "builtins.__import__", "builtins.getattr", "builtins.setattr", "builtins.delattr",
    "builtins.apply", "builtins.input", "builtins.breakpoint", "builtins.globals",
    "builtins.locals", "builtins.vars", "builtins.map", "builtins.filter", "builtins.type",
    "builtins.memoryview", "builtins.help", "builtins.exit", "builtins.quit",
    "__builtin__.eval", "__builtin__.exec", "__builtin__.execfile", "__builtin__.compile",
    "__builtin__.open", "__builtin__.file", "__builtin__.__import__", "__builtin__.getattr",
    "__builtin__.setattr", "__builtin__.apply", "__builtin__.input", "__builtin__.raw_input",
    "__builtin__.globals", "__builtin__.map", "__builtin__.type", "operator.attrgetter",
    "operator.methodcaller", "operator.itemgetter", "functools.partial", "functools.reduce",
    "torch.load", "torch.hub.load", "torch.jit.load", "torch.serialization.load",
    "torch.utils.cpp_extension.load", "torch.utils.cpp_extension.load_inline",
    "torch.storage._load_from_bytes", "numpy.load", "numpy.loads", "numpy.fromfile",
    "numpy.f2py.crackfortran.getlincoef", "numpy.testing._private.utils.runstring",
    "torch._inductor.codecache.compile_file", "torch.distributed.rpc.rpc_sync",
    "torch.hub.load_state_dict_from_url", "torch.hub.download_url_to_file",
    "torch.ops.load_library", "torch.classes.load_library", "torch.utils.collect_env.run",
    "numpy.memmap", "numpy.loadtxt", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load",
    "uuid._get_command_stdout", "logging.config.listen", "itertools.starmap",
    "copyreg.add_extension", "_codecs.decode", "codecs.open", "codecs.decode",
  ]

  private static let storageTypes: [String: ElementType] = [
    "DoubleStorage": .f64, "FloatStorage": .f32, "HalfStorage": .f16, "BFloat16Storage": .bf16,
    "LongStorage": .i64, "IntStorage": .i32, "ShortStorage": .i16, "CharStorage": .i8,
    "ByteStorage": .u8, "BoolStorage": .bool, "ComplexFloatStorage": .c64,
    "ComplexDoubleStorage": .c128, "Float8_e4m3fnStorage": .f8e4m3,
    "Float8_e5m2Storage": .f8e5m2,
  ]

  private static let elementTypeNames: [String: ElementType] = [
    "float64": .f64, "double": .f64, "float32": .f32, "float": .f32, "float16": .f16,
    "half": .f16, "bfloat16": .bf16, "int64": .i64, "long": .i64, "int32": .i32, "int": .i32,
    "int16": .i16, "short": .i16, "int8": .i8, "uint8": .u8, "uint16": .u16, "uint32": .u32,
    "uint64": .u64, "bool": .bool, "complex64": .c64, "complex128": .c128,
    "float8_e4m3fn": .f8e4m3, "float8_e5m2": .f8e5m2,
  ]

  private static let foreignTypeNames: Set<String> = [
    "float8_e4m3fnuz", "float8_e5m2fnuz", "float8_e8m0fnu", "float4_e2m1fn_x2", "complex32",
    "quint8", "qint8", "qint32", "quint4x2", "quint2x4", "bits8", "uint4", "int4",
  ]
}
