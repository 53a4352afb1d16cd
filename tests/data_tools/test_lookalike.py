"""Hints for characters that a dictionary lacks."""

import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.data_tools.lookalike import SIMILAR, hint, name_of

LATIN = Charset(tuple("abcABCeE0123 -'\".ij"))


@pytest.mark.parametrize(
    ("character", "expected"),
    [
        ("Ａ", "full-width form: 'A' is in the dictionary"),
        ("\u00a0", "another kind of space: ' ' is in the dictionary"),
        ("\u3000", "another kind of space: ' ' is in the dictionary"),
        ("²", "variant: '2' is in the dictionary"),
        ("а", "letter of another script: 'a' is in the dictionary"),
        ("–", "another kind of dash: '-' is in the dictionary"),
        ("’", 'typographic sign: "\'" is in the dictionary'),
        ("é", "letter with a mark: 'e' is in the dictionary"),
        ("I", ""),
        ("J", "other case: 'j' is in the dictionary"),
        ("\u0301", "combining mark: write letter and mark as one character (NFC)"),
        ("\u200b", "invisible: remove it"),
        ("中", ""),
    ],
)
def test_hint(character, expected):
    charset = Charset(tuple(c for c in LATIN.characters if c != "i")) if character == "I" else LATIN
    assert hint(character, charset) == expected


def test_similar_letters_are_latin():
    assert all(ord(latin) < 128 < ord(other) for other, latin in SIMILAR.items())


def test_name():
    assert name_of("A") == "U+0041 LATIN CAPITAL LETTER A"
    assert name_of("\x07") == "U+0007 no name"
