"""The list of programs: one row each in programs.toml, and the outputs they must print.

A program is built from a source of ours (C or text format) or is a real program that lies ready as a
`.wasm` file. The same program serves every kind of engine through its size: `test` takes milliseconds,
`interp` about a second on an interpreter, `jit` about a second on compiled code.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import re
import tomllib

BENCH = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
SIZES = ("test", "interp", "jit")
EXPECTED = BENCH / "expected.json"

# Outputs longer than this are kept as their SHA-256.
LONGEST_KEPT_OUTPUT = 400


@dataclasses.dataclass(frozen=True)
class Program:
    name: str
    group: str
    sizes: dict
    source: str | None = None  # below programs/: .c, .rs, .wat or a folder with a Go program
    package: str | None = None  # the Debian source package of a library that the source is compiled with
    prepare: tuple = ()  # the command that makes the library's `parts`, in a folder beside its sources
    parts: tuple = ()
    debian: str | None = None  # an application that the tests build from a Debian source package
    guest: str | None = None  # a ready module of the shared guests
    cflags: tuple = ()
    ldflags: tuple = ()
    needs: tuple = ()  # features beyond what every runtime here has
    args: tuple = ("{size}",)
    stdin: str | None = None  # a file of build/bench/inputs, made by inputs.py
    files: bool = False  # reads files: inputs/ is preopened as "."
    exit_status: int = 0
    traps: bool = False  # ends with a trap: any status but 0
    mounts: tuple = ()  # (host folder, guest folder) pairs
    environment: tuple = ()  # (name, value) pairs

    def arguments(self, size):
        return [a.replace("{size}", str(self.sizes[size])) for a in self.args]

    def input(self, size):
        return self.stdin.replace("{size}", str(self.sizes[size]))


def guests_directory():
    """Where the shared real programs lie, or None."""
    configured = os.environ.get("ZWASM_GUESTS")
    candidates = [configured] if configured else [ROOT / "../shared/guests", ROOT / "../../shared/guests"]
    for candidate in candidates:
        path = pathlib.Path(candidate)
        if path.is_dir():
            return path.resolve()
    return None


def wanted(name, group, only, skip):
    """Whether --only and --skip choose a program."""
    chosen = not only or re.search(only, name) or re.fullmatch(only, group)
    return bool(chosen) and not (skip and re.search(skip, name))


def load(only=None, skip=None):
    with open(BENCH / "programs.toml", "rb") as file:
        rows = tomllib.load(file)["program"]
    programs = []
    for row in rows:
        row = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
        program = Program(**row)
        if sum(map(bool, (program.source, program.debian, program.guest))) != 1:
            raise SystemExit(f"programs.toml: {program.name}: needs exactly one of source, debian and guest")
        if set(program.sizes) != set(SIZES):
            raise SystemExit(f"programs.toml: {program.name}: sizes must be {', '.join(SIZES)}")
        programs.append(program)
    names = [p.name for p in programs]
    if len(set(names)) != len(names):
        raise SystemExit("programs.toml: a name occurs twice")
    return [p for p in programs if wanted(p.name, p.group, only, skip)]


def fingerprint(output):
    """What is stored of an output: itself when it is short text, else its hash."""
    if len(output) <= LONGEST_KEPT_OUTPUT:
        try:
            return output.decode("utf-8")
        except UnicodeDecodeError:
            pass
    return "sha256:" + hashlib.sha256(output).hexdigest()


class Expected:
    """The outputs that runs are checked against, by program and argument list."""

    def __init__(self):
        self.entries = json.loads(EXPECTED.read_text()) if EXPECTED.exists() else {}

    @staticmethod
    def key(program, size):
        return f"{program.name} {program.sizes[size]}"

    def get(self, program, size):
        return self.entries.get(self.key(program, size))

    def accept(self, program, size, value):
        self.entries[self.key(program, size)] = value

    def save(self, programs):
        """Keeps only what the catalogue still names, so that changed sizes leave nothing behind."""
        wanted = {self.key(p, s) for p in programs for s in SIZES}
        kept = {k: v for k, v in sorted(self.entries.items()) if k in wanted}
        EXPECTED.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
