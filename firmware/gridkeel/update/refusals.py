"""Why an update is rejected or stopped: one number each, the same wherever it is noticed.

Numbers go into logs and telemetry: they are added at the end and never changed. refusals_text.py says what each means.
"""

from gridkeel.errors import GridkeelError

NONE = 0
NO_AREA = 1
TOO_LARGE = 2
OUT_OF_ORDER = 3
DIGEST_MISMATCH = 4
OLDER_COUNTER = 5
ON_TRIAL = 6
NOT_BOOTABLE = 7
NOT_BLANK = 8
MALFORMED = 9
NO_KEYS = 10
UNKNOWN_KEY = 11
BAD_SIGNATURE = 12
OLDER_KEYS = 13
WRONG_CHIP = 14
WRONG_BOARD = 15
WRONG_BASE = 16
BROKEN_DELTA = 17
NO_MEMORY = 18
FLASH = 19
OUT_OF_BOOTS = 20
OUT_OF_TIME = 21
NOT_SOUND = 22


class UpdateError(GridkeelError):
    """A step of an update that is rejected; `code` is one of those above."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
