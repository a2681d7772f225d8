"""`gridkeel pki`: the certificates of ISO 15118."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from command_line import pki_show
from command_line.command import Command, group, refuse
from command_line.disk import reporting_disk_errors
from command_line.options import Quiet
from host_tools.errors import ToolError
from host_tools.files import check_writable

app = group(no_args_is_help=True, help="Make and manage the certificates of ISO 15118.")
_MADE_UP = "a made-up one"
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the PKI.")]
Name = Annotated[str, typer.Argument(help="Name within the PKI, as `show` lists it.")]
Force = Annotated[bool, typer.Option("--force", help="Replace what an earlier run wrote there.")]


@app.command(cls=Command)
def init(
    folder: Folder,
    emaid: Annotated[
        str | None,
        typer.Option(help="Account in the contract, with or without its check digit.", show_default=_MADE_UP),
    ] = None,
    pcid: Annotated[
        str | None, typer.Option(help="Id in the OEM provisioning certificate.", show_default=_MADE_UP)
    ] = None,
    secc_id: Annotated[str | None, typer.Option(help="Id in the SECC's certificate.", show_default=_MADE_UP)] = None,
    organisation: Annotated[str, typer.Option(help="Organisation in every subject.")] = "Gridkeel",
    country: Annotated[str, typer.Option(help="Country in every subject, two letters.")] = "DE",
    edition: Annotated[str, typer.Option(help="2 or 20: ISO 15118-2 (P-256) or -20 (P-521).")] = "2",
    key: Annotated[str, typer.Option(help="Kind of key, where the edition has a choice: P-521 or Ed448 for 20.")] = "",
    ocsp_url: Annotated[str, typer.Option(help="Address of an OCSP responder, for all but the roots.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace a PKI that is there, keys and all.")] = False,
    quiet: Quiet = False,
) -> None:
    """Make every root, sub-CA and leaf in a new folder: V2G with CPO and CPS, MO with a contract, OEM.

    Example: gridkeel pki init pki --emaid DE8AA001234567
    """
    from certs import v2g
    from certs.v2g import names
    from host_tools.screen import Screen

    screen = Screen(quiet)
    with screen.progress() as progress:
        task = progress.add_task("keys", total=1.0)

        def watch(name: str, done: int, count: int) -> None:
            progress.update(task, description=name, completed=done / count)

        with reporting_disk_errors(folder):
            pki = v2g.make(
                folder,
                emaid=emaid or names.DEFAULTS["emaid"],
                pcid=pcid or names.DEFAULTS["pcid"],
                secc_id=secc_id or names.DEFAULTS["secc_id"],
                organisation=organisation,
                country=country,
                edition=edition,
                key=key,
                ocsp_url=ocsp_url,
                force=force,
                progress=watch,
            )
        progress.update(task, description="done", completed=1.0)
    screen.result(f"{folder}: {len(pki.names())} certificates of ISO 15118-{edition}, {pki.index.key}")


@app.command(cls=Command)
def issue(
    folder: Folder,
    role: Annotated[str, typer.Argument(help="Role, for example contract, secc or cpo_sub2.")],
    identity: Annotated[str, typer.Option("--id", help="EMAID, PCID or SECC id of the new certificate.")] = "",
    name: Annotated[str, typer.Option(help="Name within the PKI; default: the role and a number.")] = "",
    issuer: Annotated[str, typer.Option(help="Name that signs; default: the first of the role above.")] = "",
    holder: Annotated[
        str, typer.Option("--for", metavar="PCID", help="Vehicle that alone may get this contract.")
    ] = "",
) -> None:
    """Make another certificate of a role, with a key of its own.

    Example: gridkeel pki issue pki contract --id DE8AA007654321
    """
    from certs import v2g

    with reporting_disk_errors(folder):
        pki = v2g.Pki(folder)
        made = pki.issue(role, name=name, issuer=issuer, identity=identity, holder=holder)
    _say(f"{made}: {pki.certificate(made).subject.rfc4514_string()}, signed by {pki.entry(made).issuer}")


@app.command(cls=Command)
def renew(
    folder: Folder,
    name: Name,
    new_key: Annotated[bool, typer.Option("--new-key", help="Make a new key too.")] = False,
) -> None:
    """Make a new certificate for a name, for its key or for a new one; the old files stay."""
    from certs import v2g

    with reporting_disk_errors(folder):
        pki = v2g.Pki(folder)
        orphans = pki.renew(name, new_key=new_key)
    _say(f"{name}: valid until {pki.certificate(name).not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if orphans:
        _say(f"signed by its old key and to be renewed now: {', '.join(orphans)}")


@app.command(cls=Command)
def revoke(folder: Folder, name: Name) -> None:
    """Revoke a name's present certificate: a new revocation list of its issuer and an OCSP response.

    Given again, it makes both anew before they are out of date.
    """
    from certs import v2g

    with reporting_disk_errors(folder):
        for path in v2g.Pki(folder).revoke(name):
            _say(str(path))


@app.command(name="sign-csr", cls=Command)
def sign_csr(
    folder: Folder,
    requests: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Requests of chargers, PEM or DER.")],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the chains.", show_default="each request's own")
    ] = None,
    force: Force = False,
) -> None:
    """Sign requests of chargers that made their own keys: for NAME.csr the chain NAME.pem, the leaf first.

    All requests are judged before the first is signed. A charger's next request renews its certificate.

    Example: gridkeel pki sign-csr pki charger-0001.csr
    """
    from certs import files, v2g
    from certs.v2g.requests import identity, read

    if out is not None:
        check_writable(out / "chain.pem")
    pki = v2g.Pki(folder)
    found = {path: read(path, pki.role("secc").key) for path in requests}
    if len({identity(request) for request in found.values()}) < len(requests):
        raise ToolError("two of these requests are of the same SECC id")
    targets = {path: (out or path.parent) / f"{path.stem}.pem" for path in requests}
    for path, target in targets.items():
        if len([other for other in targets.values() if other == target]) > 1 or target == path:
            raise ToolError(f"{path}: its chain would go into {target}, where another file is wanted")
        if target.exists() and not force:
            raise ToolError(f"{target} is there; --force replaces it")
    if out is not None:
        with reporting_disk_errors(out):
            out.mkdir(parents=True, exist_ok=True)
    for path, request in found.items():
        with reporting_disk_errors(targets[path]):
            made = pki.sign_request(request)
            files.write(targets[path], v2g.chain_pem(pki, made))
        _say(f"{targets[path]}: {made}: {pki.certificate(made).subject.rfc4514_string()}")


app.command(name="show", cls=Command)(pki_show.command)


@app.command(cls=Command)
def export(
    context: typer.Context,
    folder: Folder,
    device: Annotated[Path | None, typer.Option(metavar="DIR", help="Write the board's folder, /pki on it.")] = None,
    peer: Annotated[Path | None, typer.Option(metavar="DIR", help="Write PKI_PATH of the package iso15118.")] = None,
    roots: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write roots and lists alone, for a board with its own key.")
    ] = None,
    secc: Annotated[str, typer.Option(help="Name of the SECC certificate.")] = "secc",
    contract: Annotated[str, typer.Option(help="Name of the contract, for --peer.")] = "contract",
    oem: Annotated[str, typer.Option(help="Name of the provisioning certificate, for --peer.")] = "oem",
    force: Force = False,
) -> None:
    """Write what a board or the peer needs: certificates, the leaves' keys, the peer's passwords.

    Example: gridkeel pki export pki --device board-pki --peer ev-pki
    """
    if device is None and peer is None and roots is None:
        raise ToolError("give --device DIR, --peer DIR or --roots DIR")
    if peer is None:
        refuse(context, ("contract", "oem"), "belongs to --peer DIR")
    from certs import v2g

    pki = v2g.Pki(folder)
    for target, write in (
        (device, lambda at: v2g.export_device(pki, at, secc=secc, force=force)),
        (peer, lambda at: v2g.export_peer(pki, at, secc=secc, contract=contract, oem=oem, force=force)),
        (roots, lambda at: v2g.export_roots(pki, at, force=force)),
    ):
        if target is not None:
            with reporting_disk_errors(target):
                _say(f"{target}: {len(write(target))} files")


def _say(line: str) -> None:
    from host_tools.screen import Screen

    Screen().result(line)
