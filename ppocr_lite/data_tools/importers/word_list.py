"""Pictures of words with a list: ``path<TAB>text``, ``path, "text"`` (ICDAR's) or ``path text`` in each line.

That is how crops of SynthText and the word pictures of ICDAR 2003 to 2015 are usually handed round.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from ppocr_lite.data_tools.importers.samples import ImportOptions, Sample, stream_lines
from ppocr_lite.errors import DataError

_QUOTED = re.compile(r'([^\t]+?)\s*,\s*"(.*)"\s*')
_ESCAPED = re.compile(r'\\(["\\])')
SHOWN = 80


def read_word_list(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Word pictures, in the order of the list; whether they are there is not looked at."""
    root = options.images or source.parent
    for number, line in stream_lines(source):
        place = f"{source}:{number}"
        try:
            name, text = _parsed(line, place)
            yield Sample(root / name, place, text=text)
        except DataError as error:
            options.refuse(error)


def _parsed(line: str, place: str) -> tuple[str, str]:
    """(path, text) of a line; a path has blanks only where a tab or quotes tell it from the text."""
    quoted = _QUOTED.fullmatch(line)
    if quoted and "\t" not in line:
        return quoted[1], _ESCAPED.sub(r"\1", quoted[2])
    name, _, text = line.partition("\t") if "\t" in line else line.lstrip().partition(" ")
    if not name.strip() or not text.strip():
        raise DataError(f"{place}: expected 'path<TAB>text' or 'path, \"text\"', got {line[:SHOWN]!r}.")
    return name.strip(), text.strip()
