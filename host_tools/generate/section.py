"""Generated sections of hand-written pages: between two markers, the first of which names the source."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
_END = "<!-- end -->"


def page(name: str, source: str, lines: list[str]) -> dict[Path, str]:
    """Return {path: text} of docs/`name` with these lines in its section.  Errors: ValueError without the markers."""
    path = DOCS / name
    begin = f"<!-- begin: made by `make generate` from {source} -->"
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _old, end, after = rest.partition(_END)
    if not found or not end:
        raise ValueError(f"docs/{name} lacks the markers of its generated section: {begin} ... {_END}")
    body = "\n".join(lines).rstrip("\n")
    return {path: f"{before}{begin}\n\n{body}\n\n{_END}{after}"}
