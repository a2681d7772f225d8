#!/bin/sh
# Files that are made from the tables of the firmware: --write makes them, --check tells which are out of date.
set -eu
cd "$(dirname "$0")/.."
: "${PYTHON:=.venv/bin/python}"
"$PYTHON" -m host_tools.curve_table "$1"
"$PYTHON" -m host_tools.link.pack "$1"
"$PYTHON" -m host_tools.link.doc "$1"
"$PYTHON" -m host_tools.schema "$1"
"$PYTHON" -m host_tools.tables "$1"
"$PYTHON" -m host_tools.exi "$1"
