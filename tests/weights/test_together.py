"""Files that belong together: a process killed at every single operation of a save leaves a whole set."""

import errno
import os
import signal
import types
from pathlib import Path

import pytest

from ppocr_lite.weights import together

SUFFIXES = (".a", ".b", ".c")
OLD = {suffix: b"old" + suffix.encode() * 20 for suffix in SUFFIXES}
WRITING = 2 * len(SUFFIXES)  # steps, and then a rename each
STEPS = WRITING + len(SUFFIXES)
NEW = {suffix: b"new" + suffix.encode() * 30 for suffix in SUFFIXES}


def is_whole(paths):
    contents = {suffix: path.read_bytes() for suffix, path in paths.items() if path.is_file()}
    return contents in (OLD, NEW)


def read(prefix):
    return {suffix: Path(f"{prefix}{suffix}").read_bytes() for suffix in SUFFIXES}


def die_before(number):
    """Let this process kill itself before its ``number``-th step of a save, a step being half a file."""
    steps = iter(range(100))

    def step():
        if next(steps) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def write(path, data):
        for mode, part in (("wb", data[:25]), ("ab", data[25:])):
            step()
            with path.open(mode) as file:
                file.write(part)

    def replace(source, target):
        step()
        os.rename(source, target)

    together._write = write
    together.os = types.SimpleNamespace(**{**vars(os), "replace": replace})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("first_save", [False, True])
def test_killed_at_every_operation(tmp_path, first_save):
    found = []
    for number in range(STEPS + 1):
        prefix = tmp_path / f"{number}" / "latest"
        if not first_save:
            together.write_together(prefix, OLD)
        child = os.fork()
        if not child:
            die_before(number)
            together.write_together(prefix, NEW)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) == (number < STEPS)
        finished = together.finish(prefix, SUFFIXES, is_whole)
        if first_save and number < WRITING:
            assert not Path(f"{prefix}.c").exists()
            continue
        found.append((read(prefix) == NEW, finished))
        assert read(prefix) in (OLD, NEW)
    started = [(False, False)] * WRITING  # killed while the new files are written
    renaming = [(True, True)] * len(SUFFIXES)
    assert found == ([] if first_save else started) + renaming + [(True, False)]


def test_half_a_file_is_no_set(tmp_path):
    prefix = tmp_path / "latest"
    together.write_together(prefix, OLD)
    together.waiting(prefix, ".a").write_bytes(NEW[".a"][:10])
    assert not together.finish(prefix, SUFFIXES, is_whole)
    assert read(prefix) == OLD
    together.write_together(prefix, NEW)  # writes over what was left
    assert read(prefix) == NEW
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.a", "latest.b", "latest.c"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_leaves_the_old_files(tmp_path):
    prefix = tmp_path / "latest"
    together.write_together(prefix, OLD)
    together.waiting(prefix, ".b").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        together.write_together(prefix, NEW)
    assert caught.value.errno == errno.ENOSPC
    assert read(prefix) == OLD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest.a", "latest.b", "latest.c"]
