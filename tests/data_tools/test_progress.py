"""The progress bar, on a terminal and not."""

import io

import pytest

from ppocr_lite.data_tools.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("total", "shown"),
    [(4, f"pictures [{'#' * 15:<30}] 2/4"), (0, "pictures 400")],
)
def test_what_is_shown(total, shown):
    stream = Terminal()
    with Progress("pictures", total, stream=stream) as progress:
        progress.step(2 if total else 400)
        assert stream.getvalue() == f"\r{shown}"
    assert stream.getvalue().endswith("\r\x1b[K")


def test_nothing_where_nobody_looks():
    stream = io.StringIO()
    with Progress("pictures", 4, stream=stream) as progress:
        progress.step(4)
    assert stream.getvalue() == ""
