"""The message table as a device carries it: firmware/gridkeel/link/packed.py and the numbers of messages and fields.

A device needs the codes of each row, and the table's text for hosts that do not know it; as constants of one module
both stay in flash. Records that are filled field by field have a module with the place of each.
"""

from __future__ import annotations

from pathlib import Path

from gridkeel.link import frames, messages, table

LINK = Path(__file__).resolve().parents[2] / "firmware" / "gridkeel" / "link"
PATH = LINK / "packed.py"
FILLED = ("telemetry", "handshake")  # records that are filled field by field
TEXT_A_LINE = 96
_SIZES = {"B": 1, "b": 1, "H": 2, "h": 2, "I": 4, "i": 4}
_HEAD = '''"""The message table as the device carries it: link/messages.py, packed by `make generate`.

RECORDS: message, the struct codes of its fields, and "1" for each field that counts and so may stop at its end.
COMMANDS: message and codes.  TEXT: what a host may ask for, HASH its CRC-32.
"""

'''


def source() -> str:
    """Return the module.  Errors: ValueError for a row that does not fit a frame."""
    records, commands = [], []
    for message, name, fields in messages.TABLE:
        codes = "".join(code for _name, code, _unit in fields)
        if fields[0][0] == "command":
            _check(name, codes, frames.COMMAND_PAYLOAD_MAX)
            commands.append(f'    ({message}, b"{codes}"),  # {name}\n')
        else:
            _check(name, codes, frames.PAYLOAD_MAX)
            counts = "".join("1" if unit == "count" else "0" for _name, _code, unit in fields)
            records.append(f'    (  # {name}\n        {message},\n        b"{codes}",\n        b"{counts}",\n    ),\n')
    text = table.text()
    lines = [text[at : at + TEXT_A_LINE] for at in range(0, len(text), TEXT_A_LINE)]
    body = "".join(f"    {_literal(line)}\n" for line in lines)
    return (
        f"{_HEAD}RECORDS: tuple = (\n{''.join(records)})\n\nCOMMANDS: tuple = (\n{''.join(commands)})\n\n"
        f"HASH = 0x{table.table_hash(text):08X}\n\n# fmt: off\nTEXT = (\n{body})\n# fmt: on\n"
    )


def places() -> dict[Path, str]:
    """Return {path: text} of the modules that name the places of a record's fields."""
    found = {}
    for _message, name, fields in messages.TABLE:
        if name in FILLED:
            lines = [f"{field.upper()} = {place}\n" for place, (field, *_rest) in enumerate(fields)]
            head = f'"""Places of the fields in the {name} record: link/messages.py, by `make generate`."""\n\n'
            found[LINK / f"{name}_fields.py"] = f"{head}{''.join(lines)}\nCOUNT = {len(fields)}\n"
    return found


def numbers() -> str:
    """Return the module that names the messages' numbers."""
    head = '"""Numbers of the messages: link/messages.py, by `make generate`."""\n\n'
    return head + "".join(f"{name.upper()} = {message}\n" for message, name, _fields in messages.TABLE)


def files() -> dict[Path, str]:
    """Return {path: text} of the files made here.  Errors: ValueError for a row that does not fit a frame."""
    return {PATH: source(), LINK / "message_ids.py": numbers(), **places()}


def _check(name: str, codes: str, most: int) -> None:
    size = sum(_SIZES[code] for code in codes)
    if size > most:
        raise ValueError(f"row {name} of {size} bytes does not fit {most}")


def _literal(data: bytes) -> str:
    return 'b"' + data.decode("ascii").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
