"""A list of devices as CSV, one a row, checked whole before the first is touched."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gridkeel.params import NAMES
from host_tools.cable.own_key import check_identity
from host_tools.cable.provision import check_device_id
from host_tools.errors import MissingError, ToolError

PORT, SERIAL, DEVICE_ID, CONFIG, PKI = ("port", "serial", "device_id", "config", "pki")
SECC_ID, CSR, CHAIN = ("secc_id", "csr", "chain")
COLUMNS = (PORT, SERIAL, DEVICE_ID, CONFIG, PKI, SECC_ID, CSR, CHAIN)


@dataclass(frozen=True)
class Device:
    """A row.  port or serial: one of both is ""; overrides: "name=value" of the other columns that are not empty."""

    line: int
    device_id: str
    port: str = ""
    serial: str = ""
    config: str = ""
    pki: str = ""
    secc_id: str = ""
    csr: str = ""
    chain: str = ""
    overrides: list[str] = field(default_factory=list)

    @property
    def where(self) -> str:
        return self.port or f"serial {self.serial}"


def read(path: Path) -> list[Device]:
    """Return the devices of a list.

    Errors: MissingError without the file; ToolError that names line and column of what is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise MissingError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is no text in UTF-8: {error}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_columns(path, list(reader.fieldnames or ()))
        devices = list(_rows(path, reader))
    except csv.Error as error:
        raise ToolError(f"{path}, line {reader.line_num}: {error}") from None
    if not devices:
        raise ToolError(f"{path} lists no device")
    for column in (DEVICE_ID, PORT, SERIAL, SECC_ID, CSR, CHAIN):
        _check_unique(path, devices, column)
    return devices


def _check_columns(path: Path, columns: list[str]) -> None:
    for column in columns:
        if column not in COLUMNS and column not in NAMES:
            raise ToolError(f"{path}: unknown column {column!r}: {', '.join(COLUMNS)}, or the name of a parameter")
    if len(set(columns)) != len(columns):
        raise ToolError(f"{path}: a column is there twice")
    if DEVICE_ID not in columns or not {PORT, SERIAL} & set(columns):
        raise ToolError(f"{path}: its first line must name the columns: device_id, and port or serial")


def _rows(path: Path, reader: csv.DictReader[str]) -> Iterator[Device]:
    for row in reader:
        if None in row or None in row.values():
            raise ToolError(f"{path}, line {reader.line_num}: it has not as many cells as the first line")
        cells = {name: value.strip() for name, value in row.items()}
        if bool(cells.get(PORT)) == bool(cells.get(SERIAL)):
            raise ToolError(f"{path}, line {reader.line_num}: give either its port or its USB serial number")
        try:
            check_device_id(cells[DEVICE_ID])
            if cells.get(SECC_ID):
                check_identity(cells[SECC_ID])
        except ToolError as error:
            raise ToolError(f"{path}, line {reader.line_num}: {error}") from None
        overrides = [f"{name}={value}" for name, value in cells.items() if name in NAMES and value]
        known = {name: value for name, value in cells.items() if name in COLUMNS}
        yield Device(reader.line_num, overrides=overrides, **known)


def _check_unique(path: Path, devices: list[Device], column: str) -> None:
    seen: dict[str, int] = {}
    for device in devices:
        value = getattr(device, column)
        if value and value in seen:
            raise ToolError(f"{path}, line {device.line}: {column} {value} is that of line {seen[value]} already")
        seen[value] = device.line
