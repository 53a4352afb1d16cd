"""Exit statuses and messages of the command-line programs."""

import logging
import subprocess
import sys

import pytest

from ppocr_lite import console
from ppocr_lite.errors import DataError


def raiser(error):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        (lambda: 0, 0, []),
        (lambda: None, 0, []),
        (lambda: 1, 1, []),
        (raiser(DataError("x.png: broken.")), 2, ["x.png: broken."]),
        (raiser(PermissionError(13, "Permission denied", "/x")), 2, ["/x: Permission denied."]),
        (raiser(OSError(28, "No space left on device")), 2, ["[Errno 28] No space left on device"]),
        (raiser(MemoryError("1 TB")), 2, ["Out of memory. 1 TB"]),
        (raiser(KeyboardInterrupt()), 130, ["Stopped by the user."]),
    ],
)
def test_exit_status_and_message(work, status, said):
    heard: list[str] = []
    assert console.guarded(work, heard.append) == status
    assert heard == said


def test_mistakes_of_the_program_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        console.guarded(lambda: 1 // 0, print)


PROGRAMS = {
    "print": "console.guarded(lambda: [print('line') for _ in range(100_000)] and 0, print)",
    "log": "console.guarded(lambda: [log.info('line') for _ in range(100_000)] and 0, log.error)",
    "short": "console.guarded(lambda: print('line'), print)",
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_closed_pipe_ends_the_program_without_a_word(program):
    code = f"""
import logging, sys
from ppocr_lite import console
log = logging.getLogger("x")
log.setLevel("INFO")
log.addHandler(console.OutputHandler())
sys.stdin.read()
sys.exit({PROGRAMS[program]})
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stderr is not None
    process.stdout.close()  # nobody reads from here on
    process.stdin.close()
    said = process.stderr.read().decode()
    assert process.wait(timeout=60) == console.EXIT_ERROR
    assert said == ""


def test_other_errors_of_a_handler_are_reported(capsys):
    handler = console.OutputHandler()
    record = logging.LogRecord("x", logging.INFO, "f.py", 1, "%d", ("text",), None)
    handler.handle(record)
    assert "Logging error" in capsys.readouterr().err
