"""Output of a command: tables that nothing cuts, lines, progress, and one verdict at the end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from host_tools.files import is_stdout

if TYPE_CHECKING:
    from rich.progress import Progress

_WRAPPED_LEAST = 24  # a column of words may be folded down to this many columns of the terminal


class Screen:
    """Standard output for people; standard error where a document goes to standard output (`--json -`).

    quiet: the verdict alone is shown, no table, line or progress.
    """

    def __init__(self, quiet: bool = False, json_file: Path | None = None) -> None:
        self.quiet = quiet
        self.console = Console(stderr=is_stdout(json_file), highlight=False, soft_wrap=True, emoji=False)

    @property
    def live(self) -> bool:
        """Whether somebody looks on and wants to see progress."""
        return self.console.is_terminal and not self.quiet

    def say(self, line: str, style: str = "") -> None:
        """Print a line as it is: nothing in it is markup, nothing is cut."""
        if not self.quiet:
            self._print(line, style)

    def verdict(self, ok: bool, words: str) -> None:
        """Print the last line of a command that judges; quiet or not."""
        self._print(f"{'passed' if ok else 'FAILED'}: {words}", "green" if ok else "bold red")

    def result(self, line: str) -> None:
        """Print the last line of a command that makes something and judges nothing; quiet or not."""
        self._print(line)

    def table(self, table: Table) -> None:
        """Print a table: in a pipe or file one line a row, on a terminal in columns, or as records where too narrow."""
        if self.quiet:
            return
        if table.title:
            self.console.print(Text.from_markup(table.title) if isinstance(table.title, str) else table.title)
            table.title = None
        cells = _cells(table)
        if not self.console.is_terminal:
            self._plain(table, cells)
        elif _fits(table, cells, self.console.width):
            self.console.print(table, soft_wrap=False)
        else:
            self._records(cells)

    def progress(self) -> Progress:
        """Return a bar, shown where `live`; its text is folded where the terminal is narrow, never cut."""
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description}", markup=False, table_column=Column(ratio=1, overflow="fold")),
            BarColumn(bar_width=min(40, self.console.width // 5)),
            TaskProgressColumn(table_column=Column(no_wrap=True)),
            TimeElapsedColumn(table_column=Column(no_wrap=True)),
        )
        return Progress(*columns, console=self.console, expand=True, disable=not self.live)

    def _print(self, line: str, style: str = "") -> None:
        self.console.print(Text(line), style=style or None)

    def _plain(self, table: Table, cells: list[list[Text]]) -> None:
        rows = [row for cell_row in cells for row in _split_lines(cell_row)]
        widths = [max(cell_len(row[k].plain) for row in rows) for k in range(len(table.columns))]
        for row in rows:
            parts = []
            for text, width, column in zip(row, widths, table.columns, strict=True):
                gap = " " * (width - cell_len(text.plain))
                parts.append(gap + text.plain if column.justify == "right" else text.plain + gap)
            self.console.print(Text("  ".join(parts).rstrip()))

    def _records(self, cells: list[list[Text]]) -> None:
        """One record a row: its first cell, and below it each other cell after its heading."""
        headings, *rows = cells
        for row in rows:
            first = next((text for text in row if text.plain), Text(""))
            self.console.print(Text(first.plain, style="bold"), soft_wrap=False, overflow="fold")
            facts = Text("; ").join(
                Text.assemble((" ".join(heading.plain.split()), "dim"), " " if heading.plain else "", text)
                for heading, text in zip(headings, row, strict=True)
                if text is not first and text.plain
            )
            self.console.print(Padding(facts, (0, 0, 0, 2)), soft_wrap=False, overflow="fold")


def _cells(table: Table) -> list[list[Text]]:
    """Return the headings and every row as texts."""
    columns = [[_text(column.header), *map(_text, column.cells)] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _text(cell: RenderableType) -> Text:
    return cell if isinstance(cell, Text) else Text.from_markup(str(cell), emoji=False)


def _split_lines(row: list[Text]) -> list[list[Text]]:
    """Return one row a line of the tallest cell."""
    parts = [text.split("\n", allow_blank=True) or [Text("")] for text in row]
    height = max(len(part) for part in parts)
    return [[part[k] if k < len(part) else Text("") for part in parts] for k in range(height)]


def _fits(table: Table, cells: list[list[Text]], width: int) -> bool:
    """Whether the columns have room, words folded where they must be; the other columns are kept whole."""
    natural = [max(cell_len(line.plain) for row in cells for line in row[k].split("\n")) for k in range(len(cells[0]))]
    frame = 3 * len(natural) + 1 if table.box else sum(table.padding[1::2]) * len(natural)
    if sum(natural) + frame <= width:
        return True
    least = []
    for k, (column, wide) in enumerate(zip(table.columns, natural, strict=True)):
        longest = max((cell_len(word) for row in cells for word in row[k].plain.split()), default=0)
        words = column.justify == "left" and not column.no_wrap and wide > _WRAPPED_LEAST
        least.append(max(_WRAPPED_LEAST, longest) if words else wide)
        column.no_wrap = not words
        column.min_width = least[-1]
        column.overflow = "fold"
    return sum(least) + frame <= width
