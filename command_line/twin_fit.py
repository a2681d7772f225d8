"""`gridkeel twin fit`: a cell's parameters from its cycler files, with a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.options import JsonFile, Quiet
from host_tools.errors import MissingError, ToolError
from host_tools.files import check_folder, check_writable, write_atomic

if TYPE_CHECKING:
    from twin.battery.chemistry import Chemistry
    from twin.battery.cycler import Record
    from twin.battery.identify import Test


def fit(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE[@SOC]...", help="Tests to identify on: CSV or BDF, also .gz; @SOC is where one begins."
        ),
    ],
    name: Annotated[str, typer.Option(help="Name of the chemistry.")],
    kind: Annotated[str, typer.Option(help="Its cathode: NCA, NMC, LMO, LFP; LFP has hysteresis.")] = "NMC",
    capacity: Annotated[
        float | None, typer.Option("--capacity", metavar="AH", help="Of the cell; else the most that a file moves.")
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option(metavar="FILE[@SOC]", help="Test to judge the result on; may be repeated.")
    ] = None,
    cell: Annotated[str, typer.Option(help="What cell it is, for the file.")] = "",
    source: Annotated[str, typer.Option(help="Whose data, and their licence, for the file.")] = "",
    current_unit: Annotated[
        str | None, typer.Option(metavar="A|mA", help="Unit of the current, over its name.")
    ] = None,
    discharge_positive: Annotated[bool, typer.Option(help="The files count discharge as positive.")] = False,
    out: Annotated[Path, typer.Option(help="Folder for NAME.json, the chemistry, and NAME.html, the report.")] = Path(
        "out"
    ),
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Identify a cell from its cycler files: open-circuit voltage, resistances, heat, and how wrong the model is.

    SoC is 1 at the fullest instant of each file unless it says @SOC where it begins.  Slow discharges, pulses with
    rests, and drives at several temperatures go together; with --check the result is judged on what it never saw.
    """
    from host_tools.screen import Screen
    from twin.battery import identify

    screen = Screen(quiet, json_file)
    check_writable(json_file)
    check_folder(out)
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ToolError(f"{name!r}: a name has letters, digits, - and _")
    options = {"current_unit": current_unit, "discharge_positive": discharge_positive}
    read = [_read(each, capacity, options) for each in files]
    judges = [_read(each, capacity, options) for each in check or []]
    capacity = capacity or max(float(record.charge_ah.max() - record.charge_ah.min()) for record, _ in read)
    tests = [_test(record, soc, capacity) for record, soc in read]
    base = identify.blank(name, cell or name, kind, capacity, source, _limits([record for record, _ in read]))
    with screen.progress() as progress:
        task = progress.add_task("fit", total=float(len(identify.TIME_CONSTANTS_S)))

        def step(text: str) -> None:
            progress.advance(task)
            screen.say(text)

        chemistry = identify.identify(tests, base, progress=step)
    _write(screen, chemistry, tests, [_test(record, soc, capacity) for record, soc in judges], out, json_file)


def _read(text: str, capacity_ah: float | None, options: dict[str, Any]) -> tuple[Record, float | None]:
    from twin.battery import cycler

    path, _, soc = text.rpartition("@") if "@" in text and not Path(text).exists() else (text, "", "")
    if not Path(path).is_file():
        raise MissingError(f"{path}: no such file")
    try:
        begins = float(soc) if soc else None
    except ValueError:
        raise ToolError(f"{text}: {soc!r} after @ is no SoC between 0 and 1") from None
    if begins is not None and not 0.0 <= begins <= 1.0:
        raise ToolError(f"{text}: SoC {soc} is not between 0 and 1")
    return cycler.read(Path(path), capacity_ah, **options), begins


def _test(record: Record, soc: float | None, capacity_ah: float) -> Test:
    from twin.battery import identify

    test = identify.with_soc(record, capacity_ah, soc)
    if test.soc.min() < -0.15 or test.soc.max() > 1.15:
        raise ToolError(
            f"{record.name}: SoC goes from {test.soc.min():.2f} to {test.soc.max():.2f} with {capacity_ah:.3g} Ah; "
            "give --capacity, or where the file begins (FILE@SOC)"
        )
    return test


def _limits(records: list[Record]) -> tuple[float, float]:
    low = min(float(record.voltage_v.min()) for record in records)
    high = max(float(record.voltage_v.max()) for record in records)
    return round(low, 2), round(high, 2)


def _write(
    screen: Any, chemistry: Chemistry, tests: list[Test], judges: list[Test], out: Path, json_file: Path | None
) -> None:
    import json

    from command_line.twin_fit_page import figures_of, page
    from hil.report.files import write_json
    from twin.battery.chemistry import to_dict

    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / f"{chemistry.name}.json", json.dumps(to_dict(chemistry)) + "\n")
    rows = figures_of(chemistry, tests, judges)
    write_atomic(out / f"{chemistry.name}.html", page(chemistry, tests, judges, rows))
    for row in rows:
        helped = "" if row["with_residual_mv"] is None else f", {row['with_residual_mv']:.1f} mV with the residual"
        told = "" if row["soc_rmse_pct"] is None else f"; SoC from a wrong start {row['soc_rmse_pct']:.1f} %"
        screen.say(f"{row['file']} ({row['use']}): voltage RMSE {row['voltage_rmse_mv']:.1f} mV{helped}{told}")
    if json_file is not None:
        write_json({"chemistry": chemistry.name, "uncertainty": vars(chemistry.uncertainty), "tests": rows}, json_file)
    screen.result(f"{chemistry.name}: {len(tests)} tests; {out / chemistry.name}.json, {out / chemistry.name}.html")
