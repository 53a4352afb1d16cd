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


TOKENS = b"clef-G2\nnote-C4_half.\nbarline\n"


def test_tokens_by_hand(tmp_path):
    charset = load(tmp_path, TOKENS, token_separator=" ")
    assert (charset.ctc_size, charset.separator) == (4, " ")
    assert charset.symbols("barline  clef-G2 ") == ["barline", "clef-G2"]
    assert charset.encode("barline clef-G2 tie note-C4_half.") == [3, 1, 2]
    assert charset.unknown("tie barline tie") == ["tie"]
    assert charset.decode([3, 1, 2]) == "barline clef-G2 note-C4_half."
    assert charset.encode(["barline"]) == [3]  # a list is not split any more
    assert "clef-G2" in charset


def test_without_a_separator_a_text_is_its_characters():
    charset = Charset(("a", "b"))
    assert charset.symbols("ab") == "ab"
    assert charset.join("ab") == "ab"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\nb\na\nc\nb\na\n", r"dict.txt: .* there twice: 'a' on lines 1, 3, 6; 'b' on lines 2, 5\."),
        (b"a\n\n \nb\n", r"dict.txt: blank lines: 2, 3\. Each line holds one token"),
        (b"a\nb c\n", r"dict.txt: lines with the separator ' ' in them: 2: 'b c'\."),
        (b"a\na b\nb \n", r"2: 'a b', 3: 'b '\. Labels would tear"),
        (b"%s\n" % b"\n".join(b"t%d" % (i % 7) for i in range(14)), "'t4' on lines 5, 12 and 2 more"),
    ],
)
def test_bad_token_files(tmp_path, data, message):
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, data, token_separator=" ")


def test_the_same_file_is_a_good_dictionary_of_characters(tmp_path):
    assert load(tmp_path, b"a\nb\na\n").characters == ("a", "b", "a")


def test_separators_that_end_a_label_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="ends a label"):
        load(tmp_path, TOKENS, token_separator="\t")


@pytest.mark.parametrize("options", [{}, {"path": "en_dict.txt", "use_space_char": True}])
def test_tokens_need_a_dictionary_and_no_space(options):
    with pytest.raises(ConfigError, match="need a dictionary of tokens"):
        Charset.load(**options, token_separator=" ")


def test_a_vocabulary_of_1781_tokens(tmp_path):
    tokens = [f"note-{i}" for i in range(1781)]
    charset = load(tmp_path, "\n".join(tokens).encode(), token_separator=" ")
    assert charset.ctc_size == 1782
    assert charset.decode(charset.encode(" ".join(tokens))) == " ".join(tokens)
