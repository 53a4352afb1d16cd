"""The one metric by which checkpoints are compared."""

from collections.abc import Sequence

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import did_you_mean


def checked_indicator(name: str, known: Sequence[str]) -> str:
    """``name``, if it is one of the metrics that are greater for a better model; else ConfigError."""
    if name not in known:
        raise ConfigError(
            f"main_indicator: '{name}' is no metric of which more is better.{did_you_mean(name, known)} "
            f"Known: {', '.join(known)}."
        )
    return name
