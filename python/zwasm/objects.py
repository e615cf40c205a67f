"""Functions, memories, globals, tables, and how values cross."""
import struct
from typing import Callable, Optional

from ._binding import ffi, lib
from .errors import UsageError, from_trap
from .types import (FuncType, GlobalType, Limits, MemoryType, TableType, c_functype, c_limits, c_valtype,
                    extern_type, func_type)

_RANGES = {"i32": 32, "i64": 64}


# --- values ---

def to_c(store, value, type, slot):
    """Writes a Python value as a wasm_val_t of a type; references are owned by the slot."""
    bits = _RANGES.get(type)
    if bits is not None:
        if not isinstance(value, int):
            raise TypeError(f"{value!r} is not an {type}")
        if not -(1 << (bits - 1)) <= value < 1 << bits:
            raise OverflowError(f"{value} does not fit into an {type}")
        value = value - (1 << bits) if value >= 1 << (bits - 1) else value
        if bits == 32:
            slot.kind, slot.of.i32 = lib.WASM_I32, value
        else:
            slot.kind, slot.of.i64 = lib.WASM_I64, value
    elif type == "f32":
        slot.kind, slot.of.f32 = lib.WASM_F32, value
    elif type == "f64":
        slot.kind, slot.of.f64 = lib.WASM_F64, value
    elif type == "funcref":
        if not (value is None or isinstance(value, Func)):
            raise TypeError(f"{value!r} is not a function of zwasm")
        slot.kind = lib.WASM_FUNCREF
        slot.of.ref = ffi.NULL if value is None else lib.wasm_ref_copy(lib.wasm_func_as_ref(value._func))
    elif type == "v128":
        if not isinstance(value, (bytes, bytearray)) or len(value) != 16:
            raise TypeError(f"{value!r} is not a v128: 16 bytes")
        lib.zwasm_v128_new(_address(slot), bytes(value))
    elif type == "externref":
        slot.kind, slot.of.ref = lib.WASM_EXTERNREF, new_ref(store, value)
    else:
        raise TypeError(f"a {type} cannot be passed from Python")


def _address(slot):
    return slot if ffi.typeof(slot).kind == "pointer" else ffi.addressof(slot)


def new_ref(store, value):
    """Any Python object as an owned externref; it is kept alive as long as the guest can give it back."""
    if value is None:
        return ffi.NULL
    if isinstance(value, OpaqueRef):
        return lib.wasm_ref_copy(value._ptr)
    foreign = lib.wasm_foreign_new(store._ptr)
    handle = ffi.new_handle(value)
    _kept[handle] = handle
    lib.wasm_foreign_set_host_info_with_finalizer(foreign, handle, lib.zwasm_py_release)
    return lib.wasm_foreign_as_ref(foreign)


_kept = {}  # handles that C code holds


@ffi.def_extern()
def zwasm_py_release(handle):
    _kept.pop(handle, None)


class OpaqueRef:
    """A reference to an object of the guest's, such as a struct: Python can only pass it on."""

    def __init__(self, store, ref):
        self.store, self._ptr = store, ffi.gc(ref, lib.wasm_ref_delete)

    def __eq__(self, other):
        return isinstance(other, OpaqueRef) and bool(lib.wasm_ref_same(self._ptr, other._ptr))

    __hash__ = None


def take_ref(store, ref):
    """The Python value of an owned reference."""
    if ref == ffi.NULL:
        return None
    func = lib.wasm_ref_as_func(ref)
    if func != ffi.NULL:
        return Func._adopt(store, lib.wasm_func_as_extern(func))
    if lib.wasm_ref_as_foreign(ref) != ffi.NULL:
        value = ffi.from_handle(lib.wasm_ref_get_host_info(ref))
        lib.wasm_ref_delete(ref)
        return value
    return OpaqueRef(store, ref)


def from_c(store, slot):
    """The Python value of an owned wasm_val_t."""
    kind = slot.kind
    if kind == lib.WASM_I32:
        return slot.of.i32
    if kind == lib.WASM_I64:
        return slot.of.i64
    if kind == lib.WASM_F32:
        return slot.of.f32
    if kind == lib.WASM_F64:
        return slot.of.f64
    if kind == lib.ZWASM_V128:
        lanes = ffi.new("uint8_t[16]")
        lib.zwasm_v128_get(_address(slot), lanes)
        lib.wasm_val_delete(_address(slot))
        return bytes(lanes)
    return take_ref(store, slot.of.ref)


# --- objects ---

class Extern:
    """What instances export. Equal when it is the same object."""

    @classmethod
    def _adopt(cls, store, extern):
        """Of an owned wasm_extern_t."""
        self = cls.__new__(cls)
        self.store = store
        self._ptr = ffi.gc(extern, lib.wasm_extern_delete)
        self._bind()
        return self

    def _bind(self):
        pass

    def __eq__(self, other):
        return isinstance(other, Extern) and bool(lib.wasm_extern_same(self._ptr, other._ptr))

    __hash__ = None

    @property
    def type(self):
        c = lib.wasm_extern_type(self._ptr)
        try:
            return extern_type(c)
        finally:
            lib.wasm_externtype_delete(c)


class Func(Extern):
    """A function of a guest, or of Python: `Func(store, FuncType(("i32",), ("i32",)), lambda x: x + 1)`.

    Calling it gives None, the result, or a tuple of several. An exception that a Python function
    raises passes the guest's frames and is raised unchanged by the outermost call."""

    def __init__(self, store, type: FuncType, function: Callable):
        env = _Callback(store, type, function)
        handle = ffi.new_handle(env)
        _kept[handle] = handle
        c = c_functype(type)
        func = lib.zwasm_func_new(store._ptr, c, lib.zwasm_py_call, handle, lib.zwasm_py_release)
        lib.wasm_functype_delete(c)
        self.store = store
        self._ptr = ffi.gc(lib.wasm_func_as_extern(func), lib.wasm_extern_delete)
        self._bind()

    def _bind(self):
        self._func = lib.wasm_extern_as_func(self._ptr)
        c = lib.wasm_func_type(self._func)
        self._type = func_type(c)
        lib.wasm_functype_delete(c)

    @property
    def type(self):
        return self._type

    def __call__(self, *args):
        params, results = self._type.params, self._type.results
        if len(args) != len(params):
            raise TypeError(f"the function takes {len(params)} arguments, not {len(args)}")
        values = ffi.new("wasm_val_t[]", max(len(args), 1))
        outs = ffi.new("wasm_val_t[]", max(len(results), 1))
        filled = 0
        try:
            for value, type in zip(args, params):
                to_c(self.store, value, type, values[filled])
                filled += 1
            trap = lib.wasm_func_call(self._func, ffi.new("wasm_val_vec_t*", (len(args), values)),
                                      ffi.new("wasm_val_vec_t*", (len(results), outs)))
        finally:
            for i in range(filled):
                lib.wasm_val_delete(values + i)
        raise_trap(self.store, trap)
        if not results:
            return None
        if len(results) == 1:
            return from_c(self.store, outs[0])
        return tuple(from_c(self.store, outs[i]) for i in range(len(results)))


def raise_trap(store, trap):
    """Raises for an owned wasm_trap_t; null: nothing. A Python exception on its way comes out itself."""
    pending, store._pending = store._pending, None
    if trap == ffi.NULL:
        return
    if pending is not None:
        lib.wasm_trap_delete(trap)
        raise pending
    raise from_trap(trap)


class _Callback:
    def __init__(self, store, type, function):
        # Not the store itself, which must not keep itself alive through its own functions.
        import weakref
        self.store, self.type, self.function = weakref.ref(store), type, function


def _trap(store, message):
    data = message.encode() + b"\0"
    vec = ffi.new("wasm_message_t*")
    lib.wasm_byte_vec_new(vec, len(data), data)
    trap = lib.wasm_trap_new(store, vec)
    lib.wasm_byte_vec_delete(vec)
    return trap


def _no_answer(*_):
    """What the guest gets when even the trap could not be made, as at the end of Python's stack."""
    return lib.zwasm_trap_new_code(ffi.NULL, lib.ZWASM_TRAP_HOST_ERROR)


@ffi.def_extern(onerror=_no_answer)
def zwasm_py_call(env, caller, args, results):
    callback = ffi.from_handle(env)
    store = callback.store()
    try:
        values = []
        for i in range(args.size):
            copy = ffi.new("wasm_val_t*")  # the arguments stay the caller's
            lib.wasm_val_copy(copy, args.data + i)
            values.append(from_c(store, copy))
        result = callback.function(*values)
        types = callback.type.results
        if len(types) == 1:
            result = (result,)
        elif not types:
            result = ()
        if not isinstance(result, (tuple, list)) or len(result) != len(types):
            raise TypeError(f"the function must give {len(types)} results, not {result!r}")
        for i, (value, type) in enumerate(zip(result, types)):
            to_c(store, value, type, results.data[i])
    except BaseException as exception:  # also KeyboardInterrupt: it comes out of the outermost call
        if store is not None:
            store._pending = exception
        return _trap(lib.zwasm_caller_store(caller), f"{type_name(exception)}: {exception}")
    return ffi.NULL


def type_name(value):
    return value.__class__.__name__


class Memory(Extern):
    """A linear memory; `memory[10:20]` and `memory[10] = 1` work on its bytes, with Python's rules for
    slices. `Memory(store, MemoryType(Limits(1, 10)))` makes one."""

    def __init__(self, store, type: MemoryType):
        c = lib.wasm_memorytype_new(c_limits(type.limits))
        memory = lib.wasm_memory_new(store._ptr, c)
        lib.wasm_memorytype_delete(c)
        if memory == ffi.NULL:
            raise UsageError(f"no memory can be made of {type}")
        self.store = store
        self._ptr = ffi.gc(lib.wasm_memory_as_extern(memory), lib.wasm_extern_delete)
        self._bind()

    def _bind(self):
        self._memory = lib.wasm_extern_as_memory(self._ptr)

    def __len__(self):
        return lib.wasm_memory_data_size(self._memory)

    @property
    def pages(self) -> int:
        return lib.wasm_memory_size(self._memory)

    @property
    def data(self) -> memoryview:
        """The bytes themselves: valid until the memory grows and only while the store lives."""
        size = len(self)
        if size == 0:
            return memoryview(bytearray())
        return memoryview(ffi.buffer(lib.wasm_memory_data(self._memory), size)).cast("B")

    def __getitem__(self, key):
        data = self.data
        return bytes(data[key]) if isinstance(key, slice) else data[key]

    def __setitem__(self, key, value):
        self.data[key] = value

    def read(self, offset: int, size: int) -> bytes:
        """Exactly so many bytes; IndexError if they are not all there."""
        if offset < 0 or size < 0:
            raise IndexError("out of bounds of the memory")
        out = bytearray(size)
        if not lib.zwasm_memory_read(self._memory, offset, ffi.from_buffer(out) if size else ffi.NULL, size):
            raise IndexError("out of bounds of the memory")
        return bytes(out)

    def write(self, offset: int, data: bytes):
        """All of the bytes or, with an IndexError, none."""
        if offset < 0 or not lib.zwasm_memory_write(self._memory, offset, bytes(data), len(data)):
            raise IndexError("out of bounds of the memory")

    def unpack(self, format: str, offset: int):
        """As struct.unpack, little endian: `memory.unpack("<iq", 16)`."""
        return struct.unpack(format, self.read(offset, struct.calcsize(format)))

    def grow(self, pages: int) -> int:
        """The size before, in pages."""
        before = self.pages
        if not lib.wasm_memory_grow(self._memory, pages):
            raise MemoryError(f"the memory of {before} pages cannot grow by {pages}")
        return before


class Global(Extern):
    """A global; `Global(store, GlobalType("i32", mutable=True), 7)` makes one."""

    def __init__(self, store, type: GlobalType, value):
        slot = ffi.new("wasm_val_t*")
        to_c(store, value, type.type, slot)
        c = lib.wasm_globaltype_new(c_valtype(type.type), lib.WASM_VAR if type.mutable else lib.WASM_CONST)
        made = lib.wasm_global_new(store._ptr, c, slot)
        lib.wasm_globaltype_delete(c)
        lib.wasm_val_delete(slot)
        if made == ffi.NULL:
            raise UsageError(f"no global of {type} can be made of {value!r}")
        self.store = store
        self._ptr = ffi.gc(lib.wasm_global_as_extern(made), lib.wasm_extern_delete)

    @property
    def value(self):
        slot = ffi.new("wasm_val_t*")
        lib.wasm_global_get(lib.wasm_extern_as_global(self._ptr), slot)
        return from_c(self.store, slot)

    @value.setter
    def value(self, value):
        if not self.type.mutable:
            raise UsageError("the global is immutable")
        slot = ffi.new("wasm_val_t*")
        to_c(self.store, value, self.type.type, slot)
        lib.wasm_global_set(lib.wasm_extern_as_global(self._ptr), slot)
        lib.wasm_val_delete(slot)


class Table(Extern):
    """A table, as a sequence of fixed length; `Table(store, TableType("funcref", Limits(2)))` makes one of
    nulls."""

    def __init__(self, store, type: TableType):
        c = lib.wasm_tabletype_new(c_valtype(type.element), c_limits(type.limits))
        made = lib.wasm_table_new(store._ptr, c, ffi.NULL)
        lib.wasm_tabletype_delete(c)
        if made == ffi.NULL:
            raise UsageError(f"no table can be made of {type}")
        self.store = store
        self._ptr = ffi.gc(lib.wasm_table_as_extern(made), lib.wasm_extern_delete)
        self._bind()

    def _bind(self):
        self._table = lib.wasm_extern_as_table(self._ptr)

    def __len__(self):
        return lib.wasm_table_size(self._table)

    def _index(self, index):
        if not -len(self) <= index < len(self):
            raise IndexError(f"the table has {len(self)} elements")
        return index % len(self)

    def _slot(self, value):
        slot = ffi.new("wasm_val_t*")
        to_c(self.store, value, self.type.element, slot)
        return slot

    def __getitem__(self, index):
        return take_ref(self.store, lib.wasm_table_get(self._table, self._index(index)))

    def __setitem__(self, index, value):
        index = self._index(index)
        slot = self._slot(value)
        done = lib.wasm_table_set(self._table, index, slot.of.ref)
        lib.wasm_val_delete(slot)
        if not done:
            raise TypeError(f"{value!r} is not of the table's type")

    def grow(self, elements: int, value: Optional[object] = None) -> int:
        """The size before."""
        before, slot = len(self), self._slot(value)
        done = lib.wasm_table_grow(self._table, elements, slot.of.ref)
        lib.wasm_val_delete(slot)
        if not done:
            raise MemoryError(f"the table of {before} elements cannot grow by {elements}")
        return before


class Tag(Extern):
    """The tag of an exception: Python can only pass it on."""


CLASSES = {lib.WASM_EXTERN_FUNC: Func, lib.WASM_EXTERN_GLOBAL: Global, lib.WASM_EXTERN_TABLE: Table,
           lib.WASM_EXTERN_MEMORY: Memory, lib.WASM_EXTERN_TAG: Tag}


def wrap(store, extern):
    """The object of an owned wasm_extern_t."""
    return CLASSES[lib.wasm_extern_kind(extern)]._adopt(store, extern)


__all__ = ["Func", "Global", "Limits", "Memory", "Table"]
