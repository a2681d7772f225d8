"""A warm process for the tests of one target: each attempt is a fork that imports the sources as they are by then.

python warm.py RUNNER TREE TESTS FILE NAME...    RUNNER: device, fleet or micropython; NAME: test files that must notice

Prints `ready`, or the test that fails as things are. Then a line of input names lines of FILE, "FIRST LAST", in which
something was planted; the answer is the test that noticed, `survived`, `time` (it ran too long or died) or `unexecuted`
(no test runs those lines). Tests that noticed most run first; those that do not run the lines are left out.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

MEMORY_BYTES = 4 << 30
WALL_S = 300  # processor time is what ends a mutant that hangs; this ends one that waits
START = "import sys\nsys.path[:] = [{tests!r}, {firmware!r}]\nimport runner\nrunner.main({name!r})\n"


def in_fork(work: Callable[[], str]) -> str:
    """Return what work gives in a process of its own, `time` where that is ended."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        signal.alarm(WALL_S)
        with contextlib.suppress(BaseException), open(write, "w") as pipe:
            pipe.write(work())
            pipe.close()
            os._exit(0)
        os._exit(1)
    os.close(write)
    with open(read) as pipe:
        said = pipe.read()
    return "time" if os.waitpid(child, 0)[1] else said


class Tests:
    """The tests of a target, called in this process: a test is `file.function`.

    traced: look which lines each runs; of tests that draw examples that takes minutes, and all run nearly all lines.
    """

    def __init__(self, traced: bool, tree: str, tests: str, file: str, *names: str) -> None:
        self._traced = traced
        sys.path[:0] = [tree, f"{tree}/firmware", tests]
        self._path = f"{tree}/{file}"
        self._module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".").removeprefix("firmware.")
        self._names = names
        ours = {one.stem for folder in sys.path[:3] for one in Path(folder).iterdir()}
        for name in names:
            importlib.import_module(name)
        for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
            del sys.modules[name]  # what is left, of Python and its packages, no fork has to import

    def lines(self) -> Iterator[tuple[str, bool, list[int] | None]]:
        """Run the tests; yield the name of each, whether it passed, the lines of the file that it ran.

        First comes a test without a name, with the lines that importing runs.
        """
        ran: set[int] = set()

        def trace(frame: FrameType, event: str, argument: Any) -> Any:
            if frame.f_code.co_filename != self._path:
                return None
            ran.add(frame.f_lineno)
            return trace

        if self._traced:
            sys.settrace(trace)
        importlib.import_module(self._module)  # which a test may leave to its first function
        found = [f"{name}.{test}" for name in self._names for test in dir(importlib.import_module(name))]
        yield "", True, list(ran)
        for test in sorted(one for one in found if one.partition(".")[2].startswith("test_")):
            ran.clear()
            yield test, self.passes(test), list(ran) if self._traced else None

    def passes(self, test: str) -> bool:
        """Run one test."""
        name, _, function = test.partition(".")
        try:
            getattr(importlib.import_module(name), function)()
        except BaseException:
            return False
        return True


def bound_time() -> None:
    """Bound the processor time of this process, as MicroPython's: its files of tests take a tenth of a second each."""
    resource.setrlimit(resource.RLIMIT_CPU, (2, 3))


class MicroPythonTests:
    """The tests of a target in MicroPython: a test is a whole file, and runs any line."""

    def __init__(self, tree: str, tests: str, file: str, *names: str) -> None:
        sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
        self._places = {"firmware": f"{tree}/firmware", "tests": tests}
        self._names = names

    def lines(self) -> Iterator[tuple[str, bool, list[int] | None]]:
        """Run the files one by one; yield the name, whether it passed, no lines."""
        for name in self._names:
            yield name, self.passes(name), None

    def passes(self, test: str) -> bool:
        """Run one file."""
        from host_tools.micropython.interpreter import HEAP_BYTES, argv

        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "start.py"
            script.write_text(START.format(name=test, **self._places))
            command = argv(script, heap_bytes=HEAP_BYTES)
            done = subprocess.run(command, capture_output=True, check=False, preexec_fn=bound_time)
        said = done.stdout.decode(errors="replace")
        # A kernel that does not compile is passed over by the tests, which then say so: it proves nothing.
        return "SKIP" not in said and said.rstrip().endswith(" 0 failed")


def measured(tests: Tests | MicroPythonTests) -> str:
    """Return each test with the seconds that it takes and the lines that it runs, as JSON; or the first that fails."""
    found, before = [], _seconds()
    for test, passed, lines in tests.lines():
        if not passed:
            return test
        found.append((test, _seconds() - before, lines))
        before = _seconds()
    return json.dumps(found)


def attempt(tests: Tests | MicroPythonTests, chosen: list[tuple[str, float]]) -> str:
    """Run the chosen tests, each with a bound on its time, up to the first that fails; return that, or `survived`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for test, seconds in chosen:
        signal.setitimer(signal.ITIMER_PROF, 0.5 + 2 * seconds)
        if not tests.passes(test):
            return test
    return "survived"


def _seconds() -> float:
    return sum(os.times()[:4])


def draw_alike() -> None:
    """Have every attempt draw the same examples, and make none smaller: the first difference is enough."""
    from hypothesis import HealthCheck, Phase, settings

    alike = {"phases": [Phase.generate], "database": None, "derandomize": True}
    settings.register_profile("first", suppress_health_check=list(HealthCheck), **alike)
    settings.load_profile("first")


def main(runner: str, *places: str) -> None:
    """Answer lines of input until there are no more."""
    answers, sys.stdout = sys.stdout, io.StringIO()
    sys.dont_write_bytecode = True
    if runner == "fleet":
        draw_alike()
    tests = MicroPythonTests(*places) if runner == "micropython" else Tests(runner == "device", *places)
    said = in_fork(lambda: measured(tests))
    found = json.loads(said) if said.startswith("[") else []
    print("ready" if found else said, file=answers, flush=True)
    noticed: Counter[str] = Counter()
    for line in sys.stdin:
        first, last = map(int, line.split())
        touched = [row for row in found if row[2] is None or any(first <= one <= last for one in row[2])]
        if touched and not touched[0][0]:  # importing runs the lines
            touched = found[1:]
        chosen = sorted(((test, seconds) for test, seconds, _ in touched), key=lambda one: (-noticed[one[0]], one[1]))
        answer = in_fork(lambda chosen=chosen: attempt(tests, chosen)) if chosen else "unexecuted"
        noticed[answer] += 1
        print(answer, file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
