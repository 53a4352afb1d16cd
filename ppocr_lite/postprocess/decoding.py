"""Options of CTC decoding beyond the best path."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from ppocr_lite.errors import ConfigError
from ppocr_lite.postprocess.lexicon import MAX_DISTANCE, Lexicon
from ppocr_lite.postprocess.ngram import CharNgram

BEAM_SIZE = 10
"""Where an option needs a search and no ``beam_size`` is given."""

Words = str | Path | Sequence[str]
"""A file with a word a line, or the words (a tuple or list; a string is a path)."""


@dataclass(frozen=True)
class DecodingOptions:
    """How the texts of lines are found; without any option by the best class of each step, as ever.

    Args:
        beam_size: prefixes that a search keeps; None is 10 where an option needs a search, else none is made.
        allow_chars: the only characters that may come up; the space is one of them or does not.
        block_chars: characters that may not come up.
        pattern: a regular pattern for the whole line, see :mod:`ppocr_lite.postprocess.pattern_syntax`.
        word_list: the line is one of these words.
        several_words: the line is words of the list with single spaces between.
        lexicon: the line is the word of the highest probability among those near the greedy reading; as it is
            read where none is near.
        lexicon_distance: greatest edit distance between the two; None compares all words.
        ignore_case: upper and lower case count as the same in ``word_list``, where the network decides
            between them, and ``lexicon``, whose words are given out as they stand there.
        ngram: a character model that makes usual texts more probable: a file, or the model.
        ngram_weight: how much it counts; 0 not at all, 1 as much as the network.
        ngram_bonus: added for each character to the logarithm of the probability, as the model favours short
            texts.
        alternatives: so many best readings of each line.
        return_word_box: boxes of words and characters.

    Raises:
        ConfigError: options that are out of range or do not go together.
    """

    beam_size: int | None = None
    allow_chars: str = ""
    block_chars: str = ""
    pattern: str | None = None
    word_list: Words | None = None
    several_words: bool = False
    lexicon: Words | Lexicon | None = None
    lexicon_distance: int | None = MAX_DISTANCE
    ignore_case: bool = False
    ngram: str | Path | CharNgram | None = None
    ngram_weight: float = 0.2
    ngram_bonus: float = 0.4
    alternatives: int = 0
    return_word_box: bool = False

    def __post_init__(self) -> None:
        if self.beam_size is not None and self.beam_size < 1:
            raise ConfigError(f"beam_size: expected at least 1, got {self.beam_size}.")
        for name in ("alternatives", "ngram_weight"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name}: expected at least 0, got {getattr(self, name)}.")
        if self.lexicon_distance is not None and self.lexicon_distance < 0:
            raise ConfigError(f"lexicon_distance: expected at least 0, got {self.lexicon_distance}.")
        if self.several_words and self.word_list is None:
            raise ConfigError("several_words: needs a word_list.")
        if self.lexicon is not None:
            self._check_lexicon()

    def _check_lexicon(self) -> None:
        others = ("beam_size", "allow_chars", "block_chars", "pattern", "word_list", "ngram")
        given = [name for name in others if getattr(self, name)]
        if given:
            raise ConfigError(
                f"lexicon: does not go together with {', '.join(given)}: it compares whole words. "
                "For a search among words use word_list."
            )

    @property
    def wishes(self) -> str:
        """The options that differ from their defaults, for messages."""
        names = [field.name for field in fields(self) if getattr(self, field.name) != field.default]
        return ", ".join(names) or "decoding"

    @property
    def wanted(self) -> bool:
        """Whether anything differs from the best path."""
        return self.searches or bool(
            self.allow_chars or self.block_chars or self.lexicon is not None or self.return_word_box
        )

    @property
    def searches(self) -> bool:
        """Whether a beam search is made."""
        if self.lexicon is not None:
            return False
        constraint = self.pattern is not None or self.word_list is not None or self.ngram is not None
        return constraint or (self.beam_size or 1) > 1 or self.alternatives > 0
