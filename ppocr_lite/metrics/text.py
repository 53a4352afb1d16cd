"""Edit distance between texts."""

from collections.abc import Sequence

import numpy as np

PAIRS_AT_ONCE = 512
"""Bounds the memory that a large batch of long texts takes."""


def edit_distance(a: Sequence[str], b: Sequence[str]) -> int:
    """Fewest insertions, deletions and replacements (Levenshtein) that turn ``a`` into ``b``.

    >>> edit_distance("kitten", "sitting")
    3
    """
    return int(edit_distances([a], [b])[0])


def edit_distances(first: Sequence[Sequence[str]], second: Sequence[Sequence[str]]) -> np.ndarray:
    """Levenshtein distance of each pair, of texts or of lists of words; all pairs advance together.

    >>> edit_distances(["ab", "same", ["one", "word"]], ["ba", "same", ["word"]]).tolist()
    [2, 0, 1]

    Returns:
        int64 [n].
    """
    distances = np.zeros(len(first), np.int64)
    different = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    # Pairs of like length stand together, so that little of the tables is padding.
    different.sort(key=lambda i: (min(len(first[i]), len(second[i])), len(first[i]) + len(second[i])))
    codes: dict[str, int] = {}
    for start in range(0, len(different), PAIRS_AT_ONCE):
        chosen = different[start : start + PAIRS_AT_ONCE]
        pairs = [sorted((first[i], second[i]), key=len) for i in chosen]
        shorter, longer = (_numbers([pair[side] for pair in pairs], codes) for side in (0, 1))
        distances[chosen] = _table(*shorter, *longer)
    return distances


def _numbers(texts: Sequence[Sequence[str]], codes: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """(a number for each character or word [n, longest], padded with 0; lengths [n])."""
    lengths = np.array([len(text) for text in texts])
    numbers = np.zeros((len(texts), int(lengths.max())), np.int32)
    flat = [codes.setdefault(token, len(codes) + 1) for text in texts for token in text]
    numbers[np.arange(numbers.shape[1]) < lengths[:, None]] = flat
    return numbers, lengths


def _table(a: np.ndarray, a_lengths: np.ndarray, b: np.ndarray, b_lengths: np.ndarray) -> np.ndarray:
    """Distances [n] of a [n, A] and b [n, B]; what stands behind a text's end does not reach its corner."""
    column = np.arange(b.shape[1] + 1, dtype=np.int32)
    row = np.broadcast_to(column, (len(a), len(column)))  # [n, B + 1]
    distances = np.where(a_lengths == 0, b_lengths, 0)
    for done in range(1, a.shape[1] + 1):
        kept_or_replaced = row[:, :-1] + (a[:, done - 1 : done] != b)
        best = np.concatenate(
            [np.full((len(a), 1), done, np.int32), np.minimum(row[:, 1:] + 1, kept_or_replaced)], axis=1
        )
        # An insertion costs one for each column: the running minimum of what is left without that.
        row = np.minimum.accumulate(best - column, axis=1) + column
        ended = a_lengths == done
        distances[ended] = row[ended, b_lengths[ended]]
    return distances
