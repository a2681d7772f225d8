"""Each mutation operator makes what it says; the targets exist, and what is planted in them is Python."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from mutants import FOLDERS, ROOT, Mutant, Survivors, Target, mutants_of, targets
from operators import sites, written
from run import Attempts

TARGETS = targets()


def planted(body: str, operator: str) -> list[str]:
    """Return what an operator makes of a function's body."""
    source = "def f(a, b):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    made = [site.planted(source) for site in sites(source) if site.operator == operator]
    for text in made:
        ast.parse(text)
    return [ast.unparse(ast.parse(text).body[0].body) for text in made]


@pytest.mark.parametrize(
    ("operator", "body", "expected"),
    [
        ("comparison", "return a < b", ["return a <= b"]),
        ("comparison", "return a >= b", ["return a > b"]),
        ("comparison", "return a == b", ["return a != b"]),
        ("comparison", "return a in b", ["return a not in b"]),
        ("comparison", "return 0 < a <= b", ["return 0 <= a <= b", "return 0 < a < b"]),
        ("boolean", "return a and b", ["return b", "return a"]),
        ("arithmetic", "return a + b", ["return a - b"]),
        ("arithmetic", "return a << b", ["return a >> b"]),
        ("sign", "return -a", ["return a"]),
        ("sign", "return not a", ["return a"]),
        ("constant", "return a[3]", ["return a[4]"]),
        ("constant", "return 1000", ["return 1251"]),
        ("constant", "return True", ["return False"]),
        ("constant", "return b'ab'", ["return b'ac'"]),
        ("branch", "if a:\n    return b", ["if True:\n    return b", "if False:\n    return b"]),
        ("branch", "while a:\n    a -= b", ["while False:\n    a -= b"]),
        ("branch", "return a if b else 0", ["return a", "return 0"]),
        ("branch", "return [x for x in a if x]", ["return [x for x in a if True]", "return [x for x in a if False]"]),
        ("branch", "for x in a:\n    b(x)", ["for x in ():\n    b(x)"]),
        ("bound", "return min(a, b)", ["return b", "return a"]),
        ("return", "return a.b", ["return 0"]),
        ("drop", "a.b = 1", ["pass"]),
        ("drop", "a(b)", ["pass"]),
        ("drop", "a += b", ["pass"]),
        ("drop", "a.b: int = 1", ["pass"]),
        ("drop", "a.b: int", []),
        ("drop", "c: int = a", []),
        ("drop", "c = a\nc = b", ["c = a\npass"]),
        ("arithmetic", "return ticks.add(a, b)", ["return a"]),
        ("name", "return a.X or a.Y", ["return a.Y or a.Y", "return a.X or a.X"]),
        ("name", "return a.max_w - a.min_w", ["return a.min_w - a.min_w", "return a.max_w - a.max_w"]),
    ],
)
def test_an_operator_makes_the_mutants_that_it_names(operator: str, body: str, expected: list[str]) -> None:
    made = planted(body, operator)
    assert [text.replace("\n\n", "\n") for text in made] == expected


def test_messages_initial_values_and_docstrings_are_left_alone() -> None:
    source = (
        'class A:\n    def __init__(self):\n        """1 + 1."""\n        self.a = 0\n'
        'def f(a):\n    raise ValueError("%d" % (a + 1))\n'
    )
    assert [site.operator for site in sites(source)] == ["drop"]


def test_what_type_checkers_alone_read_is_left_alone() -> None:
    source = "class A:\n    if TYPE_CHECKING:\n        b: int = 3\n    if gridkeel.TYPE_CHECKING:\n        c = 1 + 1\n"
    assert sites(source) == []


def test_a_table_is_changed_entry_by_entry_where_it_is_named() -> None:
    source = "LIMIT = 5\nTABLE = (A, B, 7)\n"
    assert [site.planted(source) for site in sites(source)] == ["LIMIT = (6)\nTABLE = (A, B, 7)\n"]
    shown = [site.shown for site in sites(source, ["TABLE"]) if site.operator == "entry"]
    assert shown == ["(A, B, 7)[0]: A -> B", "(A, B, 7)[1]: B -> A"]


def test_every_figure_of_a_class_is_changed() -> None:
    shown = [site.shown for site in sites("class A:\n    trips = ((700, 2000), (450, 160))\n    delay_ms = 300\n")]
    assert shown == [
        "(700, 2000) -> (701, 2000)",
        "(700, 2000) -> (700, 2001)",
        "(450, 160) -> (451, 160)",
        "(450, 160) -> (450, 161)",
        "delay_ms = 300 -> delay_ms = 376",
    ]


def test_a_state_becomes_the_next_one() -> None:
    source = "OPEN = 0\nCLOSED = 1\n\n\ndef f(a):\n    a.enter(CLOSED)\n"
    assert [site.shown for site in sites(source) if site.operator == "name"] == ["CLOSED -> OPEN"]


def test_a_name_of_the_same_number_is_no_other() -> None:
    source = "OPEN = 2\nDONE = 2\nCLOSED = 3\nTABLE = (OPEN, DONE, CLOSED)\n\n\ndef f(a):\n    a.enter(OPEN)\n"
    found = [site.shown for site in sites(source, ["TABLE"]) if site.operator in ("name", "entry")]
    assert found == [
        "(OPEN, DONE, CLOSED)[0]: OPEN -> CLOSED",
        "(OPEN, DONE, CLOSED)[1]: DONE -> CLOSED",
        "(OPEN, DONE, CLOSED)[2]: CLOSED -> OPEN",
        "OPEN -> CLOSED",
    ]


def test_what_is_the_same_at_its_bound_is_no_comparison() -> None:
    for body in ("return a if a > b else b", "if a > b:\n        a = b", "if a > b:\n        return b"):
        assert "comparison" not in [site.operator for site in sites(f"def f(a, b):\n    {body}\n")]


def test_an_enumeration_has_no_constants() -> None:
    assert [site.shown for site in sites("A = 0\nB = 1\nLIMIT = 7\n")] == ["LIMIT = 7 -> LIMIT = 8"]


def test_equal_sites_of_a_function_are_told_apart() -> None:
    shown = [site.shown for site in sites("def f(a):\n    a()\n    a()\n")]
    assert shown == ["a() -> pass", "a() -> pass #2"]


def test_a_title_does_not_move_with_other_code() -> None:
    source = "def f(a):\n    return a < 3\n"
    longer = "def g():\n    return 1\n\n\n" + source
    ours = {(site.function, site.operator, site.shown) for site in sites(source)}
    assert ours == {(site.function, site.operator, site.shown) for site in sites(longer) if site.function == "f"}


def test_a_written_defect_finds_its_place_whatever_the_layout() -> None:
    source = "def f(a):\n    return g(\n        a,\n        'w',\n    )\n"
    site = written(source, "f", "g(a, 'w')", "g(a, 'v')")
    assert site is not None
    assert ast.unparse(ast.parse(site.planted(source))) == "def f(a):\n    return g(a, 'v')"
    assert written(source, "f", "h(a)", "0") is None


def test_a_defect_is_noticed_survives_hangs_or_is_not_executed(tmp_path: Path) -> None:
    """A warm process says of each defect what became of it, whichever was planted before."""
    source = tmp_path / "firmware/gridkeel/small.py"
    test = tmp_path / "tests/device/test_small.py"
    source.parent.mkdir(parents=True)
    test.parent.mkdir(parents=True)
    source.write_text("def f(a):\n    while a > 2:\n        a -= 1\n    return min(a, 9)\n\n\ndef g():\n    return 1\n")
    test.write_text("from gridkeel.small import f\n\n\ndef test_it():\n    assert f(5) == 2 and f(1) == 1\n")
    target = Target("small", "small.py", (), (), "device", ("test_small",))
    mutants = [Mutant(target, site) for site in sites(source.read_text())]
    with Attempts(tmp_path, target) as attempts:
        outcomes = {mutant.site.shown: attempts.outcome(mutant) for mutant in mutants}
    assert outcomes == {
        "a > 2 -> (False)": "test_small.test_it",
        "a > 2 -> a >= 2": "test_small.test_it",
        "a -= 1 -> pass": "time",
        "min(a, 9) -> 0": "test_small.test_it",
        "min(a, 9) -> 9": "test_small.test_it",
        "min(a, 9) -> a": "survived",
        "min(a, 9) -> min(a, 10)": "survived",
        "1 -> 2": "unexecuted",
    }
    test.write_text("def test_it():\n    assert False\n")
    with pytest.raises(SystemExit, match="test_it fails without any mutant"):
        Attempts(tmp_path, target)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.file)
def test_a_target_exists_and_its_mutants_are_python(target: Target) -> None:
    source = (ROOT / target.path).read_text()
    mutants = mutants_of(target)  # which says where it names what is not there
    assert mutants
    for mutant in mutants[::8]:
        text = mutant.site.planted(source)
        assert text != source, mutant.title
        ast.parse(text)
    assert len({mutant.title for mutant in mutants}) == len(mutants)
    assert target.tests and all((ROOT / FOLDERS[target.runner] / f"{name}.py").is_file() for name in target.tests)


@pytest.mark.parametrize(("key", "name"), [("functions", "Contactor.gone"), ("tables", "GONE")])
def test_a_target_that_names_what_is_not_there_is_an_error(key: str, name: str) -> None:
    target = next(target for target in TARGETS if target.file == "evse/contactor.py")
    with pytest.raises(ValueError, match=name):
        mutants_of(target._replace(**{key: (name,)}))


def test_every_known_survivor_has_its_reason_and_names_a_mutant_that_is_there() -> None:
    known = Survivors()
    assert all(reason.strip() for reason in known.reasons.values())
    named = {entry for target in TARGETS for mutant in mutants_of(target) for entry in known.naming(mutant.title)}
    assert not known.reasons.keys() - named
