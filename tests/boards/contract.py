"""Holds calls of a board file against the signatures that MicroPython's stubs state (stub_api.py)."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import stub_api


class ContractError(Exception):
    """A board file used the chip in a way that the chip, its data sheet or the safety rules do not allow."""


# What MicroPython's streams take and the stubs leave out: py/stream.c, write(buffer, count).
_STREAM_WRITE = [["buf", "p", "AnyReadableBuf", False], ["n", "p", "int", False]]
_READABLE = (bytes, bytearray, memoryview, array)
_WRITABLE = (bytearray, memoryview, array)


class Signatures:
    """The api of one port; `check` refuses a call that no signature of it takes."""

    def __init__(self, port: str) -> None:
        self._api = stub_api.committed(port)
        for owner in ("UART",):
            self._api["machine"][owner]["methods"]["write"].append(_STREAM_WRITE)

    def of(self, module: str, owner: str, method: str) -> list:
        entry = self._api.get(module, {}).get(owner)
        if entry is None:
            raise ContractError(f"{module}.{owner} does not exist on this port")
        if isinstance(entry, list):
            return entry
        if method not in entry["methods"]:
            raise ContractError(f"{module}.{owner} has no method {method}")
        return entry["methods"][method]

    def has_constant(self, module: str, owner: str, name: str) -> bool:
        return name in self._api[module][owner]["constants"]

    def check(self, where: tuple[str, str, str], args: tuple, kwargs: dict[str, Any], pin: type) -> None:
        signatures = self.of(*where)
        reasons = [reason for reason in (_mismatch(one, args, kwargs, pin) for one in signatures) if reason]
        if len(reasons) == len(signatures):
            raise ContractError(f"{'.'.join(where)}: {reasons[0]}")


def _mismatch(signature: list, args: tuple, kwargs: dict[str, Any], pin: type) -> str:
    placed = [row for row in signature if row[1] in "pb"]
    if len(args) > len(placed):
        return f"takes {len(placed)} arguments by place, got {len(args)}"
    given = {row[0]: value for row, value in zip(placed, args, strict=False)}
    named = {row[0]: row for row in signature if row[1] in "bk"}
    any_name = any(row[1] == "**" for row in signature)  # the model then knows the names, and refuses others
    unknown = [name for name in kwargs if name not in named]
    if unknown and not any_name:
        return f"takes no argument {unknown[0]}"
    twice = [name for name in kwargs if name in given]
    if twice:
        return f"got {twice[0]} twice"
    given.update({name: kwargs[name] for name in kwargs if name in named})
    for name, kind, annotation, optional in signature:
        if kind in ("*", "**"):
            continue
        if name not in given:
            if not optional:
                return f"lacks {name}"
        elif not _fits(annotation, given[name], pin):
            return f"{name} = {given[name]!r} is no {annotation}"
    return ""


def _fits(annotation: str, value: object, pin: type) -> bool:
    kinds: dict[str, Callable[[], bool]] = {
        "": lambda: True,
        "Any": lambda: True,
        "Incomplete": lambda: True,
        "None": lambda: value is None,
        "int": lambda: isinstance(value, int),
        "bool": lambda: isinstance(value, int),
        "float": lambda: isinstance(value, int | float),
        "str": lambda: isinstance(value, str),
        "ID_T": lambda: isinstance(value, int | str),
        "_PinLike": lambda: isinstance(value, pin | int | str),
        "PinLike": lambda: isinstance(value, pin | int | str),
        "Pin": lambda: isinstance(value, pin),
        "AnyReadableBuf": lambda: isinstance(value, _READABLE),
        "AnyWritableBuf": lambda: isinstance(value, _WRITABLE),
        "_PIO_ASM_Program": lambda: hasattr(value, "instructions"),
    }
    if annotation.startswith("Optional["):
        annotation = annotation[9:-1] + " | None"
    if annotation.startswith("Union["):
        annotation = " | ".join(_parts(annotation[6:-1]))
    if annotation.startswith(("Callable", "(Callable")):
        return value is None or callable(value)
    for part in (word.strip() for word in annotation.split(" | ")):
        kind = part.partition("[")[0]
        if kind in ("List", "list", "tuple"):
            kinds[part] = lambda: isinstance(value, list | tuple)
        if part not in kinds:
            raise ContractError(f"the contract knows no type {part!r}: say in contract.py what fits it")
        if kinds[part]():
            return True
    return False


def _parts(text: str) -> list[str]:
    out, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and not depth:
            out.append(text[start:at].strip())
            start = at + 1
    return [*out, text[start:].strip()]
