"""Orders of `gridkeel provision`: what the command line and the rows of a list make of a board."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from host_tools.errors import MissingError, ToolError
from host_tools.files import check_writable

if TYPE_CHECKING:
    from host_tools.cable.fleet import Device
    from host_tools.cable.provision import Order


@dataclass(frozen=True)
class Job:
    """One board to provision.  where: as its row says it.  port: "" where its USB serial number is to be looked up."""

    where: str
    port: str
    serial: str
    order: Order


@dataclass(frozen=True)
class Own:
    """What a board gets that no other does, "" or None where it is the common one or nothing."""

    device_id: str | None = None
    config: Path | None = None
    overrides: list[str] = field(default_factory=list)
    pki: Path | None = None
    secc_id: str = ""
    csr: Path | None = None
    chain: Path | None = None


@dataclass(frozen=True)
class Common:
    """What the command line says for every board."""

    board: str
    config: Path | None
    param: list[str]
    keys: bytes | None
    pki: Path | None
    group: int | None
    roots: Path | None
    key_on_device: bool
    replace_key: bool
    set_clock: bool

    def check(self) -> None:
        """Refuse what no board could be given.  Errors: ToolError."""
        from host_tools.cable.own_key import check_board
        from host_tools.image.boards import board_named
        from host_tools.image.stamp import FIRMWARE

        if self.key_on_device and self.board:
            check_board(board_named(FIRMWARE, self.board))

    def jobs(self, port: str, own: Own, fleet: Path | None) -> list[Job]:
        """Return the jobs of a list, or the one of a port.  Errors: ToolError before any board is touched."""
        from host_tools.cable.fleet import read
        from host_tools.cable.own_key import check_identity
        from host_tools.cable.provision import check_device_id

        self.check()
        if fleet is not None:
            found = [self.of_row(fleet, row) for row in read(fleet)]
        else:
            if own.device_id is not None:
                check_device_id(own.device_id)
            if own.secc_id:
                check_identity(own.secc_id)
            if own.secc_id and own.csr is None:
                raise ToolError("--secc-id belongs to --csr")
            found = [Job(port, port, "", self.order(own))]
        if self.roots is not None and not any(job.order.chain for job in found):
            raise ToolError("--roots belongs to --chain")
        return found

    def order(self, own: Own) -> Order:
        """Return the order for a board, its own over the common ones.  Errors: ToolError."""
        from hil.config import load_parameters
        from host_tools.cable import chain
        from host_tools.cable.own_key import check_file
        from host_tools.cable.provision import Order, read_pki

        group = [] if self.group is None else [f"group={self.group}"]
        texts = [*self.param, *group, *own.overrides]
        config = own.config or self.config
        pki = own.pki or self.pki
        if pki is not None and (self.key_on_device or own.csr or own.chain):
            raise ToolError("--pki injects a key: it goes with no --key-on-device, --csr and --chain")
        if self.replace_key and pki is None and not self.key_on_device:
            raise ToolError("--replace-key goes with --key-on-device or --pki")
        if self.replace_key and own.chain:
            raise ToolError("--replace-key makes a new key, which no chain is for yet")
        if own.chain and self.roots is None:
            raise ToolError("--chain wants --roots DIR, the roots that it leads to: `gridkeel pki export --roots DIR`")
        if own.csr is not None:
            check_writable(own.csr)
            check_file(own.csr)
        return Order(
            self.board,
            own.device_id,
            load_parameters(config, texts) if config or texts else None,
            self.keys,
            None if pki is None else read_pki(pki),
            own_key=self.key_on_device,
            replace_key=self.replace_key,
            csr=own.csr,
            secc_id=own.secc_id,
            chain=chain.read(own.chain, self.roots) if own.chain and self.roots else None,
            set_clock=self.set_clock,
        )

    def of_row(self, fleet: Path, row: Device) -> Job:
        """Return the job of a list's row.  Errors: ToolError with its line."""

        def beside(name: str) -> Path | None:
            return fleet.parent / name if name else None

        own = Own(
            row.device_id,
            beside(row.config),
            row.overrides,
            beside(row.pki),
            row.secc_id,
            beside(row.csr),
            beside(row.chain),
        )
        try:
            return Job(row.where, row.port, row.serial, self.order(own))
        except MissingError as error:
            raise MissingError(f"{fleet}, line {row.line}: {error}") from None
        except ToolError as error:
            raise ToolError(f"{fleet}, line {row.line}: {error}") from None
