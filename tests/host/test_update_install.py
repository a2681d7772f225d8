"""A release from the host's link into the idle slot of a device, beside its judge: whole, cut, hostile."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest
from update_device import Device

from gridkeel.update import keys, manifest, refusals, selector, statuses
from host_tools.link import layouts
from host_tools.update import keys as host_keys
from host_tools.update import release

sys.path.insert(0, str(Path(__file__).parents[1] / "device"))
from flash_chip import PowerCutError  # noqa: E402


def image_of(seed: int, size: int = 30_001) -> bytes:
    return random.Random(seed).randbytes(size)


OLD = image_of(1)
NEW = OLD[:10_000] + b"something new" + OLD[10_000:25_000] + image_of(2, 3_000)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("update") / "keys"
    host_keys.make_keys(path)
    return path


@pytest.fixture(scope="module")
def trusted(folder: Path) -> bytes:
    return (folder / host_keys.SET_FILE.format(1)).read_bytes()


def signed(
    folder: Path, data: bytes = NEW, base: bytes | None = None, counter: int = 3, board: str = "rpi_pico2"
) -> bytes:
    image = release.Image(data, board, "rp2350", "0.2.0", counter)
    return release.sign(image, host_keys.signing_key(folder / "a"), base)


@pytest.mark.parametrize("base", [None, OLD])
def test_a_release_becomes_the_image_of_the_next_start(folder: Path, trusted: bytes, base: bytes | None) -> None:
    device = Device(trusted, OLD)
    stream = signed(folder, base=base)
    assert (len(stream) < 5_000) == (base is not None)
    assert device.take(stream) == refusals.NONE
    assert (
        device.statuses
        == [
            statuses.DOWNLOADING,
            statuses.SIGNATURE_VERIFIED,
            statuses.DOWNLOAD_PAUSED,
            statuses.DOWNLOADING,
            statuses.DOWNLOADED,
            statuses.INSTALL_SCHEDULED,
            statuses.INSTALL_REBOOTING,
        ]
        or device.statuses[-1] == statuses.INSTALL_REBOOTING
    )
    assert device.next_image() == (1, NEW)
    record = selector.read_record(device.chip)
    assert record is not None and record.state != selector.CONFIRMED


def test_nothing_is_erased_nor_switched_while_power_flows_and_pages_are_written_then(
    folder: Path, trusted: bytes
) -> None:
    device = Device(trusted, OLD)
    device.power_flows = True
    device.connect()
    device.host.offer(signed(folder))
    device.run(5_000)
    assert device.installer.status == statuses.DOWNLOAD_PAUSED
    assert sum(device.chip.erased[10 + 16 :]) == 0
    device.power_flows = False
    device.run(200)
    device.power_flows = True
    device.run(20_000)
    assert device.installer.status == statuses.DOWNLOADED, "checking it waits"
    device.power_flows = False
    assert device.finish().code == refusals.NONE
    assert device.next_image() == (1, NEW)


@pytest.mark.parametrize("base", [None, OLD])
def test_a_line_that_loses_bytes_changes_nothing(folder: Path, trusted: bytes, base: bytes | None) -> None:
    device = Device(trusted, OLD, loss=0.0003)
    assert device.take(signed(folder, base=base)) == refusals.NONE
    assert device.next_image() == (1, NEW)


@pytest.mark.parametrize("base", [None, OLD])
def test_a_power_cut_in_a_download_goes_on_where_it_was(folder: Path, trusted: bytes, base: bytes | None) -> None:
    stream = signed(folder, base=base)
    rng = random.Random(4)
    device = Device(trusted, OLD)
    cuts = 0
    while True:
        cut = rng.randint(2, 60) if cuts < 12 else -1
        device = Device(trusted, OLD, device.chip.replaced(cut, torn=rng.randrange(4)))
        device.connect()
        device.host.offer(stream)
        try:
            ended = device.finish()
            break
        except PowerCutError:
            cuts += 1
    device.chip = device.chip.replaced()
    assert cuts >= 2
    assert ended.code in (refusals.NONE, refusals.ON_TRIAL), "the last cut may have come right after the switch"
    assert device.next_image() == (1, NEW)


# In the blocks of the idle slot: the first has the mark, the third another middle, the last the header.
ALIKE = OLD[:9_000] + image_of(3, 300) + OLD[9_300:]


def erased(device: Device) -> list[int]:
    """Return how often each block of the idle slot was erased."""
    return device.chip.erased[10 + 16 :][:8]


@pytest.mark.parametrize(("loss", "heap_free"), [(0.0, 100_000), (0.0, 1_000), (0.0003, 1_000)])
def test_a_delta_writes_those_blocks_alone_that_the_idle_slot_has_not(
    folder: Path, trusted: bytes, loss: float, heap_free: int
) -> None:
    device = Device(trusted, OLD, loss=loss, before=OLD)
    device.heap_free = heap_free
    before = erased(device)
    assert device.take(signed(folder, ALIKE, base=OLD)) == refusals.NONE
    assert [now - was for now, was in zip(erased(device), before, strict=True)] == [1, 0, 1, 0, 0, 0, 0, 1]
    assert device.next_image() == (1, ALIKE)


def test_power_that_flows_after_the_comparison_holds_the_erasures_back(folder: Path, trusted: bytes) -> None:
    device = Device(trusted, OLD, before=OLD)
    before = sum(erased(device))
    device.connect()
    device.host.offer(signed(folder, ALIKE, base=OLD))
    while device.installer.status != statuses.DOWNLOAD_PAUSED:
        device.run(5)
    while device.installer.status != statuses.DOWNLOADING:
        device.run(5)
    device.power_flows = True
    device.run(3_000)
    assert device.installer.status == statuses.DOWNLOAD_PAUSED and sum(erased(device)) == before
    device.power_flows = False
    assert device.finish().code == refusals.NONE
    assert device.next_image() == (1, ALIKE)


@pytest.mark.parametrize("seed", range(4))
def test_a_delta_that_keeps_blocks_goes_on_behind_any_power_cut(folder: Path, trusted: bytes, seed: int) -> None:
    stream = signed(folder, ALIKE, base=OLD)
    rng = random.Random(seed)
    device = Device(trusted, OLD, before=OLD)
    cuts = 0
    while True:
        cut = rng.randint(0, 20) if cuts < 10 else -1
        device = Device(trusted, OLD, device.chip.replaced(cut, torn=rng.randrange(4)))
        device.connect()
        device.host.offer(stream)
        try:
            ended = device.finish()
            break
        except PowerCutError:
            cuts += 1
    device.chip = device.chip.replaced()
    assert ended.code in (refusals.NONE, refusals.ON_TRIAL), "the last cut may have come right after the switch"
    assert device.next_image() == (1, ALIKE)


def test_a_host_that_started_again_with_the_same_number_begins_anew(folder: Path, trusted: bytes) -> None:
    device = Device(trusted, OLD)
    device.connect()
    device.host.offer(signed(folder))
    device.run(500)
    assert device.installer.status == statuses.DOWNLOADING and device.download.used > manifest.BYTES
    number = device.download.number
    device.download.session(True)  # between two rounds of the installer
    body = bytearray(layouts.update_offer(99, number, len(signed(folder))))
    assert device.download.on_frame(body, len(body), device.now_ms)
    device.installer.work(device.now_ms, False)
    assert device.download.used == 0, "the manifest is taken first"
    assert device.finish().code == refusals.NONE
    assert device.next_image() == (1, NEW)


def test_a_lost_host_leaves_nothing_that_downloads(folder: Path, trusted: bytes) -> None:
    device = Device(trusted, OLD)
    device.connect()
    device.host.offer(signed(folder))
    device.run(2_000)
    assert device.installer.status == statuses.DOWNLOADING
    device.download.session(False)
    device.installer.work(device.now_ms, False)
    assert (device.installer.status, device.installer.code) == (statuses.IDLE, refusals.NONE)
    assert device.finish().code == refusals.NONE, "the host offers it again"
    assert device.next_image() == (1, NEW)


def test_the_same_release_again_is_installed_already(folder: Path, trusted: bytes) -> None:
    device = Device(trusted, NEW)
    assert device.take(signed(folder)) == refusals.NONE
    assert device.installer.status == statuses.INSTALLED
    assert device.next_image() == (0, NEW)


HOSTILE = {
    "an older counter": ({"counter": 2}, refusals.OLDER_COUNTER, statuses.DOWNLOAD_FAILED),
    "another board": ({"board": "rpi_pico"}, refusals.WRONG_BOARD, statuses.DOWNLOAD_FAILED),
    "a delta on another base": ({"base": NEW[:20_000]}, refusals.WRONG_BASE, statuses.DOWNLOAD_FAILED),
    "an image that no slot takes": ({"data": image_of(9, 80_000)}, refusals.TOO_LARGE, statuses.DOWNLOAD_FAILED),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_release_that_is_rejected_leaves_the_device_as_it_was(what: str, folder: Path, trusted: bytes) -> None:
    arguments, code, status = HOSTILE[what]
    device = Device(trusted, OLD)
    operations = device.chip.operations
    assert device.take(signed(folder, **arguments)) == code  # type: ignore[arg-type]
    assert (device.installer.status, device.installer.code) == (status, code)
    assert device.chip.operations == operations, "nothing is erased for it"
    assert device.next_image() == (0, OLD)


SPOILT = {
    "a payload with another byte": (lambda s: s[:-1] + bytes([s[-1] ^ 1]), refusals.DIGEST_MISMATCH),
    "a payload that is cut": (lambda s: s[:-1], refusals.MALFORMED),
    "a payload that is too long": (lambda s: s + b"x", refusals.MALFORMED),
    "a stream of three bytes": (lambda s: s[:3], refusals.MALFORMED),
    "a manifest alone": (lambda s: s[: manifest.BYTES], refusals.MALFORMED),
    "noise": (lambda s: random.Random(1).randbytes(len(s)), refusals.MALFORMED),
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_stream_that_is_none_is_rejected_and_the_next_one_is_taken(what: str, folder: Path, trusted: bytes) -> None:
    spoil, code = SPOILT[what]
    device = Device(trusted, OLD)
    assert device.take(spoil(signed(folder))) == code
    assert device.next_image() == (0, OLD)
    assert device.take(signed(folder)) == refusals.NONE
    assert device.next_image() == (1, NEW)


@pytest.mark.parametrize("seed", range(20))
def test_a_broken_delta_under_a_sound_signature_never_becomes_an_image(seed: int, folder: Path, trusted: bytes) -> None:
    """Whoever signs may err: the image's digest decides, whatever the delta makes."""
    rng = random.Random(seed)
    stream = bytearray(signed(folder, base=OLD))
    at = rng.randrange(manifest.BYTES, len(stream))
    stream[at] ^= 1 << rng.randrange(8)
    device = Device(trusted, OLD)
    code = device.take(bytes(stream))
    assert code in (refusals.BROKEN_DELTA, refusals.DIGEST_MISMATCH)
    assert device.next_image() == (0, OLD)


def test_without_keys_nothing_is_installed(folder: Path) -> None:
    device = Device(None, OLD)
    assert device.take(signed(folder)) == refusals.NO_KEYS
    assert device.installer.status == statuses.INVALID_SIGNATURE


def test_rotated_keys_are_stored_and_the_old_ones_sign_nothing_any_more(
    folder: Path, trusted: bytes, tmp_path: Path
) -> None:
    fresh = host_keys.make_keys(tmp_path / "next", 2).read_bytes()
    old = host_keys.signing_key(folder / "a"), host_keys.signing_key(folder / "b")
    device = Device(trusted, OLD)
    assert device.take(host_keys.rotation(fresh, old)) == refusals.NONE
    assert device.trusted == fresh and keys.TrustedKeys(fresh).number == 2
    assert device.take(signed(folder)) == refusals.UNKNOWN_KEY
    assert device.take(signed(tmp_path / "next")) == refusals.NONE
    assert device.next_image() == (1, NEW)
