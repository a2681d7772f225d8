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

# With peers, boards and brokers of their own on the machine's clock: what failed together with others is tried once more and
# alone, and that is said; so is a failure that is not judged because the machine was late.
on_the_clock() {
  "$PYTHON" -m pytest -n 4 --dist loadfile --no-loadscope-reorder -m realtime "$@" && return
  echo "tests on the machine's clock failed; those that did, once more and alone:"
  "$PYTHON" -m pytest -m realtime --alone --last-failed --last-failed-no-failures none "$@"
}

part "format, lint, types or generated files" tools/check.sh
# A third of these tests' time is waiting for a process of their own, so there are twice as many at a time as cores.
part "tests that only compute" "$PYTHON" -m pytest -n "$(($(nproc) * 2))" --dist loadgroup -m "not realtime" "$@"
part "tests on the machine's clock" on_the_clock "$@"

[ -z "$failed" ] || { echo "failed: ${failed#; }" >&2; exit 1; }
