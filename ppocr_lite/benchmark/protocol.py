"""How texts are compared, and which samples count: the conventions of scene text recognition."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from ppocr_lite.errors import ConfigError
from ppocr_lite.metrics.rec import FILTER_CHARACTERS
from ppocr_lite.registry import did_you_mean

SYMBOLS = "with other characters than letters and digits"
SHORT = "too short"
NO_TEXT = "no text left to compare"


def _alnum(text: str) -> str:
    if text.isascii() and text.isalnum():  # most words, and much faster
        return text
    return "".join(c for c in text if c in FILTER_CHARACTERS)


COMPARISONS: dict[str, Callable[[str], str]] = {
    "alnum": lambda text: _alnum(text).lower(),
    "alnum-case": _alnum,
    "exact": lambda text: text,
}
"""What is left of a text when two are compared. Letters and digits are a-z, A-Z, 0-9."""


@dataclass(frozen=True)
class Protocol:
    """Rules of a measurement.

    Args:
        compare: ``alnum``: letters and digits in lower case, as in most tables; ``alnum-case``: letters and
            digits as they are; ``exact``: every character.
        drop_symbols: leave out labels with other characters than letters and digits.
        min_length: leave out labels of which fewer characters are compared; IC03 and SVT are often
            measured with ``drop_symbols`` and 3 (Wang et al., "End-to-End Scene Text Recognition",
            ICCV 2011).
    """

    compare: str = "alnum"
    drop_symbols: bool = False
    min_length: int = 0

    def __post_init__(self) -> None:
        if self.compare not in COMPARISONS:
            raise ConfigError(
                f"compare: no comparison '{self.compare}'.{did_you_mean(self.compare, COMPARISONS)} "
                f"Known: {', '.join(COMPARISONS)}."
            )

    @property
    def case_counts(self) -> bool:
        """Whether a and A are two characters."""
        return self.compare != "alnum"

    def compared(self, text: str) -> str:
        """What is left of a text, or of a word of a lexicon.

        >>> Protocol().compared("It's"), Protocol("alnum-case").compared("It's")
        ('its', 'Its')
        """
        return COMPARISONS[self.compare](text)

    def left_out(self, label: str) -> str:
        """Why a sample with this label does not count; empty where it does."""
        if self.drop_symbols and _alnum(label) != label:
            return SYMBOLS
        length = len(self.compared(label))
        if not length:
            return NO_TEXT
        return SHORT if length < self.min_length else ""

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
