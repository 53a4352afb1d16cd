"""Lexicon transcription: of the words of a list near what was read, the one most probable to the network.

Shi, Bai and Yao, "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its
Application to Scene Text Recognition", TPAMI 2017, section 2.3.2.
"""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import DataError
from ppocr_lite.postprocess.aligned import AlignedText, align_all, check_classes, greedy_text
from ppocr_lite.postprocess.bk_tree import BKTree
from ppocr_lite.postprocess.ctc_paths import log_probabilities
from ppocr_lite.postprocess.edit_distance import CodedWords
from ppocr_lite.postprocess.symbols import Symbols
from ppocr_lite.postprocess.trie import Trie
from ppocr_lite.structures import RecResult

MAX_DISTANCE = 3
"""Delta of the paper."""
SHOWN = 5
"""Characters and words that a message names."""


class Lexicon:
    """Words that a text may be.

    Args:
        words: in any order; spaces around them, empty ones and repeated ones are left out.
        charset: of the recognizer. Words with characters that it lacks are left out and counted in
            ``dropped``.
        fold_case: upper and lower case are the same letter, in the words and in what the network sees; a
            word is given out as it stands in the list, at its first place.
        where: names the list in messages.

    Raises:
        DataError: no valid word.
    """

    def __init__(
        self, words: Iterable[str], *, charset: Charset, fold_case: bool = False, where: str = "lexicon"
    ) -> None:
        self.symbols = Symbols(charset, fold_case=fold_case)
        by_key: dict[str, str] = {}
        for word in words:
            if stripped := word.strip():
                by_key.setdefault(self.symbols.key(stripped), stripped)
        codes = {key: code for key in by_key if (code := self.symbols.encode(key)) is not None}
        self.dropped = len(by_key) - len(codes)
        """How many different words hold characters that the charset lacks."""
        if not codes:
            raise DataError(f"{where}: {_why_none(by_key, self.symbols)}")
        self._keys = tuple(codes)
        self._codes = tuple(codes.values())
        self.words = tuple(by_key[key] for key in codes)
        """Those that are kept, each once."""

    @classmethod
    def load(cls, path: str | Path, *, charset: Charset, fold_case: bool = False) -> "Lexicon":
        """Read a UTF-8 file with a word on each line.

        Raises:
            DataError: it cannot be read, or holds no valid word.
        """
        return cls(read_words(path), charset=charset, fold_case=fold_case, where=str(path))

    def __len__(self) -> int:
        return len(self.words)

    def near(self, text: str, distance: int) -> list[int]:
        """Indices of the words within this edit distance (Levenshtein) of ``text``, in ascending order."""
        return [int(i) for i in self._tree.near(self.symbols.key(text), distance)]

    def classes(self, index: int) -> list[int]:
        """Classes of a word, from left to right as it is printed."""
        return self._codes[index]

    @cached_property
    def _tree(self) -> BKTree:
        return BKTree(CodedWords.of(self._keys))

    @cached_property
    def trie(self) -> Trie:
        """The words' classes as a tree of prefixes."""
        return Trie.of(self._codes)


def read_words(path: str | Path) -> list[str]:
    """The lines of a UTF-8 file, without its byte-order mark.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return Path(path).read_bytes().decode("utf-8-sig").splitlines()
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read ({error.strerror}). Give a file with a word a line."
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not UTF-8 ({error}). Save it as UTF-8, a word a line.") from error


class LexiconDecoder:
    """Chooses among the words near the greedy reading the one of the highest CTC probability.

    Args:
        charset: of the recognizer; the lexicons' must be the same.
        max_distance: greatest edit distance between the greedy reading and a candidate; None takes all words
            as candidates, which is what the paper does with small lexicons.
    """

    def __init__(self, charset: Charset, *, max_distance: int | None = MAX_DISTANCE) -> None:
        self.charset = charset
        self.max_distance = max_distance

    def __call__(self, probs: np.ndarray, lexicon: Lexicon) -> RecResult:
        """The word, or with ``matched=False`` the greedy reading when no word is near enough.

        ``score`` is the mean probability of the word's characters along its best path.

        Args:
            probs: float [T, K] of one image, blank at 0.
            lexicon: of this image, or of all.
        """
        found = self.best(probs, lexicon)
        if not found:
            return greedy_text(probs, self.charset).result(self.charset, matched=False)
        ((_, text),) = found
        return text.result(self.charset, matched=True)

    def best(self, probs: np.ndarray, lexicon: Lexicon, *, count: int = 1) -> list[tuple[float, AlignedText]]:
        """(logarithm of the probability, word) of up to ``count`` words, the most probable first.

        Raises:
            ModelFileError: ``probs`` has another number of classes than the charset.
            ValueError: the lexicon is for another charset.
        """
        check_classes(probs, self.charset)
        if lexicon.symbols.charset != self.charset:
            raise ValueError("LexiconDecoder: the lexicon was made for another charset.")
        merged = lexicon.symbols.merge(probs)
        candidates, trie = self._candidates(merged, lexicon)
        logs = log_probabilities(merged, trie)
        order = [i for i in np.argsort(-logs, kind="stable")[:count] if np.isfinite(logs[i])]
        if not order:
            return []
        words = [int(candidates[i]) for i in order]
        shown = [[w[i] for i in self.charset.reading_order(w)] for w in (lexicon.words[n] for n in words)]
        texts = align_all(merged, [lexicon.classes(n) for n in words], shown)
        return [(float(logs[i]), text.beside(merged)) for i, text in zip(order, texts)]

    def _candidates(self, merged: np.ndarray, lexicon: Lexicon) -> tuple[np.ndarray, Trie]:
        """Indices of the words that are compared, and their tree."""
        if self.max_distance is None:
            return np.arange(len(lexicon)), lexicon.trie
        reading = greedy_text(merged, self.charset).text(self.charset)
        near = np.array(lexicon.near(reading, self.max_distance), np.int64)
        return near, lexicon.trie.part(near)


def _why_none(words: Iterable[str], symbols: Symbols) -> str:
    """What is wrong with a list without a valid word, and what to do."""
    unknown = dict.fromkeys(c for word in words for c in word if not symbols.class_of(c))
    if not unknown:
        return "no word in it. Give a list with a word a line."
    shown = " ".join(list(unknown)[:SHOWN]) + (" ..." if len(unknown) > SHOWN else "")
    return (
        f"no word consists of the recognizer's characters alone; it lacks {shown}. "
        "Change the words, or fold case where only that differs."
    )
