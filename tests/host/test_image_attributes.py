"""Private attributes in an image: numbered where only their own class says them, left alone everywhere else."""

from __future__ import annotations

import pytest

from host_tools.image.fold import fold

BOX = "class Box:\n    def __init__(self):\n        self._size = 1\n        self._lid = self.open = None\n"


def test_private_attributes_are_numbered_in_each_class():
    out = folded(
        a=BOX, b="class Jar:\n    def fill(self):\n        self._fill += 1\n\n    def _empty(self):\n        pass\n"
    )
    assert out["a"].endswith("        arg0._d7 = 1\n        arg0._a0 = arg0.open = None\n")
    assert out["b"] == "class Jar:\n    def fill(arg0):\n        arg0._a0 += 1\n\n    def _empty(arg0):\n        pass\n"
    assert "_size" in folded(a=BOX, keep_names=True)["a"]


def test_classes_that_inherit_from_each_other_number_their_attributes_together():
    out = folded(
        a=BOX,
        b="from p.a import Box\n\n\nclass Deep(Box):\n    def f(self):\n        return self._lid, self._depth\n",
        c="from p import b\n\n\nclass Deeper(b.Deep):\n    def f(self):\n        self._a = self._depth\n",
    )
    assert "arg0._l1 = 1\n        arg0._h4 = arg0.open" in out["a"]
    assert "return arg0._h4, arg0._d7\n" in out["b"]
    assert "arg0._a0 = arg0._d7\n" in out["c"]


@pytest.mark.parametrize(
    "user",
    [
        "def f(box):\n    return box._lid\n",
        "def f(box):\n    box._lid = 1\n",
        "def f(box):\n    return getattr(box, '_lid')\n",
        "NAMES = b'other _lid'.split()\nprint(NAMES)\n",
        "class Jar:\n    def f(self, other):\n        return other._lid\n",
        "class Jar:\n    def f(self, other):\n        self = other\n        return self._lid\n",
        "class Jar:\n    def f(self):\n        return [self._lid for self in self.all]\n",
        "class Jar:\n    def f(self):\n        def g(self):\n            return self._lid\n        return g\n",
        "class Jar:\n    @staticmethod\n    def f(box):\n        return box._lid\n",
        "class Jar:\n    @wrapped\n    def f(self):\n        return self._lid\n",
        "class Jar:\n    def f(self):\n        return super()._lid\n",
        "class Jar:\n    def f(self):\n        return f'{self._lid}'\n",
        "class Jar(unknown()):\n    def f(self):\n        return self._lid\n",
        "from q import Base\n\n\nclass Jar(Base):\n    def f(self):\n        return self._lid\n",
        "class Jar(dict):\n    def f(self):\n        return self._lid\n",
        "Exception = f()\n\n\nclass Jar(Exception):\n    def f(self):\n        return self._lid\n",
        "class Jar:\n    def __getattr__(self, name):\n        return self._lid\n",
        "@made\nclass Jar:\n    def f(self):\n        return self._lid\n",
        "if f():\n    class Jar:\n        def f(self):\n            return self._lid\n",
        "def make():\n    class Jar:\n        def f(self):\n            return self._lid\n    return Jar\n",
        "class Jar:\n    def f(self):\n        return self._lid\n\n\nJar = None\n",
        "class Jar(Base):\n    def _lid(self):\n        pass\n",
    ],
)
def test_an_attribute_that_something_else_says_keeps_its_name(user):
    out = folded(a=BOX, b=user)
    assert "arg0._lid = arg0.open = None" in out["a"]
    assert "arg0._a0 = 1" in out["a"], "the other one has its number"
    assert "_lid" in out["b"]
    assert "arg0._lid = arg0.open = None" in folded([user], a=BOX)["a"], "a script beside the package says it"


def test_what_a_class_s_body_names_keeps_its_name_in_that_class_alone():
    body = "class Jar:\n    _lid = None\n\n    def _size(self):\n        return self._lid, self._size, self._depth\n"
    out = folded(a=BOX, b=body)
    assert "return arg0._lid, arg0._size, arg0._a0" in out["b"]
    assert "arg0._a0 = arg0.open = None" in out["a"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def f(x):\n    return x._a0\n", "_a0 is a name that the image gives"),
        ("def f(x):\n    return x.__dict__\n", "__dict__ names"),
        ("print(dir(f))\n", "dir names"),
        ("def f(x, y):\n    return getattr(x, '_' + y)\n", "getattr of a composed text"),
        ("def f(x, y):\n    setattr(x, f'_{y}', 1)\n", "setattr of a composed text"),
    ],
)
def test_an_image_whose_attribute_names_are_reached_is_refused(text, why):
    with pytest.raises(SyntaxError, match=why) as refused:
        folded(a=text)
    assert refused.value.filename == "p.a"
    folded(a=text, keep_names=True)


def folded(others=(), keep_names=False, **texts):
    sources = {f"p.{name}": text for name, text in texts.items()}
    return {name[2:]: text for name, text in fold(sources, others, keep_names=keep_names).items()}
