"""Constants of the ROM image: what is put in place, what is left alone, and that the firmware means the same."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess

import pytest

from hil.virtual_board.flash import FIRMWARE
from host_tools.image.constants import Constants, parse
from host_tools.image.fold import fold
from host_tools.image.interning import interned
from host_tools.image.rom import rom_image
from host_tools.micropython.interpreter import argv

SOURCES = {
    ".".join(path.relative_to(FIRMWARE).with_suffix("").parts).removesuffix(".__init__"): path.read_text()
    for path in sorted((FIRMWARE / "gridkeel").rglob("*.py"))
}
# What only MicroPython imports is left out.
IMPORTABLE = [
    name
    for name in SOURCES
    if not re.search(r"\.boards\.|\.runtime\.|\.kernels(_\w+)?$|\.field$|\.limbs$|\.points$", name)
]


def folded(others=(), keep_names=False, **texts):
    sources = {f"p.{name}": text for name, text in texts.items()}
    return {name[2:]: text for name, text in fold(sources, others, keep_names=keep_names).items()}


def test_a_constant_stands_where_it_is_used_and_its_name_is_gone():
    out = folded(
        a="_LOW = 3\nHIGH = (_LOW + 1) * 2  # counts\n\n\ndef f(x):\n    return x + _LOW\n",
        b="from p import a\nfrom p.a import HIGH, f\n\n\ndef g():\n    return f(HIGH) - a.HIGH\n",
    )
    assert out["a"] == "pass\npass  # counts\n\n\ndef f(arg0):\n    return arg0 + 3\n"
    assert out["b"] == "pass\nfrom p.a import f\n\n\ndef g():\n    return f(8) - 8\n"


def test_octets_of_constants_are_one_constant():
    out = folded(
        a="from p.b import A\nX = bytes((\n    A, 2,\n    A + 2,\n))\n"
        "Y = bytes((A, f()))\nZ = bytes([A]) + bytes((256,))\n",
        b="A = 1\n",
        c="def bytes(x):\n    return x\n\n\nX = bytes((1, 2))\nprint(X)\n",
    )
    assert out["a"] == "pass\nX = (b'\\x01\\x02\\x03'\n\n\n)\nY = bytes((1, f()))\nZ = bytes([1]) + bytes((256,))\n"
    assert "X = bytes((1, 2))" in out["c"]


def test_lines_stay_where_they_were():
    text = (
        "from p.b import (\n    A,\n    B,\n    C,\n)\n\nD = (\n    B +\n    A\n)\n\n\ndef f():\n    return A, C, D\n"
    )
    out = folded(a=text, b="A = 1\nB = -2\nC = A,\n")
    assert out["a"].splitlines()[-1] == "    return 1, C, (-1)"
    assert out["a"].splitlines()[0] == "from p.b import C"
    assert len(out["a"].splitlines()) == len(text.splitlines())


def test_names_bound_by_unpacking_are_left_alone():
    out = folded(a="_X, _Y, _Z = range(4, 7)\nA, B = 1, 'b'\nprint(_X, _Z, A, B)\n")
    assert out["a"] == "pass\nA, B = 1, 'b'\nprint(4, 6, 1, B)\n"


@pytest.mark.parametrize(
    "text",
    [
        "A = 1\nA = 2\nprint(A)\n",
        "A = 1\n\n\ndef f(*A):\n    return A\n",
        "A = 1\nA += 1\nprint(A)\n",
        "A = 1\n\n\ndef f():\n    global A\n    A = 2\n\n\nprint(A)\n",
        "for A in range(3):\n    print(A)\n",
        "A = 1\nprint([A for A in 'abc'])\n",
        "if __name__ == 'p.a':\n    A = 1\nprint(A)\n",
        "a = 1\nprint(a)\n",
        "A = True\nB = 1.5\nC = 'word'\nD = None\nprint(A, B, C, D)\n",
        "A = 1 << 30\nB = -(1 << 30)\nprint(A, B)\n",
        "A = B\nB = A\nprint(A, B)\n",
        "A = 1 // 0\nB = 'a' + 1\nC = f()\nD = [1]\nprint(A, B, C, D)\n",
        "len = ord\nA = len('a')\nprint(A)\n",
        "class Box:\n    A = 1\n\n\nprint(Box.A)\n",
        "A = 1\nprint(f'{A}')\n",
        "from q import A\nprint(A)\n",
        "import p.b\nprint(p.b.B)\n",
    ],
)
def test_a_name_that_may_be_something_else_is_left_alone(text):
    assert folded(a=text, b="B = 1\n")["a"] == text


@pytest.mark.parametrize(
    "user",
    [
        "def f():\n    from p.a import A\n    return A\n",
        "def f(*modules):\n    return modules[0].A\n",
        "print(__import__, 'A')\n",
    ],
)
def test_a_name_that_another_module_uses_is_kept(user):
    assert folded(a="A = 1\nprint(A)\n", b=user) == {"a": "A = 1\nprint(1)\n", "b": user}
    assert folded([user], a="A = 1\nprint(A)\n") == {"a": "A = 1\nprint(1)\n"}


def test_a_value_nobody_asks_for_is_left_out():
    texts = {
        "a": "WORDS: tuple = ('x', (1, b'y'))\nNAMES = ('z',) + WORDS\nMADE = f()\nLIST = [1]\n",
        "b": "NAMES = (1, 2)\nOTHER = 'w'\n",
        "c": "from p import b\nprint(b.NAMES)\n",
    }
    out = folded(**texts)
    assert out["a"] == "WORDS: tuple = ('x', (1, b'y'))\npass\nMADE = f()\nLIST = [1]\n", "what makes it may do more"
    assert out["b"] == "NAMES = (1, 2)\npass\n", "asked for in b, and not the one in a"
    assert out["c"] == texts["c"]
    assert folded(**texts, keep_names=True) == texts


def test_all_names_stay_where_the_image_is_asked_to_keep_them():
    out = folded(a="A = 1\n", b="from p.a import A\nprint(A)\n", keep_names=True)
    assert out == {"a": "A = 1\n", "b": "from p.a import A\nprint(1)\n"}


def test_a_module_imported_for_what_it_does_or_through_another_stays():
    texts = {"a": "A = 1\n", "b": "from p import a\n", "c": "from p import a\nprint(a.A)\n", "d": "from p.c import a\n"}
    assert folded(**texts) == {**texts, "a": "pass\n", "c": "from p import a\nprint(1)\n"}


def test_a_constant_passed_on_is_followed_to_its_module():
    out = folded(a="A = 7\n", b="from p.a import A as B\n", c="from p.b import B\nprint(B)\n")
    assert out == {"a": "pass\n", "b": "pass\n", "c": "pass\nprint(7)\n"}


def test_the_firmwares_constants_are_what_python_makes_of_them():
    modules = {name: parse(name, text, SOURCES) for name, text in SOURCES.items()}
    constants = Constants(modules)
    for name in IMPORTABLE:
        module = importlib.import_module(name)
        for local in [*modules[name].definitions, *modules[name].members]:
            value = constants.of(name, local)
            assert value is None or value == getattr(module, local), f"{name}.{local}"


def test_the_folded_firmware_lacks_no_name():
    scripts = [path.read_text() for path in FIRMWARE.glob("*.py")]
    out = fold(SOURCES, scripts)
    assert sum(map(len, out.values())) < sum(map(len, SOURCES.values())) - 20_000, "hundreds of names are constants"
    modules = {name: parse(name, text, out) for name, text in out.items()}
    for name, module in modules.items():
        assert len(out[name].splitlines()) == len(SOURCES[name].splitlines())
        assert _unbound(module) <= _unbound(parse(name, SOURCES[name], SOURCES)), name
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                where = module.modules.get(node.value.id)
                assert where is None or _has(modules, where, node.attr), f"{where} lacks {node.attr}, which {name} asks"
            elif isinstance(node, ast.ImportFrom) and node.module in modules:
                for alias in node.names:
                    assert _has(modules, node.module, alias.name), f"{node.module} lacks {alias.name}"


def _unbound(module):
    """Return the names that Python or MicroPython has to know."""
    return {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name) and not module.bindings[node.id]}


def _has(modules, module, name):
    return bool(modules[module].bindings[name]) or f"{module}.{name}" in modules


def test_parameters_that_no_call_names_are_numbered():
    out = folded(
        a="class Box:\n    def put(self, size, *more, deep=False):\n"
        "        size += 1\n        return self, [size for _ in more]\n",
        b="def f(one: int, two=3, *, three=4):\n    two = one\n    return two, three\n\n\nf(1, two=2)\n",
    )
    assert out["a"] == (
        "class Box:\n    def put(arg0, arg1, *more, deep=False):\n"
        "        arg1 += 1\n        return arg0, [arg1 for _ in more]\n"
    )
    assert out["b"] == "def f(arg0: int, two=3, *, three=4):\n    two = arg0\n    return two, three\n\n\nf(1, two=2)\n"
    user = "from p.b import f\nf(one=1)\n"
    assert "one" in folded([user], b=out["b"].replace("arg0", "one"))["b"], "a script beside the package says it"


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return lambda: x\n",
        "def f(x):\n    class Box:\n        y = x\n    return Box\n",
        "def f(x):\n    print(f'{x}')\n",
        "def f(e):\n    try:\n        g()\n    except ValueError as e:\n        print(e)\n",
        "def f(a):\n    from q import a\n    return a\n",
    ],
)
def test_a_parameter_that_something_else_may_reach_keeps_its_name(text):
    assert folded(a=text)["a"] == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("f(**x)\n", r"\*\* may name any parameter"),
        ("from p.b import f\nf(**x)\n", r"\*\* may name any parameter"),
        ("from q import f\nf = g\nf(**x)\n", r"\*\* may name any parameter"),
        ("from q import f\nf.g(**x)\n", r"\*\* may name any parameter"),
        ("def f(x):\n    return locals()\n", "locals sees"),
        ("def f(arg0):\n    return arg0\n", "arg0 is a name that the image gives"),
    ],
)
def test_an_image_whose_parameter_names_are_reached_is_refused(text, why):
    with pytest.raises(SyntaxError, match=why) as refused:
        folded(a=text)
    assert refused.value.filename == "p.a"
    folded(a=text, keep_names=True)


def test_what_another_package_made_is_called_with_whatever_names():
    text = "from q import F\n\n\ndef f(**how):\n    return F(1, **how)\n"
    assert folded(a=text)["a"] == text


def test_a_promised_name_stays_and_another_of_that_name_does_not():
    sources = {"p.a": "A = 1\nB = 2\n", "p.b": "A = 1\n"}
    assert fold(sources, (), {"p.a": ("A",)}) == {"p.a": "A = 1\npass\n", "p.b": "pass\n"}


# --- texts that become names

FREQUENT = '"""A module."""\n\n\ndef f(body):\n    return body["ChargingStatusReq"]\n'


def test_a_text_of_three_modules_is_interned_on_the_first_line():
    out = interned({"a": FREQUENT, "b": FREQUENT, "c": FREQUENT})
    assert out["a"] == "if 0: ().ChargingStatusReq; " + FREQUENT
    assert interned({"a": FREQUENT, "b": FREQUENT}) == {"a": FREQUENT, "b": FREQUENT}


def test_a_text_that_is_a_name_anyway_is_interned():
    user = "def g(x):\n    return x.ChargingStatusReq\n"
    assert interned({"a": FREQUENT, "b": user}) == {"a": "if 0: ().ChargingStatusReq; " + FREQUENT, "b": user}


@pytest.mark.parametrize(
    "text",
    [
        FREQUENT[18:],  # no docstring: its first line is code
        '"""A module."""\n\nA = "two words there"\n',
        '"""A module."""\n\n\ndef f():\n    """ChargingStatusReq"""\n',
        '"""A module."""\n\n\ndef f(x: "ChargingStatusReq") -> "ChargingStatusReq":\n    return x\n',
        '"""A module."""\n\nA = "Charging"\n',  # short: mpy-cross makes a name of it
    ],
)
def test_a_text_that_is_written_otherwise_is_left_alone(text):
    assert interned({"a": text, "b": text, "c": text}) == {"a": text, "b": text, "c": text}


def test_the_image_holds_such_a_text_once(tmp_path):
    """Three modules with thirty texts of their own are larger by 30 objects each than three that share theirs."""
    taken = {}
    for kind in ("shared", "own"):
        package = tmp_path / kind / "gridkeel"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("")
        for module in ("one", "two", "six"):
            words = [f"a_long_word_{kind if kind == 'shared' else module}_{n}" for n in range(30)]
            body = "".join(f"    f({word!r})\n" for word in words)
            (package / f"{module}.py").write_text(f'"""A module."""\n\n\ndef f(_text):\n{body}')
        script = tmp_path / kind / "load.py"
        load = "import gridkeel.one, gridkeel.two, gridkeel.six"
        script.write_text(
            f"import gc\ngc.collect()\na = gc.mem_alloc()\n{load}\ngc.collect()\nprint(gc.mem_alloc() - a)\n"
        )
        rom = rom_image(script.parent, tmp_path / "cache")
        done = subprocess.run(argv(script, rom=rom), cwd=tmp_path, capture_output=True, text=True, timeout=60)
        taken[kind] = int(done.stdout)
    assert taken["own"] - taken["shared"] > 3 * 30 * 20, taken
