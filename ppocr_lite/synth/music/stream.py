"""Endless rendered staves by index, like :class:`~ppocr_lite.synth.stream.SynthStream` for text."""

from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.synth.music.grammar import Grammar, all_tokens
from ppocr_lite.synth.music.staves import StaffRenderer

SEPARATOR = " "
"""Between the tokens of a label."""
SHOWN = 5


class MusicStream:
    """Rendered staves; the same (seed, epoch, index) gives the same sample in any process. Picklable.

    Args:
        grammar: ``full`` or ``simple``, or a Grammar.
        charset: the tokens of the recognizer: a Charset or a dictionary file. It may have more than the
            grammar. Without one, the grammar's own tokens.
        seed: the stream's seed.
        level: 0 clean .. 1 the full range of damage.
        height: of the pictures in pixels.

    Raises:
        ConfigError: the charset lacks a token of the grammar, or is made of characters.
    """

    kind = "music"

    def __init__(
        self,
        grammar: str | Grammar = "full",
        *,
        charset: Charset | str | Path | None = None,
        seed: int = 0,
        level: float = 1.0,
        height: int = 128,
    ) -> None:
        self._renderer = StaffRenderer(grammar, height=height, level=level)
        tokens = all_tokens(self._renderer.grammar)
        if charset is None:
            charset = Charset(tuple(tokens), separator=SEPARATOR)
        elif not isinstance(charset, Charset):
            charset = Charset.load(charset, token_separator=SEPARATOR)
        _check(charset, tokens)
        self.charset = charset.characters
        self.seed = int(seed)
        self._separator = charset.separator

    def sample(self, index: int, epoch: int = 0) -> dict[str, Any]:
        """``image`` uint8 BGR [height, W, 3] and ``label``, the tokens with the separator between."""
        staff = self._renderer.render(np.random.default_rng([self.seed, epoch, index]))
        return {"image": staff.image, "label": self._separator.join(staff.tokens)}


def _check(charset: Charset, tokens: list[str]) -> None:
    if not charset.separator:
        raise ConfigError(
            "Global.token_separator: labels of music are tokens. Set it to ' ', and character_dict_path to a "
            "dictionary of tokens."
        )
    missing = [token for token in tokens if token not in charset]
    if missing:
        more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
        raise ConfigError(
            "the dictionary lacks tokens that staves of this grammar have: "
            f"{', '.join(missing[:SHOWN])}{more}. tools/synth.py tokens writes a dictionary for it."
        )
