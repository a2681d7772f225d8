"""Signatures of MicroPython's modules, read from its stubs; `python tests/boards/stub_api.py FOLDER` writes api/*.json.

FOLDER holds rp2, esp32 and stm32, each the package micropython-<port>-stubs installed with `pip install --no-deps
--target`. What is written is facts alone: names, kinds, types and defaults of parameters, and constants.
"""

from __future__ import annotations

import ast
import json
import sys
from pathlib import Path
from typing import Any

API = Path(__file__).parent / "api"
WANTED = {
    "rp2": {
        "machine": ("Pin", "ADC", "PWM", "UART", "WDT", "freq", "unique_id"),
        "rp2": ("DMA", "StateMachine", "PIO", "asm_pio"),
    },
    "esp32": {"machine": ("Pin", "ADC", "PWM", "UART", "WDT", "I2S", "freq", "unique_id")},
    "stm32": {
        "machine": ("Pin", "ADC", "PWM", "UART", "WDT", "freq", "unique_id"),
        "pyb": ("Timer", "TimerChannel"),
    },
}
Api = dict[str, Any]  # name: signatures of a function, or {"methods": {name: signatures}, "constants": [names]}


def read(port: str, folder: Path) -> dict[str, Api]:
    """Return {module: api} of a port's stubs."""
    found = {}
    for module, names in WANTED[port].items():
        path = folder / port / f"{module}.pyi"
        if not path.exists():
            path = folder / port / module / "__init__.pyi"
        found[module] = _of_body(ast.parse(path.read_text(encoding="utf-8")).body, names)
    return found


def _of_body(body: list[ast.stmt], names: tuple[str, ...]) -> Api:
    api: Api = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            api.setdefault(node.name, []).append(_signature(node, bound=False))
        elif isinstance(node, ast.ClassDef) and node.name in names:
            api[node.name] = _of_class(node)
    return api


def _of_class(node: ast.ClassDef) -> Api:
    methods: dict[str, list] = {}
    constants = []
    for part in node.body:
        if isinstance(part, ast.FunctionDef):
            static = any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in part.decorator_list)
            methods.setdefault(part.name, []).append(_signature(part, bound=not static))
        elif isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
            constants.append(part.target.id)
    return {"methods": methods, "constants": sorted(constants)}


def _signature(node: ast.FunctionDef, *, bound: bool) -> list[list[str | bool]]:
    """Return [name, kind, type, optional] of each parameter; kind is p(ositional), b(oth), k(eyword), * or **."""
    arguments = node.args
    placed = [(argument, "p") for argument in arguments.posonlyargs] + [(argument, "b") for argument in arguments.args]
    optional = [False] * (len(placed) - len(arguments.defaults)) + [True] * len(arguments.defaults)
    out = [_parameter(argument, kind, has) for (argument, kind), has in zip(placed, optional, strict=True)]
    if bound:
        out = out[1:]
    if arguments.vararg:
        out.append(_parameter(arguments.vararg, "*", True))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        out.append(_parameter(argument, "k", default is not None))
    if arguments.kwarg:
        out.append(_parameter(arguments.kwarg, "**", True))
    return out


def _parameter(argument: ast.arg, kind: str, optional: bool) -> list[str | bool]:
    return [argument.arg, kind, ast.unparse(argument.annotation) if argument.annotation else "", optional]


def committed(port: str) -> dict[str, Api]:
    """Return what was read when the project was last brought up to a MicroPython version."""
    return json.loads((API / f"{port}.json").read_text(encoding="utf-8"))


def main(arguments: list[str]) -> int:
    for port in WANTED:
        text = json.dumps(read(port, Path(arguments[0])), indent=None, sort_keys=True)
        (API / f"{port}.json").write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
