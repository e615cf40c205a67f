"""Types of what modules import and export, as plain data."""
from dataclasses import dataclass
from typing import Optional, Tuple, Union

from ._binding import ffi, lib

_KINDS = {lib.WASM_I32: "i32", lib.WASM_I64: "i64", lib.WASM_F32: "f32", lib.WASM_F64: "f64",
          lib.ZWASM_V128: "v128", lib.WASM_EXTERNREF: "externref", lib.WASM_FUNCREF: "funcref"}
_NUMBERS = {name: kind for kind, name in _KINDS.items()}
_NO_MAXIMUM = 0xFFFFFFFF


@dataclass(frozen=True)
class FuncType:
    """`FuncType(("i32", "f64"), ("i64",))`. Value types are "i32", "i64", "f32", "f64", "v128", "externref",
    "funcref". A v128 is 16 bytes, those of lane 0 first."""
    params: Tuple[str, ...] = ()
    results: Tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    min: int
    max: Optional[int] = None


@dataclass(frozen=True)
class GlobalType:
    type: str
    mutable: bool = False


@dataclass(frozen=True)
class TableType:
    element: str
    limits: Limits


@dataclass(frozen=True)
class MemoryType:
    limits: Limits  # in pages of 64 KiB


@dataclass(frozen=True)
class TagType:
    params: Tuple[str, ...] = ()


ExternType = Union[FuncType, GlobalType, TableType, MemoryType, TagType]


def _val(c):
    return _KINDS[lib.wasm_valtype_kind(c)]


def _vals(vec):
    return tuple(_val(vec.data[i]) for i in range(vec.size))


def _limits(c):
    return Limits(c.min, None if c.max == _NO_MAXIMUM else c.max)


def func_type(c):
    return FuncType(_vals(lib.wasm_functype_params(c)), _vals(lib.wasm_functype_results(c)))


def extern_type(c):
    """The type behind a wasm_externtype_t, which stays the caller's."""
    kind = lib.wasm_externtype_kind(c)
    if kind == lib.WASM_EXTERN_FUNC:
        return func_type(lib.wasm_externtype_as_functype_const(c))
    if kind == lib.WASM_EXTERN_GLOBAL:
        c = lib.wasm_externtype_as_globaltype_const(c)
        return GlobalType(_val(lib.wasm_globaltype_content(c)),
                          lib.wasm_globaltype_mutability(c) == lib.WASM_VAR)
    if kind == lib.WASM_EXTERN_TABLE:
        c = lib.wasm_externtype_as_tabletype_const(c)
        return TableType(_val(lib.wasm_tabletype_element(c)), _limits(lib.wasm_tabletype_limits(c)))
    if kind == lib.WASM_EXTERN_MEMORY:
        return MemoryType(_limits(lib.wasm_memorytype_limits(lib.wasm_externtype_as_memorytype_const(c))))
    c = lib.wasm_externtype_as_tagtype_const(c)
    return TagType(_vals(lib.wasm_functype_params(lib.wasm_tagtype_functype(c))))


def c_valtype(name):
    if name not in _NUMBERS:
        raise TypeError(f"{name!r} is not a value type; they are {', '.join(_NUMBERS)}")
    return lib.wasm_valtype_new(_NUMBERS[name])


def c_functype(type):
    """An owned wasm_functype_t."""
    vecs = []
    for names in (type.params, type.results):
        elements = [c_valtype(name) for name in names]
        vec = ffi.new("wasm_valtype_vec_t*")
        lib.wasm_valtype_vec_new(vec, len(elements), elements)
        vecs.append(vec)
    return lib.wasm_functype_new(*vecs)


def c_limits(limits):
    return ffi.new("wasm_limits_t*", (limits.min, _NO_MAXIMUM if limits.max is None else limits.max))
