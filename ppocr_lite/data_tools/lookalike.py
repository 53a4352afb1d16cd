"""Hints for characters that a dictionary lacks: a similar one that it has, by Unicode's own data."""

import unicodedata

from ppocr_lite.charset import Charset
from ppocr_lite.registry import did_you_mean

SIMILAR = dict(
    zip("АВЕКМНОРСТХІЈЅаеорсухіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXIJSaeopcyxijsABEZHIKMNOPTYXo", strict=True)
)
"""Cyrillic and Greek letters that are drawn as Latin ones."""
QUOTES = {
    "‘": "'",
    "’": "'",
    "‚": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "´": "'",
    "`": "'",
    "…": "...",
    "−": "-",
}


def name_of(character: str) -> str:
    """``U+FF21 FULLWIDTH LATIN CAPITAL LETTER A``; a token of several characters has no name."""
    return "" if len(character) > 1 else f"U+{ord(character):04X} {unicodedata.name(character, 'no name')}"


def hint(character: str, known: Charset) -> str:
    """What the character or token may have been meant to be; empty where ``known`` has nothing similar."""
    if known.separator:
        return did_you_mean(character, known.characters).strip()
    category = unicodedata.category(character)
    if category == "Mn":
        return "combining mark: write letter and mark as one character (NFC)"
    if category in ("Cf", "Cc"):
        return "invisible: remove it"
    for candidate, reason in _candidates(character, category):
        if candidate != character and candidate and all(c in known for c in candidate):
            return f"{reason}: {candidate!r} is in the dictionary"
    return ""


def _candidates(character: str, category: str) -> list[tuple[str, str]]:
    """(similar text, in what way it is similar), the likeliest first."""
    composed = unicodedata.normalize("NFKC", character)
    width = unicodedata.east_asian_width(character)
    bare = "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
    return [
        (" " if category == "Zs" else "", "another kind of space"),
        (composed, "full-width form" if width == "F" else "half-width form" if width == "H" else "variant"),
        (SIMILAR.get(character, ""), "letter of another script"),
        (QUOTES.get(character, ""), "typographic sign"),
        ("-" if category == "Pd" else "", "another kind of dash"),
        (bare, "letter with a mark"),
        (character.swapcase(), "other case"),
    ]
