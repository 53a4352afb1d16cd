import re
from collections import Counter

import numpy as np
import pytest

from ppocr_lite.errors import DataError
from ppocr_lite.synth.items import ITEMS, card_number, till_price
from ppocr_lite.synth.technical import hexadecimal, identifier, source_line, terminal_line, version
from ppocr_lite.synth.text import TextSource


def rng(*seed):
    return np.random.default_rng(seed or 0)


def test_strings_are_clean_and_short_enough(texts, characters):
    known = set(characters)
    for i in range(800):
        text = texts.sample(rng(1, i), i)
        assert 1 <= len(text) <= texts.max_length
        assert text == text.strip()
        assert "  " not in text
        assert set(text) <= known


def test_every_character_comes_at_least_min_count_times(text_dir, characters):
    source = TextSource([text_dir], characters, min_count=5, per=1200)
    seen = Counter(c for i in range(1200) for c in set(source.sample(rng(2, i), i)))
    assert min(seen[c] for c in characters) >= 5


def test_balanced_strings_take_turns(texts, characters):
    for turn in (0, 7, 100):
        due = [characters[(4 * turn + i) % len(characters)] for i in range(4)]
        assert set(due) <= set(texts.balanced(rng(turn), turn))


def test_same_generator_same_string(texts):
    assert [texts.sample(rng(3, i), i) for i in range(50)] == [texts.sample(rng(3, i), i) for i in range(50)]


def test_foreign_characters_are_replaced_or_dropped(texts, text_dir):
    assert texts.clean("ﬁne\u00a0漢 day") == "fine day"
    plain = TextSource([text_dir], "abcdefghijklmnopqrstuvwxyz'\" -.")
    assert plain.clean("“so”—it’s ok…") == '"so"--it\'s ok...'


def test_words_and_names_come_from_their_lists(texts):
    assert texts._words == ["apple", "river", "quiz", "jacket", "vexing"]
    assert {texts.name(rng(i)) for i in range(30)} == {"Alice", "Bob", "Kurt"}


@pytest.mark.parametrize("item", [item for _, item in ITEMS], ids=lambda item: item.__name__)
def test_each_item_is_one_line_of_text(item, texts):
    for seed in range(40):
        text = texts.clean(item(rng(4, seed), texts))
        assert text
        assert "\n" not in text


@pytest.mark.parametrize(
    ("item", "pattern"),
    [
        (hexadecimal, r"0x[0-9a-f]{1,8}|0x[0-9A-F]{1,4} [0-9A-F]{4}"),
        (identifier, r"_?[a-z]+_[a-z]+|[A-Z]+_[A-Z]+|[a-z]+[A-Z][a-z]+"),
        (version, r"v?\d+\.\d+\.\d+(-beta)?|192\.168\.\d+\.\d+"),
        (terminal_line, r"\$ .+|.*\d\d:\d\d:\d\d.*|.+\.(py|rs|log):\d+.*"),
        (source_line, r".*[{;:)\]>]"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_screens_of_programmers_show_what_computers_say(item, pattern, texts):
    found = [item(rng(6, seed), texts) for seed in range(200)]
    assert sum(bool(re.fullmatch(pattern, text)) for text in found) > 30
    assert len(set(found)) > 120


def test_a_technical_string_is_asked_for(texts):
    found = {texts.sample(rng(7, seed), technical=True) for seed in range(100)}
    assert len(found) > 90
    assert sum(bool(re.search(r"[_/:;=(){}<>\[\]#0-9]", text)) for text in found) > 70


def test_prices_of_receipts_are_positive_amounts_with_their_marks(texts):
    rng = np.random.default_rng(0)
    found = [till_price(rng, texts) for _ in range(400)]
    assert all(re.fullmatch(r"-?\d*\.\d\d(-|\t?[A-Z]{1,2}|\*)?", price) for price in found)
    assert any(price.startswith(".") for price in found)
    assert sum(price.endswith("-") for price in found) > 40


def test_card_numbers_show_their_last_four_digits_alone(texts):
    rng = np.random.default_rng(0)
    for _ in range(100):
        number = card_number(rng, texts)
        assert re.search(r"([*#xX]{4}[- ]?)+\d{4}$", number), number
        assert sum(sign.isdigit() for sign in number) == 4


def test_no_such_source(tmp_path, characters):
    with pytest.raises(DataError, match="no such text file or folder"):
        TextSource([tmp_path / "absent"], characters)
    with pytest.raises(DataError, match=r"no text\. Collect a corpus"):
        TextSource([tmp_path], characters)
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(DataError, match="cannot be read as UTF-8"):
        TextSource([tmp_path], characters)
