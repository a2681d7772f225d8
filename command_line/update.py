"""`gridkeel update`: keys, signed releases, and a release to controllers that run, by serial line or by MQTT."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command_line.command import Command, group
from command_line.disk import reporting_disk_errors
from command_line.options import Quiet
from command_line.update_files import read_release_file
from command_line.update_fleet import publish, rollout, status, withdraw
from host_tools.errors import MissingError, ToolError
from host_tools.files import check_writable

app = group(
    no_args_is_help=True, help="Make keys, sign releases of the firmware, and take one to a controller or to a fleet."
)
_KEY_HELP = "Key that signs, without its suffix: FOLDER/a for FOLDER/a.key and FOLDER/a.pub.pem."
Key = Annotated[Path, typer.Option(metavar="STEM", help=_KEY_HELP)]
Out = Annotated[Path, typer.Option(metavar="FILE", help="The file that is written.")]


@app.command(cls=Command)
def keys(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder for two key pairs and their set.")],
    number: Annotated[int, typer.Option(min=1, max=(1 << 30) - 1, help="Number of the set; a rotation raises it.")] = 1,
) -> None:
    """Make two keys that sign releases, and the set of both that devices trust.

    Keep the two private keys in two places: either signs a release, and both sign a rotation.

    Example: gridkeel update keys update-keys
    """
    from host_tools.update.keys import make_keys

    with reporting_disk_errors(folder):
        made = make_keys(folder, number)
    print(f"{folder}: a.key and b.key for their owner alone; {made.name} is what devices are provisioned with")


@app.command(cls=Command)
def sign(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="gridkeel.romfs of `gridkeel firmware build`.")],
    key: Key,
    out: Out,
    board: Annotated[str, typer.Option(help="Board, as `gridkeel firmware boards` lists it.")] = "",
    chip: Annotated[str, typer.Option(help="Its chip.", show_default="that of the board")] = "",
    version: Annotated[str, typer.Option(help="Version of the image.", show_default="this checkout's")] = "",
    counter: Annotated[
        int, typer.Option(min=0, max=(1 << 30) - 1, help="Security counter: raise it when older ones must not return.")
    ] = 0,
    base: Annotated[
        Path | None, typer.Option(metavar="IMAGE", help="Image that the controllers run: a delta, where it is smaller.")
    ] = None,
) -> None:
    """Sign an image as a release for one board: a manifest, and the image or a delta.

    Example: gridkeel update sign out/firmware/virtual/gridkeel.romfs --board virtual --key update-keys/a --out new.gkr
    """
    from host_tools.commit import firmware_version
    from host_tools.image.boards import boards
    from host_tools.image.stamp import FIRMWARE
    from host_tools.update import release
    from host_tools.update.keys import signing_key

    check_writable(out)
    known = boards(FIRMWARE)
    if board not in known:
        raise ToolError(f"--board {board or '?'}: one of {', '.join(known)}")
    described = release.Image(
        read_release_file(image), board, chip or known[board].chip.name, version or firmware_version(FIRMWARE), counter
    )
    with reporting_disk_errors(out):
        from certs.files import write

        write(out, release.sign(described, signing_key(key), read_release_file(base) if base else None))
    show(out)


@app.command(cls=Command)
def rotate(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="Folder of the keys that devices trust now.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="Folder of the keys that replace them.")],
    out: Out,
) -> None:
    """Sign a new set of keys with both old ones; `gridkeel update send` takes it to a controller.

    Example: gridkeel update rotate update-keys next-keys --out rotation.gkr
    """
    from certs.files import write
    from host_tools.update.keys import NAMES, rotation, signing_key

    check_writable(out)
    fresh = _one_set(new)
    first, second = (signing_key(old / name) for name in NAMES)
    with reporting_disk_errors(out):
        write(out, rotation(fresh, (first, second)))
    print(f"{out}: set {int.from_bytes(fresh[4:8], 'little')} of keys, signed by both keys of {old}")


@app.command(cls=Command)
def show(
    file: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release file.")],
    trusted: Annotated[
        Path | None, typer.Option(metavar="SET", help="Set of trusted keys to hold the signature against.")
    ] = None,
) -> None:
    """Show what a release is for, and whether a set of keys accepts its signature.

    Example: gridkeel update show new.gkr --trusted update-keys/update-keys-1.set
    """
    from gridkeel.errors import GridkeelError
    from gridkeel.update import keys as device_keys
    from gridkeel.update import manifest
    from host_tools.update import release

    said, payload = release.read(read_release_file(file))
    kind = f"delta of {len(payload):,} bytes on {said.base.hex()[:16]}" if said.kind else "whole"
    print(
        f"{said.version.decode()} for {said.board.decode()} ({said.chip.decode()}), security counter {said.counter}\n"
        f"image of {said.size:,} bytes, SHA-256 {said.digest.hex()}, {kind}\n"
        f"signed by key {said.key_id.hex()}"
    )
    if trusted is not None:
        try:
            for _ in manifest.verify(said, device_keys.TrustedKeys(read_release_file(trusted)).keys):
                pass
        except GridkeelError as error:
            raise ToolError(f"{trusted} does not accept it: {error}") from None
        print(f"{trusted} accepts its signature")


@app.command(cls=Command)
def send(
    file: Annotated[Path, typer.Argument(metavar="RELEASE", help="A release, or a rotation of keys.")],
    port: Annotated[str, typer.Option(help="Serial port of the controller's host link.")],
    baud: Annotated[int, typer.Option(help="Its rate.")] = 115200,
    timeout: Annotated[float, typer.Option(min=1.0, help="Longest wait for the controller's own verdict, s.")] = 600.0,
    quiet: Quiet = False,
) -> None:
    """Send a release over the serial line and wait until the controller has installed and judged it.

    The controller goes on with its work meanwhile, and switches when no power flows. The command can be repeated:
    what is there already is not sent again. Exit code 1 where the controller rejects it or goes back to the old image.

    Example: gridkeel update send new.gkr --port /dev/ttyACM1
    """
    from host_tools.screen import Screen
    from host_tools.update.send import send_release

    screen = Screen(quiet)
    with screen.progress() as progress:
        task = progress.add_task("waiting for the controller", total=1.0)

        def watch(what: str, share: float) -> None:
            progress.update(task, description=what, completed=share)

        result = send_release(read_release_file(file), port, baud, timeout, watch)
        progress.update(task, description="done", completed=1.0)
    screen.result(result.text)
    if not result.ok:
        raise typer.Exit(1)


for _command in (publish, withdraw, status, rollout):
    app.command(cls=Command)(_command)


def _one_set(folder: Path) -> bytes:
    found = sorted(folder.glob("update-keys-*.set"))
    if len(found) != 1:
        raise MissingError(f"{folder} holds {len(found)} sets of keys (update-keys-N.set), one is wanted")
    return read_release_file(found[0])
