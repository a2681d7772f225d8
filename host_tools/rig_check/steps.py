"""The steps of the check, in order: each asks the board for figures and judges them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from host_tools.errors import ToolError
from host_tools.micropython.prompt import BoardError, Calls
from host_tools.rig_check.adapter import Adapter

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
PILOT_TOLERANCE_MV = 1000
CLOCK_MARGIN_PPM = 100
LATENESS_S = 0.004  # of a character over USB, each way: what the host's reading of a time is worth
WATCHDOG_MS = 1500
LINE_WAIT_MS = 300
FLASH_BYTES = 8192
PATTERN = bytes([0x00, 0xFF, 0x55, 0xAA, *range(1, 29)])
MAINS_LEAST = 600  # counts of 16 bits between the lowest and the highest sample: less is no mains


@dataclass(frozen=True)
class Options:
    """What the person allows and has wired."""

    seconds: int = 20
    contactor: bool = False
    rs485_port: str = ""
    watchdog: bool = True


@dataclass(frozen=True)
class Outcome:
    """What became of a step."""

    step: str
    result: str
    reason: str


@dataclass
class Check:
    """A check under way: the board, what was allowed, what is known so far."""

    board: Calls
    options: Options
    facts: dict[str, Any]

    @property
    def has_table(self) -> bool:
        return bool(self.facts.get("table"))


def run(board: Calls, options: Options) -> Iterator[Outcome]:
    """Yield the outcome of each step as it ends.  Whatever happens, the last step is the safe state."""
    check = Check(board, options, {})
    started = False
    for name, step in STEPS:
        if started or name in ALONE:
            yield (outcome := _judged(name, step, check))
            started = started or (name == "start" and outcome.result == PASSED)
        else:
            yield Outcome(name, SKIPPED, "the board file did not start")
    yield _judged("safe state", _end, check)


def _judged(name: str, step: Callable[[Check], tuple[str, str]], check: Check) -> Outcome:
    try:
        return Outcome(name, *step(check))
    except ToolError as error:
        return Outcome(name, FAILED, str(error))
    except KeyError as error:
        return Outcome(name, FAILED, f"the board's row lacks {error}")


def _identity(check: Check) -> tuple[str, str]:
    held = check.board.call("hold")["held"]
    row = check.board.call("identify")
    check.facts.update(row)
    watchdog = "" if held or row["platform"] == "linux" else "; a running watchdog cannot be held"
    return PASSED, f"{row['machine']}, MicroPython {row['interpreter']}, Gridkeel {row['firmware']}{watchdog}"


def _start(check: Check) -> tuple[str, str]:
    row = check.board.call("start")
    check.facts.update(row)
    table = f"table {row['table']}" if row["table"] else "no pin table"
    if row["code"]:
        return FAILED, f"{table}; its configuration cannot be used (code {row['code']}), see docs/faults.md"
    return PASSED, f"{table}, device id {row['device_id']}, {row['heap_free']} bytes of heap free"


def _contactor_low(check: Check) -> tuple[str, str]:
    if not check.has_table:
        return SKIPPED, "no pin to read back: this board has no pin table"
    level = check.board.call("safe")["contactor"]
    return (FAILED, "the contactor's pin is high") if level else (PASSED, "the contactor's pin is low")


def _inputs(check: Check) -> tuple[str, str]:
    if not check.has_table:
        return SKIPPED, "this board has no pin table"
    row = check.board.call("inputs")
    said = {
        "FEEDBACK": "FEEDBACK is low: the contactor's auxiliary contact is closed, or its wire lies on ground",
        "SERVICE": "SERVICE is low: the jumper is set",
    }
    wrong = [text for name, text in said.items() if not row[name]]
    if row["RCD"]:
        wrong.append("RCD is high: the residual current device has tripped, or its wire is broken")
    return (FAILED, "; ".join(wrong)) if wrong else (PASSED, "contactor open, residual current device at rest")


def _pilot(check: Check) -> tuple[str, str]:
    if not check.facts.get("pilot"):
        return SKIPPED, "this board has no control pilot"
    if not check.has_table:
        return SKIPPED, "the pilot of a virtual board is a model's"
    seen = []
    wrong = []
    for duty, high, low in ((0, -12000, -12000), (1000, 12000, 12000), (100, 12000, -12000)):
        row = check.board.call("pilot", duty)
        seen.append(f"{duty / 10:g} %: {row['high_mv']} / {row['low_mv']} mV")
        off = max(abs(row["high_mv"] - high), abs(row["low_mv"] - low))
        if off > PILOT_TOLERANCE_MV:
            wrong.append(f"{duty / 10:g} %")
    check.board.call("pilot_off")
    text = ", ".join(seen)
    if wrong:
        return FAILED, f"{text}; wanted +12,000 and -12,000 mV with no vehicle plugged: off at {', '.join(wrong)}"
    return PASSED, text


def _contactor(check: Check) -> tuple[str, str]:
    if not check.options.contactor:
        return SKIPPED, "--contactor was not given: it closes the contactor for a quarter of a second"
    if not check.has_table or not check.facts.get("pilot"):
        return SKIPPED, "this board reads no contactor back"
    row = check.board.call("contactor")
    if row["closed"] and not row["opened"]:
        return PASSED, "closed and opened, as its auxiliary contact says"
    return FAILED, f"auxiliary contact {'closed' if row['closed'] else 'open'} when ordered to close, " + (
        "closed when ordered to open" if row["opened"] else "open when ordered to open"
    )


def _clock(check: Check) -> tuple[str, str]:
    seconds = check.options.seconds
    row, took_s = check.board.timed("clock", seconds, timeout_s=seconds + 20)
    if not row["samples"] or took_s <= 0:
        return FAILED, "no samples came within 3 s"
    rate = row["samples"] / took_s
    ppm = (rate / row["sample_hz"] - 1) * 1e6
    doubt_ppm = LATENESS_S / took_s * 1e6
    text = f"{rate:.2f} samples a second for {row['sample_hz']}: {ppm:+.0f} ppm (+-{doubt_ppm:.0f}), "
    text += f"{row['lost']} blocks lost"
    mains = row["most"] - row["least"]
    text += f", mains {mains} counts peak to peak" if mains >= MAINS_LEAST else ", no mains at the input"
    if not check.has_table:
        return SKIPPED, f"{text}; a virtual board has no clock of its own to judge"
    if row["lost"] or abs(ppm) > CLOCK_MARGIN_PPM + doubt_ppm:
        return FAILED, text
    return PASSED, text


def _loop(check: Check) -> tuple[str, str]:
    if check.options.rs485_port:
        with Adapter(check.options.rs485_port) as adapter:
            return _by_adapter(check, adapter)
    got = bytes(check.board.call("line", PATTERN, LINE_WAIT_MS)["got"])
    if got == PATTERN:
        return PASSED, f"{len(PATTERN)} octets came back by the jumper"
    if not got:
        return (
            SKIPPED,
            "nothing came back: join RO to DI at the transceiver's place, or name a second adapter by --rs485-port",
        )
    return FAILED, f"sent {PATTERN.hex()}, received {got.hex()}"


def _by_adapter(check: Check, adapter: Adapter) -> tuple[str, str]:
    check.board.call("line", PATTERN, 20)
    heard = adapter.read(len(PATTERN))
    if heard != PATTERN:
        return FAILED, f"the adapter heard {heard.hex() or 'nothing'} for {PATTERN.hex()}: A and B swapped, or no DE?"
    answer = bytes(reversed(PATTERN))
    adapter.write_soon(answer)
    got = bytes(check.board.call("line", b"", 2000)["got"])
    if got != answer:
        return FAILED, f"the board heard {got.hex() or 'nothing'} for {answer.hex()}"
    return PASSED, f"{len(PATTERN)} octets each way"


def _flash(check: Check) -> tuple[str, str]:
    row = check.board.call("flash", FLASH_BYTES)
    if not row["same"]:
        return FAILED, "what was written was not read back"
    if not row["replaced"]:
        return FAILED, "a rename does not replace a file here: the file system must be littlefs, see docs/boards.md"
    return PASSED, f"{FLASH_BYTES} bytes written, replaced and read in {row['took_ms']} ms, {row['free']} free"


def _watchdog(check: Check) -> tuple[str, str]:
    if not check.options.watchdog:
        return SKIPPED, "--no-watchdog was given"
    took_s = check.board.starve(WATCHDOG_MS)
    row = check.board.call("cause")
    if row["cause"] != row["watchdog"]:
        return FAILED, f"the board came back with reset cause {row['cause']}, the watchdog's is {row['watchdog']}"
    return PASSED, f"a hung program was reset; the prompt was there again after {took_s:.1f} s"


def _end(check: Check) -> tuple[str, str]:
    if check.facts.get("machine") is None:
        return SKIPPED, "the board never answered: look at its contactor yourself"
    try:
        check.board.call("start")
    except BoardError:
        return FAILED, "the board file does not start any more: switch the board off and on"
    check.board.call("end")
    if check.has_table and check.board.call("safe")["contactor"]:
        return FAILED, "the contactor's pin is high: switch the board off"
    return PASSED, "contactor open, pilot not driven; `mpremote reset` starts the firmware"


ALONE = ("identity", "start", "flash", "watchdog")  # these need no board file
STEPS: tuple[tuple[str, Callable[[Check], tuple[str, str]]], ...] = (
    ("identity", _identity),
    ("start", _start),
    ("contactor low", _contactor_low),
    ("inputs", _inputs),
    ("pilot", _pilot),
    ("contactor", _contactor),
    ("sample clock", _clock),
    ("RS-485 loop", _loop),
    ("flash", _flash),
    ("watchdog", _watchdog),
)
