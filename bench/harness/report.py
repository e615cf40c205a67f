"""Tables of ratios on the terminal, and the result file."""

import datetime
import json
import math
import os
import pathlib
import platform
import subprocess

from . import catalog


# metric: its name for readers, the unit of measured values, and how many of these make one of the unit shown
METRICS = {
    "cpu": ("processor time", "s", 1, "s"),
    "wall": ("wall time", "s", 1, "s"),
    "peak": ("peak memory", "KiB", 1024, "MiB"),
    "code": ("code size at -O2", "B", 1024, "KiB"),
    "code_o1": ("code size at -O1", "B", 1024, "KiB"),
    "file": ("compiled file at -O2", "B", 1024, "KiB"),
}


def amount(value, metric):
    """A measured value with its unit, as readers want it."""
    _, _, divisor, unit = METRICS[metric]
    return f"{value / divisor:.3f} s" if unit == "s" else f"{value / divisor:.1f} {unit}"


def geometric_mean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else None


def ratios(table, ours, peer, metric):
    """{program: our time / the peer's} for the programs that both ran."""
    result = {}
    for name, row in table.items():
        a, b = row[ours].best(metric), row[peer].best(metric)
        if a and b:
            result[name] = a / b
    return result


def cell_text(cell, metric):
    if cell.missing:
        return "n/a"
    if cell.failure:
        return "FAILED"
    value = cell.best(metric)
    return amount(value, metric).replace(" ", "")


def row_text(name, row, runtimes, metric):
    base = row[runtimes[0].name]
    parts = [f"{name:<20}"]
    for runtime in runtimes:
        cell = row[runtime.name]
        text = cell_text(cell, metric)
        if runtime is not runtimes[0]:
            a, b = base.best(metric), cell.best(metric)
            text += f" {a / b:6.2f}" if a and b else " " * 7
        parts.append(f"{text:>17}" if runtime is not runtimes[0] else f"{text:>9}")
    return "".join(parts)


def header_text(runtimes):
    first, *others = runtimes
    return f"{'program':<20}{first.name:>9}" + "".join(f"{r.name + ' ratio':>17}" for r in others)


def summary_lines(table, runtimes, metric):
    ours, *peers = runtimes
    lines = []
    for peer in peers:
        values = ratios(table, ours.name, peer.name, metric)
        counted = f"{len(values)} of {len(table)} programs"
        if values:
            worst = sorted(values, key=values.get, reverse=True)[:3]
            lines.append(f"{ours.name} / {peer.name}: geometric mean {geometric_mean(values.values()):.3f} over {counted}; "
                         "highest " + ", ".join(f"{w} {values[w]:.2f}" for w in worst))
        else:
            lines.append(f"{ours.name} / {peer.name}: nothing to compare")
    for name, row in table.items():
        for runtime, cell in row.items():
            if cell.failure:
                lines.append(f"FAILED {name} on {runtime}: {cell.failure}")
    return lines


def machine():
    model = "unknown"
    try:
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return {"system": platform.system(), "architecture": platform.machine(), "processor": model,
            "processors": os.cpu_count()}


def commit():
    done = subprocess.run(["git", "-C", str(catalog.ROOT), "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def as_json(table, runtimes, size, rounds, *metrics):
    """The result file; the first of the metrics is the one that is compared first."""
    ours, *peers = runtimes
    metric = metrics[0]
    means = {m: {p.name: geometric_mean(ratios(table, ours.name, p.name, m).values()) for p in peers} for m in metrics}
    return {
        "format": 1,
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": commit(),
        "machine": machine(),
        "size": size,
        "rounds": rounds,
        "metric": metric,
        "units": {"user": "s", "system": "s", **{m: unit for m, (_, unit, _, _) in METRICS.items()}},
        "runtimes": {r.name: r.version() for r in runtimes},
        "geometric_means": means[metric],
        "means_by_metric": means,
        "programs": {name: {runtime: cell.as_json() for runtime, cell in row.items()}
                     for name, row in table.items()},
    }


def markdown(data):
    """The result as a Markdown table, for documents."""
    metric = data["metric"]
    ours, *peers = data["runtimes"]
    _, _, divisor, unit = METRICS[metric]
    lines = [f"| program | {ours} {unit} | " + " | ".join(f"{p} {unit} | ratio" for p in peers) + " |",
             "|---" * (2 + 2 * len(peers)) + "|"]

    def text(entry):
        if "missing" in entry:
            return "n/a"
        return "failed" if "failure" in entry else f"{entry[metric]['min'] / divisor:.{3 if unit == 's' else 1}f}"

    for name, row in data["programs"].items():
        cells = [name, text(row[ours])]
        for peer in peers:
            both = metric in row[ours] and metric in row[peer]
            cells += [text(row[peer]), f"{row[ours][metric]['min'] / row[peer][metric]['min']:.2f}" if both else ""]
        lines.append("| " + " | ".join(cells) + " |")
    means = [f"**{data['geometric_means'][p]:.3f}**" if data["geometric_means"][p] else "" for p in peers]
    lines.append("| **geometric mean** | | " + " | ".join(f"| {m}" for m in means) + " |")
    return "\n".join(lines) + "\n"


def write_json(path, data):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n")
