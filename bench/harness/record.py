"""Keeps what a complete run measured where readers find it: docs/benchmarks.md has a section for each kind
of run, between two marker lines, which is replaced; bench/history.tsv gets a line for each peer."""

import re

from . import catalog, report

DOCUMENT = catalog.ROOT / "docs" / "benchmarks.md"
HISTORY = catalog.BENCH / "history.tsv"
# Of the geometric means in it, one a line: what was measured when, of which version, beside which other.
COLUMNS = ("date", "version", "commit", "mode", "metric", "rounds", "peer", "peer version", "programs", "geometric mean")


def version(text):
    """A version line without what only its author cares for."""
    return re.sub(r"\s*\(.*?\)", "", text).strip()


def number(text):
    """The version number of a version line, such as 48.0.8; the line where it has none."""
    found = re.search(r"\d+\.\d+(\.\d+)*", text)
    return found[0] if found else version(text)


def runs_of_both(data, peer, metric):
    ours = next(iter(data["runtimes"]))
    return sum(1 for row in data["programs"].values() if metric in row[ours] and metric in row[peer])


def section(data):
    """The Markdown of a run: how it was made, the means, the table."""
    ours, *peers = data["runtimes"]
    versions = ", ".join(version(data["runtimes"][p]) for p in peers)
    command = data["size"] if data["size"] not in catalog.SIZES else f"--size {data['size']}"
    metrics = list(data["means_by_metric"])
    before, after = data["machine"]["load"]
    how = "" if data["metric"] == "code" else (f", {data['machine']['processors']} processors, load {before:.1f} before and "
                                               f"{after:.1f} after; best of {data['rounds']} rounds")
    lines = [f"`./x bench {command}` on {data['date'][:10]}, commit {data['commit']}; "
             f"{data['machine']['architecture']}{how}. Peers: {versions}. The table: {report.METRICS[data['metric']][0]}.", ""]
    for metric in metrics:
        for peer in peers:
            mean = data["means_by_metric"][metric][peer]
            if mean:
                lines.append(f"* {ours} / {peer}, {report.METRICS[metric][0]} = **{mean:.3f}** over the "
                             f"{runs_of_both(data, peer, metric)} that both have")
    return "\n".join(lines) + "\n\n" + report.markdown(data)


def into_document(kind, text):
    """Replaces the section of this kind, or adds it at the end."""
    begin, end = f"<!-- results: {kind} -->", "<!-- end of results -->"
    document = DOCUMENT.read_text()
    block = f"{begin}\n{text}{end}"
    pattern = re.escape(begin) + r".*?" + re.escape(end)
    if re.search(pattern, document, re.S):
        document = re.sub(pattern, lambda _: block, document, flags=re.S)
    else:
        document = document.rstrip("\n") + f"\n\n## Results: {kind}\n\n{block}\n"
    DOCUMENT.write_text(document)


def into_history(data):
    lines = HISTORY.read_text().splitlines() if HISTORY.exists() else ["\t".join(COLUMNS)]
    ours, *peers = data["runtimes"]
    for metric, means in data["means_by_metric"].items():
        for peer in peers:
            if means[peer]:
                lines.append("\t".join((data["date"], number(data["runtimes"][ours]), data["commit"], data["size"], metric,
                                        str(data["rounds"]), peer, number(data["runtimes"][peer]),
                                        str(runs_of_both(data, peer, metric)), f"{means[peer]:.3f}")))
    HISTORY.write_text("\n".join(lines) + "\n")


def keep(data):
    into_document(data["size"], section(data))
    into_history(data)
    return [DOCUMENT, HISTORY]
