"""Edit distance (Levenshtein) between a text and many words at once; NumPy only."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

KINDS: dict[int, type] = {16: np.uint16, 32: np.uint32, 64: np.uint64}
"""Bits -> the narrowest number: four 16-bit numbers are computed in the time of a 64-bit one."""
SIGNATURE_BITS = 32


@dataclass(frozen=True, eq=False)
class CodedWords:
    """Words as numbers.

    Args:
        codes: uint8 or int32 [L, n]: a column a word, 0 below its end.
        lengths: int64 [n].
        signatures: uint32 [n]: a bit is set for each letter that the word has.
        symbols: letter -> number, from 1.
    """

    codes: np.ndarray
    lengths: np.ndarray
    signatures: np.ndarray
    symbols: dict[str, int]

    @classmethod
    def of(cls, words: Sequence[Sequence[str]]) -> "CodedWords":
        """Number the letters of ``words`` from 1."""
        symbols: dict[str, int] = {}
        lengths = np.array([len(word) for word in words], np.int64)
        flat = [symbols.setdefault(c, len(symbols) + 1) for word in words for c in word]
        kind = np.uint8 if len(symbols) < 256 else np.int32
        codes = np.zeros((len(words), int(lengths.max(initial=0))), kind)
        codes[np.arange(codes.shape[1]) < lengths[:, None]] = flat
        signatures = np.zeros(len(words), np.uint32)
        for column in codes.T:
            signatures |= signature_bits(column)
        return cls(np.ascontiguousarray(codes.T), lengths, signatures, symbols)

    def encode(self, text: Sequence[str]) -> np.ndarray:
        """Numbers [len(text)]; 0 for a letter that no word has."""
        return np.array([self.symbols.get(c, 0) for c in text], np.int64)

    def unlike(self, pattern: np.ndarray, chosen: np.ndarray, distance: int) -> np.ndarray:
        """Whether lengths and letters alone show that the ``chosen`` words are too far away.

        Every edit changes the length by one at most, adds one letter that the pattern lacks at most, and
        takes one away at most.
        """
        bits = np.uint32(np.bitwise_or.reduce(signature_bits(pattern), initial=0))
        own = self.signatures[chosen]
        far = np.abs(self.lengths[chosen] - len(pattern)) > distance
        far |= _count_bits(own & ~bits) > distance
        return far | (_count_bits(bits & ~own) > distance)


def signature_bits(codes: np.ndarray) -> np.ndarray:
    """uint32, one bit for each number from 1; none for 0. Letters may share a bit."""
    bits = np.left_shift(np.uint32(1), (codes % SIGNATURE_BITS).astype(np.uint32), dtype=np.uint32)
    return np.where(codes > 0, bits, np.uint32(0))


def _count_bits(values: np.ndarray) -> np.ndarray:
    """Bits that are set, by adding neighbours up: pairs, fours, bytes. (NumPy 1 has no function for it.)"""
    pairs = values - ((values >> np.uint32(1)) & np.uint32(0x55555555))
    fours = (pairs & np.uint32(0x33333333)) + ((pairs >> np.uint32(2)) & np.uint32(0x33333333))
    octets = (fours + (fours >> np.uint32(4))) & np.uint32(0x0F0F0F0F)
    return (octets * np.uint32(0x01010101)) >> np.uint32(24)


class Patterns:
    """Texts that words are compared with.

    Args:
        codes: numbers int64 [p, m], each text's from the left.
        lengths: of the texts, int64 [p]; at least 1, unless all are 0.
        symbols: how many numbers there are, 0 among them.
    """

    def __init__(self, codes: np.ndarray, lengths: np.ndarray, *, symbols: int) -> None:
        self.codes = codes
        self.lengths = lengths
        longest = int(lengths.max(initial=0))
        kind = next((kind for bits, kind in KINDS.items() if longest <= bits), None)
        self._masks = None if kind is None else _bit_masks(codes, lengths, symbols, kind)

    @classmethod
    def one(cls, code: np.ndarray, words: CodedWords) -> "Patterns":
        """A single text of numbers [m]."""
        return cls(code[None], np.array([len(code)]), symbols=len(words.symbols) + 1)

    def distances(
        self, words: CodedWords, chosen: np.ndarray, owners: np.ndarray | None = None
    ) -> np.ndarray:
        """Edit distance int64 [k] of the ``chosen`` words [k], each to the text that ``owners`` [k] says."""
        if not len(chosen) or not self.codes.shape[1]:
            return words.lengths[chosen].copy()
        owners = np.zeros(len(chosen), np.int64) if owners is None else owners
        # Long words first: those that have a j-th letter are in front.
        order = np.argsort(-words.lengths[chosen], kind="stable")
        chosen, owners = chosen[order], owners[order]
        counts = np.searchsorted(-words.lengths[chosen], -np.arange(int(words.lengths[chosen[0]])))
        letters = [column[chosen[:k]] for column, k in zip(words.codes, counts.tolist())]
        out = np.empty(len(chosen), np.int64)
        out[order] = (
            self._by_rows(letters, owners)
            if self._masks is None
            else self._by_bits(letters, owners, self._masks)
        )
        return out

    def _by_bits(self, letters: Sequence[np.ndarray], owners: np.ndarray, masks: np.ndarray) -> np.ndarray:
        """Myers, "A Fast Bit-Vector Algorithm for Approximate String Matching", JACM 1999; for whole words.

        A bit a letter of the text: ``up`` and ``down`` hold where a column of the table of distances goes up
        or down by one, ``more`` and ``less`` the same along its rows.
        """
        kind = masks.dtype.type
        one = kind(1)
        tops: np.ndarray = (self.lengths - 1).astype(kind)
        alone = len(tops) == 1
        distances = self.lengths.astype(kind)[owners]
        up, down = np.full(len(owners), ~kind(0)), np.zeros(len(owners), kind)
        for column in letters:
            k = len(column)
            up_k, down_k = up[:k], down[:k]
            equal = masks[0].take(column) if alone else masks[owners[:k], column]
            top = tops[0] if alone else tops[owners[:k]]
            vertical = equal | down_k
            horizontal = (((equal & up_k) + up_k) ^ up_k) | equal
            more = down_k | ~(horizontal | up_k)
            less = up_k & horizontal
            distances[:k] += ((more >> top) & one) - ((less >> top) & one)
            more = (more << one) | one
            less <<= one
            up[:k] = less | ~(vertical | more)
            down[:k] = more & vertical
        return distances.astype(np.int64)

    def _by_rows(self, letters: Sequence[np.ndarray], owners: np.ndarray) -> np.ndarray:
        """The table of distances, a column at a time: for texts of more letters than a number has bits."""
        own = self.codes[owners]  # [k, m]
        places = np.arange(own.shape[1] + 1)
        table = np.broadcast_to(places, (len(own), len(places))).copy()
        for step, column in enumerate(letters):
            k = len(column)
            best = np.empty_like(table[:k])
            best[:, 0] = step + 1
            best[:, 1:] = np.minimum(table[:k, :-1] + (own[:k] != column[:, None]), table[:k, 1:] + 1)
            # going on to the right costs 1 a place: the least of what is to the left, plus the way from there
            table[:k] = np.minimum.accumulate(best - places, axis=1) + places
        return np.asarray(table[np.arange(len(own)), self.lengths[owners]])


def _bit_masks(codes: np.ndarray, lengths: np.ndarray, symbols: int, kind: type) -> np.ndarray:
    """[p, symbols]: bit i of entry s is set where letter i of the text is s."""
    masks: np.ndarray = np.zeros((len(codes), symbols), kind)
    for i in range(int(lengths.max(initial=0))):
        rows = np.flatnonzero(lengths > i)
        masks[rows, codes[rows, i]] |= kind(1) << kind(i)
    masks[:, 0] = 0  # letters that no word has
    return masks
