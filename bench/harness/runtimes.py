"""The runtimes: how each is found, asked for its version, and told to run a program.

A peer that is not installed is reported and left out; a feature that a peer lacks gives `n/a` for the
programs that need it. Everything else that goes wrong is a failure and is shown as one.
"""

import os
import pathlib
import shutil
import subprocess

from . import build, catalog

PEERS = pathlib.Path(os.environ.get("ZWASM_PEERS") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "zwasm-bench" / "peers")


class Runtime:
    name = ""
    lacks = frozenset()  # features of programs.toml that it does not have
    reads_text = True

    def __init__(self, path):
        self.path = str(path)

    @classmethod
    def find(cls):
        path = PEERS / "bin" / cls.executable
        if path.exists():
            return cls(path)
        found = shutil.which(cls.executable)
        return cls(found) if found else None

    def version(self):
        done = subprocess.run([self.path, "--version"], capture_output=True, text=True, timeout=20)
        lines = (done.stdout or done.stderr).strip().splitlines()
        return lines[0] if lines else "unknown"

    def missing(self, program):
        """Why it cannot run the program at all, or None."""
        absent = [n for n in program.needs if n in self.lacks]
        return f"no {', '.join(absent)}" if absent else None

    @staticmethod
    def grants(program):
        """The folders and variables of a program, as zwasm, wasmtime and wasmi spell them."""
        folders = ["."] if program.files else []
        folders += [f"{host}::{guest}" for host, guest in program.mounts]
        options = [word for folder in folders for word in ("--dir", folder)]
        return options + [word for name, value in program.environment for word in ("--env", f"{name}={value}")]

    def command(self, program, module, arguments):
        raise NotImplementedError


class Zwasm(Runtime):
    name = "zwasm"

    def __init__(self, path, name="zwasm", options=()):
        super().__init__(path)
        self.name = name
        self.options = list(options)

    def version(self):
        done = subprocess.run([self.path, "version"], capture_output=True, text=True, timeout=20)
        lines = (done.stdout or done.stderr).strip().splitlines()
        return " ".join([lines[0] if lines else "unknown", *self.options])

    def command(self, program, module, arguments):
        # Each run is a first run, unless the options say otherwise.
        return [self.path, "run", "-C", "cache=n", *self.options, *self.grants(program), str(module), *arguments]


class Wasmi(Runtime):
    name = executable = "wasmi"
    lacks = frozenset({"gc", "function-references", "exceptions", "threads"})

    def command(self, program, module, arguments):
        return [self.path, "run", *self.grants(program), str(module), *arguments]


class Wasm3(Runtime):
    name = "wasm3"
    executable = "wasm3-host"
    lacks = frozenset({"gc", "exceptions", "threads", "simd", "tail-call", "memory64", "multi-memory",
                       "function-references", "bulk-memory"})
    reads_text = False

    def missing(self, program):
        return "opens no files" if program.files else super().missing(program)

    def command(self, program, module, arguments):
        return [self.path, str(module), *arguments]


class Wasmtime(Runtime):
    """Compiles each time: it would keep compiled code in a cache by default."""
    name = executable = "wasmtime"
    cache = ("-Ccache=n",)
    switches = {"gc": "gc,function-references", "exceptions": "exceptions", "memory64": "memory64",
                "function-references": "function-references", "tail-call": "tail-call",
                "multi-memory": "multi-memory", "threads": "threads"}

    def command(self, program, module, arguments):
        switches = [f"-W{self.switches[n]}" for n in program.needs if n in self.switches]
        return [self.path, "run", *self.cache, *switches, *self.grants(program), str(module), *arguments]


class WasmtimeCached(Wasmtime):
    """With its cache, which the first round fills: its second run."""
    name = "wasmtime-cached"

    def __init__(self, path):
        super().__init__(path)
        config = build.OUT / "wasmtime-cache.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f'[cache]\ndirectory = "{build.OUT / "wasmtime-cache"}"\n')
        self.cache = ("-Ccache=y", f"-Ccache-config={config}")


class V8(Runtime):
    name = "v8"
    executable = "v8-node"
    reads_text = False

    def version(self):
        done = subprocess.run([self.path, "-p", "process.versions.v8"], capture_output=True, text=True, timeout=20)
        return f"V8 {done.stdout.strip()} (node)"

    def command(self, program, module, arguments):
        return [self.path, "--no-warnings", str(catalog.BENCH / "peers" / "v8_host.mjs"), str(module), *arguments]


class JavaScriptCore(Runtime):
    name = "jsc"
    executable = "jsc-bun"
    reads_text = False

    def version(self):
        return f"JavaScriptCore of Bun {super().version()}"

    def command(self, program, module, arguments):
        # It has 64-bit memories, switched off.
        settings = ["env", "BUN_JSC_useWasmMemory64=1"] if "memory64" in program.needs else []
        return [*settings, self.path, str(catalog.BENCH / "peers" / "jsc_host.mjs"), str(module), *arguments]


class Native(Runtime):
    """The C programs compiled for this machine by the same compiler."""
    name = "native"

    @classmethod
    def find(cls):
        return cls("") if build.find_clang() else None

    def version(self):
        return f"{build.find_clang()} -O2"

    def missing(self, program):
        return None if build.native(program) else "no native form"

    def command(self, program, module, arguments):
        return [str(build.native(program)), *arguments]


PEER_CLASSES = (Wasmi, Wasm3, Wasmtime, WasmtimeCached, V8, JavaScriptCore, Native)


def default_zwasm():
    return catalog.ROOT / "build" / "release" / "zwasm"


def select(names, zwasm_path, extra, zwasm_options=()):
    """The runtimes asked for, in order, and a line for each that is not there."""
    found, absent = [], []
    classes = {c.name: c for c in PEER_CLASSES}
    for name in names:
        if name == "zwasm":
            path = pathlib.Path(zwasm_path or default_zwasm())
            if path.exists():
                found.append(Zwasm(path.resolve(), options=zwasm_options))
            else:
                absent.append(f"zwasm: {path} is not built (./x build release)")
        elif name in classes:
            runtime = classes[name].find()
            if runtime:
                found.append(runtime)
            else:
                absent.append(f"{name}: not installed (./x bench peers); left out")
        else:
            raise SystemExit(f"bench: no runtime is called '{name}'; there are zwasm, {', '.join(classes)}")
    for spec in extra:
        name, _, rest = spec.partition("=")
        path, *options = rest.split(" ")
        if not path or not pathlib.Path(path).exists():
            raise SystemExit(f"bench: --also {spec}: expected NAME=PATH [OPTION...] of another zwasm")
        found.append(Zwasm(pathlib.Path(path).resolve(), name, options))
    return found, absent
