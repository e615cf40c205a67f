"""A result file as one HTML page that needs nothing else: what was compared and how, the means in words, and
for each metric a table with a bar for each program on a logarithmic scale around 1."""

import html
import math

from . import report

# The scale of the bars: ratios between these, with a line and a label at each of the ticks.
LOWEST, HIGHEST = 1 / 4, 4
TICKS = ((1 / 4, "¼"), (1 / 2, "½"), (1, "1"), (2, "2"), (4, "4"))
WIDTH, HEIGHT, MARGIN = 190, 24, 10
# Ratios this near to 1 are called even: there is no telling them from noise.
EVEN = 0.02

# Teal and orange: those who do not tell red from green do tell these apart.
STYLE = """
:root { color-scheme: light dark; --text: #1d2328; --dim: #5d6872; --page: #fff; --stripe: #f4f6f7; --line: #c8d0d6;
  --better: #0b7a75; --worse: #c2500a; --bad: #b00020 }
@media (prefers-color-scheme: dark) { :root { --text: #dde3e7; --dim: #98a4ad; --page: #15191c; --stripe: #1d2327; --line: #47525a;
  --better: #41b8af; --worse: #f0883e; --bad: #ff7b86 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; color: var(--text); background: var(--page) }
h1 { font-size: 1.5em; margin-bottom: .2em } h2 { font-size: 1.2em; margin-top: 2em } p, ul { max-width: 60em }
code { font-size: .95em } .dim { color: var(--dim) } .bad { color: var(--bad); font-weight: 600 }
.better { color: var(--better) } .worse { color: var(--worse) }
.scroll { overflow-x: auto } table { border-collapse: collapse; margin: .6em 0; font-variant-numeric: tabular-nums }
th, td { padding: .15em .6em; text-align: right; white-space: nowrap } td.name, th.name { text-align: left } td.bar { padding-top: 0; padding-bottom: 0 }
th { border-bottom: 1px solid var(--line); vertical-align: bottom } thead th[data-sort] { cursor: pointer }
tbody tr:nth-child(even) { background: var(--stripe) } tfoot td { border-top: 1px solid var(--line); font-weight: 600 }
.means { display: flex; flex-wrap: wrap; gap: 1em; margin: 1em 0 } .means div { border: 1px solid var(--line); border-radius: .5em; padding: .6em 1em }
.means b { font-size: 1.7em; display: block } svg { vertical-align: middle; display: block }
svg text { font-size: 11px; fill: var(--dim); text-anchor: middle } .grid { stroke: var(--line); stroke-width: .5 } .one { stroke: var(--text); stroke-width: 1.2 }
rect.even { fill: var(--dim) } rect.better, path.better { fill: var(--better) } rect.worse, path.worse { fill: var(--worse) }
"""

# A click on a heading sorts by that column; the page says all without it.
SCRIPT = """
document.querySelectorAll('th[data-sort]').forEach(th => th.addEventListener('click', () => {
  const body = th.closest('table').tBodies[0], column = th.cellIndex, up = th.dataset.sort !== 'up';
  th.dataset.sort = up ? 'up' : 'down';
  const key = row => { const v = row.cells[column].dataset.value; return v === undefined ? row.cells[column].textContent : v === '' ? Infinity : +v };
  [...body.rows].sort((a, b) => (key(a) > key(b) ? 1 : key(a) < key(b) ? -1 : 0) * (up ? 1 : -1)).forEach(row => body.append(row));
}));
"""


def position(ratio):
    """Where a ratio is on the scale, in pixels."""
    clipped = min(max(ratio, LOWEST), HIGHEST)
    return MARGIN + math.log(clipped / LOWEST) / math.log(HIGHEST / LOWEST) * (WIDTH - 2 * MARGIN)


def grid(height):
    return "".join(f'<line class="{"one" if ratio == 1 else "grid"}" x1="{position(ratio):.1f}" x2="{position(ratio):.1f}" '
                   f'y1="0" y2="{height}"/>' for ratio, _ in TICKS)


def scale():
    """The heading of a column of bars."""
    labels = "".join(f'<text x="{position(ratio):.1f}" y="20">{label}</text>' for ratio, label in TICKS)
    return f'<svg width="{WIDTH}" height="{HEIGHT}" aria-hidden="true">{labels}</svg>'


def better_or_worse(ratio):
    return "even" if abs(ratio - 1) < EVEN else "worse" if ratio > 1 else "better"


def bar(ratio):
    """From the line at 1: to the left where we need less than the peer. An arrow tip says that it goes on."""
    one, end, middle = position(1), position(ratio), HEIGHT / 2
    tip = ""
    if not LOWEST <= ratio <= HIGHEST:
        away = 6 if ratio > 1 else -6
        tip = f'<path class="{better_or_worse(ratio)}" d="M{end:.1f} {middle - 6}l{away} 6l{-away} 6z"/>'
    return (f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{ratio:.2f}">{grid(HEIGHT)}'
            f'<rect class="{better_or_worse(ratio)}" x="{min(one, end):.1f}" y="7" width="{max(abs(end - one), 1):.1f}" '
            f'height="{HEIGHT - 14}"/>{tip}</svg>')


def value_cell(entry, metric):
    if "missing" in entry:
        return f'<td class="dim" data-value="" title="{html.escape(entry["missing"])}">n/a</td>'
    if metric not in entry:
        return f'<td class="bad" data-value="" title="{html.escape(entry.get("failure", ""))}">failed</td>'
    best, every = entry[metric]["min"], entry[metric]["all"]
    spread = f' title="{", ".join(report.amount(v, metric) for v in every)}"' if len(every) > 1 else ""
    return f'<td data-value="{best}"{spread}>{report.amount(best, metric)}</td>'


def ratio_of(row, ours, peer, metric):
    if metric not in row[ours] or metric not in row[peer]:
        return None
    a, b = row[ours][metric]["min"], row[peer][metric]["min"]
    return a / b if a and b else None


def mean_box(data, metric, peer):
    """A geometric mean and what it says, in words."""
    ours = next(iter(data["runtimes"]))
    mean = data["means_by_metric"][metric][peer]
    ratios = [r for r in (ratio_of(row, ours, peer, metric) for row in data["programs"].values()) if r]
    if not mean:
        return f'<div class=dim>{html.escape(peer)}: nothing to compare</div>'
    words = f"{mean:.2f} times" if mean > 1 else f"{100 * mean:.0f} % of"
    less = sum(r < 1 for r in ratios)
    return (f'<div><b class="{better_or_worse(mean)}">{mean:.3f}</b>{words} what {html.escape(peer)} needs<br>'
            f'<span class=dim>less for {less} of {len(ratios)} programs; {min(ratios):.2f} to {max(ratios):.2f}</span></div>')


def table(data, metric):
    ours, *peers = data["runtimes"]
    heads = "".join(f"<th data-sort>{html.escape(p)}</th><th data-sort>{html.escape(ours)} / {html.escape(p)}</th><th>{scale()}</th>"
                    for p in peers)
    parts = [f"<div class=scroll><table><thead><tr><th class=name data-sort>program</th><th data-sort>{html.escape(ours)}</th>{heads}</tr></thead><tbody>"]
    for name, row in data["programs"].items():
        cells = [f"<td class=name>{html.escape(name)}</td>", value_cell(row[ours], metric)]
        for peer in peers:
            ratio = ratio_of(row, ours, peer, metric)
            cells.append(value_cell(row[peer], metric))
            cells.append(f'<td class="{better_or_worse(ratio)}" data-value="{ratio:.4f}">{ratio:.2f}</td><td class=bar>{bar(ratio)}</td>' if ratio
                         else '<td data-value=""></td><td></td>')
        parts.append(f"<tr>{''.join(cells)}</tr>")
    means = data["means_by_metric"][metric]
    last = "".join(f'<td></td><td class="{better_or_worse(means[p])}">{means[p]:.3f}</td><td class=bar>{bar(means[p])}</td>' if means[p]
                   else "<td></td><td></td><td></td>" for p in peers)
    parts.append(f"</tbody><tfoot><tr><td class=name>geometric mean</td><td></td>{last}</tr></tfoot></table></div>")
    return "\n".join(parts)


def failures(data):
    """What did not run or printed something wrong, each with its reason."""
    found = [(name, runtime, entry["failure"]) for name, row in data["programs"].items()
             for runtime, entry in row.items() if "failure" in entry]
    if not found:
        return ""
    lines = "".join(f"<li><span class=bad>{html.escape(name)}</span> on {html.escape(runtime)}: {html.escape(str(why))}</li>"
                    for name, runtime, why in found)
    return f"<h2>Failed, and left out of the means</h2><ul>{lines}</ul>"


def heading(metric):
    name = report.METRICS[metric][0]
    return name[0].upper() + name[1:]


def introduction(data):
    ours = next(iter(data["runtimes"]))
    machine = data["machine"]
    load = f", load {machine['load'][0]:.1f} before and {machine['load'][1]:.1f} after" if "load" in machine else ""
    rounds = ("compiled once" if data["metric"] == "code" else
              f"{data['rounds']} rounds in which the runtimes take turns, the best of each compared" if data["rounds"] > 1 else
              "a single round: a program that was disturbed shows the disturbance")
    runtimes = "".join(f"<li>{html.escape(name)}: {html.escape(version)}</li>" for name, version in data["runtimes"].items())
    return (f"<p class=dim>{data['date'][:16].replace('T', ' ')} UTC, commit {html.escape(data['commit'])}; {html.escape(machine['processor'])}"
            f"{load}; <code>{html.escape(data['size'])}</code>, {rounds}</p><ul>{runtimes}</ul>"
            f"<p>A ratio is what {html.escape(ours)} needs, divided by what the peer needs: <span class=better>below 1, and to the left of "
            f"the line, {html.escape(ours)} needs less</span>; <span class=worse>above 1 it needs more</span>; within {100 * EVEN:.0f} % they "
            "are even. The bars' scale is logarithmic: twice as much is as far from the line as half as much; a tip means that a bar goes on. "
            "<i>n/a</i>: the peer lacks a feature (point at it to see which). What is wrong or did not run is left out of the means. A click "
            "on a heading sorts.</p>")


def page(data):
    ours, *peers = data["runtimes"]
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
             f"<title>{html.escape(ours)}, {html.escape(data['size'])}: {html.escape(data['commit'])}</title><style>{STYLE}</style>",
             f"<h1>{html.escape(ours)}{' beside ' + html.escape(', '.join(peers)) if peers else ''}</h1>", introduction(data), failures(data)]
    for metric in data["means_by_metric"]:
        boxes = "".join(mean_box(data, metric, peer) for peer in peers)
        parts += [f"<h2>{heading(metric)}</h2>", f"<div class=means>{boxes}</div>", table(data, metric)]
    parts.append(f"<script>{SCRIPT}</script></html>\n")
    return "\n".join(parts)
