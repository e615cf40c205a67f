"""A result file as one HTML page that needs nothing else: means, a bar per program, the numbers."""

import html
import math

# Bars are on a logarithmic scale between these ratios; 1 is the middle line.
LOWEST, HIGHEST = 1 / 8, 8

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; color: #222; background: #fff }
table { border-collapse: collapse; margin: 1em 0 } th, td { padding: .2em .7em; text-align: right; white-space: nowrap }
th { border-bottom: 1px solid #888 } td:first-child, th:first-child { text-align: left } tr:nth-child(even) { background: #f5f5f5 }
.mean { font-size: 1.3em; font-weight: 600 } .na { color: #777 } .bad { color: #b00020; font-weight: 600 }
svg { vertical-align: middle } @media (prefers-color-scheme: dark) { body { color: #ddd; background: #181818 }
tr:nth-child(even) { background: #222 } .na { color: #999 } .bad { color: #ff6b6b } }
"""


def bar(ratio):
    """An SVG bar from the middle: to the left is faster than the peer, to the right slower."""
    half, height = 90, 12
    span = math.log(HIGHEST)
    length = max(-1.0, min(1.0, math.log(ratio) / span)) * half
    x, width = (half, length) if length >= 0 else (half + length, -length)
    colour = "#c0504d" if ratio > 1 else "#3a7d44"
    return (f'<svg width="{2 * half}" height="{height}" role="img" aria-label="{ratio:.2f}">'
            f'<line x1="{half}" x2="{half}" y1="0" y2="{height}" stroke="#888"/>'
            f'<rect x="{x:.1f}" y="2" width="{max(width, .5):.1f}" height="{height - 4}" fill="{colour}"/></svg>')


def value_cell(entry, metric):
    if "missing" in entry:
        return f'<td class="na" title="{html.escape(entry["missing"])}">n/a</td>'
    if "failure" in entry:
        return f'<td class="bad" title="{html.escape(entry["failure"])}">failed</td>'
    best = entry[metric]["min"]
    if metric in ("peak", "code"):
        return f"<td>{best / 1024:.1f} {'MiB' if metric == 'peak' else 'KiB'}</td>"
    return f"<td>{best:.3f} s</td>"


def summary_chart(data, metric):
    """The means against all peers, as bars one below the other."""
    ours = next(iter(data["runtimes"]))
    rows = []
    for peer, mean in data["means_by_metric"][metric].items():
        text = f"<td class=mean>{mean:.3f}</td><td>{bar(mean)}</td>" if mean else "<td class=na>nothing to compare</td><td></td>"
        rows.append(f"<tr><td>{html.escape(ours)} / {html.escape(peer)}</td>{text}</tr>")
    return f"<table><tr><th>geometric mean</th><th></th><th></th></tr>{''.join(rows)}</table>"


def table(data, metric):
    ours, *peers = data["runtimes"]
    heads = "".join(f"<th>{html.escape(p)}</th><th>ratio</th><th></th>" for p in peers)
    parts = [f"<table><tr><th>program</th><th>{html.escape(ours)}</th>{heads}</tr>"]
    for name, row in data["programs"].items():
        cells = [f"<td>{html.escape(name)}</td>", value_cell(row[ours], metric)]
        for peer in peers:
            cells.append(value_cell(row[peer], metric))
            if metric in row[ours] and metric in row[peer]:
                a, b = row[ours][metric]["min"], row[peer][metric]["min"]
                cells.append(f"<td>{a / b:.2f}</td><td>{bar(a / b)}</td>" if a and b else "<td></td><td></td>")
            else:
                cells.append("<td></td><td></td>")
        parts.append(f"<tr>{''.join(cells)}</tr>")
    return "\n".join(parts) + "</table>"


METRICS = {"cpu": "Processor time", "wall": "Wall time", "peak": "Peak memory", "code": "Code size"}


def page(data):
    ours = next(iter(data["runtimes"]))
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
             f"<title>Benchmark of {html.escape(data['commit'])}</title><style>{STYLE}</style>",
             f"<h1>{html.escape(ours)} and its peers</h1><p>{html.escape(data['date'])}, commit {html.escape(data['commit'])}, "
             f"{html.escape(data['machine']['processor'])}; <code>{data['size']}</code>, {data['rounds']} interleaved rounds, "
             f"the best of each. A ratio below 1 means that {html.escape(ours)} needs less.</p><ul>"]
    parts += [f"<li>{html.escape(name)}: {html.escape(version)}</li>" for name, version in data["runtimes"].items()]
    parts.append("</ul>")
    for metric in data["means_by_metric"]:
        parts += [f"<h2>{METRICS[metric]}</h2>", summary_chart(data, metric), table(data, metric)]
    parts.append("</html>\n")
    return "\n".join(parts)
