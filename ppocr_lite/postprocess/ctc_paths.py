"""What CTC says about given texts: their probability, over all paths, and where each character is.

Graves et al., "Connectionist Temporal Classification: Labelling Unsegmented Sequence Data with Recurrent
Neural Networks", ICML 2006, section 4.1. A path is a class for each step; of repeated classes one counts, and
blanks (class 0) go. ``probs`` is float [T, K], the classes' probabilities of one line.
"""

from collections.abc import Sequence

import numpy as np

from ppocr_lite.postprocess.trie import Trie

BLANK = 0
TINY = 1e-30
"""In place of a probability of 0, which 32-bit floats give where it is merely small."""


def log_probabilities(probs: np.ndarray, trie: Trie) -> np.ndarray:
    """Natural logarithm of each word's probability, float64 [w]; -inf for one that needs more steps.

    Words share the steps of their common beginnings. Computed with plain products, each step divided by its
    greatest probability, and with logarithms for words whose products come out as 0.
    """
    rows = np.maximum(probs.astype(np.float64), TINY)
    greatest = rows.max(axis=1, keepdims=True)
    ends = _forward(rows / greatest, trie)
    with np.errstate(divide="ignore"):
        logs = np.log(ends) + float(np.log(greatest).sum())
    small = np.flatnonzero(ends == 0)
    if len(small):
        logs[small] = _forward_in_logs(np.log(rows), trie.part(small))
    return logs


def _forward(rows: np.ndarray, trie: Trie) -> np.ndarray:
    """Sum over all paths of the products of ``rows`` [T, K], for each word."""
    parents, labels = trie.parents, trie.labels
    same = np.flatnonzero(labels == labels[parents])
    same_parents = parents[same]
    blank, other = np.zeros(len(trie)), np.zeros(len(trie))  # paths that end in a blank, in the label
    blank[0] = 1.0
    for row in rows:
        total = blank + other
        came = total[parents]
        came[same] = blank[same_parents]  # of a doubled letter the second one needs a blank before it
        came += other
        other = came * row[labels]
        other[0] = 0.0
        blank = total * row[BLANK]
    return np.asarray((blank + other)[trie.ends])


def _forward_in_logs(rows: np.ndarray, trie: Trie) -> np.ndarray:
    """:func:`_forward` with logarithms, which no product of small numbers ends: ten times slower."""
    parents, labels = trie.parents, trie.labels
    same = np.flatnonzero(labels == labels[parents])
    same_parents = parents[same]
    blank, other = np.full(len(trie), -np.inf), np.full(len(trie), -np.inf)
    blank[0] = 0.0
    for row in rows:
        total = np.logaddexp(blank, other)
        came = total[parents]
        came[same] = blank[same_parents]
        other = np.logaddexp(came, other) + row[labels]
        other[0] = -np.inf
        blank = total + row[BLANK]
    return np.asarray(np.logaddexp(blank, other)[trie.ends])


def align(probs: np.ndarray, texts: Sequence[Sequence[int]]) -> list[np.ndarray]:
    """The most probable path of each text: int64 [len(text), 2], first and last step of each class.

    Args:
        probs: float [T, K].
        texts: lists of classes; each must fit T steps (its length and one more for each doubled class).

    Raises:
        ValueError: a text does not fit.
    """
    lengths = np.array([len(text) for text in texts], np.int64)
    states = np.zeros((len(texts), 2 * int(lengths.max(initial=0)) + 1), np.int64)  # blank, class, blank, ...
    for row, text in zip(states, texts):
        row[1 : 2 * len(text) : 2] = text
    came = _viterbi(np.log(np.maximum(probs.astype(np.float64), TINY)), states, lengths)
    return [_runs(path, int(length)) for path, length in zip(came, lengths)]


def _viterbi(rows: np.ndarray, states: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Index of the state at each step of the best path, int64 [n, T]."""
    n, width = states.shape
    jumps = np.zeros(states.shape, bool)  # over the blank between two classes that differ
    jumps[:, 3::2] = states[:, 3::2] != states[:, 1:-2:2]
    best = np.full((n, width + 2), -np.inf)  # two more in front, which no path is in
    best[:, 2] = 0.0
    moves = np.zeros((len(rows), n, width), np.int8)
    for t, row in enumerate(rows):
        stay, step = best[:, 2:], best[:, 1:-1]
        jump = np.where(jumps, best[:, :-2], -np.inf)
        moves[t] = np.where(jump > np.maximum(stay, step), 2, step > stay)
        best[:, 2:] = np.maximum(np.maximum(stay, step), jump) + row[states]
    picks = np.arange(n)
    last = 2 * lengths
    before = np.maximum(last - 1, 0)
    ends_in_blank = best[picks, 2 + last] >= best[picks, 2 + before]
    state = np.where(ends_in_blank, last, before)
    if not np.isfinite(best[picks, 2 + state]).all():
        raise ValueError(f"align: a text needs more than {len(rows)} steps.")
    path = np.empty((n, len(rows)), np.int64)
    for t in range(len(rows) - 1, -1, -1):
        path[:, t] = state
        state = state - moves[t, picks, state]
    return path


def _runs(path: np.ndarray, length: int) -> np.ndarray:
    """First and last step of each class of a path of states [T]."""
    wanted = 2 * np.arange(length) + 1
    return np.stack([np.searchsorted(path, wanted), np.searchsorted(path, wanted, side="right") - 1], axis=1)
