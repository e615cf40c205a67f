"""Code size: the bytes of machine code that the guests become, at two levels, beside wasmtime's, and the files
that hold them. Compilation gives the same bytes each time, so that there are no rounds."""

import dataclasses
import json
import pathlib
import struct
import subprocess
import tempfile

from . import measure, report, runtimes, throughput


@dataclasses.dataclass
class Sizes:
    """What compiled files hold, in bytes. A compiler without such levels has the same number for both."""
    code: int  # at -O2
    code_o1: int
    file: int  # at -O2
    metrics = ("code", "code_o1", "file")


def elf_text(data):
    """The length of an ELF file's .text, without what fills its last page."""
    if data[:6] != b"\x7fELF\2\1":
        raise ValueError("not a little-endian 64-bit ELF file")
    table, = struct.unpack_from("<Q", data, 0x28)
    entry, count, names = struct.unpack_from("<3H", data, 0x3a)
    sections = [struct.unpack_from("<2I4Q", data, table + i * entry) for i in range(count)]
    strings = sections[names][4]
    for name, _, _, _, offset, length in sections:
        if data[strings + name:strings + name + 6] == b".text\0":
            return len(data[offset:offset + length].rstrip(b"\0"))
    raise ValueError("it has no .text")


def compile_to(command, output):
    _, status, _, errors, trouble = measure.spawn([*map(str, command), "-o", str(output)], timeout=600)
    if trouble or status != 0:
        raise ValueError(trouble or errors.decode(errors="replace").strip()[:200])
    return output


def of_zwasm(path, guest, output):
    code, size = {}, 0
    for level in throughput.LEVELS:
        file = compile_to([path, "compile", "-O", f"opt-level={level}", guest], output)
        done = subprocess.run([path, "inspect", "--json", file], capture_output=True, text=True, timeout=60, check=True)
        code[level], size = json.loads(done.stdout)["compiled"]["code_bytes"], file.stat().st_size
    return Sizes(code["2"], code["1"], size)


def of_wasmtime(path, guest, output):
    data = compile_to([path, "compile", "-W", "all-proposals=y", guest], output).read_bytes()
    code = elf_text(data)
    return Sizes(code, code, len(data))


def table(session):
    """{guest: {runtime: Cell}}, as measurements of time give it."""
    result = {}
    with tempfile.TemporaryDirectory(prefix="zwasm-bench-") as scratch:
        for guest in throughput.guests(session.options.only, session.options.skip):
            row = result[guest.stem] = {r.name: measure.Cell() for r in session.chosen}
            for runtime in session.chosen:
                how = {runtimes.Zwasm: of_zwasm, runtimes.Wasmtime: of_wasmtime}.get(type(runtime))
                if not how:
                    row[runtime.name].missing = "keeps no machine code"
                    continue
                try:
                    row[runtime.name].runs.append(how(runtime.path, guest, pathlib.Path(scratch, "out.cwasm")))
                except (ValueError, KeyError, subprocess.SubprocessError) as problem:
                    row[runtime.name].failure = f"not compiled: {problem}"
            print(report.row_text(guest.stem, row, session.chosen, session.metric), flush=True)
    return result
