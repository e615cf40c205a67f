"""Watching calls: what a hook of Store.set_call_hook gets."""
import weakref
from typing import Optional, Tuple

from ._binding import ffi, lib
from .errors import UsageError, from_trap, text
from .objects import from_c

_EVENTS = {lib.ZWASM_CALLING_WASM: "calling_wasm", lib.ZWASM_RETURNING_FROM_WASM: "returning_from_wasm",
           lib.ZWASM_CALLING_HOST: "calling_host", lib.ZWASM_RETURNING_FROM_HOST: "returning_from_host"}


class Call:
    """A passage between host and guest. What is asked for is looked up then, and only while the hook runs."""

    def __init__(self, store, call):
        self._store, self._call = store, call

    @property
    def _ptr(self):
        if self._call is None:
            raise UsageError("a call can be asked only while its hook runs")
        return self._call

    @property
    def event(self) -> str:
        """"calling_wasm" or "calling_host", then "returning_from_wasm" or "returning_from_host"."""
        return _EVENTS[lib.zwasm_call_event(self._ptr)]

    @property
    def module(self) -> str:
        """Of a guest's function, the name its module gives itself; of a host function, the name of the module
        from which the caller imports it. Empty if there is none."""
        return text(lib.zwasm_call_module_name(self._ptr))

    @property
    def name(self) -> str:
        """Of a guest's function, from the name section or its export; of a host function, the name under which
        the caller imports it. Empty if there is none."""
        return text(lib.zwasm_call_func_name(self._ptr))

    @property
    def func_index(self) -> Optional[int]:
        """Of a guest's function, in its module; None for host functions."""
        index = lib.zwasm_call_func_index(self._ptr)
        return None if index == 2**32 - 1 else index

    @property
    def arguments(self) -> Tuple:
        """When it is called; else empty."""
        return self._values(lib.zwasm_call_arguments)

    @property
    def results(self) -> Tuple:
        """When it has returned; else empty."""
        return self._values(lib.zwasm_call_results)

    @property
    def error(self):
        """Why the call failed, as an exception of zwasm; None if it returned, or is only beginning."""
        trap = lib.zwasm_call_trap(self._ptr)
        return None if trap == ffi.NULL else from_trap(trap)

    @property
    def wasi(self) -> Optional[str]:
        """Of a WASI function that returns: its call with arguments, error and results, as Wasi(trace=…) has it."""
        words = lib.zwasm_call_wasi(self._ptr, ffi.NULL)
        return None if words == ffi.NULL else text(words)

    def _values(self, ask):
        vec = ffi.new("wasm_val_vec_t*")
        ask(self._ptr, vec)
        try:
            values = []
            for i in range(vec.size):
                copy = ffi.new("wasm_val_t*")
                lib.wasm_val_copy(copy, vec.data + i)
                values.append(from_c(self._store, copy))
            return tuple(values)
        finally:
            lib.wasm_val_vec_delete(vec)


def set_hook(store, hook):
    """What Store.set_call_hook does; gives what must be kept as long as the hook is in force."""
    if hook is None:
        lib.zwasm_store_set_call_hook(store._ptr, ffi.NULL, ffi.NULL)
        return None
    # Not the store itself, which must not keep itself alive through its hook.
    handle = ffi.new_handle((weakref.ref(store), hook))
    lib.zwasm_store_set_call_hook(store._ptr, lib.zwasm_py_call_hook, handle)
    return handle


@ffi.def_extern()
def zwasm_py_call_hook(handle, pointer):
    store, hook = ffi.from_handle(handle)
    call = Call(store(), pointer)
    try:
        hook(call)
    finally:
        call._call = None
