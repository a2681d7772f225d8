"""Tables on screens of every width: nothing cut, nothing lost; in a pipe one line a row."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from command_line import handshake_model, interop, interop_refusals, interop_steps
from hil.interop.drive import Exchange, Outcome
from hil.interop.refusal_row import Contactor
from hil.interop.refusal_row import Row as Refusal
from hil.interop.results import Results
from hil.interop.steps import Answer, Run
from hil.interop.steps_verdict import verdicts
from host_tools.handshake import model
from host_tools.screen import Screen
from studies.estimator_bench.table import table as estimator_table
from studies.estimator_bench.verdict import M, P, Row

_FRAME = re.compile(r"[│┃━─┏┓┗┛├┤┼┌┐└┘┡╇┩┬┴┳┻╞╡╪\s]")


class Shown(Screen):
    """A screen that keeps what it is given to show, on a terminal so wide, or in a pipe."""

    def __init__(self, width: int | None, quiet: bool = False) -> None:
        super().__init__(quiet)
        self.file = io.StringIO()
        terminal = {"width": width, "force_terminal": True, "color_system": None, "legacy_windows": False}
        self.console = Console(
            file=self.file, highlight=False, soft_wrap=True, emoji=False, **(terminal if width else {})
        )  # type: ignore[arg-type]
        self.tables: list[Table] = []

    def table(self, table: Table) -> None:
        self.tables.append(table)
        super().table(table)

    @property
    def text(self) -> str:
        return self.file.getvalue()


def _estimator(screen: Screen) -> None:
    rows = [
        Row("out of band 10 %, 10..25 and 75..100 Hz", "report f0/2", M, 50, 4800, 9.71, 10.0, 1389.0, 1000.0,
            worst="25 Hz on 52.5 Hz", held=[True, False]),
        Row("phase step 10 deg", "short", P, 60, 9600, 1.0, None, 2.0, None, 61.25, 90.0, 70.5, 120.0, worst="up",
            held=[True]),
    ]  # fmt: skip
    screen.table(estimator_table(rows))


def _handshake(screen: Screen) -> None:
    times = [model.Time("certificate_installation", "CertificateInstallationReq", *([123.4] * 7))]
    times.append(model.Time("payment_details_again", "PaymentDetailsReq", *([0.2] * 7)))
    screen.table(handshake_model._table(times, {"certificate_installation": 12.0}, "ac-pnc on virtual over plc"))


def _refusals(screen: Screen) -> None:
    row = Refusal("a certificate [of another] root", "FAILED_CertChainError", "FAILED", False, Contactor(True, 3.0),
                  "certificate_chain: no_root", "charged", 1.5)  # fmt: skip
    interop_refusals.show(screen, [row], 12.0)


def _sessions(screen: Screen) -> None:
    exchange = Exchange("ChargeParameterDiscoveryReq", "ChargeParameterDiscoveryRes", "OK", 2.0, 0.7)
    outcomes = [
        Outcome("ac-pnc-install", name, 1, True, "", 1.0, 20.0, 6.5, [exchange], {"gap_us": 21_500})
        for name in ("gridkeel", "peer")
    ]
    interop.show(screen, Results(outcomes, {"size": 409_600, "used_most": 395_264}))


def _steps(screen: Screen) -> None:
    runs = [
        Run(load, 3, [Answer(float(k), k + 0.06) for k in range(3)], [(k + 0.01, k + 0.03) for k in range(3)])
        for load in ("nothing else", "TLS handshakes and contracts of other vehicles")
    ]
    interop_steps.show(screen, runs, dict.fromkeys(verdicts(runs), "ok"), 3.0)


SHOWN: dict[str, Callable[[Screen], None]] = {
    "estimator": _estimator,
    "handshake-model": _handshake,
    "interop refusals": _refusals,
    "interop": _sessions,
    "interop steps": _steps,
}


def rows_of(table: Table) -> Iterator[list[str]]:
    for row in zip(*(list(column.cells) for column in table.columns), strict=True):
        yield [cell.plain if isinstance(cell, Text) else Text.from_markup(str(cell)).plain for cell in row]


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140, 200])
@pytest.mark.parametrize("name", SHOWN)
def test_nothing_is_cut_on_a_terminal(name: str, width: int) -> None:
    screen = Shown(width)
    SHOWN[name](screen)
    assert "…" not in screen.text
    if name in ("estimator", "handshake-model"):  # tables alone
        assert max(map(cell_len, screen.text.splitlines())) <= width
    letters = _FRAME.sub("", screen.text)
    for table in screen.tables:
        for word in " ".join(text for row in rows_of(table) for text in row).split():
            assert word in letters, word


@pytest.mark.parametrize("name", SHOWN)
def test_a_row_is_a_line_in_a_pipe(name: str) -> None:
    screen = Shown(None)
    SHOWN[name](screen)
    assert not re.search("[│┃…━]", screen.text)
    for table in screen.tables:
        for row in rows_of(table):
            assert any(all(text in line for text in row) for line in screen.text.splitlines()), row


@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=40),
                      min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from([None, 30, 80]),
)  # fmt: skip
def test_no_word_is_lost_whatever_a_cell_holds(rows: list[list[str]], width: int | None) -> None:
    screen = Shown(width)
    table = Table("one", "two", "three", title="[brackets] stay", title_justify="left")
    table.title = escape("[brackets] stay")
    for row in rows:
        table.add_row(*map(escape, row))
    screen.table(table)
    letters = _FRAME.sub("", screen.text)
    assert "[brackets]stay" in letters
    for row in rows:
        for text in row:
            assert width is not None or _FRAME.sub("", text) in letters


def test_quiet_leaves_the_verdict() -> None:
    screen = Shown(80, quiet=True)
    for show in SHOWN.values():
        show(screen)
    screen.say("a line")
    screen.verdict(False, "1 of 2 [things] held")
    lines = screen.text.splitlines()
    assert lines[-1] == "FAILED: 1 of 2 [things] held"
    assert all(line.startswith(("passed: ", "FAILED: ")) for line in lines)


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_progress_is_reported_whole_however_narrow_the_terminal(width: int) -> None:
    screen = Shown(width)
    progress = screen.progress()
    words = "trip-over-frequency [1]: a step to 62 Hz, and back"
    progress.add_task(words, total=1.0, completed=0.5)
    screen.console.print(progress.get_renderable())
    shown = screen.file.getvalue()
    assert "…" not in shown and "50%" in shown and "0:00:00" in shown
    letters = iter("".join(line.partition("━")[0] for line in shown.splitlines()).replace(" ", ""))
    assert all(letter in letters for letter in words.replace(" ", ""))
