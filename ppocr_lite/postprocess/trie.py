"""A prefix tree of many words, in arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Trie:
    """Nodes level by level, node 0 is the empty prefix; a node's parent has a smaller number.

    Args:
        parents: int32 [n], of the root 0.
        labels: int32 [n], last class of each prefix, of the root 0.
        depths: int32 [n].
        ends: int64 [w], the node of each word.
    """

    parents: np.ndarray
    labels: np.ndarray
    depths: np.ndarray
    ends: np.ndarray

    @classmethod
    def of(cls, words: Sequence[Sequence[int]]) -> "Trie":
        """The tree of ``words``, each a list of classes from 1."""
        lengths = np.array([len(word) for word in words], np.int64)
        codes = np.zeros((len(words), int(lengths.max(initial=0))), np.int32)
        held = np.arange(codes.shape[1]) < lengths[:, None]
        codes[held] = [label for word in words for label in word]
        order = np.lexsort(codes.T[::-1]) if codes.size else np.arange(len(words))
        codes, held = codes[order], held[order]
        # In sorted order a prefix begins where it differs from the one of the word before.
        differs = np.ones(codes.shape, bool)
        differs[1:] = codes[1:] != codes[:-1]
        begins = np.logical_or.accumulate(differs, axis=1) & held
        first_of_depth = 1 + np.concatenate([[0], np.cumsum(begins.sum(axis=0))])
        nodes = first_of_depth[:-1] + np.cumsum(begins, axis=0) - 1  # [w, L]
        nodes = np.concatenate([np.zeros((len(nodes), 1), np.int64), nodes], axis=1)  # the root in front
        depth, row = np.nonzero(begins.T)
        ends = np.empty(len(words), np.int64)
        ends[order] = nodes[np.arange(len(words)), lengths[order]]
        return cls(
            np.concatenate([[0], nodes[row, depth]]).astype(np.int32),
            np.concatenate([[0], codes[row, depth]]).astype(np.int32),
            np.concatenate([[0], depth + 1]).astype(np.int32),
            ends,
        )

    def __len__(self) -> int:
        return len(self.parents)

    def part(self, words: np.ndarray) -> "Trie":
        """The tree of some of the words, by their numbers."""
        wanted = np.zeros(len(self), bool)
        wanted[0] = True
        nodes = self.ends[words]
        while len(nodes):
            wanted[nodes] = True
            nodes = self.parents[nodes]
            nodes = nodes[~wanted[nodes]]
        kept = np.flatnonzero(wanted)
        place = np.empty(len(self), np.int32)
        place[kept] = np.arange(len(kept))
        return Trie(
            place[self.parents[kept]],
            self.labels[kept],
            self.depths[kept],
            place[self.ends[words]].astype(np.int64),
        )
