"""What can go wrong, as exceptions."""
from dataclasses import dataclass

from ._binding import ffi, lib


@dataclass(frozen=True)
class Frame:
    """One frame of a backtrace, innermost first."""
    module: str  # empty if it has no name
    func_name: str  # empty if it has none
    func_index: int
    offset: int  # of the instruction, in bytes from the start of the module
    file: str  # where it comes from, if the module carries DWARF; else empty
    line: int  # from 1; 0 if unknown
    column: int


class Error(Exception):
    """Anything that zwasm reports."""


class UsageError(Error):
    """The API was used wrongly: arguments do not fit, a handle of another store …"""


class LoadError(Error):
    """A module cannot be read, parsed or validated. `line` and `column` count from 1 (0: none), `offset`
    is a place in a binary (or None); str() has several lines where there is text to show."""

    def __init__(self, message, line=0, column=0, offset=None):
        super().__init__(message)
        self.line, self.column, self.offset = line, column, offset


class LinkError(Error):
    """An import is missing or has the wrong type, or a limit forbids the instance."""


class Trap(Error):
    """Running code trapped: `code` is the trap's name ("unreachable", "out_of_fuel" …)."""

    def __init__(self, message, code, frames):
        super().__init__(message)
        self.message, self.code, self.frames = message, code, frames

    def __str__(self):
        lines = [self.message]
        for frame in self.frames:
            place = f" at {frame.file}:{frame.line}" if frame.file else ""
            lines.append(f"  in {frame.module or '<unnamed>'}!{frame.func_name or frame.func_index}{place}")
        return "\n".join(lines)


class HostError(Trap):
    """A function of the host failed in a way other than by raising a Python exception."""


class ExitError(Error):
    """The program ended itself with a status; 0 is success."""

    def __init__(self, status):
        super().__init__(f"exit status {status}")
        self.status = status


def text(pointer):
    return ffi.string(pointer).decode("utf-8", "replace")


def take_bytes(vec):
    """The contents of an owned wasm_byte_vec_t, which is given back."""
    data = bytes(ffi.buffer(vec.data, vec.size)) if vec.size else b""
    lib.wasm_byte_vec_delete(vec)
    return data


def from_error(error):
    """The exception for an owned zwasm_error_t, which is given back."""
    kind = lib.zwasm_error_kind(error)
    details = text(lib.zwasm_error_details(error))
    line, column = lib.zwasm_error_line(error), lib.zwasm_error_column(error)
    offset = lib.zwasm_error_offset(error)
    lib.zwasm_error_delete(error)
    if kind == lib.ZWASM_ERROR_IO:
        return FileNotFoundError(details) if "No such file" in details else OSError(details)
    if kind in (lib.ZWASM_ERROR_MALFORMED, lib.ZWASM_ERROR_INVALID):
        return LoadError(details, line, column, None if offset == 2**64 - 1 else offset)
    if kind in (lib.ZWASM_ERROR_LINK, lib.ZWASM_ERROR_LIMIT):
        return LinkError(details)
    return UsageError(details) if kind == lib.ZWASM_ERROR_USAGE else Error(details)


_CODES = {getattr(lib, name): name[len("ZWASM_TRAP_"):].lower()
          for name in dir(lib) if name.startswith("ZWASM_TRAP_")}


def _frames(trap):
    trace = ffi.new("wasm_frame_vec_t*")
    lib.wasm_trap_trace(trap, trace)
    frames = tuple(
        Frame(text(lib.zwasm_frame_module_name(f)), text(lib.zwasm_frame_func_name(f)),
              lib.wasm_frame_func_index(f), lib.wasm_frame_module_offset(f), text(lib.zwasm_frame_file(f)),
              lib.zwasm_frame_line(f), lib.zwasm_frame_column(f))
        for f in (trace.data[i] for i in range(trace.size)))
    lib.wasm_frame_vec_delete(trace)
    return frames


def from_trap(trap):
    """The exception for an owned wasm_trap_t, which is given back."""
    kind = lib.zwasm_trap_kind(trap)
    message = ffi.new("wasm_message_t*")
    lib.wasm_trap_message(trap, message)
    words = take_bytes(message)[:-1].decode("utf-8", "replace")
    status = ffi.new("uint32_t*")
    try:
        if lib.zwasm_trap_exit_status(trap, status):
            return ExitError(status[0])
        if kind == lib.ZWASM_ERROR_USAGE:
            return UsageError(words)
        if kind in (lib.ZWASM_ERROR_LINK, lib.ZWASM_ERROR_LIMIT):
            return LinkError(words)
        if kind == lib.ZWASM_ERROR_TRAP:
            return Trap(words, _CODES[lib.zwasm_trap_code(trap)], _frames(trap))
        code = "exception" if kind == lib.ZWASM_ERROR_EXCEPTION else "host"
        return (Trap if code == "exception" else HostError)(words, code, _frames(trap))
    finally:
        lib.wasm_trap_delete(trap)
