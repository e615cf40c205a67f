"""Instances, and how imports are found."""
from collections.abc import Mapping
from typing import Optional

from ._binding import ffi, lib
from .engine import Module, Store
from .errors import LinkError, from_error
from .objects import Extern, Func, raise_trap, wrap
from .types import FuncType

_WASI = ("wasi_snapshot_preview1", "wasi_unstable", "wasi")


class Exports(Mapping):
    """By name, as attributes or items; in the module's order."""

    def __init__(self, store, items):
        self._items = items

    def __getitem__(self, name):
        return self._items[name]

    def __getattr__(self, name):
        try:
            return self._items[name]
        except KeyError:
            raise AttributeError(f"nothing named {name!r} is exported; there are: {', '.join(self._items)}") from None

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __dir__(self):
        return list(self._items)


class Instance:
    """A module with its state in a store. `imports` maps module names to mappings (or instances) of names
    to what is imported: Python functions (which get the type that the module declares), and functions,
    memories, globals, tables of other instances. WASI is there when the store has it."""

    def __init__(self, store: Store, module: Module, imports: Optional[Mapping] = None):
        self.store, self.module = store, module
        linker = ffi.gc(lib.zwasm_linker_new(store.engine._ptr), lib.zwasm_linker_delete)
        if store.wasi is not None:
            lib.zwasm_linker_define_wasi(linker)
            lib.zwasm_linker_define_wasi_threads(linker)
        for needed in module.imports:
            value = _find(imports or {}, needed)
            if value is None:
                continue  # WASI, or an error with the linker's words
            if not isinstance(value, Extern):
                if not isinstance(needed.type, FuncType) or not callable(value):
                    raise LinkError(f'the import "{needed.module}" "{needed.name}" needs {needed.type}, '
                                    f"which {value!r} is not")
                value = Func(store, needed.type, value)
            lib.zwasm_linker_define(linker, needed.module.encode(), needed.name.encode(), value._ptr)
        trap, error = ffi.new("wasm_trap_t**"), ffi.new("zwasm_error_t**")
        made = lib.zwasm_linker_instantiate(linker, store._ptr, module._ptr, trap, error)
        if made == ffi.NULL:
            raise_trap(store, trap[0])
            raise from_error(error[0])
        self._ptr = ffi.gc(made, lib.wasm_instance_delete)
        vec = ffi.new("wasm_extern_vec_t*")
        lib.wasm_instance_exports(self._ptr, vec)
        items = {}
        for i, export in enumerate(module.exports):
            items[export.name] = wrap(store, lib.wasm_extern_copy(vec.data[i]))
        lib.wasm_extern_vec_delete(vec)
        self.exports = Exports(store, items)


def _find(imports, needed):
    space = imports.get(needed.module)
    if space is None:
        return None
    if isinstance(space, Instance):
        space = space.exports
    return space.get(needed.name)


def instantiate(source, imports: Optional[Mapping] = None, *, store: Optional[Store] = None, **limits) -> Instance:
    """The short way: from a Module, bytes or text to an instance, in a new store unless one is given.
    Further arguments are those of Store: limits, `wasi`."""
    if isinstance(source, Module):
        module = source
    else:
        module = Module(source, store.engine if store is not None else limits.get("engine"))
    if store is None:
        limits.setdefault("engine", module.engine)
        store = Store(**limits)
    return Instance(store, module, imports)
