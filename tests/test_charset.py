"""Charset: files, sizes, look-up."""

import pytest

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError


def load(tmp_path, data: bytes, **options) -> Charset:
    path = tmp_path / "dict.txt"
    path.write_bytes(data)
    return Charset.load(path, **options)


def test_sizes_and_round_trip(tmp_path):
    charset = load(tmp_path, b"a\nb\n \n", use_space_char=False)
    assert charset.characters == ("a", "b", " ")
    assert (charset.ctc_size, charset.attention_size, charset.eos) == (4, 5, 4)
    assert charset.encode("b a?") == [2, 3, 1]
    assert charset.decode([2, 3, 1]) == "b a"
    assert charset.unknown("b??a") == ["?"]


def test_byte_order_mark_and_carriage_returns_are_dropped(tmp_path):
    assert load(tmp_path, b"\xef\xbb\xbfa\r\nb\r\n").characters == ("a", "b")


def test_duplicate_keeps_both_and_finds_the_last(tmp_path):
    charset = load(tmp_path, b"a\n \n", use_space_char=True)
    assert charset.ctc_size == 4
    assert charset.encode(" ") == [3]


def test_default_is_36_lower_case():
    charset = Charset.load(None)
    assert (charset.ctc_size, charset.attention_size) == (37, 38)
    assert charset.encode("A1") == charset.encode("a1")


@pytest.mark.parametrize(("data", "message"), [(b"a\n\nb\n", ":2: empty line"), (b"\xff\xfe\n", "not UTF-8")])
def test_bad_files(tmp_path, data, message):
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, data)


def test_en_dict_has_the_order_of_published_models():
    charset = Charset.load("ppocr/utils/en_dict.txt", use_space_char=True)
    assert charset.ctc_size == 97  # blank, 95 characters of which the space is the last, the space again
    assert charset.decode([1, 10, 11, 17, 18, 43, 44, 50, 75, 76, 79, 80, 94, 95]) == "09:@AZ[az{~!/ "
    assert len(set(charset.characters)) == 95
    assert all(c.isascii() and c.isprintable() for c in charset.characters)


def test_missing_dictionary_says_what_to_do():
    with pytest.raises(ConfigError, match="character_dict_path"):
        Charset.load("nowhere/none_such.txt")
