"""The guests and how they are built: a table, and a function per toolchain.

Everything lands in build/guests of the project; what is newer than its sources is not built again.
A guest that cannot be built here raises Absent with the reason; a compiler that fails is an error."""
import os
import shlex
import shutil
import subprocess
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = HERE.parent.parent / "build" / "guests"
C = HERE / "c"

SJLJ = ["-mllvm", "-wasm-enable-sjlj", "-mexception-handling", f"-I{C}/sjlj", f"{C}/sjlj/runtime.c"]
MISSING = [f"-I{C}/debian", "-include", f"{C}/debian/missing.h"]
EMULATED = ["-D_WASI_EMULATED_SIGNAL", "-D_WASI_EMULATED_PROCESS_CLOCKS", "-lwasi-emulated-signal",
            "-lwasi-emulated-process-clocks"]


class Absent(Exception):
    """Something that only the machine can provide is not there."""


def c(*sources, wasm=(), native=("-lm", "-D_GNU_SOURCE"), package=None):
    return {"kind": "c", "sources": sources, "wasm": wasm, "native": native, "package": package}


# name -> how it is built; `package` is the Debian source package that holds the sources
GUESTS = {
    "files": c("files.c"),
    "dirs": c("dirs.c"),
    "surroundings": c("surroundings.c"),
    "numbers": c("numbers.c"),
    "memory": c("memory.c"),
    "vectors": c("vectors.c", wasm=["-msimd128"], native=["-Wno-psabi"]),
    "tail_calls": c("tail_calls.c", wasm=["-mtail-call"]),
    "jumps": c("jumps.c", wasm=SJLJ),
    "trap": c("trap.c"),
    "shapes": c("shapes.cpp"),
    "lua": c("src/l*.c", "!src/luac.c", package="lua5.4", wasm=[*SJLJ, *MISSING, *EMULATED],
             native=["-lm", f"-I{C}/debian", "-DLUA_USE_POSIX"]),
    "minigzip": c("test/minigzip.c", "adler32.c", "crc32.c", "deflate.c", "inflate.c", "inftrees.c",
                  "inffast.c", "trees.c", "zutil.c", "gz*.c", "compress.c", "uncompr.c", package="zlib",
                  wasm=["-DHAVE_UNISTD_H", "-I."], native=["-DHAVE_UNISTD_H", "-I."]),
    "bzip2": c("bzip2.c", "blocksort.c", "bzlib.c", "compress.c", "crctable.c", "decompress.c",
               "huffman.c", "randtable.c", package="bzip2", wasm=[*MISSING, *EMULATED]),
    "go_files": {"kind": "go", "folder": "files"},
    "threads": {"kind": "wat"},
    "objects": {"kind": "wat"},
}

_locks, _guard = {}, threading.Lock()


def _lock(name):
    with _guard:
        return _locks.setdefault(name, threading.Lock())


def wasm(name):
    """The path of the guest's WebAssembly program, built when need be."""
    if GUESTS[name]["kind"] == "wat":
        return str(HERE / "wat" / f"{name}.wat")
    return _built(name, f"{name}.wasm")


def native(name):
    """The path of the native build, or None where a program has none."""
    return None if GUESTS[name]["kind"] == "wat" else _built(name, f"{name}.native")


def prepare(names):
    """Fetches the Debian sources that the guests need, all at once and in order."""
    for package in sorted({GUESTS[name].get("package") for name in names} - {None}):
        try:
            _source(package)
        except Absent:
            pass  # said again, with the guest's name, when the guest is asked for


def _built(name, target):
    output = BUILD / target
    row = GUESTS[name]
    with _lock(name):
        if output.exists() and output.stat().st_mtime > _newest(HERE):
            return str(output)
        BUILD.mkdir(parents=True, exist_ok=True)
        build = _go if row["kind"] == "go" else _c
        build(row, output, target.endswith(".wasm"))
    return str(output)


def _newest(folder):
    return max(path.stat().st_mtime for path in folder.rglob("*")
               if path.suffix in (".c", ".cpp", ".h", ".s", ".go") or path.name == "toolchains.py")


def _run(command, folder, env=None):
    result = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=600)
    if result.returncode != 0:
        raise RuntimeError(f"$ {shlex.join(map(str, command))}\n{result.stderr[-3000:]}")


# --- C and C++: clang with Debian's wasi-libc -------------------------------------------------

def clang_version():
    """The version whose compiler, linker and WebAssembly runtime library are all here."""
    for version in range(16, 22):
        runtime = Path(f"/usr/lib/llvm-{version}/lib/clang/{version}/lib/wasi")
        if shutil.which(f"clang-{version}") and shutil.which(f"wasm-ld-{version}") and runtime.exists():
            return version
    raise Absent("no clang with wasm-ld and libclang-rt for wasm32 (16 or newer)")


def _c(row, output, is_wasm):
    version = clang_version()
    if not Path("/usr/include/wasm32-wasi").exists():
        raise Absent("wasi-libc is not installed")
    folder = _source(row["package"]) if row["package"] else C
    sources, left_out = [], set()
    for pattern in row["sources"]:
        found = sorted(folder.glob(pattern.lstrip("!")))
        if not found:
            raise RuntimeError(f"{folder}: no {pattern}")
        left_out.update(found) if pattern.startswith("!") else sources.extend(found)
    sources = [path for path in sources if path not in left_out]
    is_cpp = sources[0].suffix == ".cpp"
    compiler = f"clang{'++' if is_cpp else ''}-{version}"
    command = [compiler, "-O2", "-w", "-o", output]
    if is_cpp:
        command += ["-std=c++20"]
    if is_wasm:
        command += ["--target=wasm32-wasi", "--sysroot=/usr"]
        if is_cpp:
            headers = Path(f"/usr/lib/llvm-{version}/include/wasm32-wasi/c++/v1")
            if not headers.exists():
                raise Absent("libc++ for wasm32 is not installed")
            command += ["-fno-exceptions", "-nostdinc++", "-isystem", headers,
                        f"-L/usr/lib/llvm-{version}/lib/wasm32-wasi"]
        if "-wasm-enable-sjlj" in row["wasm"]:
            tag = BUILD / "tag.o"
            with _lock("tag.o"):
                _run([compiler, "--target=wasm32-wasi", "-c", C / "sjlj" / "tag.s", "-o", tag], C)
            command += [tag]
    command += [*sources, *(row["wasm"] if is_wasm else row["native"])]
    _run(command, folder)


# --- Go ---------------------------------------------------------------------------------------

def _go(row, output, is_wasm):
    go = os.environ.get("ZWASM_GO") or shutil.which("go")
    if not go:
        raise Absent("no Go 1.21 or newer")
    env = dict(os.environ, CGO_ENABLED="0", GOFLAGS="-mod=mod", GOTOOLCHAIN="local",
               GOCACHE=str(BUILD / "go-cache"))
    if is_wasm:
        env |= {"GOOS": "wasip1", "GOARCH": "wasm"}
    _run([go, "build", "-trimpath", "-ldflags=-s", "-o", output, f"./{row['folder']}"], HERE / "go", env)


# --- Debian's source packages -----------------------------------------------------------------

def _source(package):
    """The unpacked upstream sources of a package; fetched with apt's own client and signatures, in
    a state directory of our own, since most machines do not list sources."""
    folder = BUILD / "sources" / package
    with _lock("sources"):
        if (folder / "complete").exists():
            return next(path for path in folder.iterdir() if path.is_dir())
        if not shutil.which("apt-get") or not shutil.which("dpkg-source"):
            raise Absent(f"no apt-get or dpkg-source for the source package {package}")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        options = _apt_options()
        try:
            _run(["apt-get", *options, "source", "--download-only", package], folder)
            description = next(folder.glob("*.dsc"))
            _run(["dpkg-source", "--no-check", "-x", description.name, package], folder)
        except RuntimeError as error:
            raise Absent(f"the source package {package} is not to be had: {error}") from None
        (folder / "complete").touch()
        return folder / package


def _apt_options():
    state = BUILD / "apt"
    for part in ("lists/partial", "cache/archives/partial"):
        (state / part).mkdir(parents=True, exist_ok=True)
    options = ["-qq", "-o", f"Dir::State::Lists={state}/lists", "-o", f"Dir::Cache={state}/cache",
               "-o", f"Dir::Etc::SourceList={state}/sources.list", "-o", "Dir::Etc::SourceParts=/dev/null",
               "-o", "APT::Sandbox::User=root"]
    if not (state / "sources.list").exists():
        targets = subprocess.run(
            ["apt-get", "indextargets", "--format", "$(SITE)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(SIGNED_BY)",
             "Created-By: Packages"], capture_output=True, text=True).stdout.splitlines()
        lines = set()
        for target in targets:
            site, release, component, origin, key = target.split("|")
            if origin in ("Debian", "Ubuntu") and component == "main":
                signed = f"[signed-by={key}] " if key.startswith("/") else ""
                lines.add(f"deb-src {signed}{site} {release} {component}")
        if not lines:
            raise Absent("apt knows no archive of Debian or Ubuntu; its lists are empty")
        (state / "sources.list.new").write_text("\n".join(sorted(lines)) + "\n")
        try:
            _run(["apt-get", *[option.replace("sources.list", "sources.list.new") for option in options],
                  "update"], state)
        except RuntimeError as error:
            raise Absent(f"apt cannot list source packages: {error}") from None
        (state / "sources.list.new").rename(state / "sources.list")
    return options
