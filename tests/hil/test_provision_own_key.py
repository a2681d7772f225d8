"""`gridkeel provision` with a key that the board makes: out comes a request, in goes a chain, never the key."""

from __future__ import annotations

import base64
import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key
from provision_helpers import Cut, held, run
from virtual_board_helpers import make_firmware

from certs import v2g
from hil.virtual_board import VirtualBoard
from hil.virtual_board.flash import FIRMWARE
from host_tools.cable import chain, clock, own_key
from host_tools.cable.provision import MARKER, Order, provision
from host_tools.cable.staging import SCRIPT
from host_tools.errors import MissingError, ToolError
from host_tools.micropython.interpreter import argv
from host_tools.micropython.prompt import Session

pytestmark = pytest.mark.timeout(120)
POWER_CUTS = Path(__file__).parents[1] / "power_cuts" / "run.py"
SCRIPTS = (SCRIPT, own_key.SCRIPT)
KEY, TLS_KEY = "own_key.der", "pki/secc_key.der"
LOADS_TLS = """\
import sys
sys.path.insert(0, %r)
from gridkeel.boards.pki import Pki
from gridkeel.boards.tls_connection import Security
pki = Pki(True)
Security(pki)
print(len(pki.chain), len(pki.v2g_roots), len(pki.mo_roots))
"""


def with_crypto(directory: Path) -> Path:
    """Write the small firmware with the code that makes keys, and no controller."""
    made = make_firmware(directory)
    shutil.copytree(FIRMWARE / "gridkeel" / "crypto", made / "gridkeel" / "crypto")
    for name in ("__init__", "errors", "slices", "ticks"):
        shutil.copy(FIRMWARE / "gridkeel" / f"{name}.py", made / "gridkeel")
    return made


@pytest.fixture(scope="module")
def firmware(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return with_crypto(tmp_path_factory.mktemp("program") / "firmware")


@pytest.fixture
def board(tmp_path: Path, firmware: Path) -> Iterator[VirtualBoard]:
    with VirtualBoard(tmp_path / "flash", firmware=firmware) as made:
        yield made


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> v2g.Pki:
    return v2g.make(tmp_path_factory.mktemp("pki") / "pki")


@pytest.fixture(scope="module")
def roots(pki: v2g.Pki) -> Path:
    v2g.export_roots(pki, pki.folder.parent / "roots")
    return pki.folder.parent / "roots"


def signed(pki: v2g.Pki, request: Path) -> Path:
    """Return the chain for a request."""
    name = pki.sign_request(x509.load_pem_x509_csr(request.read_bytes()))
    path = request.with_suffix(".pem")
    path.write_bytes(v2g.chain_pem(pki, name))
    return path


def said_in(session: Session, log: list[str]) -> Session:
    """Keep all that a session sends and hears."""
    send = session._run

    def run_and_keep(text: str, timeout_s: float) -> str:
        heard = send(text, timeout_s)
        log.extend((text, heard))
        return heard

    session._run = run_and_keep  # type: ignore[method-assign]
    return session


def shapes_of(key: bytes) -> list[str]:
    """Return what a private key, or its file, would look like in a text."""
    loaded = load_der_private_key(key, None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    number = loaded.private_numbers().private_value
    raw = number.to_bytes(32, "big")
    texts = [str(number), raw.hex(), key.hex(), repr(raw)[2:-1], repr(key)[2:-1]]
    return texts + [base64.b64encode(part).decode().rstrip("=")[:-1] for part in (raw, key, key[7:39])]


def test_a_board_makes_its_key_and_gets_its_chain_and_the_key_never_leaves_it(
    board: VirtualBoard, tmp_path: Path, pki: v2g.Pki, roots: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire: list[str] = []
    monkeypatch.setattr(
        "host_tools.micropython.prompt.Session.__enter__", lambda self: (self._open(), said_in(self, wire))[1]
    )
    request, report = tmp_path / "asked.csr", tmp_path / "report.json"
    words = ["--port", board.console, "--device-id", "charger-0001", "--group", "7", "--key-on-device"]
    words += ["--csr", str(request), "--no-reset", "--json", str(report)]
    outputs = [run(*words)]
    assert outputs[0].exit_code == 0, outputs[0].output
    first = json.loads(report.read_text())
    assert first["result"] == "provisioned" and first["changed"] == [KEY, str(request), "device_id", "config.json"]
    flash = held(board.flash)
    assert json.loads(flash["config.json"]) == {"group": 7} and flash[KEY] == flash[TLS_KEY]
    asked = x509.load_pem_x509_csr(request.read_bytes())
    assert asked.is_signature_valid
    assert asked.public_key() == load_der_private_key(flash[KEY], None).public_key()
    assert first["key_sha256"] in subprocess.run(
        f"openssl req -in {request} -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum",
        shell=True, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    text = request.read_bytes()
    outputs.append(run(*words))
    assert json.loads(report.read_text())["result"] == "complete already"
    assert held(board.flash) == flash and request.read_bytes() == text

    chain_file = signed(pki, request)
    words = ["--port", board.console, "--chain", str(chain_file), "--roots", str(roots), "--no-reset"]
    outputs.append(run(*words))
    assert outputs[-1].exit_code == 0, outputs[-1].output
    now = held(board.flash)
    given = x509.load_pem_x509_certificates(chain_file.read_bytes())
    assert [x509.load_der_x509_certificate(now[f"pki/secc_{n}.der"]) for n in range(3)] == given
    assert now[KEY] == now[TLS_KEY] == flash[KEY]
    assert {f"pki/{path.name}": path.read_bytes() for path in roots.iterdir()}.items() <= now.items()
    outputs.append(run(*words, "--json", "-"))
    assert '"complete already"' in outputs[-1].stdout and held(board.flash) == now

    script = tmp_path / "tls.py"
    script.write_text(LOADS_TLS % str(FIRMWARE))
    loads = subprocess.run(argv(script), cwd=board.flash, capture_output=True, text=True, timeout=60)
    assert loads.stdout.split() == ["3", "1", "1"], loads.stderr
    everything = "\n".join([*(done.output for done in outputs), report.read_text(), *wire])
    assert "request" in "".join(wire) and len(wire) > 40
    assert not [shape for shape in shapes_of(flash[KEY]) if shape in everything]


def provisioned(board: VirtualBoard, order: Order) -> Any:
    with Session(board.console, *SCRIPTS) as session:
        return provision(session, order)


def make_key(board: VirtualBoard, request: Path, **more: Any) -> None:
    provisioned(board, Order("virtual", "charger-0002", own_key=True, csr=request, **more))


def refusal(board: VirtualBoard, order: Order) -> str:
    """Return why an order is refused, which changes nothing."""
    before = held(board.flash)
    with pytest.raises(ToolError) as refused:
        provisioned(board, order)
    assert held(board.flash) == before
    return str(refused.value)


def test_what_does_not_go_with_the_key_is_refused_and_changes_nothing(
    board: VirtualBoard, tmp_path: Path, pki: v2g.Pki, roots: Path
) -> None:
    request = tmp_path / "asked.csr"
    assert "no key of its own" in refusal(board, Order("virtual", "x", csr=request))
    make_key(board, request)
    other = chain.read(signed(pki, request), roots)
    make_key(board, tmp_path / "next.csr", replace_key=True)
    assert "another key" in refusal(board, Order("virtual", "x", chain=other))
    injected = {"secc_key.der": b"injected"}
    assert "--replace-key" in refusal(board, Order("virtual", "x", pki=injected))
    own = board.flash / KEY
    whole = own.read_bytes()
    for damaged in (whole[:-1], whole[:50] + b"\x00" + whole[51:], whole[:10] + bytes(1) + whole[11:], b""):
        own.write_bytes(damaged)
        assert "damaged" in refusal(board, Order("virtual", "x", own_key=True, csr=request))
    make_key(board, tmp_path / "next.csr", replace_key=True)
    provisioned(board, Order("virtual", pki=injected, replace_key=True))
    flash = held(board.flash)
    assert flash[TLS_KEY] == b"injected" and KEY not in flash
    assert "no key of its own" in refusal(board, Order("virtual", "x", chain=other))


def test_a_key_in_use_stays_in_use_until_the_chain_of_the_next_one_is_there(
    board: VirtualBoard, tmp_path: Path, pki: v2g.Pki, roots: Path
) -> None:
    request = tmp_path / "asked.csr"
    make_key(board, request)
    provisioned(board, Order(chain=chain.read(signed(pki, request), roots)))
    before = held(board.flash)
    make_key(board, request, replace_key=True)
    now = held(board.flash)
    assert now[KEY] != before[KEY]
    assert {name: data for name, data in now.items() if name.startswith("pki/")} == {
        name: data for name, data in before.items() if name.startswith("pki/")
    }
    provisioned(board, Order(chain=chain.read(signed(pki, request), roots)))
    after = held(board.flash)
    assert after[TLS_KEY] == after[KEY] == now[KEY] and after["pki/secc_0.der"] != before["pki/secc_0.der"]


def test_a_connection_cut_before_any_call_loses_no_key_that_a_request_was_made_of(
    board: VirtualBoard, tmp_path: Path, pki: v2g.Pki, roots: Path
) -> None:
    request = tmp_path / "asked.csr"
    order = Order("virtual", "charger-0002", {"group": 7}, own_key=True, csr=request)
    for stage in (order, None):
        points, made = 0, False
        while not made:
            given = stage or Order(chain=chain.read(signed(pki, tmp_path / "asked.csr"), roots))
            asked = request.read_bytes() if request.exists() else b""
            try:
                with Session(board.console, *SCRIPTS) as session:
                    provision(Cut(session, points, None), given)
                made = True
            except MissingError:
                points += 3  # tests/power_cuts has each of them
            flash = held(board.flash)
            assert not asked or request.read_bytes() == asked
            if asked:
                key = x509.load_pem_x509_csr(asked).public_key()
                assert load_der_private_key(flash[KEY], None).public_key() == key
            if "pki/secc_0.der" in flash:
                leaf = x509.load_der_x509_certificate(flash["pki/secc_0.der"])
                assert leaf.public_key() == load_der_private_key(flash[TLS_KEY], None).public_key()
        assert points >= 9
        assert MARKER in flash and not [name for name in flash if ".new" in name or ".old" in name]
    assert json.loads(flash["config.json"]) == {"group": 7} and "pki/secc_2.der" in flash


@pytest.mark.timeout(290)
def test_a_power_cut_at_any_operation_of_the_flash_loses_no_key_and_is_completed() -> None:
    """A sample; python tests/power_cuts/run.py Provisioning makes all of them."""
    command = [sys.executable, str(POWER_CUTS), "Provisioning", "--sample", "60"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=270)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert int(done.stdout.split()[1].replace(",", "")) > 15, done.stdout


@pytest.mark.parametrize("at", [6, 9, 14])
def test_a_board_that_loses_its_power_in_between_goes_on_with_the_key_it_made(
    board: VirtualBoard, tmp_path: Path, at: int
) -> None:
    order = Order("virtual", "charger-0002", parameters={"group": 7}, own_key=True, csr=tmp_path / "asked.csr")
    with Session(board.console, *SCRIPTS) as session, pytest.raises(MissingError) as cut:
        provision(Cut(session, at, board), order)
    made = held(board.flash).get(KEY)
    assert ("the same command goes on" in str(cut.value)) == (made is not None)
    done = provisioned(board, order)
    assert done.changed and (made is None or held(board.flash)[KEY] == made)
    assert provisioned(board, order).result == "complete already"


def test_a_disk_that_takes_no_request_leaves_the_key_and_says_so(board: VirtualBoard, tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    with pytest.raises(MissingError, match="the same command goes on"):
        make_key(board, folder / "file" / "asked.csr" if os.geteuid() else Path("/proc/no/asked.csr"))
    made = held(board.flash)[KEY]
    make_key(board, tmp_path / "asked.csr")
    assert held(board.flash)[KEY] == made


def test_firmware_without_the_code_for_a_key_is_said_with_the_way_out(tmp_path: Path) -> None:
    with VirtualBoard(tmp_path / "flash", firmware=make_firmware(tmp_path / "firmware")) as board:
        assert "gridkeel flash" in refusal(board, Order("virtual", "x", own_key=True, csr=tmp_path / "asked.csr"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--key-on-device", "--board", "rpi_pico"], "makes no keys of its own, its random numbers are xoroshiro"),
        (["--key-on-device", "--board", "esp32_s3_devkitc"], "only while Wi-Fi or Bluetooth runs"),
        (["--key-on-device", "--pki", "."], "goes with no --key-on-device"),
        (["--csr", "x.csr", "--pki", "."], "goes with no --key-on-device"),
        (["--chain", "x.pem"], "--chain wants --roots"),
        (["--roots", "."], "belongs to --chain"),
        (["--secc-id", "S1"], "belongs to --csr"),
        (["--csr", "x.csr", "--secc-id", "a b"], "SECC id"),
        (["--replace-key"], "goes with --key-on-device or --pki"),
        (["--group", "65536"], "group = 65536 is outside"),
        (["--csr", __file__], "is no request"),
        (["--csr", "/proc/no/x.csr"], "cannot write"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_a_board_is_asked(words: list[str], said: str) -> None:
    done = run("--port", "x", *words)
    assert isinstance(done.exception, ToolError) and said in str(done.exception), done.exception


def write_list(path: Path, *rows: list[str]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def test_a_list_has_a_request_out_and_a_chain_in_for_each_board(
    board: VirtualBoard, tmp_path: Path, firmware: Path, pki: v2g.Pki, roots: Path
) -> None:
    report = tmp_path / "report.json"
    columns = ["port", "device_id", "group", "secc_id", "csr", "chain"]
    with VirtualBoard(tmp_path / "second", firmware=firmware) as second:
        rows = [
            [board.console, "charger-1", "7", "DE*ABC*S1", "1.csr", ""],
            [str(tmp_path / "ttyACM7"), "charger-2", "", "", "2.csr", ""],
            [second.console, "charger-3", "", "", "3.csr", ""],
        ]
        listed = write_list(tmp_path / "devices.csv", columns, *rows)
        words = ["--fleet", str(listed), "--key-on-device", "--group", "8", "--json", str(report), "--no-reset"]
        done = run(*words)
        assert done.exit_code == 1 and "2 of 3 devices" in done.output
        told = json.loads(report.read_text())
        assert [row["result"] for row in told] == ["provisioned", "failed", "provisioned"]
        assert [row["group"] for row in told] == [7, 8, 8]
        assert not (tmp_path / "2.csr").exists() and told[1]["csr"] == told[1]["key_sha256"] == ""
        names = []
        for row, number in ((0, 1), (2, 3)):
            request = x509.load_pem_x509_csr((tmp_path / f"{number}.csr").read_bytes())
            names += [str(each.value) for each in request.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
            rows[row][5] = signed(pki, tmp_path / f"{number}.csr").name
        assert names == ["DE*ABC*S1", "charger-3"]
        write_list(listed, columns, rows[0], rows[2])
        assert run(*words, "--roots", str(roots)).exit_code == 0
        assert [row["changed"] for row in json.loads(report.read_text())] == [["pki"], ["pki"]]
        rows[0][5], rows[2][5] = rows[2][5], rows[0][5]
        before = held(board.flash)
        write_list(listed, columns, rows[0], rows[2])
        assert run(*words, "--roots", str(roots)).exit_code == 1
        assert all("another key" in row["reason"] for row in json.loads(report.read_text()))
        assert held(board.flash) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("port,device_id,csr\na,x,1.csr\nb,y,1.csr\n", "line 3: csr 1.csr is that of line 2"),
        ("port,device_id,chain\na,x,none.pem\n", "line 2: --chain wants --roots"),
        ("port,device_id,group\na,x,a b\n", "group=a b"),
        ("port,device_id,secc_id\na,x,a b\n", "line 2: SECC id"),
        ("port,device_id,csr,pki\na,x,1.csr,.\n", "line 2: --pki injects a key"),
    ],
)
def test_a_list_with_a_fault_in_a_new_column_is_refused_whole_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "devices.csv").write_text(text)
    done = run("--fleet", str(tmp_path / "devices.csv"))
    assert isinstance(done.exception, ToolError) and said in str(done.exception), done.exception


@pytest.mark.parametrize("option", ["--csr", "--chain", "--secc-id"])
def test_what_is_one_device_s_is_no_option_beside_a_list(tmp_path: Path, option: str) -> None:
    (tmp_path / "devices.csv").write_text("port,device_id\na,x\n")
    done = run("--fleet", str(tmp_path / "devices.csv"), option, "x")
    assert isinstance(done.exception, ToolError) and "columns" in str(done.exception)


class Rtc:
    """A board whose clock shows what it was told, and seconds more."""

    def __init__(self, shows: list[int] | None, late_s: int = 0) -> None:
        self.shows, self.late_s = shows, late_s
        self.told: tuple[object, ...] = ()

    def call(self, name: str, *arguments: Any, timeout_s: float = 0) -> dict[str, Any]:
        self.told = arguments
        if self.shows == []:
            year, month, day, _weekday, hour, minute, second = arguments
            return {"shows": [year, month, day, hour, minute, second + self.late_s]}
        return {"shows": self.shows}


def test_a_clock_is_set_and_looked_at_and_none_is_said() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 11, 29, 23, 4, 5, 999999, tzinfo=UTC)
    right = Rtc([])
    assert clock.set_clock(right, now) == clock.SET
    assert right.told == (2026, 11, 29, 7, 23, 4, 5)
    assert clock.set_clock(Rtc([], 3), now) == clock.SET
    assert clock.set_clock(Rtc(None), now) == clock.NONE
    for wrong in (Rtc([], 40), Rtc([], -1), Rtc([2000, 1, 1, 0, 0, 0]), Rtc([0, 0, 0, 0, 0, 0]), Rtc([1])):
        with pytest.raises(ToolError, match="clock shows"):
            clock.set_clock(wrong, now)


def test_a_board_without_a_clock_is_told_so(board: VirtualBoard) -> None:
    assert provisioned(board, Order("virtual", set_clock=True)).clock == clock.NONE
