"""Makes zwasm._binding from the C API: cffi compiles a module of what include/zwasm.h declares, so
that no second list of functions exists.

The library and its headers are found, in this order: $ZWASM_PREFIX (an installation), a build of the
repository around this folder (build/release, or $ZWASM_BUILD with $ZWASM_INCLUDE), pkg-config, the
places where the C compiler looks by itself. The compiler is cc, or $CC."""
import os
import re
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).resolve().parent
COMPILER = shlex.split(os.environ.get("CC") or "cc")
HEADERS = ("assert.h", "stdbool.h", "stddef.h", "stdint.h", "string.h")

CALLBACKS = """
extern "Python" wasm_trap_t* zwasm_py_call(
    void* env, const zwasm_caller_t*, const wasm_val_vec_t*, wasm_val_vec_t*);
extern "Python" void zwasm_py_release(void* handle);
extern "Python" void zwasm_py_trace(void* handle, const char* line);
extern "Python" void zwasm_py_write(void* handle, const char* bytes, size_t size);
extern "Python" void zwasm_py_call_hook(void* handle, const zwasm_call_t*);
"""


def check_compiler():
    if shutil.which(COMPILER[0]) is None:
        raise SystemExit(f"zwasm: there is no C compiler {COMPILER[0]}, which makes the binding: install one "
                         "(Debian: apt install gcc python3-dev), or name yours in $CC")
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        raise SystemExit("zwasm: the headers of Python are missing (Debian: apt install python3-dev)")


def find_library():
    """Where the headers are, and what to link: (include folder, compiler's keyword arguments)."""
    prefix = os.environ.get("ZWASM_PREFIX")
    if prefix:
        found = next(iter(sorted(Path(prefix).rglob("libzwasm.a")) + sorted(Path(prefix).rglob("libzwasm.so"))), None)
        if found is None:
            raise SystemExit(f"zwasm: there is no libzwasm below ZWASM_PREFIX={prefix}")
        return Path(prefix) / "include", link_with(found)
    build = Path(os.environ.get("ZWASM_BUILD") or HERE.parent / "build" / "release")
    if (build / "libzwasm.a").exists():
        return Path(os.environ.get("ZWASM_INCLUDE") or HERE.parent / "include"), link_with(build / "libzwasm.a")
    try:
        def ask(what):
            return subprocess.run(["pkg-config", what, "zwasm"], text=True, capture_output=True, check=True).stdout
        include = Path(ask("--variable=prefix").strip(), "include")
        folders = [word[2:] for word in ask("--libs").split() if word.startswith("-L")]
        return include, {"libraries": ["zwasm"], "library_dirs": folders, "runtime_library_dirs": folders}
    except (OSError, subprocess.CalledProcessError):
        pass
    # Without pkg-config, an installed library is found where the compiler looks.
    known = subprocess.run([*COMPILER, "-E", "-x", "c", "-"], input="#include <zwasm.h>\n", text=True,
                           capture_output=True).stdout
    header = re.search(r'^# \d+ "(.*)/zwasm\.h"', known, re.M)
    if header is None:
        raise SystemExit("zwasm: the library is not found: build it with ./x build in the repository, install it "
                         "(libzwasm-dev, or cmake --install), or name its prefix in $ZWASM_PREFIX")
    return Path(header[1]), {"libraries": ["zwasm"]}


def link_with(library):
    if library.suffix == ".a":  # the module then needs no library at run time
        return {"extra_objects": [str(library)], "libraries": ["stdc++", "pthread"]}
    folder = str(library.parent)
    return {"libraries": ["zwasm"], "library_dirs": [folder], "runtime_library_dirs": [folder]}


def declarations(include):
    """What zwasm.h declares, as cffi wants it: preprocessed, without the system's headers and without
    definitions."""
    with tempfile.TemporaryDirectory() as empty:
        for name in HEADERS:
            Path(empty, name).touch()
        text = subprocess.run([*COMPILER, "-E", "-P", "-nostdinc", "-DWASM_API_EXTERN=", f"-I{empty}",
                               str(include / "zwasm.h")], text=True, capture_output=True, check=True).stdout
    text = re.sub(r"static const [^;]*;", "", text)
    kept, at = [], 0
    for match in re.finditer(r"static inline [^{;]*\{", text):
        if match.start() < at:
            continue
        kept.append(text[at:match.start()])
        at, depth = match.end(), 1
        while depth:
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            at += 1
    return "".join(kept) + text[at:]


check_compiler()
include, link = find_library()
ffi = FFI()
ffi.cdef(declarations(include))
ffi.cdef(CALLBACKS)
ffi.set_source("zwasm._binding", '#include "zwasm.h"', include_dirs=[str(include)], **link)

if __name__ == "__main__":
    ffi.compile(verbose=True)
