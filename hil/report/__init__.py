"""Reports of a run: one self-contained HTML page, JUnit for machines that judge, JSON for those that compare."""

from hil.report.files import write_json, write_junit
from hil.report.page import write_html
from hil.report.record import Check, RunRecord, Series
from hil.report.series import write_series

__all__ = ["Check", "RunRecord", "Series", "write_html", "write_json", "write_junit", "write_series"]
