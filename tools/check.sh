#!/bin/sh
# Format, lint, types and generated files; the first that fails ends it.
set -eu
cd "$(dirname "$0")/.."
: "${PYTHON:=.venv/bin/python}"
"$PYTHON" -m ruff format --check .
"$PYTHON" -m ruff check .
"$PYTHON" -m mypy
"$PYTHON" -m mypy --config-file tools/mypy-firmware.ini
"$PYTHON" -m host_tools.generate --check
