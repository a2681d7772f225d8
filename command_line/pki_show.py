"""`gridkeel pki show`: chains, readable, with what is wrong in them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from command_line.options import JsonFile, Quiet
from host_tools.errors import EXIT_CHECK_FAILED, ToolError
from host_tools.files import check_writable, write_atomic

if TYPE_CHECKING:
    from rich.tree import Tree

    from certs.v2g.check import Finding
    from certs.v2g.sources import Chain, Member


def command(
    path: Annotated[Path, typer.Argument(metavar="DIR|FILE", help="A PKI, a board's folder, or a PEM or DER file.")],
    role: Annotated[str, typer.Option(help="Role of a file's first certificate, for example secc.")] = "",
    soon_days: Annotated[
        int | None, typer.Option(min=0, help="Tell of an end nearer than this, days.", show_default="two weeks")
    ] = None,
    json_file: JsonFile = None,
    quiet: Quiet = False,
) -> None:
    """Show every chain from its root to its leaf and say what is wrong. Exit code 1: something is.

    Example: gridkeel pki show pki
    """
    if role and path.is_dir():
        raise ToolError(f"--role is for a file: {path} says itself which role each certificate has")
    check_writable(json_file)
    from certs.v2g.check import SOON_DAYS, check
    from certs.v2g.sources import chains
    from host_tools.screen import Screen

    now = datetime.now(UTC)
    checked = [
        (chain, check(chain, now, SOON_DAYS if soon_days is None else soon_days)) for chain in chains(path, role)
    ]
    wrong = {finding for _, findings in checked for finding in findings}
    screen = Screen(quiet, json_file)
    if not quiet:
        for chain, findings in checked:
            screen.console.print(_tree(chain, findings))
    if json_file is not None:
        write_atomic(json_file, json.dumps([_as_dict(chain, findings) for chain, findings in checked], indent=1) + "\n")
    screen.verdict(not wrong, f"{path}: {len(wrong)} things are wrong" if wrong else f"{path}: nothing is wrong")
    if wrong:
        raise typer.Exit(EXIT_CHECK_FAILED)


def _tree(chain: Chain, findings: list[Finding]) -> Tree:
    """Return a chain as a tree, root first."""
    from rich.tree import Tree

    tree: Tree | None = None
    branch: Tree | None = None
    for member in reversed(chain):
        label = _label(member, [finding for finding in findings if finding.name == member.name])
        branch = branch.add(label) if branch else Tree(label)
        tree = tree or branch
    return tree or Tree("empty")


def _label(member: Member, findings: list[Finding]) -> str:
    from rich.markup import escape

    facts = _facts(member)
    lines = [
        f"[bold]{escape(member.name)}[/]  {escape(facts['subject'])}",
        f"[dim]until {facts['not_after']:.10}  {facts['key']}  {facts['bytes']} bytes  serial {facts['serial']}[/]",
    ]
    return "\n".join(lines + [f"[red]{finding.code}[/]: {escape(finding.text)}" for finding in findings])


def _facts(member: Member) -> dict[str, Any]:
    from cryptography.hazmat.primitives.serialization import Encoding

    from certs.keys import kind_of

    certificate = member.certificate
    return {
        "name": member.name,
        "role": member.profile.name if member.profile else "",
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:x}",
        "not_before": certificate.not_valid_before_utc.isoformat(),
        "not_after": certificate.not_valid_after_utc.isoformat(),
        "key": kind_of(certificate.public_key()),
        "bytes": len(certificate.public_bytes(Encoding.DER)),
    }


def _as_dict(chain: Chain, findings: list[Finding]) -> dict[str, Any]:
    return {
        "certificates": [_facts(member) for member in chain],
        "findings": [{"name": each.name, "code": each.code, "text": each.text} for each in findings],
    }
