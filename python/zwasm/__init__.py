"""zwasm: WebAssembly for Python.

    import zwasm

    instance = zwasm.instantiate('''(module
      (import "host" "add" (func $add (param i32 i32) (result i32)))
      (func (export "inc") (param i32) (result i32) (call $add (local.get 0) (i32.const 1))))''',
      {"host": {"add": lambda a, b: a + b}})
    assert instance.exports.inc(41) == 42
"""
from ._binding import ffi as _ffi, lib as _lib
from .errors import (Error, ExitError, HostError, LinkError, LoadError, Trap, UsageError, Frame)
from .calls import Call
from .engine import Engine, Module, Store
from .instance import Instance, instantiate
from .objects import Func, Global, Memory, Table
from .types import ExternType, FuncType, GlobalType, Limits, MemoryType, TableType, TagType
from .wasi import Wasi

__version__ = _ffi.string(_lib.zwasm_version()).decode()

__all__ = [
    "Call", "Engine", "Error", "ExitError", "ExternType", "Frame", "Func", "FuncType", "Global", "GlobalType",
    "HostError", "Instance", "Limits", "LinkError", "LoadError", "Memory", "MemoryType", "Module",
    "Store", "Table", "TableType", "TagType", "Trap", "UsageError", "Wasi", "instantiate",
]
