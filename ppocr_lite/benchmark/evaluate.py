"""One recognizer on one test set after the other."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ppocr_lite.benchmark.choosing import MAX_DISTANCE, Chooser, Words
from ppocr_lite.benchmark.databases import UNREADABLE, Database, Entry, Location, open_database
from ppocr_lite.benchmark.lexicons import FULL, NONE, Source, Wanted, sources_of
from ppocr_lite.benchmark.protocol import Protocol
from ppocr_lite.benchmark.readers import Reader, Reading
from ppocr_lite.benchmark.results import LexiconUse, Report, SetResult
from ppocr_lite.benchmark.tally import Tally
from ppocr_lite.data_tools.progress import Progress
from ppocr_lite.errors import ConfigError, DataError, MissingDependency

logger = logging.getLogger(__name__)

CHUNK = 128
"""Pictures that are decoded and read together; with lexicons their probabilities are held, too."""


class Evaluation:
    """Measures a recognizer.

    Args:
        reader: the recognizer.
        protocol: how texts are compared, which samples count.
        wanted: lexicons, see :func:`~ppocr_lite.benchmark.lexicons.sources_of`.
        max_distance: see :class:`~ppocr_lite.benchmark.choosing.Chooser`.
    """

    def __init__(
        self,
        reader: Reader,
        protocol: Protocol,
        *,
        wanted: Wanted | None = None,
        max_distance: int = MAX_DISTANCE,
    ) -> None:
        self.reader = reader
        self.protocol = protocol
        self.wanted = wanted
        self._chooser = Chooser(reader.charset, max_distance=max_distance)

    def __call__(self, locations: Sequence[Location]) -> Report:
        """Measure on all sets, in their order.

        Raises:
            ConfigError: no set has a lexicon that is wanted.
            DataError: a database or a lexicon that cannot be used, or a set of which no sample counts.
        """
        report = Report(self.reader.name, self.protocol, [self.on_set(place) for place in locations])
        for name in self.wanted or ():
            if name not in report.lexicons:
                raise ConfigError(
                    f"--lexicon {name}: no set has it. Give the words as {name}=FILE for all pictures, or a "
                    f"file SET.lex{name}.txt beside each database with a line for each sample."
                )
        return report

    def on_set(self, location: Location) -> SetResult:
        """Measure on one set."""
        with open_database(location) as database:
            counts = _Counts(database, self.protocol)
            sources = sources_of(database, self.wanted, self._truth(database))
            columns = {name: _Column(source) for name, source in sources.items()}
            plain = Tally()
            with Progress(location.name, database.count) as progress:
                for chunk in _chunks(database):
                    self._read(counts.usable(chunk), plain, columns)
                    progress.step(len(chunk))
            return counts.result(plain, columns)

    def _truth(self, database: Database) -> list[str]:
        """Labels that count, where they are asked for as a lexicon."""
        if FULL not in (self.wanted or ()):
            return []
        labels = (database.label(number) for number in range(1, database.count + 1))
        return [label for label, fault in labels if not fault and not self.protocol.left_out(label)]

    def _read(
        self, pairs: Sequence[tuple[Entry, np.ndarray]], plain: Tally, columns: dict[str, "_Column"]
    ) -> None:
        readings = self.reader([image for _, image in pairs], with_probs=bool(columns))
        texts = [self.protocol.compared(reading.text) for reading in readings]
        truth = [self.protocol.compared(entry.label) for entry, _ in pairs]
        plain.add(texts, truth)
        for column in columns.values():
            chosen = [
                self._choose(column, entry.number, reading, (text, label))
                for (entry, _), reading, text, label in zip(pairs, readings, texts, truth, strict=True)
            ]
            column.tally.add(chosen, truth)

    def _choose(self, column: "_Column", number: int, reading: Reading, pair: tuple[str, str]) -> str:
        text, label = pair
        words = column.words(number, self)
        word, how = self._chooser(reading, words, text)
        column.count(how, len(words.compared), label in words.known)
        return self.protocol.compared(word)


@dataclass
class _Column:
    """A lexicon on a set: its source, its numbers."""

    source: Source
    tally: Tally = field(default_factory=Tally)
    chosen_by: Counter[str] = field(default_factory=Counter)
    without_truth: int = 0
    sizes: int = 0
    _shared: Words | None = None

    def words(self, number: int, evaluation: Evaluation) -> Words:
        """The lexicon of a sample; one for all is made once."""
        if self._shared is not None:
            return self._shared
        words = Words(self.source, number, charset=evaluation.reader.charset, protocol=evaluation.protocol)
        self._shared = words if self.source.shared else None
        return words

    def count(self, how: str, size: int, has_truth: bool) -> None:
        self.chosen_by[how] += 1
        self.sizes += size
        self.without_truth += not has_truth

    def use(self) -> LexiconUse:
        chosen = dict(self.chosen_by.most_common())
        return LexiconUse(self.sizes / self.chosen_by.total(), chosen, self.without_truth)


@dataclass
class _Counts:
    """What of a set counts, and why the rest does not."""

    database: Database
    protocol: Protocol
    left_out: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def usable(self, entries: Sequence[Entry]) -> list[tuple[Entry, np.ndarray]]:
        """The samples that count, with their pictures."""
        found = []
        for entry in entries:
            reason = "" if entry.fault else self.protocol.left_out(entry.label)
            if entry.fault:
                self._refuse(entry.fault, entry.detail)
            elif reason:
                self.left_out[reason] += 1
            else:
                try:
                    found.append((entry, self.database.decode(entry)))
                except (DataError, MissingDependency) as error:
                    self._refuse(UNREADABLE, str(error))
        return found

    def _refuse(self, fault: str, detail: str) -> None:
        self.bad[fault] += 1
        self.examples.setdefault(fault, detail.rstrip("."))

    def result(self, plain: Tally, columns: dict[str, _Column]) -> SetResult:
        """The set's numbers; DataError where no sample counted."""
        total = self.bad.total() + self.left_out.total()
        if total == self.database.count:
            reasons = [f"{self.examples.get(k, k)} ({n})" for k, n in (self.bad + self.left_out).items()]
            raise DataError(f"{self.database.folder}: none of {total} samples counts: {'; '.join(reasons)}.")
        for fault, number in self.bad.items():
            logger.warning("%s: %d samples left out: %s.", self.database.name, number, self.examples[fault])
        scores = {**{name: column.tally.score() for name, column in columns.items()}, NONE: plain.score()}
        return SetResult(
            self.database.name,
            str(self.database.folder),
            self.database.count,
            scores,
            left_out=dict(self.left_out),
            bad=dict(self.bad),
            examples=self.examples,
            lexicons={name: column.use() for name, column in columns.items()},
        )


def _chunks(database: Database) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    for entry in database:
        chunk.append(entry)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
