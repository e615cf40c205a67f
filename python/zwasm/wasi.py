"""What a WASI program may see and do."""
import os

from ._binding import ffi, lib
from .errors import from_error, take_bytes


class Wasi:
    """Nothing is granted that is not named:

        wasi = Wasi(args=["prog", "-v"], env={"LANG": "C"}, stdin=b"…", capture=True,
                    dirs={"/data": "/srv/data"}, files={"/": {"a.txt": b"contents"}})

    `args[0]` is the program's name. `dirs` maps names for the guest to directories of the host, read-only
    unless in `writable`; `files` makes directories that exist in memory only. With `capture`, stdout and
    stderr are kept; with `inherit_stdio` they are those of the process; functions given as `stdout` and
    `stderr` get the bytes as they are written. `trace` gets a line for every call."""

    def __init__(self, args=(), env=None, *, stdin=None, capture=False, inherit_stdio=False, dirs=None,
                 writable=(), files=None, clocks=True, random=True, threads=False, trace=None, stdout=None,
                 stderr=None):
        self._ptr = ffi.gc(lib.zwasm_wasi_new(), lib.zwasm_wasi_delete)
        words = [ffi.new("char[]", os.fsencode(word)) for word in args]
        lib.zwasm_wasi_set_args(self._ptr, len(words), words)
        for name, value in (env or {}).items():
            lib.zwasm_wasi_set_env(self._ptr, os.fsencode(name), os.fsencode(value))
        if inherit_stdio:
            lib.zwasm_wasi_inherit_stdio(self._ptr)
        if stdin is not None:
            data = stdin.encode() if isinstance(stdin, str) else bytes(stdin)
            lib.zwasm_wasi_set_stdin(self._ptr, data, len(data))
        if capture:
            lib.zwasm_wasi_capture_stdout(self._ptr)
            lib.zwasm_wasi_capture_stderr(self._ptr)
        self._sinks = [ffi.new_handle(sink) if sink is not None else None for sink in (stdout, stderr)]
        if stdout is not None:
            lib.zwasm_wasi_set_stdout_sink(self._ptr, lib.zwasm_py_write, self._sinks[0])
        if stderr is not None:
            lib.zwasm_wasi_set_stderr_sink(self._ptr, lib.zwasm_py_write, self._sinks[1])
        for guest, host in (dirs or {}).items():
            lib.zwasm_wasi_preopen(self._ptr, os.fsencode(host), os.fsencode(guest), guest in writable)
        for guest, tree in (files or {}).items():
            for path, contents in tree.items():
                data = contents.encode() if isinstance(contents, str) else bytes(contents)
                error = ffi.new("zwasm_error_t**")
                if not lib.zwasm_wasi_add_file(self._ptr, guest.encode(), path.encode(), data, len(data), error):
                    raise from_error(error[0])
        lib.zwasm_wasi_allow_clocks(self._ptr, clocks)
        lib.zwasm_wasi_allow_random(self._ptr, random)
        lib.zwasm_wasi_allow_threads(self._ptr, threads)
        self._trace = ffi.new_handle(trace) if trace is not None else None
        if trace is not None:
            lib.zwasm_wasi_trace(self._ptr, lib.zwasm_py_trace, self._trace)

    @property
    def stdout(self) -> bytes:
        """What was captured so far."""
        vec = ffi.new("wasm_byte_vec_t*")
        lib.zwasm_wasi_stdout(self._ptr, vec)
        return take_bytes(vec)

    @property
    def stderr(self) -> bytes:
        vec = ffi.new("wasm_byte_vec_t*")
        lib.zwasm_wasi_stderr(self._ptr, vec)
        return take_bytes(vec)

    def read_file(self, guest: str, path: str) -> bytes:
        """The contents of a file below one of `files`, as the program left it."""
        vec = ffi.new("wasm_byte_vec_t*")
        if not lib.zwasm_wasi_read_file(self._ptr, guest.encode(), path.encode(), vec):
            raise FileNotFoundError(path)
        return take_bytes(vec)


@ffi.def_extern()
def zwasm_py_trace(handle, line):
    ffi.from_handle(handle)(ffi.string(line).decode("utf-8", "replace"))


@ffi.def_extern()
def zwasm_py_write(handle, data, size):
    ffi.from_handle(handle)(bytes(ffi.buffer(data, size)))
