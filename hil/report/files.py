"""A run for machines: JSON, CSV and JUnit."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hil.report.record import Check, RunRecord
from hil.report.text import number
from host_tools.files import write_atomic

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_json(figures: Mapping[str, Any], path: Path | str) -> None:
    """Write figures as JSON; numpy's numbers become plain ones, and what is no number becomes null."""
    write_atomic(path, json.dumps(_plain(figures), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_csv(path: Path | str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table for other programs: comma, point, one line a row, an empty cell for what is not known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if _plain(cell) is None else _plain(cell) for cell in row])
    write_atomic(path, text.getvalue())


def write_junit(records: Iterable[RunRecord], path: Path | str) -> None:
    """Write one suite a scenario and one case a check."""
    records = list(records)
    root = ElementTree.Element("testsuites", name="gridkeel")
    for record in records:
        root.append(_suite(record))
    for count in ("tests", "failures"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    ElementTree.indent(root)
    write_atomic(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n")


def _suite(record: RunRecord) -> ElementTree.Element:
    failures = sum(not check.ok for check in record.checks)
    suite = ElementTree.Element(
        "testsuite",
        name=_xml(record.scenario),
        timestamp=_xml(record.started_utc),
        tests=str(len(record.checks)),
        failures=str(failures),
        errors="0",
        skipped="0",
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in {**record.meta, **record.figures}.items():
        ElementTree.SubElement(properties, "property", name=_xml(name), value=_xml(str(value)))
    for check in record.checks:
        suite.append(_case(record.scenario, check))
    return suite


def _case(scenario: str, check: Check) -> ElementTree.Element:
    case = ElementTree.Element("testcase", classname=_xml(f"gridkeel.{scenario}"), name=_xml(check.name))
    outcome = _xml(f"measured {number(check.measured)} {check.unit}, limit {check.limit}. {check.meaning}".strip())
    if not check.ok:
        ElementTree.SubElement(case, "failure", message=outcome, type="check").text = outcome
    ElementTree.SubElement(case, "system-out").text = outcome
    return case


def _xml(text: str) -> str:
    return _NOT_XML.sub("�", text)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
