"""A BK-tree: finds the words within an edit distance.

Burkhard and Keller, "Some Approaches to Best-Match File Searching", CACM 1973: the words below a node are
parted by their distance to the node's word; the triangle inequality says which parts can hold a near word.
The tree is kept in arrays, level by level: a query compares the words of a whole level in a few NumPy calls.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from ppocr_lite.postprocess.edit_distance import CodedWords, Patterns

BUCKET = 64
"""Parts of at most so many words are not parted further: each is compared, unless its letters rule it out."""
TABLE_ENTRIES = 4_000_000
"""Entries of the tables of bit masks that are held at once while a tree is built: 32 MB."""


class BKTree:
    """Finds the words within an edit distance.

    Args:
        words: each once.
    """

    def __init__(self, words: CodedWords) -> None:
        self._words = words
        self._node_words, self._edges, self._first_child = _grow(words)
        self._is_leaf = self._first_child[1:] == self._first_child[:-1]

    def near(self, text: Sequence[str], distance: int) -> np.ndarray:
        """Indices int64 of the words within ``distance`` of ``text``, ascending."""
        return np.sort(np.concatenate([words for words, _ in self._levels(text, distance)]))

    def compared(self, text: Sequence[str], distance: int) -> int:
        """How many words :meth:`near` computes the distance of."""
        return sum(count for _, count in self._levels(text, distance))

    def _levels(self, text: Sequence[str], distance: int) -> Iterator[tuple[np.ndarray, int]]:
        """(near words, how many were compared) of each level of the tree."""
        code = self._words.encode(text)
        pattern = Patterns.one(code, self._words)
        nodes = np.zeros(min(1, len(self._node_words)), np.int64)
        while len(nodes):
            words = self._node_words[nodes]
            found = pattern.distances(self._words, words)
            yield words[found <= distance], len(words)
            first, last = self._first_child[nodes], self._first_child[nodes + 1]
            children = ranges(first, last)
            gap = np.abs(self._edges[children] - np.repeat(found, last - first))
            children = children[gap <= distance]
            far = self._words.unlike(code, self._node_words[children], distance)
            nodes = children[~(far & self._is_leaf[children])]


def ranges(first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """All of ``first[0]..last[0]-1``, ``first[1]..last[1]-1``, ... in one array.

    >>> ranges(np.array([3, 8, 5]), np.array([5, 8, 6])).tolist()
    [3, 4, 5]
    """
    counts = last - first
    return np.arange(int(counts.sum())) + np.repeat(first - np.cumsum(counts) + counts, counts)


def _grow(words: CodedWords) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(word, distance to the parent's word, first child) of each node, level by level.

    ``first child`` has one entry more than there are nodes: the children of node i are those from entry i up
    to entry i + 1.
    """
    count = len(words.lengths)
    pivots, members = np.arange(min(1, count)), np.arange(1, count)
    owners = np.zeros(len(members), np.int64)  # of members, as index into this level's pivots
    node_words, edges, first_child = [pivots], [np.zeros(len(pivots), np.int64)], []
    known = len(pivots)
    while len(pivots):
        found = _distances_to_pivots(pivots, owners, words, members)
        order = np.lexsort((found, owners))
        members, owners, found = members[order], owners[order], found[order]
        nodes, groups = _new_nodes(owners, found)
        first_child.append(known + np.searchsorted(owners[nodes], np.arange(len(pivots))))
        pivots, known = members[nodes], known + int(nodes.sum())
        node_words.append(pivots)
        edges.append(found[nodes])
        owners, members = groups[~nodes], members[~nodes]
    return np.concatenate(node_words), np.concatenate(edges), np.concatenate([*first_child, [known]])


def _new_nodes(owners: np.ndarray, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which members, sorted by owner and distance, become nodes; and the node below which each is.

    Of a part of many words the first becomes a node, and the others go below it; of a small part all do.
    """
    begins = np.ones(len(owners), bool)
    begins[1:] = (owners[1:] != owners[:-1]) | (found[1:] != found[:-1])
    part = np.cumsum(begins) - 1
    small = np.bincount(part)[part] <= BUCKET if len(part) else begins
    nodes = begins | small
    return nodes, np.cumsum(nodes) - 1


def _distances_to_pivots(
    pivots: np.ndarray, owners: np.ndarray, words: CodedWords, members: np.ndarray
) -> np.ndarray:
    """Distance of each member to the pivot that owns it; ``owners`` ascend."""
    symbols = len(words.symbols) + 1
    step = max(1, TABLE_ENTRIES // symbols)
    parts = [np.zeros(0, np.int64)]
    for start in range(0, len(pivots), step):
        low, high = np.searchsorted(owners, [start, start + step])
        chosen = pivots[start : start + step]
        codes = words.codes[:, chosen].T.astype(np.int64)
        patterns = Patterns(codes, words.lengths[chosen], symbols=symbols)
        parts.append(patterns.distances(words, members[low:high], owners[low:high] - start))
    return np.concatenate(parts)
