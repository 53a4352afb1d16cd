"""Several files that belong together, such as those of a checkpoint: a crash at any moment loses no set.

The new files are first written whole under other names (``.latest.pdparams.new``), then renamed one after
the other. A crash before the first rename leaves the old set; one between the renames leaves all pieces of
the new one, and :func:`finish` does the renames that are missing.
"""

import contextlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

logger = logging.getLogger(__name__)


def write_together(prefix: str | Path, contents: Mapping[str, bytes]) -> None:
    """Write the files ``<prefix><suffix>``.

    While it does, the disk must have room for the old and the new files. Whatever fails before the renames
    leaves the old files as they were, and no new ones.

    Args:
        prefix: folder and beginning of the names.
        contents: {suffix: bytes}, in the order of the renames.

    Raises:
        OSError: as the system says it.
    """
    new = {suffix: waiting(prefix, suffix) for suffix in contents}
    Path(prefix).parent.mkdir(parents=True, exist_ok=True)
    try:
        for suffix, data in contents.items():
            _write(new[suffix], data)
    except BaseException:
        for path in new.values():
            path.unlink(missing_ok=True)
        raise
    _rename(prefix, contents)


def waiting(prefix: str | Path, suffix: str) -> Path:
    """Where a new file waits for its name."""
    target = Path(f"{prefix}{suffix}")
    return target.with_name(f".{target.name}.new")


def finish(
    prefix: str | Path, suffixes: Iterable[str], is_whole: Callable[[Mapping[str, Path]], bool]
) -> bool:
    """Do what a crash in :func:`write_together` has left undone; False where that is nothing.

    Args:
        prefix: as it was written.
        suffixes: in the order of the renames.
        is_whole: whether the files {suffix: path} are one set.
    """
    suffixes = list(suffixes)
    left = [suffix for suffix in suffixes if waiting(prefix, suffix).is_file()]
    if not left:
        return False
    newest = {s: waiting(prefix, s) if s in left else Path(f"{prefix}{s}") for s in suffixes}
    if not is_whole(newest):
        return False  # the crash came while the new files were written: the old set is whole
    _rename(prefix, left)
    logger.warning("%s: a save that was interrupted is finished now.", prefix)
    return True


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _rename(prefix: str | Path, suffixes: Iterable[str]) -> None:
    for suffix in suffixes:
        os.replace(waiting(prefix, suffix), f"{prefix}{suffix}")
    _sync_folder(Path(prefix).parent)


def _sync_folder(folder: Path) -> None:
    """Have the renames on the disk too; systems that cannot open folders do without."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
