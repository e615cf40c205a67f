"""What the larger programs read: scripts of ours, and a text made here so that no file of it is kept."""

import shutil

from . import catalog


def markdown(paragraphs):
    """A document that uses most of Markdown, the same on every machine."""
    words = ("memory table module import export stack value local global function type index offset "
             "align trap branch block loop call return element data segment limit").split()
    state = 12345

    def pick(count):
        nonlocal state
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        return (state >> 8) % count

    lines = []
    for number in range(paragraphs):
        kind = pick(8)
        text = " ".join(words[pick(len(words))] for _ in range(12 + pick(30)))
        if kind == 0:
            lines.append(f"{'#' * (1 + pick(4))} {text[:50]} *{number}*")
        elif kind == 1:
            lines.extend(f"{'  ' * pick(3)}- `{words[pick(len(words))]}` {text[:40]}" for _ in range(5))
        elif kind == 2:
            lines.append("```c\n" + f"int {words[pick(len(words))]}_{number} = {pick(1000)};\n" * 3 + "```")
        elif kind == 3:
            lines.extend("> " + text[i:i + 60] for i in range(0, len(text), 60))
        elif kind == 4:
            lines.append(f"{text} [link {number}](https://example.org/{words[pick(len(words))]} \"title\") and ![image](a.png)")
        else:
            lines.append(f"{text[:60]} **{text[60:90]}** _{text[90:110]}_ &amp; <b>{number}</b> `code` \\* {text[110:]}")
        lines.append("")
    return "\n".join(lines) + "\n"


def make(directory):
    """Fills build/bench/inputs."""
    directory.mkdir(parents=True, exist_ok=True)
    for source in (catalog.BENCH / "inputs").iterdir():
        target = directory / source.name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            shutil.copyfile(source, target)
    for name, paragraphs in (("small.md", 60), ("short.md", 6000), ("medium.md", 18000), ("large.md", 90000)):
        target = directory / name
        if not target.exists():
            target.write_text(markdown(paragraphs))
