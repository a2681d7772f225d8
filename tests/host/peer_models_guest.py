"""Run with the peer's interpreter: reads one (name, value) a line, builds the peer's own model of that message."""

import ast
import sys

from iso15118.shared.messages.iso15118_2 import body


def plain(value):
    """Return a value as the peer's JSON has it: no response holds hexBinary, and text next to Id is `value`."""
    if isinstance(value, dict):
        return {"value" if key == "" else key: plain(part) for key, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value


for line in sys.stdin:
    name, value = ast.literal_eval(line)
    try:
        made = getattr(body, name).parse_obj(plain(value))
        unknown = [key for key in value if key not in made.dict(by_alias=True)]
        print(f"unknown {unknown}" if unknown else "ok")
    except Exception as error:
        print(repr(error).replace("\n", " "))
