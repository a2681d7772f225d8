"""The type test for machines: JSON and JUnit."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from hil.report.text import number
from hil.typetest.finding import FAIL, NOT_OFFERED, Finding
from hil.typetest.runner import Done, TypeTest
from host_tools.files import write_atomic


def as_dict(test: TypeTest) -> dict[str, Any]:
    """Return everything the report says, as plain values."""
    return {
        "profile": test.profile.name,
        "title": test.profile.title,
        "source": test.profile.source,
        "open": sorted(test.profile.open),
        "started_utc": test.started_utc,
        "statement": test.statement(),
        "ok": test.ok,
        "whole": test.whole,
        "played_s": test.played_s,
        "took_s": test.took_s,
        "parameters": test.parameters,
        "inverter": test.profile.inverter,
        "procedures": [_procedure(one) for one in test.done],
    }


def _procedure(one: Done) -> dict[str, Any]:
    return {
        "name": one.procedure.name if one.procedure else None,
        "title": one.title,
        "parameters": one.procedure.parameters if one.procedure else {},
        "findings": [
            {
                **{key: getattr(finding, key) for key in ("clause", "what", "stimulus", "unit", "measured")},
                **{key: getattr(finding, key) for key in ("low", "high", "open", "house", "verdict")},
            }
            for finding in one.findings
        ],
    }


def write_junit(test: TypeTest, path: Path | str) -> None:
    """Write one suite a procedure, one case a finding; what the firmware does not offer is skipped."""
    root = ElementTree.Element("testsuites", name=f"gridkeel typetest {test.profile.name}")
    for one in test.done:
        failures = sum(finding.verdict == FAIL for finding in one.findings)
        skipped = sum(finding.verdict == NOT_OFFERED for finding in one.findings)
        suite = ElementTree.SubElement(root, "testsuite", name=one.title, timestamp=test.started_utc, errors="0")
        for name, count in (("tests", len(one.findings)), ("failures", failures), ("skipped", skipped)):
            suite.set(name, str(count))
        for finding in one.findings:
            _case(suite, test.profile.name, finding)
    ElementTree.indent(root)
    write_atomic(path, '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, "unicode") + "\n")


def _case(suite: ElementTree.Element, profile: str, finding: Finding) -> None:
    name = f"{finding.clause}: {finding.what}: {finding.stimulus}"
    case = ElementTree.SubElement(suite, "testcase", classname=f"gridkeel.typetest.{profile}", name=name)
    measured = "nothing" if finding.measured is None else number(finding.measured)
    words = f"measured {measured} {finding.unit}, band {finding.band}: {finding.verdict}"
    if finding.verdict == FAIL:
        ElementTree.SubElement(case, "failure", message=words, type="finding").text = words
    elif finding.verdict == NOT_OFFERED:
        ElementTree.SubElement(case, "skipped", message=words)
    ElementTree.SubElement(case, "system-out").text = words
