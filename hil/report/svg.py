"""matplotlib figures as inline SVG: text as text, colours as CSS variables, no address of any other place."""

from __future__ import annotations

import io
import re
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

# What matplotlib paints with, and the page's variable that takes its place: light and dark come from the style sheet.
VARIABLES = {
    "#101a24": "--ink",
    "#5c6876": "--muted",
    "#dde3e9": "--line",
    "#e9edf2": "--dead",
    "#9fb8d6": "--truth",
    "#0b62c4": "--measured",
    "#d9822b": "--short",
    "#8b95a1": "--requested",
    "#7b3fb5": "--command",
    "#0f8a5f": "--delivered",
    "#c4314b": "--error",
    "#d5efe3": "--goal",
    "#fdfefe": "--paper",
    "#f6dfb8": "--span-a",
    "#e2d3f3": "--span-b",
    "#cfe4f6": "--span-c",
}
INK, MUTED, LINE, DEAD, TRUTH, MEASURED, SHORT, REQUESTED, COMMAND, DELIVERED, ERROR, GOAL, PAPER, *SPANS = VARIABLES

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
_STYLE: Any = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.7,
    "axes.labelpad": 6.0,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.formatter.useoffset": False,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.2,
    "lines.solid_joinstyle": "round",
    "path.simplify": True,
    "path.simplify_threshold": 0.2,
}


def style() -> Any:
    """Return the context in which every figure is made and written."""
    return matplotlib.rc_context(_STYLE)


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure without a background; the page lends its own."""
    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasSVG(figure)
    figure.patch.set_visible(False)
    return figure


def bare(axes: Axes) -> Axes:
    """Take the background off a plot."""
    axes.patch.set_visible(False)
    return axes


def to_svg(figure: Figure, name: str, label: str) -> str:
    """Return one inline <svg>; `name` keeps its ids apart from those of the page's other figures."""
    buffer = io.StringIO()
    nothing = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", metadata=nothing)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(:xlink)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", text)
    text = re.sub(r'\bd="([^"]+)"', _shorter_path, text)
    text = text.replace("'DejaVu Sans'", FONT.replace('"', "'"))
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var({variable})")
    opening = f'<svg role="img" aria-label="{label}" '
    return re.sub(r'<svg (?:width="[^"]*" height="[^"]*" )?', opening, text, count=1).strip()


def _shorter_path(match: re.Match[str]) -> str:
    path = re.sub(r"-?\d+\.\d+", lambda found: f"{float(found.group()):.2f}".rstrip("0").rstrip("."), match.group(1))
    return f'd="{" ".join(path.split())}"'
