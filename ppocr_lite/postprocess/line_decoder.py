"""Decodes lines by DecodingOptions: the options made ready for one charset."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.postprocess.aligned import AlignedText, align_all, check_classes, greedy_text
from ppocr_lite.postprocess.automaton import Automaton, intersect, word_automaton
from ppocr_lite.postprocess.beam import MIN_PROB, BeamSearch, Hypothesis, LanguageModel
from ppocr_lite.postprocess.decoding import BEAM_SIZE, DecodingOptions, Words
from ppocr_lite.postprocess.lexicon import Lexicon, LexiconDecoder, read_words
from ppocr_lite.postprocess.ngram import CharNgram
from ppocr_lite.postprocess.pattern import compile_pattern
from ppocr_lite.postprocess.symbols import Symbols
from ppocr_lite.postprocess.trie import Trie
from ppocr_lite.structures import Alternative

logger = logging.getLogger(__name__)

SPACE = " "
OF_CHARACTERS = (
    "allow_chars",
    "block_chars",
    "pattern",
    "word_list",
    "lexicon",
    "ngram",
    "return_word_box",
)
"""Options that mean nothing for texts of tokens."""
ALTERNATIVES_MIN_PROB = 1e-4
"""In place of MIN_PROB where alternatives are asked for: a sure network has few above that."""


@dataclass(frozen=True, eq=False)
class DecodedLine:
    """What a line says: the text, the best readings if asked for, whether a lexicon holds it."""

    text: AlignedText
    alternatives: tuple[Alternative, ...] = ()
    matched: bool | None = None


class LineDecoder:
    """Decodes lines, one at a time; it does not change and serves several threads.

    Args:
        charset: of the recognizer.
        options: what is wanted.

    Raises:
        ConfigError: nothing can match: the pattern, the lists of characters; options that are about
            characters, and the recognizer's texts are made of tokens.
        DataError: a list without a valid word; a file that cannot be read.
    """

    def __init__(self, charset: Charset, options: DecodingOptions) -> None:
        _check_tokens(charset, options)
        self.charset = charset
        self.options = options
        self._symbols = Symbols(charset)
        self._blocked = _blocked(charset, options)
        self._search = self._make_search() if options.searches else None
        self._lexicon = _make_lexicon(options, charset)
        self._lexicon_decoder = LexiconDecoder(charset, max_distance=options.lexicon_distance)

    def __call__(self, probs: np.ndarray) -> DecodedLine:
        """Decode the probabilities float [T, K] of one line."""
        check_classes(probs, self.charset)
        if self._lexicon is not None:
            return self._by_lexicon(probs, self._lexicon)
        allowed = probs
        if len(self._blocked):
            allowed = probs.copy()
            allowed[:, self._blocked] = 0
        if self._search is None:
            return DecodedLine(greedy_text(allowed, self.charset).beside(probs))
        merged = self._symbols.merge(allowed)
        found = self._search(merged)[: max(1, self.options.alternatives)]
        texts = [text.beside(probs) for text in self._aligned(merged, found)]
        if not texts:  # what is allowed takes more steps than there are
            return DecodedLine(AlignedText((), (), np.zeros((0, 2), np.int64)))
        return DecodedLine(texts[0], self._alternatives([h.log_prob for h in found], texts))

    def _aligned(self, probs: np.ndarray, found: Sequence[Hypothesis]) -> list[AlignedText]:
        classes = [h.classes for h in found]
        characters = [[self.charset.characters[i - 1] for i in own] for own in classes]
        if len(found) == 1:
            greedy = greedy_text(probs, self.charset)
            if greedy.characters == tuple(characters[0]):  # its path is the best one of all
                return [greedy]
        return align_all(probs, classes, characters)

    def _by_lexicon(self, probs: np.ndarray, lexicon: Lexicon) -> DecodedLine:
        count = max(1, self.options.alternatives)
        found = self._lexicon_decoder.best(probs, lexicon, count=count)
        if not found:
            return DecodedLine(greedy_text(probs, self.charset), matched=False)
        texts = [text for _, text in found]
        return DecodedLine(texts[0], self._alternatives([log for log, _ in found], texts), matched=True)

    def _alternatives(self, logs: Sequence[float], texts: Sequence[AlignedText]) -> tuple[Alternative, ...]:
        if not self.options.alternatives:
            return ()
        return tuple(Alternative(t.text(self.charset), t.score, log) for log, t in zip(logs, texts))

    def _make_search(self) -> BeamSearch:
        options = self.options
        size = max(options.beam_size or BEAM_SIZE, options.alternatives)
        min_prob = ALTERNATIVES_MIN_PROB if options.alternatives > 1 else MIN_PROB
        if self.charset.right_to_left and (options.pattern or options.ngram or options.several_words):
            raise ConfigError(
                "pattern, ngram and several_words: not for characters that are read from right to left."
            )
        return BeamSearch(size, automaton=self._automaton(), model=self._model(), min_prob=min_prob)

    def _model(self) -> LanguageModel | None:
        options = self.options
        if options.ngram is None:
            return None
        ngram = options.ngram if isinstance(options.ngram, CharNgram) else CharNgram.load(options.ngram)
        return LanguageModel(ngram, options.ngram_weight, options.ngram_bonus, self.charset.characters)

    def _automaton(self) -> Automaton | None:
        """What the pattern and the word list allow together; None without either."""
        options = self.options
        blocked = set(self._blocked.tolist())
        classes = [(i, c) for i, c in self._symbols.classes if i not in blocked]
        pattern = None if options.pattern is None else compile_pattern(options.pattern, classes)
        if options.word_list is None:
            return pattern
        words = self._words(options.word_list, dict(classes))
        if pattern is None:
            return words
        both = intersect(pattern, words)
        if both is None:
            raise ConfigError(f"pattern '{options.pattern}': fits no word of the word_list.")
        return both

    def _words(self, given: Words, classes: dict[int, str]) -> Automaton:
        """The automaton of a word list."""
        options = self.options
        where, words = _word_list(given, "word list")
        if options.several_words:
            words = [part for word in words for part in word.split()]
        lexicon = _lexicon(words, self.charset, options, where=where)
        folded = Symbols(self.charset, fold_case=options.ignore_case)
        variants: dict[int, list[int]] = {}
        for label, character in classes.items():
            variants.setdefault(folded.class_of(character), []).append(label)
        space = self._symbols.class_of(SPACE) if options.several_words else None
        if space is not None and space not in classes:
            raise ConfigError("several_words: the space is no character that may come up.")
        return word_automaton(
            Trie.of([lexicon.classes(i) for i in range(len(lexicon))]),
            space=space,
            variants=lambda label: variants.get(label, []),
            where=where,
        )


def _check_tokens(charset: Charset, options: DecodingOptions) -> None:
    given = [name for name in OF_CHARACTERS if getattr(options, name)]
    if charset.separator and given:
        raise ConfigError(
            f"{', '.join(given)}: for texts that are made of characters; those of this recognizer are made "
            "of tokens, for which there are beam_size and alternatives."
        )


def _blocked(charset: Charset, options: DecodingOptions) -> np.ndarray:
    """Classes that must not come up, int64."""
    allowed, blocked = set(options.allow_chars), set(options.block_chars)
    known = set(charset.characters)
    if allowed and not allowed & known:
        raise ConfigError(
            f"allow_chars '{options.allow_chars}': none of these is a character of the recognizer."
        )
    out = [i for i, c in enumerate(charset.characters, 1) if (allowed and c not in allowed) or c in blocked]
    if len(out) == len(charset):
        raise ConfigError("allow_chars and block_chars leave no character of the recognizer.")
    return np.array(out, np.int64)


def _word_list(given: Words, name: str) -> tuple[str, Sequence[str]]:
    """(name for messages, words) of a file or of the words themselves."""
    if isinstance(given, Sequence) and not isinstance(given, str):
        return name, given
    return str(given), read_words(given)


def _make_lexicon(options: DecodingOptions, charset: Charset) -> Lexicon | None:
    if options.lexicon is None or isinstance(options.lexicon, Lexicon):
        return options.lexicon
    where, words = _word_list(options.lexicon, "lexicon")
    return _lexicon(words, charset, options, where=where)


def _lexicon(words: Sequence[str], charset: Charset, options: DecodingOptions, *, where: str) -> Lexicon:
    lexicon = Lexicon(words, charset=charset, fold_case=options.ignore_case, where=where)
    if lexicon.dropped:
        logger.warning(
            "%s: %d of %d words hold characters that the recognizer lacks and are left out.",
            where, lexicon.dropped, lexicon.dropped + len(lexicon),
        )  # fmt: skip
    return lexicon
