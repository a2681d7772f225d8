"""A firmware that refuses badly is found out: each defect turns its row red, in its own column and in no other."""

from __future__ import annotations

import shutil

import pytest
from namespace_needs import need

from hil.interop import refusals
from hil.interop.refusal_row import Row
from hil.interop.refuse_all import refuse_all
from hil.virtual_board.flash import FIRMWARE

pytestmark = pytest.mark.timeout(300)

# One firmware with a defect for each row: (file, old, new).
CHANGES = (
    # an unknown session is answered with another code
    ("v2g/iso2/session.py", "RefusedError(codes.UNKNOWN_SESSION, ", "RefusedError(codes.FAILED, "),
    # the contactor stays closed where the message was too long
    (
        "v2g/iso2/stop.py",
        "    context.charger.allow(False)\n    context.charger.session(False, broken)",
        "    if not (context.started and broken):\n"
        "        context.charger.allow(False)\n        context.charger.session(False, broken)",
    ),
    # a wrong mode is not noticed
    (
        "v2g/iso2/session.py",
        "        context.log(journal.KIND_REFUSED, ",
        "        if refusal.code != codes.WRONG_MODE:\n            context.log(journal.KIND_REFUSED, ",
    ),
    # after a schedule that was not offered nobody is served any more
    (
        "v2g/iso2/session.py",
        "        self.context.forget(secured)\n        self.state = states.PROTOCOL\n",
        '        stuck = getattr(self, "stuck", False)\n'
        "        self.context.forget(secured)\n        self.state = states.ENDED if stuck else states.PROTOCOL\n",
    ),
    (
        "v2g/iso2/session.py",
        "        context.failed = True\n",
        "        context.failed = True\n        self.stuck = refusal.code == codes.TARIFF_INVALID\n",
    ),
    # an expired contract is as good as any
    ("crypto/chain.py", "if unix_s > certificate.not_after_s:", "if unix_s > certificate.not_after_s + 10**9:"),
)
SOUND = "no V2GTP"
RED = {
    "wrong session id": {"answer", "log"},  # the log names the code, and so shows it too
    "expired": {"answer", "log"},
    "a mode that is not offered": {"log"},
    "message too long, charging": {"contactor"},
    # the last: nobody charges behind it
    "a schedule that was not offered": {"next vehicle"},
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    need(java=False)
    firmware = tmp_path_factory.mktemp("defects") / "firmware"
    shutil.copytree(FIRMWARE, firmware, ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in CHANGES:
        path = firmware / "gridkeel" / name
        text = path.read_text()
        assert text.count(old) == 1, f"{old!r} is not once in {name}"
        path.write_text(text.replace(old, new))
    return {row.name: row for row in refuse_all(refusals.choose([SOUND, *RED]), lambda _text: None, firmware)}


@pytest.mark.parametrize("name", RED)
def test_a_defect_turns_its_own_row_and_column_red(rows: dict[str, Row], name: str) -> None:
    row = rows[name]
    assert not row.ok
    assert {key for key, sound in row.endings.items() if not sound} == RED[name], row


def test_without_a_defect_every_row_is_as_it_should_be(rows: dict[str, Row]) -> None:
    assert rows[SOUND].ok, rows[SOUND]
