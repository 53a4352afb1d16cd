"""Probabilities and alignments of given texts, beside an enumeration of all paths."""

import itertools
import math

import numpy as np
import pytest

from ppocr_lite.postprocess import ctc_paths
from ppocr_lite.postprocess.ctc_paths import align, log_probabilities
from ppocr_lite.postprocess.trie import Trie


def test_by_hand():
    probs = np.array([[0.5, 0.5], [0.25, 0.75]])
    # "": both blank; "a": aa, a-, -a; "aa" needs a blank between
    logs = log_probabilities(probs, Trie.of([[], [1], [1, 1]]))
    np.testing.assert_allclose(np.exp(logs), [0.125, 0.875, 0.0])


@pytest.mark.parametrize(("steps", "classes"), [(1, 3), (4, 3), (5, 4)])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_text(steps, classes, seed, all_texts, random_probs):
    probs = random_probs(steps, classes, seed=seed)
    expected = all_texts(probs)
    trie = Trie.of(list(expected))
    logs = np.log(list(expected.values()))
    np.testing.assert_allclose(log_probabilities(probs, trie), logs)
    np.testing.assert_allclose(ctc_paths._forward_in_logs(np.log(probs), trie), logs)


def test_a_part_of_the_words(all_texts, random_probs):
    probs = random_probs(5, 4, seed=2)
    expected = all_texts(probs)
    texts = list(expected)
    chosen = np.array([40, 3, 17])
    part = Trie.of(texts).part(chosen)
    assert len(part) < 20
    np.testing.assert_allclose(log_probabilities(probs, part), [math.log(expected[texts[i]]) for i in chosen])


def test_what_products_cannot_hold():
    probs = np.full((400, 3), 1e-9)
    probs[:, 1] = 1.0
    logs = log_probabilities(probs, Trie.of([[1], [2] * 100, [2] * 300]))
    assert logs[0] == pytest.approx(0, abs=1e-4)
    # 100 runs of 2 among 400 steps: their ends are 200 of 401 places
    assert logs[1] == pytest.approx(400 * math.log(1e-9) + math.log(math.comb(401, 200)))
    assert logs[2] == -np.inf  # 599 steps


def test_best_paths(best_paths, random_probs):
    probs = random_probs(5, 3, seed=3)
    expected = best_paths(probs)
    for runs, path in zip(align(probs, list(expected)), expected.values()):
        steps = [(label, len(list(group))) for label, group in itertools.groupby(path)]
        ends = np.cumsum([n for _, n in steps])
        wanted = [[int(end) - n, int(end) - 1] for (label, n), end in zip(steps, ends) if label]
        assert runs.tolist() == wanted


def test_a_text_that_does_not_fit():
    with pytest.raises(ValueError, match="more than 2 steps"):
        align(np.full((2, 2), 0.5), [[1, 1]])


@pytest.mark.parametrize("words", [[[]], [[1]], [[2, 1], [2], [], [2, 1, 1], [1, 2]]])
def test_trie_holds_each_word_once(words):
    trie = Trie.of(words)
    for word, node in zip(words, trie.ends):
        labels = []
        while node:
            labels.append(int(trie.labels[node]))
            assert trie.parents[node] < node
            node = trie.parents[node]
        assert labels[::-1] == word
    assert len(trie) == len({tuple(w[:n]) for w in words for n in range(len(w) + 1)})
