"""What a person with a real board runs: its parts in order, each judged, ending in the safe state."""

from pathlib import Path

GUEST = Path(__file__).with_name("board_guest.py")  # device-side script
