"""The word of a lexicon for a reading: by CTC probability where the network gives it, else by edits."""

from functools import cached_property

from ppocr_lite.benchmark.lexicons import Source
from ppocr_lite.benchmark.protocol import Protocol
from ppocr_lite.benchmark.readers import Reading
from ppocr_lite.charset import Charset
from ppocr_lite.errors import DataError
from ppocr_lite.metrics.text import nearest
from ppocr_lite.postprocess.lexicon import Lexicon, LexiconDecoder

BY_CTC, BY_EDITS, NONE_NEAR = "by CTC probability", "by edit distance", "not at all, none is near"
MAX_DISTANCE = 3
"""Edits from the greedy reading within which words of a large lexicon are looked for: the paper's delta."""
ALL_SCORED = 5000
"""Lexicons up to this many words are searched whole."""


class Words:
    """A lexicon in the two forms that choosing needs, each made when it is first asked for."""

    def __init__(self, source: Source, number: int, *, charset: Charset, protocol: Protocol) -> None:
        self._source, self._number = source, number
        self._charset, self._protocol = charset, protocol

    @cached_property
    def compared(self) -> list[str]:
        """The words as the protocol compares them, each once, sorted.

        Lists often begin with the truth, so that the first of several equally good words must not be the
        first of the list.

        Raises:
            DataError: nothing is left of any.
        """
        reduced = (self._protocol.compared(word) for word in self._source.words(self._number))
        words = sorted({word for word in reduced if word})
        if not words:
            raise DataError(f"{self.place}: no word in this lexicon that can be compared.")
        return words

    @cached_property
    def known(self) -> frozenset[str]:
        """``compared``, to look words up."""
        return frozenset(self.compared)

    @cached_property
    def lexicon(self) -> Lexicon:
        """For CTC: the words as the charset can spell them; DataError where it can spell none."""
        words = {self._spelled(word) for word in self._source.words(self._number)}
        return Lexicon(
            sorted(words),
            charset=self._charset,
            fold_case=not self._protocol.case_counts,
            where=self.place,
        )

    @property
    def place(self) -> str:
        """Where it is written."""
        return self._source.place(self._number)

    def _spelled(self, word: str) -> str:
        """The word as it is, or what is compared of it where the network has no class for the rest."""
        unknown = self._charset.unknown(word)
        if not self._protocol.case_counts:
            unknown = [c for c in unknown if all(map(self._charset.unknown, (c.lower(), c.upper())))]
        return self._protocol.compared(word) if unknown else word


class Chooser:
    """Chooses words for the readings of one recognizer.

    With CTC it is the word of highest probability: of all words in lexicons of up to 5000, of those within
    ``max_distance`` edits of the greedy reading in larger ones (Shi et al., "An End-to-End Trainable Neural
    Network for Image-based Sequence Recognition", TPAMI 2017, section 2.3); where there is none, the reading
    stands. Without CTC probabilities it is the word with the fewest edits from the reading, as is
    usual for attention (Shi et al., "ASTER", TPAMI 2019). The order of the words in the list does not matter.
    """

    def __init__(self, charset: Charset, *, max_distance: int = MAX_DISTANCE) -> None:
        self._near = LexiconDecoder(charset, max_distance=max_distance)
        self._all = LexiconDecoder(charset, max_distance=None)

    def __call__(self, reading: Reading, words: Words, compared: str) -> tuple[str, str]:
        """(word, how it was chosen); ``compared`` is the reading's text as the protocol compares it."""
        if reading.probs is None:
            return words.compared[nearest(compared, words.compared)], BY_EDITS
        decoder = self._all if len(words.lexicon) <= ALL_SCORED else self._near
        found = decoder(reading.probs, words.lexicon)
        return found.text, BY_CTC if found.matched else NONE_NEAR
