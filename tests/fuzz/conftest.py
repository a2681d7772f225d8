"""Makes the EXI helpers of tests/exi importable."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "exi"))
