#!/bin/sh
# Format, lint, types, generated files and all tests. Every part runs, whatever became of those before it.
set -u
cd "$(dirname "$0")/.."
: "${PYTHON:=.venv/bin/python}"
failed=

part() {
  name=$1
  shift
  "$@" || failed="$failed; $name"
}

part "format, lint, types or generated files" tools/check.sh
part "tests that only compute" "$PYTHON" -m pytest -n 2 --dist worksteal -m "not realtime" "$@"
part "tests on the machine's clock" "$PYTHON" -m pytest -n 3 --dist loadfile -m realtime "$@"

[ -z "$failed" ] || { echo "failed: ${failed#; }" >&2; exit 1; }
