"""Builds the programs and the launcher into build/bench; only what is older than its sources.

C goes through Debian's clang and wasi-libc. Text modules are one shared prelude (arguments, printing)
spliced into each program, assembled by the zwasm under test when it can, else handed to the runtimes
as text, which all but wasm3 read.
"""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess

from . import catalog

OUT = catalog.ROOT / "build" / "bench"
HEADER = catalog.BENCH / "programs" / "bench.h"
PRELUDE = catalog.BENCH / "programs" / "prelude.wat"
PRELUDE_LINE = re.compile(r"^\s*;; @prelude\s*$", re.M)

# Names of one Rust target: as it is called now, and in Debian's older compiler.
RUST_TARGETS = ("wasm32-wasip1", "wasm32-wasi")

C_FLAGS = ["--target=wasm32-wasi", "-O2", "-Wall", "-Wextra", "-fno-exceptions"]
NATIVE_FLAGS = ["-O2", "-Wall", "-Wextra"]


class BuildError(Exception):
    pass


def find_clang():
    """A clang that targets wasm32-wasi: 16 or newer, with Debian's wasi-libc beside it."""
    for name in [os.environ.get("ZWASM_BENCH_CC"), "clang-16", "clang-17", "clang-18", "clang-19", "clang"]:
        if name and shutil.which(name):
            return name
    return None


def newer(target, *sources):
    return target.exists() and all(s.stat().st_mtime <= target.stat().st_mtime for s in sources)


def command(arguments, **how):
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=1800, **how)
    if done.returncode != 0:
        raise BuildError(f"{' '.join(str(a) for a in arguments)}\n{(done.stderr or done.stdout).strip()}")


def launcher():
    OUT.mkdir(parents=True, exist_ok=True)
    source, target = catalog.BENCH / "spawn.c", OUT / "spawn"
    if not newer(target, source):
        compiler = shutil.which("cc") or shutil.which("gcc") or find_clang()
        if not compiler:
            raise SystemExit("bench: no C compiler (apt-get install gcc)")
        command([compiler, "-O2", "-static", "-o", target, source])
    return target


def expand_wat(source):
    """The text module with the prelude in place of its marker line."""
    text = source.read_text()
    prelude = PRELUDE.read_text()
    return PRELUDE_LINE.sub(lambda _: prelude, text)


def toolchains():
    """The tests' builder of applications from Debian's source packages: one place that knows how."""
    path = catalog.ROOT / "tests" / "guests" / "toolchains.py"
    spec = importlib.util.spec_from_file_location("toolchains", path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def debian(program, kind):
    tools = toolchains()
    try:
        return pathlib.Path(getattr(tools, kind)(program.debian))
    except (tools.Absent, RuntimeError) as error:
        raise BuildError(f"{program.debian}: {error}") from None


def go(source, target, **settings):
    compiler = os.environ.get("ZWASM_GO") or shutil.which("go")
    if not compiler:
        raise BuildError("no Go 1.21 or newer (apt-get install golang-go)")
    environment = dict(os.environ, CGO_ENABLED="0", GOTOOLCHAIN="local", GOCACHE=str(OUT / "go-cache"), **settings)
    command([compiler, "build", "-trimpath", "-ldflags=-s", "-o", target, "."], cwd=source, env=environment)


def find_rust():
    """(compiler, its name for WASI): a rustc whose standard library for WebAssembly is there, or None."""
    for compiler in (os.environ.get("ZWASM_RUSTC"), "rustc", "/usr/bin/rustc"):
        if not compiler or not shutil.which(compiler):
            continue
        done = subprocess.run([compiler, "--print", "sysroot"], capture_output=True, text=True, timeout=60)
        for target in RUST_TARGETS:
            if (pathlib.Path(done.stdout.strip()) / "lib" / "rustlib" / target / "lib").is_dir():
                return compiler, target
    return None


def rust(source, target, is_wasm):
    found = find_rust()
    if not found:
        raise BuildError("no rustc with its library for WASI (apt-get install rustc libstd-rust-dev-wasm32 lld)")
    # The linker of C programs: not every rustc finds one of its own.
    linkers = [n for n in (*(f"wasm-ld-{v}" for v in range(16, 22)), "wasm-ld") if shutil.which(n)]
    cross = [f"--target={found[1]}", *([f"-Clinker={linkers[0]}"] if linkers else [])] if is_wasm else []
    command([found[0], "--edition=2021", "-Copt-level=3", "-Cpanic=abort", "-Cstrip=symbols", *cross, "-o", target, source])


def library(program):
    """What a program's source is compiled with: include options and sources of a Debian package."""
    if not program.package:
        return []
    tools = toolchains()
    try:
        sources = tools._source(program.package)
    except (tools.Absent, RuntimeError) as error:
        raise BuildError(f"{program.package}: {error}") from None
    made = sources.parent / "made"
    if not all((made / part).exists() for part in program.parts):
        made.mkdir(exist_ok=True)
        command(program.prepare, cwd=made)
    return [f"-I{made}", *(made / part for part in program.parts)]


def module(program, zwasm=None):
    """The file that runtimes are given for a program."""
    OUT.mkdir(parents=True, exist_ok=True)
    if program.guest:
        guests = catalog.guests_directory()
        if guests is None or not (guests / program.guest).exists():
            raise BuildError(f"{program.guest} is not there (looked in ../shared/guests and $ZWASM_GUESTS)")
        return guests / program.guest
    if program.debian:
        return debian(program, "wasm")
    source = catalog.BENCH / "programs" / program.source
    target = OUT / f"{program.name}.wasm"
    if source.suffix == ".c":
        if not newer(target, source, HEADER):
            clang = find_clang()
            if not clang:
                raise BuildError("no clang for wasm32-wasi (apt-get install clang-16 lld-16 wasi-libc "
                                 "libclang-rt-16-dev-wasm32)")
            command([clang, *C_FLAGS, *program.cflags, "-o", target, source, *library(program), *program.ldflags])
        return target
    if source.suffix == ".rs":
        if not newer(target, source):
            rust(source, target, True)
        return target
    if source.is_dir():
        if not newer(target, *source.iterdir()):
            go(source, target, GOOS="wasip1", GOARCH="wasm")
        return target
    text = OUT / f"{program.name}.wat"
    if not newer(text, source, PRELUDE):
        text.write_text(expand_wat(source))
    if newer(target, text):
        return target
    if zwasm:
        partial = target.with_suffix(".partial")
        try:
            command([zwasm, "wat2wasm", text, "-o", partial])
            partial.replace(target)
            return target
        except (BuildError, OSError, subprocess.TimeoutExpired):
            pass
    return text


def native(program):
    """The same program for this machine, or None: the check that the expected output does not come from
    a wasm engine alone, and the yardstick of compiled code."""
    if program.debian:
        return debian(program, "native")
    if not program.source or program.source.endswith(".wat") or "simd" in program.needs:
        return None
    source = catalog.BENCH / "programs" / program.source
    target = OUT / "native" / program.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        if not newer(target, *source.iterdir()):
            go(source, target)
    elif source.suffix == ".rs":
        if not newer(target, source):
            rust(source, target, False)
    elif not newer(target, source, HEADER):
        compiler = find_clang() or "cc"
        flags = [f for f in program.cflags if not f.startswith("-m")]
        command([compiler, *NATIVE_FLAGS, *flags, "-o", target, source, *library(program), "-lm"])
    return target
