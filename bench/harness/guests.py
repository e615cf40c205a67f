"""The cases of the shared guests as programs of the benchmark: real modules with directories, variables,
input and the result that they must give."""

import json
import shutil

from . import build, catalog


class Expected:
    """The outputs recorded beside the guests."""

    def __init__(self, folder):
        self.folder = folder

    def get(self, program, size):
        path = self.folder / "expected" / f"{program.name}.out"
        return catalog.fingerprint(path.read_bytes()) if path.exists() else None


def load(only=None, skip=None):
    """(programs, their expected outputs); nothing where the guests are not there."""
    folder = catalog.guests_directory()
    if folder is None or not (folder / "cases.json").exists():
        return [], None
    programs = []
    for case in json.loads((folder / "cases.json").read_text()):
        if case["kind"] != "module" or not catalog.wanted(case["name"], "guests", only, skip):
            continue
        place = build.OUT / "guests" / case["name"]
        place.mkdir(parents=True, exist_ok=True)
        for source, target in case.get("seed", []):
            (place / target).parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (folder / source).is_dir() else shutil.copyfile
            if not (place / target).exists():
                copy(folder / source, place / target)
        mounts = []
        for host, guest in case.get("dirs", []):
            path = place / host[3:] if host.startswith("$T/") else folder / host
            path.mkdir(parents=True, exist_ok=True)
            mounts.append((str(path), guest))
        text = case.get("stdin", "")
        stdin = str(folder / text[1:]) if text.startswith("@") else str(place / "stdin")
        if not text.startswith("@"):
            (place / "stdin").write_text(text)
        switches = ",".join(case.get("flags", {}).get("wasmtime", [])[1::2])
        programs.append(catalog.Program(
            case["name"], "guests", dict.fromkeys(catalog.SIZES, ""), guest=case["file"], args=tuple(case.get("argv", [])),
            stdin=stdin, needs=tuple(s for s in switches.split(",") if s), mounts=tuple(mounts),
            environment=tuple(case.get("env", {}).items()), exit_status=case["exit"], traps=case.get("trap", False)))
    return programs, Expected(folder)
