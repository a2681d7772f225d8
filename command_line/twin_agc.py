"""`gridkeel twin agc`: a regulation signal played to a twin, and the score of its group."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from command_line.broker_options import CaFile, CertFile, KeyFile, PasswordFile, Url, Username
from command_line.options import JsonOutcome, Quiet
from command_line.stopping import stop_on_signals
from host_tools.errors import EXIT_CHECK_FAILED
from host_tools.files import check_writable, write_atomic


def agc(
    signal: Annotated[
        Path,
        typer.Argument(metavar="FILE.csv", help="The signal, -1 to 1: columns t_s and signal, or one number a line."),
    ],
    group: Annotated[int, typer.Option(min=1, max=65_535, help="Group that follows, as the twin was told.")],
    regulation_w: Annotated[
        float, typer.Option("--regulation-w", min=1.0, help="What a signal of 1 wants of the group, W.")
    ],
    broker: Url = "mqtt://127.0.0.1:1883",
    name: Annotated[str, typer.Option("--name", help="Name of the twin.")] = "twin",
    every_s: Annotated[
        float, typer.Option("--every", min=1.0, max=10.0, help="Seconds between two lines of a file of numbers.")
    ] = 2.0,
    seconds: Annotated[float, typer.Option(min=0.0, help="So much of the signal; 0 for all of it.")] = 0.0,
    least: Annotated[float, typer.Option(min=0.0, max=1.0, help="Score that is asked for.")] = 0.75,
    warm_s: Annotated[
        float, typer.Option("--warm-up", min=1.0, help="Seconds to hear every member before the signal begins.")
    ] = 15.0,
    cafile: CaFile = None,
    certfile: CertFile = None,
    keyfile: KeyFile = None,
    username: Username = None,
    password_file: PasswordFile = None,
    json_file: JsonOutcome = None,
    quiet: Quiet = False,
) -> None:
    """Play a regulation signal to a running twin at its own pace, and score what the group delivers.

    The score is PJM's: correlation, delay and precision, each 0 to 1, on samples of 10 s, about the power before it
    began. Exit code 1 where it is under --least.

    Example: gridkeel twin agc regd.csv --group 7 --regulation-w 50000
    """
    from command_line.progress import watching
    from host_tools.mqtt.address import broker_at
    from host_tools.screen import Screen
    from twin.service.agc import Player, read_signal

    check_writable(json_file)
    at = broker_at(
        broker, cafile=cafile, certfile=certfile, keyfile=keyfile, username=username, password_file=password_file
    )
    points = read_signal(signal, every_s)
    if seconds:
        points = [point for point in points if point[0] - points[0][0] <= seconds]
    stop = stop_on_signals()
    screen = Screen(quiet, json_file)
    with watching(screen, "connecting ...") as show:
        played = Player(at, name, group, regulation_w).run(points, warm_s, show, stop)
    scored = played.score()
    p99_s = played.to_group_p99_s()
    if json_file is not None:
        document = {
            **scored._asdict(),
            "signals": played.signals,
            "unanswered": played.unanswered,
            "members": played.members,
            "late": played.late,
            "to_group_p99_s": p99_s if played.to_group_s else None,
            "signal_w": played.signal_w,
            "delivered_w": played.delivered_w,
        }
        write_atomic(json_file, json.dumps(document, indent=2) + "\n")
    screen.say(f"{played.members} members, {played.signals} signals, {played.unanswered} without a command")
    if played.late:
        screen.say(f"{played.late} members were heard too late to be in the score: raise --warm-up")
    screen.say(f"correlation {scored.correlation:.3f}, delay {scored.delay:.3f} ({scored.delay_s:.0f} s)")
    screen.say(f"precision {scored.precision:.3f}; signal to group at the broker, 99th percentile: {p99_s:.3f} s")
    good = scored.score >= least
    screen.verdict(good, f"score {scored.score:.3f}, {least:g} is asked for")
    if not good:
        raise typer.Exit(EXIT_CHECK_FAILED)
