"""A language model of characters: how probable a character is after those before it.

Interpolated Witten-Bell smoothing (Witten and Bell, "The Zero-Frequency Problem", IEEE Transactions on
Information Theory 37, 1991): what follows a context often counts by its share there, all else by the shorter
context. The file is a NumPy archive (.npz) without pickles: the characters, and for each length the n-grams
with their counts.
"""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ppocr_lite.errors import ConfigError, DataError

EDGE = "\n"
"""Stands before the first character of a line and after its last one."""
FORMAT = "ppocr_lite character n-grams 1"
MAX_ORDER = 10
_NO_CONTROLS = dict.fromkeys(range(32))
"""EDGE must be the first of all characters."""


@dataclass(frozen=True, eq=False)
class Counts:
    """How often n-grams came up.

    Args:
        characters: those of the text; the first one is :data:`EDGE`.
        codes: for the lengths 1, 2, ... the n-grams int64 [k], ascending, as numbers to the base of
            ``len(characters)``.
        counts: how often each came up, int64 [k].
    """

    characters: tuple[str, ...]
    codes: tuple[np.ndarray, ...]
    counts: tuple[np.ndarray, ...]


class CharNgram:
    """Logarithms of probabilities of characters.

    Args:
        counts: of a text; see :meth:`train` and :meth:`load`.
    """

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.order = len(counts.codes)
        self._logs, self._shares, self._unknown = _smooth(counts)

    @classmethod
    def train(cls, lines: Iterable[str], *, order: int = 5, min_count: int = 1) -> "CharNgram":
        """Count the n-grams of lines of text, or of the words of a list.

        Args:
            order: length of the longest n-gram; the context is one shorter.
            min_count: n-grams of three and more characters that came up less often are left out.

        Raises:
            ConfigError: ``order`` is too large.
            DataError: no text.
        """
        if not 1 <= order <= MAX_ORDER:
            raise ConfigError(f"order: expected 1 to {MAX_ORDER}, got {order}.")
        spaced = (" ".join(line.split()).translate(_NO_CONTROLS) for line in lines)
        text = EDGE.join(line for line in spaced if line)
        if not text:
            raise DataError("an n-gram model needs text, but there is none in what was given.")
        points = np.frombuffer(f"{EDGE}{text}{EDGE}".encode("utf-32-le"), np.uint32)
        used, ids = np.unique(points, return_inverse=True)  # EDGE is the smallest
        if len(used) ** order >= 2**63:
            raise ConfigError(
                f"order: {order} is too much for {len(used)} different characters. Take a smaller one."
            )
        return cls(
            _count(ids.astype(np.int64), tuple(map(chr, used.tolist())), order=order, min_count=min_count)
        )

    @classmethod
    def load(cls, path: str | Path) -> "CharNgram":
        """Read a file of :meth:`save`.

        Raises:
            DataError: it cannot be read, or is something else.
        """
        hint = "Make one with: ppocr-lite ngram TEXT --out FILE.npz"
        try:
            with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as values:
                if str(values["format"]) != FORMAT:
                    raise DataError(
                        f"{path}: its format is {str(values['format'])!r}, not {FORMAT!r}. {hint}"
                    )
                order = int(values["order"])
                codes = tuple(values[f"codes{n}"].astype(np.int64) for n in range(1, order + 1))
                counts = tuple(values[f"counts{n}"].astype(np.int64) for n in range(1, order + 1))
                characters = tuple(str(values["characters"]))
                if order < 1 or characters[:1] != (EDGE,):
                    raise ValueError("its characters are damaged")
                return cls(Counts(characters, codes, counts))
        except OSError as error:
            raise DataError(f"{path}: cannot be read ({error.strerror}). {hint}") from error
        except (zipfile.BadZipFile, KeyError, ValueError, IndexError, EOFError) as error:
            raise DataError(f"{path}: no file of character n-grams ({error}). {hint}") from error

    def save(self, path: str | Path) -> None:
        """Write a file for :meth:`load`; its name should end in .npz."""
        values: dict[str, np.ndarray] = {
            "format": np.array(FORMAT),
            "order": np.array(self.order),
            "characters": np.array("".join(self.counts.characters)),
        }
        for n, (codes, counts) in enumerate(zip(self.counts.codes, self.counts.counts), 1):
            values[f"codes{n}"], values[f"counts{n}"] = codes, counts.astype(np.uint32)
        with Path(path).open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **values)

    def context(self, text: str) -> str:
        """What of ``text`` matters for the next character."""
        return text[max(0, len(text) - self.order + 1) :]

    def log_prob(self, context: str, character: str) -> float:
        """Natural logarithm of the probability of ``character``, or of :data:`EDGE`, after ``context``.

        A line's first character has the context :data:`EDGE`.
        """
        context = self.context(context)
        log = 0.0
        while (found := self._logs.get(context + character)) is None:
            if not context:
                return log + self._unknown
            log += self._shares.get(context, 0.0)
            context = context[1:]
        return log + found

    def __len__(self) -> int:
        return len(self._logs)

    def __contains__(self, character: str) -> bool:
        """Whether the text had this character."""
        return character in self._logs


def _count(ids: np.ndarray, characters: tuple[str, ...], *, order: int, min_count: int) -> Counts:
    """Counts of all n-grams that do not reach over the end of a line."""
    base = len(characters)
    all_codes, all_counts = [], []
    grams, whole = np.zeros(len(ids) + 1, np.int64), np.ones(len(ids) + 1, bool)
    for n in range(1, order + 1):
        if n > 2:
            whole = whole[:-1] & (ids[n - 2 : len(ids) - 1] != 0)  # the last but one is no edge
        else:
            whole = whole[:-1]
        grams = grams[:-1] * base + ids[n - 1 :]
        codes, counts = np.unique(grams[whole], return_counts=True)
        kept = counts >= (min_count if n > 2 else 1)
        all_codes.append(codes[kept])
        all_counts.append(counts[kept].astype(np.int64))
    return Counts(characters, tuple(all_codes), tuple(all_counts))


def _smooth(counts: Counts) -> tuple[dict[str, float], dict[str, float], float]:
    """Logarithms of probabilities.

    They are: of each n-gram's last character after the others; of each context, the share of the shorter one;
    of a character that the text lacks.
    """
    base = len(counts.characters)
    logs: dict[str, float] = {}
    shares: dict[str, float] = {}
    shorter, shorter_codes = np.full(1, 1.0 / (base + 1)), np.zeros(1, np.int64)  # all alike, and one unknown
    unknown = 0.0
    for n, (codes, number) in enumerate(zip(counts.codes, counts.counts), 1):
        contexts, place, kinds = np.unique(codes // base, return_inverse=True, return_counts=True)
        totals = np.bincount(place, weights=number, minlength=len(contexts))
        share = kinds / (totals + kinds)
        suffix = np.searchsorted(shorter_codes, codes % base ** (n - 1))
        values = (
            number / (totals + kinds)[place] + share[place] * shorter[np.minimum(suffix, len(shorter) - 1)]
        )
        logs.update(zip(_texts(codes, counts.characters, n), np.log(values).tolist()))
        if n == 1:
            unknown = float(np.log(share[0] * shorter[0]))
        else:
            shares.update(zip(_texts(contexts, counts.characters, n - 1), np.log(share).tolist()))
        shorter, shorter_codes = values, codes
    return logs, shares, unknown


def _texts(codes: np.ndarray, characters: Sequence[str], length: int) -> list[str]:
    """n-grams as strings."""
    base = len(characters)
    table = np.array(characters)
    digits = [codes // base**i % base for i in range(length - 1, -1, -1)]
    letters = np.ascontiguousarray(
        np.stack([table[d] for d in digits], axis=1)
    )  # [k, length] of one character
    return [str(text) for text in letters.view(f"<U{length}").ravel().tolist()]
