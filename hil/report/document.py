"""The frame of every page: one file with its style sheet inside, nothing fetched."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from hil.report.sheet import CSS


def document(title: str, body: Sequence[str], footer: str) -> str:
    """Return a whole page around sections that are HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(body)
        + f"\n<footer>{escape(footer)}</footer>\n</main>\n</body>\n</html>\n"
    )


def table(name: str, head: str, rows: Sequence[str]) -> str:
    """Return a table that scrolls where the page is narrow; head and rows are <tr> elements."""
    body = "".join(rows)
    return f'<div class="scroll"><table class="{name}"><thead>{head}</thead><tbody>{body}</tbody></table></div>'


def verdict(ok: bool, words: str) -> str:
    """Return the coloured label of a result."""
    return f'<span class="verdict {"pass" if ok else "fail"}">{"✔" if ok else "✘"} {escape(words)}</span>'


class Tile(NamedTuple):
    """A figure that stands out: its value, its unit ("" for a number that counts things), and what it is."""

    value: str
    unit: str
    meaning: str


def tiles(shown: Sequence[Tile]) -> str:
    """Return figures as tiles; "" where there are none."""
    cells = "".join(
        f'<div class="tile"><b>{escape(tile.value)}<small>{escape(tile.unit)}</small></b>'
        f"<span>{escape(tile.meaning)}</span></div>"
        for tile in shown
    )
    return f'<div class="tiles">{cells}</div>' if cells else ""


def data_links(paths: Sequence[Path]) -> str:
    """Return the list of data files next to the page; "" where there are none."""
    links = ", ".join(f'<a href="{escape(path.as_posix())}">{escape(path.name)}</a>' for path in paths)
    return f'<h3>Data</h3><p class="sub">Time series as CSV: {links}</p>' if links else ""


def figure(drawing: str, heading: str, caption: str = "") -> str:
    """Return an inline drawing under its heading."""
    below = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return f"<h3>{escape(heading)}</h3><figure>{drawing}{below}</figure>"
