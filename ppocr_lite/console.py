"""What all command-line programs share: errors as one line, exit statuses, output into a closed pipe."""

import logging
import os
import sys
from collections.abc import Callable

from ppocr_lite.errors import PPOCRError

EXIT_ERROR = 2
EXIT_STOPPED = 130
"""Ended by the user, or before its end; what a shell gives for Ctrl-C."""


def guarded(work: Callable[[], int | None], complain: Callable[[str], None]) -> int:
    """Do ``work`` and give the exit status: its own (None is 0), or that of its error, told in one line.

    Where nobody reads the output any more, as behind ``| head``, the program ends without a word.

    Args:
        complain: says what went wrong to the user.
    """
    try:
        status = _status(work, complain)
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        # Python flushes once more when it ends, which must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_ERROR


def _status(work: Callable[[], int | None], complain: Callable[[str], None]) -> int:
    try:
        return work() or 0
    except BrokenPipeError:
        raise
    except PPOCRError as error:
        complain(str(error))
        return EXIT_ERROR
    except OSError as error:  # no space left, no permission
        complain(f"{error.filename}: {error.strerror}." if error.filename and error.strerror else str(error))
        return EXIT_ERROR
    except MemoryError as error:
        complain(f"Out of memory. {error}".rstrip())
        return EXIT_ERROR
    except KeyboardInterrupt:
        complain("Stopped by the user.")
        return EXIT_STOPPED


class OutputHandler(logging.StreamHandler):
    """Log records on standard output; a pipe that is closed ends the program instead of its every record."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def handleError(self, record: logging.LogRecord) -> None:
        if isinstance(sys.exc_info()[1], BrokenPipeError):
            raise
        super().handleError(record)
