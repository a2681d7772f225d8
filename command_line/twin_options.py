"""Options that several commands of `gridkeel twin` have, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from host_tools.files import cannot_write

if TYPE_CHECKING:
    from twin.engine.packs import Packs

Store = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="FILE|URL",
        help="SQLite file, or postgresql://... (extra `cluster`).",
        show_default="twin.db in the user's state folder",
    ),
]
Vehicles = Annotated[
    Path | None,
    typer.Option("--vehicles", metavar="FILE.csv", help="Batteries: device,chemistry,capacity_kwh,nominal_v."),
]
Chemistry = Annotated[str, typer.Option(help="Chemistry of a battery that is not in --vehicles.")]
Capacity = Annotated[float, typer.Option("--capacity-kwh", help="Its capacity.")]
Nominal = Annotated[float, typer.Option("--nominal-v", help="Its voltage.")]


def default_store() -> str:
    """Return where the store is unless it is named.  Errors: MissingError where there can be no such folder."""
    from platformdirs import user_state_path

    folder = user_state_path("gridkeel", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from None
    return str(folder / "twin.db")


def packs_of(vehicles: Path | None, chemistry: str, capacity_kwh: float, nominal_v: float) -> Packs:
    """Return the battery of every controller.  Errors: ToolError, MissingError."""
    from twin.engine import packs

    usual = packs.Spec(chemistry, capacity_kwh, nominal_v)
    if vehicles is not None:
        return packs.read(vehicles, usual)
    found = packs.Packs(usual)
    found.check()
    return found
