"""Where lexicons come from: a list of words for all pictures, or one for each picture of a set.

``DIR/SET.lexNAME.txt`` or ``.json`` beside the database ``DIR/SET`` holds the lexicons ``NAME`` of its
pictures: a line, or a list, for each sample. A database may hold them as well, as words with blanks between:
under ``lexicon-%09d``, where CRNN's tools put it, the lexicon ``50``; others under ``lexicon.NAME-%09d``.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ppocr_lite.benchmark.databases import Database
from ppocr_lite.data_tools.importers.samples import read_json, read_lines
from ppocr_lite.data_tools.lmdb_files import lexicon_key
from ppocr_lite.errors import ConfigError, DataError
from ppocr_lite.postprocess.lexicon import read_words

FULL = "full"
NONE = "none"
USUAL = ("50", "1k", FULL, "50k")
"""The names that papers use, in their order."""
ENDINGS = (".txt", ".json")
_BETWEEN = re.compile(r"[,\s]+")
_NAME = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, eq=False)
class Source:
    """Lexicons of one name for the pictures of a set.

    Args:
        words: words for the sample of a number, from 1.
        place: where they are written, for messages.
        shared: all samples have the same.
    """

    name: str
    words: Callable[[int], Sequence[str]]
    place: Callable[[int], str]
    shared: bool = False


@dataclass(frozen=True)
class WordFile:
    """A list of words that all pictures share."""

    path: Path
    words: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "WordFile":
        """One word a line; blanks around words and empty lines do not count. DataError for no word."""
        words = tuple(dict.fromkeys(line.strip() for line in read_words(path) if line.strip()))
        if not words:
            raise DataError(f"{path}: no word in it. A lexicon has one word a line.")
        return cls(path, words)


Wanted = Mapping[str, WordFile | None]
"""Lexicons to measure with: {name: the words for all pictures, or None for those of each set}."""


def parse_wanted(values: Sequence[str]) -> Wanted:
    """``["50", "full", "50k=words.txt"]``, in the usual order; the files are read.

    Raises:
        ConfigError: a strange name, the same twice, or ``none``, which is measured always.
        DataError: a file that cannot be read, or is empty.
    """
    wanted: dict[str, WordFile | None] = {}
    for value in values:
        name, given, path = value.partition("=")
        if not _NAME.fullmatch(name) or (given and not path) or name == NONE:
            raise ConfigError(
                f"--lexicon: expected a name (50, 1k, full, ...) or NAME=FILE, got {value!r}. "
                "The numbers without lexicon are always there."
            )
        if name in wanted:
            raise ConfigError(f"--lexicon: '{name}' is given twice.")
        wanted[name] = WordFile.read(Path(path)) if given else None
    return {name: wanted[name] for name in usual_order(wanted)}


def usual_order(names: Iterable[str]) -> list[str]:
    """50, 1k, full, 50k, then others by name."""
    return sorted(names, key=lambda n: (USUAL.index(n) if n in USUAL else len(USUAL), n))


def shared_source(name: str, words: Sequence[str], where: str) -> Source:
    """One list of words for all samples."""
    return Source(name, lambda number: words, lambda number: where, shared=True)


def sources_of(database: Database, wanted: Wanted | None, truth: Sequence[str]) -> dict[str, Source]:
    """The lexicons of a set, by name; names that it has none of are left out.

    Args:
        wanted: None for all that lie beside the set or in it.
        truth: labels of the set; together they are the lexicon ``full``, unless that lies beside it.

    Raises:
        DataError: a file that cannot be read, or has other than one lexicon for each sample.
    """
    own = names_of(database)
    found = {}
    for name in own if wanted is None else usual_order(wanted):
        file = wanted[name] if wanted else None
        if file is not None:
            found[name] = shared_source(name, file.words, str(file.path))
        elif name in own:
            found[name] = _per_picture(database, name)
        elif name == FULL:
            found[name] = shared_source(name, tuple(dict.fromkeys(truth)), f"{database.folder}: labels")
    return found


def names_of(database: Database) -> list[str]:
    """Names of the lexicons that lie beside a database, and in it."""
    start = _stem(database)
    files = (path for ending in ENDINGS for path in start.parent.glob(f"*{ending}"))
    names = {path.stem.removeprefix(start.name) for path in files if path.stem.startswith(start.name)}
    return usual_order({*names, *database.lexicons()} - {""})


def _stem(database: Database) -> Path:
    """What the paths of the files beside a database begin with."""
    folder = database.folder.resolve()
    return folder.parent / f"{folder.name}.lex"


def _per_picture(database: Database, name: str) -> Source:
    text, structured = (Path(f"{_stem(database)}{name}{ending}") for ending in ENDINGS)
    if text.is_file():
        return _from_lines(name, text, database.count)
    if structured.is_file():
        return _from_json(name, structured, database.count)
    return _from_keys(name, database)


def _from_lines(name: str, file: Path, count: int) -> Source:
    lines = read_lines(file)
    if lines and not lines[-1]:
        lines.pop()
    _check_count(file, len(lines), count, "lines")
    return Source(name, lambda number: _split(lines[number - 1]), lambda number: f"{file}:{number}")


def _from_json(name: str, file: Path, count: int) -> Source:
    rows = read_json(file)
    if not isinstance(rows, list) or not all(
        isinstance(row, list) and all(isinstance(word, str) for word in row) for row in rows
    ):
        raise DataError(f"{file}: expected a list with a list of words for each sample.")
    _check_count(file, len(rows), count, "lists")
    return Source(name, lambda number: rows[number - 1], lambda number: f"{file}: list {number}")


def _from_keys(name: str, database: Database) -> Source:
    def words(number: int) -> list[str]:
        data = database.get(lexicon_key(name, number))
        if data is None:
            raise DataError(
                f"{database.place(number)}: no lexicon {name} here, but other samples have one. "
                f"Write all of them to {_stem(database)}{name}.txt, a line for each sample."
            )
        return _split(data.decode("utf-8", "replace"))

    return Source(name, words, lambda number: f"{database.place(number)}: lexicon {name}")


def _check_count(file: Path, found: int, count: int, what: str) -> None:
    if found != count:
        raise DataError(
            f"{file}: {found} {what} for {count} samples. Sample n of the database has the lexicon in "
            f"the n-th of the {what}."
        )


def _split(line: str) -> list[str]:
    return [word for word in _BETWEEN.split(line) if word]
