"""Engines, modules, stores."""
import os
from dataclasses import dataclass
from typing import Optional, Tuple, Union

from ._binding import ffi, lib
from .calls import set_hook
from .errors import UsageError, from_error, take_bytes
from .types import ExternType, extern_type


class Engine:
    """Configuration that modules and stores share; may be used from any thread. `features` switches
    proposals by name, as in `{"simd": False}`; `fuel` makes stores meter it; `max_wasm_stack` is in
    bytes."""

    def __init__(self, *, features=None, fuel=False, max_wasm_stack=None, nan_canonicalization=False,
                 guard_pages=True):
        config = lib.wasm_config_new()
        for name, on in (features or {}).items():
            if not lib.zwasm_config_set_feature(config, name.encode(), on):
                lib.wasm_config_delete(config)
                raise ValueError(f"there is no proposal named {name!r}")
        lib.zwasm_config_set_fuel(config, fuel)
        lib.zwasm_config_set_nan_canonicalization(config, nan_canonicalization)
        lib.zwasm_config_set_guard_pages(config, guard_pages)
        if max_wasm_stack is not None:
            lib.zwasm_config_set_max_wasm_stack(config, max_wasm_stack)
        self._ptr = ffi.gc(lib.wasm_engine_new_with_config(config), lib.wasm_engine_delete)
        # The C API makes modules in a store; the store of an engine's modules runs nothing.
        self._store = ffi.gc(lib.wasm_store_new(self._ptr), lib.wasm_store_delete)

    _default: Optional["Engine"] = None

    @classmethod
    def default(cls):
        """The engine that is used where none is given."""
        if Engine._default is None:
            Engine._default = cls()
        return Engine._default


@dataclass(frozen=True)
class Import:
    module: str
    name: str
    type: ExternType


@dataclass(frozen=True)
class Export:
    name: str
    type: ExternType


def _name(vec):
    return bytes(ffi.buffer(vec.data, vec.size)).decode() if vec.size else ""


class Module:
    """A validated module: from the bytes of a binary, or from text."""

    def __init__(self, source: Union[bytes, bytearray, memoryview, str], engine: Optional[Engine] = None):
        data = source.encode() if isinstance(source, str) else bytes(memoryview(source))
        engine = engine or Engine.default()
        error = ffi.new("zwasm_error_t**")
        self._adopt(lib.zwasm_module_new(engine._store, data, len(data), error), engine, error)

    @classmethod
    def load(cls, path, engine: Optional[Engine] = None):
        """From a file, binary or text."""
        engine = engine or Engine.default()
        error = ffi.new("zwasm_error_t**")
        module = cls.__new__(cls)
        module._adopt(lib.zwasm_module_load(engine._store, os.fsencode(path), error), engine, error)
        return module

    @classmethod
    def deserialize(cls, data: bytes, engine: Optional[Engine] = None):
        """What `serialize` made, with the same version of zwasm."""
        engine = engine or Engine.default()
        vec = ffi.new("wasm_byte_vec_t*")
        contents = ffi.from_buffer(data)
        vec.size, vec.data = len(data), ffi.cast("char*", contents)
        pointer = lib.wasm_module_deserialize(engine._store, vec)
        if pointer == ffi.NULL:
            raise UsageError("the bytes are damaged, or not a module that this version serialized")
        module = cls.__new__(cls)
        module._ptr, module.engine = ffi.gc(pointer, lib.wasm_module_delete), engine
        return module

    def _adopt(self, pointer, engine, error):
        if pointer == ffi.NULL:
            raise from_error(error[0])
        self._ptr, self.engine = ffi.gc(pointer, lib.wasm_module_delete), engine

    def serialize(self) -> bytes:
        vec = ffi.new("wasm_byte_vec_t*")
        lib.wasm_module_serialize(self._ptr, vec)
        return take_bytes(vec)

    @property
    def imports(self) -> Tuple[Import, ...]:
        vec = ffi.new("wasm_importtype_vec_t*")
        lib.wasm_module_imports(self._ptr, vec)
        result = tuple(
            Import(_name(lib.wasm_importtype_module(t)), _name(lib.wasm_importtype_name(t)),
                   extern_type(lib.wasm_importtype_type(t))) for t in (vec.data[i] for i in range(vec.size)))
        lib.wasm_importtype_vec_delete(vec)
        return result

    @property
    def exports(self) -> Tuple[Export, ...]:
        vec = ffi.new("wasm_exporttype_vec_t*")
        lib.wasm_module_exports(self._ptr, vec)
        result = tuple(
            Export(_name(lib.wasm_exporttype_name(t)), extern_type(lib.wasm_exporttype_type(t)))
            for t in (vec.data[i] for i in range(vec.size)))
        lib.wasm_exporttype_vec_delete(vec)
        return result


class Store:
    """Owns instances, memories and objects, and what they may use. Used by one thread at a time, but
    `interrupt` may be called from any.

    Limits: `max_memory` in bytes and `max_table_elements` of all memories and tables together,
    `max_gc_heap` in bytes, `max_instances`; `fuel` (with Engine(fuel=True)); `timeout` in seconds from now on."""

    def __init__(self, engine: Optional[Engine] = None, *, max_memory=None, max_table_elements=None,
                 max_gc_heap=None, max_instances=None, fuel=None, timeout=None, wasi=None):
        self.engine = engine or Engine.default()
        limits = lib.zwasm_limits_none()
        if max_memory is not None:
            limits.max_memory_bytes = max_memory
        if max_table_elements is not None:
            limits.max_table_elements = max_table_elements
        if max_gc_heap is not None:
            limits.max_gc_heap = max_gc_heap
        if max_instances is not None:
            limits.max_instances = max_instances
        made = lib.zwasm_store_new(self.engine._ptr, ffi.new("zwasm_limits_t*", limits))
        self._ptr = ffi.gc(made, lib.wasm_store_delete)
        self._call_hook = None
        self._interrupt = ffi.gc(lib.zwasm_store_interrupt_handle(self._ptr), lib.zwasm_interrupt_handle_delete)
        self._pending = None  # the exception that a Python function raised, on its way through the guest
        if fuel is not None:
            self.fuel = fuel
        if timeout is not None:
            self.set_timeout(timeout)
        self.wasi = wasi
        if wasi is not None:
            error = ffi.new("zwasm_error_t**")
            if not lib.zwasm_store_set_wasi(self._ptr, wasi._ptr, error):
                raise from_error(error[0])

    @property
    def fuel(self) -> int:
        """What is left."""
        return lib.zwasm_store_fuel(self._ptr)

    @fuel.setter
    def fuel(self, units: int):
        if not lib.zwasm_store_set_fuel(self._ptr, units):
            raise UsageError("the engine does not meter fuel: make it with Engine(fuel=True)")

    def set_timeout(self, seconds: Optional[float]):
        """From now on calls end after so long, also those that wait in WASI; None: no limit."""
        lib.zwasm_store_set_timeout(self._ptr, 0 if seconds is None else max(1, int(seconds * 1e9)))

    def interrupt(self):
        """Ends the running call, or the next one. From any thread."""
        lib.zwasm_interrupt(self._interrupt)

    def clear_interrupt(self):
        """Allows calls again after an interrupt or a timeout."""
        lib.zwasm_store_clear_interrupt(self._ptr)

    def set_call_hook(self, hook):
        """`hook` gets a Call for every passage between host and guest, on the thread of the call: which function,
        with what, and how it ended. None takes it away; without one, calls cost nothing more. It must not
        call functions of the store; an exception that it raises is printed, and otherwise ignored."""
        self._call_hook = set_hook(self, hook)

    def collect(self):
        """Collects the garbage-collected heap."""
        lib.zwasm_store_collect(self._ptr)
