"""Steps of a long job that are done once: what a finished one gave stands in a file, with its settings."""

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.weights.disk import write_atomic

logger = logging.getLogger(__name__)

SHOWN = 3
"""Settings that a message about differences names."""


class Stages:
    """The stages of one job, in the file ``stages.json`` of its folder.

    Args:
        folder: of the job.
        settings: what all stages depend on, as flat plain values.
        total: how many stages there are, for the log.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], *, total: int) -> None:
        self._file = folder / "stages.json"
        self._shared = dict(settings)
        self._total = total
        self._settings: dict[str, dict[str, Any]] = {}
        self._number = 0
        self._known = self._read()

    def run(
        self,
        name: str,
        work: Callable[[], Mapping[str, Any]],
        *,
        settings: Mapping[str, Any],
        after: Sequence[str] = (),
        again: bool = False,
    ) -> dict[str, Any]:
        """What ``work`` gives, or gave when it was done with the same settings before.

        The settings stand in the file before the work begins, so that what a stopped stage has left behind is
        never gone on with under others.

        Args:
            settings: what this stage depends on beside the settings of all.
            after: earlier stages whose settings it depends on too.
            again: do it once more where the settings are others, in place of an error.

        Raises:
            ConfigError: this stage was begun with other settings.
        """
        self._number += 1
        own = {f"{name}.{key}": value for key, value in settings.items()}
        for earlier in after:
            own |= self._settings[earlier]
        self._settings[name] = own
        wanted = plain({**self._shared, **own})
        title = f"stage {self._number} of {self._total}: {name}"
        known = self._known.get(name)
        if known is not None and known["settings"] != wanted:
            if not again:
                self._refuse(name, known["settings"], wanted)
            known = None
        if known is not None and "results" in known:
            logger.info("%s: done before, in %.0f s", title, known["seconds"])
            return dict(known["results"])
        logger.info("%s", title)
        self._put(name, {"settings": wanted})
        began = time.monotonic()
        results = plain(work())
        seconds = round(time.monotonic() - began, 1)
        self._put(name, {"settings": wanted, "results": results, "seconds": seconds})
        logger.info("%s: done in %.0f s", title, seconds)
        return results

    @property
    def seconds(self) -> dict[str, float]:
        """How long each finished stage took, the time before an interruption left out."""
        return {name: known["seconds"] for name, known in self._known.items() if "seconds" in known}

    def _refuse(self, name: str, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
        shown = "; ".join(f"{key}: {before.get(key)!r} then, {now.get(key)!r} now" for key in keys[:SHOWN])
        more = f"; and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
        raise ConfigError(
            f"{self._file.parent}: the stage '{name}' was begun with other settings ({shown}{more}). Give "
            "another --out, or delete the folder."
        )

    def _put(self, name: str, value: Mapping[str, Any]) -> None:
        self._known[name] = plain(value)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(self._file, (json.dumps(self._known, indent=1) + "\n").encode())

    def _read(self) -> dict[str, Any]:
        if not self._file.is_file():
            return {}
        try:
            return dict(json.loads(self._file.read_text(encoding="utf-8")))
        except ValueError as error:
            raise DataError(f"{self._file}: is no JSON ({error}). Delete the folder.") from error


def plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """As it is when it comes back from the file."""
    return dict(json.loads(json.dumps(value, default=str)))


def flat(values: Any, path: str = "") -> dict[str, Any]:
    """Nested mappings and lists as one mapping of dotted paths.

    >>> flat({"a": {"b": [1, {"c": 2}]}})
    {'a.b.0': 1, 'a.b.1.c': 2}
    """
    items: list[tuple[Any, Any]] = []
    if isinstance(values, Mapping):
        items = list(values.items())
    elif isinstance(values, list | tuple):
        items = list(enumerate(values))
    else:
        return {path: values}
    found: dict[str, Any] = {}
    for key, value in items:
        found |= flat(value, f"{path}.{key}" if path else str(key))
    return found
