"""Progress of a rollout on the disk, so that one that was killed goes on where it was and asks nobody twice in vain.

It is written before a controller is asked and after each verdict, and removed when the rollout has come to its end.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from host_tools.errors import ToolError
from host_tools.files import cannot_write, write_atomic
from host_tools.operator.waves import Verdict

_LOCK = ".lock"


@dataclass
class Progress:
    """order: what the command said of whom and how.  waves: as they were planned at the first start.

    asked: {controller: mark of its `update` record before it was asked}.  verdicts: of those that have one.
    """

    path: Path
    order: dict[str, Any]
    waves: list[list[str]] = field(default_factory=list)
    asked: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    resumed: bool = False

    def plan(self, waves: Sequence[Sequence[str]]) -> None:
        """Take the waves of a rollout that begins."""
        self.waves = [list(wave) for wave in waves]
        self._save()

    def ask(self, device: str, mark: str) -> None:
        """Note that a controller is about to be asked."""
        if device not in self.asked:
            self.asked[device] = mark
            self._save()

    def judge(self, verdict: Verdict) -> None:
        """Note a verdict."""
        self.verdicts[verdict.device] = verdict
        self._save()

    def remove(self) -> None:
        """The rollout has come to its end."""
        self.path.unlink(missing_ok=True)

    def _save(self) -> None:
        document = {
            "order": self.order,
            "waves": self.waves,
            "asked": self.asked,
            "verdicts": [asdict(one) for one in self.verdicts.values()],
        }
        write_atomic(self.path, json.dumps(document) + "\n")


def default_path(broker: str, release: str) -> Path:
    """Return where the progress of a release's rollout at a broker is kept, in the user's own folder."""
    return (
        user_state_path("gridkeel") / "rollouts" / f"{hashlib.sha256(broker.encode()).hexdigest()[:8]}-{release}.json"
    )


@contextmanager
def held(path: Path, order: dict[str, Any], *, anew: bool) -> Iterator[Progress]:
    """Hold the progress for this process.  order: must be that of the start, but where it begins anew.

    Errors: ToolError where another process rolls it out, or for another order; MissingError where it cannot be kept.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(path.name + _LOCK).open("a")
    except OSError as error:
        raise cannot_write(path, error) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ToolError(f"another process rolls this release out: it holds {path}") from None
        if anew:
            path.unlink(missing_ok=True)
        yield _read(path, order)


def _read(path: Path, order: dict[str, Any]) -> Progress:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        verdicts = [Verdict(**one) for one in said["verdicts"]]
        waves, asked, before = said["waves"], said["asked"], said["order"]
    except FileNotFoundError:
        return Progress(path, order)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ToolError(f"{path} is no progress of a rollout ({error}): --anew forgets it") from None
    if before != order:
        raise ToolError(
            f"a rollout of this release was not finished, with another order: {_words(before)}."
            " Give the same, or --anew to begin again"
        )
    return Progress(path, order, waves, asked, {one.device: one for one in verdicts}, resumed=True)


def _words(order: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in order.items())
