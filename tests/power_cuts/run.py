"""Every cut of the power: python tests/power_cuts/run.py [STORY ...] prints how many were made and what they left.

Stories on a raw flash run here, those on littlefs in MicroPython. Second cuts are made at every operation of what comes
after the first, but for the journal, the parameters and provisioning, where one of some is taken by chance (--seed).
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEVICE = ROOT / "tests" / "device"
FIRMWARE = ROOT / "firmware"
GUEST = Path(__file__).with_name("config_guest.py")
sys.path[:0] = [str(DEVICE), str(FIRMWARE), str(ROOT)]

import cut_provision  # noqa: E402
import power_cuts  # noqa: E402

from host_tools.micropython.interpreter import argv  # noqa: E402

HEAP_BYTES = 64 * 1024 * 1024
JOURNAL_SECOND_OF = 6
PARAMETERS_SECOND_OF = 1
PROVISIONING = "Provisioning"
PROVISIONING_SECOND_OF = 2


def cut_parameters(seed: int, first_of: int, second_of: int) -> int:
    """Run the guest; return its cuts.  Errors: AssertionError with what it said."""
    arguments = (str(seed), str(first_of), str(second_of), str(DEVICE), str(FIRMWARE))
    done = subprocess.run(argv(GUEST, arguments, heap_bytes=HEAP_BYTES), capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0 and last and last[0].isdigit(), done.stdout[-3000:] + done.stderr[-3000:]
    return int(last[0])


def cut_story(story: power_cuts.Story, seed: int) -> int:
    if isinstance(story, power_cuts.Journalled):
        return power_cuts.cut_everywhere(story, power_cuts.Dice(seed), 1, JOURNAL_SECOND_OF)
    return power_cuts.cut_everywhere(story)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("story", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=1, metavar="N", help="of provisioning, one cut of N")
    given = parser.parse_args()
    total = 0
    for story in [*power_cuts.stories(), None]:
        name = type(story).__name__ if story else "Parameters"
        if given.story and name not in given.story:
            continue
        begun = time.process_time(), time.monotonic()
        made = cut_story(story, given.seed) if story else cut_parameters(given.seed, 1, PARAMETERS_SECOND_OF)
        total += made
        print(f"{name:14}{made:8,} cuts, none lost{time.monotonic() - begun[1]:8.0f} s", flush=True)
    if not given.story or PROVISIONING in given.story:
        begun_s = time.monotonic()
        made = cut_provision.run(given.seed, given.sample, PROVISIONING_SECOND_OF)
        total += made
        print(f"{PROVISIONING:14}{made:8,} cuts, none lost{time.monotonic() - begun_s:8.0f} s", flush=True)
    print(f"{'in all':14}{total:8,} cuts: zero unbootable, zero unjudged, nothing acknowledged lost")
    return 0


if __name__ == "__main__":
    sys.exit(main())
