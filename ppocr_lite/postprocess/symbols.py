"""Classes of a recognizer that mean the same: doubled entries of a dictionary, and A and a without case."""

from collections.abc import Sequence

import numpy as np

from ppocr_lite.charset import Charset


def fold(character: str) -> str:
    """Lower case, where that is a single character as well."""
    lower = character.lower()
    return lower if len(lower) == len(character) else character


class Symbols:
    """The characters of a charset, classes that mean the same made one.

    Args:
        charset: of the recognizer.
        fold_case: upper and lower case mean the same.
    """

    def __init__(self, charset: Charset, *, fold_case: bool = False) -> None:
        self.charset = charset
        self.folds = fold_case or charset.lower
        keys = [self.key(c) for c in charset.characters]
        self._classes = {key: i for i, key in enumerate(keys, 1)}  # the last one, as in Charset
        target = np.array([0, *(self._classes[key] for key in keys)])
        self._from = np.flatnonzero(target != np.arange(len(target)))
        self._to = target[self._from]

    def key(self, text: str) -> str:
        """What of ``text`` tells it from others."""
        return "".join(map(fold, text)) if self.folds else text

    def merge(self, probs: np.ndarray) -> np.ndarray:
        """[..., K] with the probabilities of classes that mean the same added up at one of them."""
        if not len(self._from):
            return probs
        merged = probs.copy()
        merged[..., self._from] = 0
        np.add.at(merged.T, self._to, probs.T[self._from])
        return merged

    def encode(self, text: Sequence[str]) -> list[int] | None:
        """Classes, after merging, of a text from left to right; None when a character is unknown."""
        classes = [self._classes.get(self.key(text[i]), 0) for i in self.charset.reading_order(text)]
        return None if 0 in classes else classes

    def class_of(self, character: str) -> int:
        """Class of a character, after merging; 0 for one that is unknown."""
        return self._classes.get(self.key(character), 0)

    @property
    def classes(self) -> list[tuple[int, str]]:
        """(class after merging, its character) of all that are different."""
        return [(i, self.charset.characters[i - 1]) for i in sorted(self._classes.values())]
