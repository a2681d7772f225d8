"""Generated section of docs/boards.md: the pin table of every board."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from gridkeel.boards.tables import BOARDS, NONE
from host_tools.generate.section import page

ROWS = (
    ("contactor (output, high closes)", "CONTACTOR"),
    ("contactor's auxiliary contact (to ground, closed with it)", "FEEDBACK"),
    ("residual current device (to ground, opens on a trip)", "RCD"),
    ("service jumper (to ground: the program does not start)", "SERVICE"),
    ("mains, ADC", "MAINS_ADC"),
    ("mains, I2S: bit clock, word select, data", ("I2S_SCK", "I2S_WS", "I2S_SD")),
    ("mains, comparator to input capture", "MAINS_CAPTURE"),
    ("pilot, ADC", "PILOT_ADC"),
    ("pilot, high and low peak detector", ("PILOT_HIGH_ADC", "PILOT_LOW_ADC")),
    ("pilot, PWM (high +12 V)", "PILOT_PWM"),
    ("pilot, driver connected (high)", "PILOT_ENABLE"),
    ("RS-485: TX, RX", ("RS485_TX", "RS485_RX")),
    ("RS-485: DE and /RE", "RS485_DE"),
    ("host link: TX, RX", ("HOST_TX", "HOST_RX")),
)


def files() -> dict[Path, str]:
    """Return {path: text} of the page."""
    lines: list[str] = []
    for platform, names in BOARDS.items():
        for name in names:
            lines += _section(platform, import_module(f"gridkeel.boards.tables.{name}"))
    return page("boards.md", "the pin tables in gridkeel/boards/tables", lines)


def _section(platform: str, table: ModuleType) -> list[str]:
    lines = [
        f"### `{table.NAME}`",
        "",
        (table.__doc__ or "").strip(),
        "",
        f"Interpreter: {table.MACHINE} (`sys.platform` {platform}), at {table.CLOCK_HZ // 1_000_000} MHz. "
        f"Watchdog up to {table.WATCHDOG_MAX_MS} ms. RS-485 with {_parity(table)}. "
        f"Random numbers: {table.ENTROPY}; keys are {'made on the board' if table.KEYS_ON_DEVICE else 'injected'}.",
        "",
        "| what | pin |",
        "|---|---|",
    ]
    for text, names in ROWS:
        pins = [getattr(table, name, NONE) for name in ([names] if isinstance(names, str) else names)]
        if pins[0] != NONE:
            lines.append(f"| {text} | {', '.join(map(str, pins))} |")
    host = "the chip's USB" if table.HOST_UART == NONE else f"UART {table.HOST_UART} at {table.HOST_BAUD} Bd"
    return [*lines, f"| host link | {host} |", ""]


def _parity(table: ModuleType) -> str:
    letter = {NONE: "N", 0: "E", 1: "O"}[table.RS485_PARITY]
    return f"8{letter}{table.RS485_STOP}"
