"""Lines with columns in them: of tills, statements, tables, forms. A tab stands where a column ends."""

import re
from string import capwords

from ppocr_lite.synth.items import (
    amount,
    code,
    date,
    label,
    number,
    percentage,
    till_figure,
    till_price,
)
from ppocr_lite.synth.sampling import Rng
from ppocr_lite.synth.wording import WordSupply, pick

TAX_LETTERS = ("T", "B", "A", "F", "N", "TF", "ABC", "X", "E", "*")
"""What the till of one shop prints behind prices: one of the letters."""
PRICE_DETAILS = (
    "Regular price", "Discount", "You saved", "Member price", "Coupon", "Promotion", "Deposit", "Per kg",
    "Net", "Each", "Sale", "Bonus card", "Store coupon", "2 for 1", "Reduced", "Price cut",
)  # fmt: skip
_MAX_CELLS = 4


def goods_name(rng: Rng, words: WordSupply, *, upper: float) -> str:
    """One to three words as tills print them: in capitals (with probability ``upper``), some abbreviated."""
    parts = [words.word(rng) for _ in range(int(rng.integers(1, 4)))]
    form = rng.random()
    if form < 0.2:
        parts = [part[: int(rng.integers(3, 6))] for part in parts]
    elif form < 0.4:
        parts = [_without_vowels(part) if rng.random() < 0.6 else part for part in parts]
    name = " ".join(parts)
    return name.upper() if rng.random() < upper else capwords(name)


def _without_vowels(word: str) -> str:
    """``biscuit`` as ``bsct``: all vowels but a first go."""
    return word[:1] + re.sub("[aeiouAEIOU]", "", word[1:])


def till_line(rng: Rng, words: WordSupply) -> str:
    """What a detector cuts out of a receipt: a name, a price, a price with its letter, or a whole row."""
    kind = rng.random()
    if kind < 0.25:
        return goods_name(rng, words, upper=0.6)
    if kind < 0.4:
        return _detail(rng)
    if kind < 0.55:
        return till_price(rng, words)
    price = till_figure(rng)
    if kind < 0.85:
        return f"{price}\t{_tax_letter(rng)}"
    if kind < 0.93:
        flag = f"\t{_tax_letter(rng)}" if rng.random() < 0.5 else ""
        return f"{goods_name(rng, words, upper=0.6)}\t{price}{flag}"
    return f"{_detail(rng)}\t{pick(rng, ('-', ''))}{price}{pick(rng, ('-', ''))}"


def row(rng: Rng, words: WordSupply) -> str:
    """Cells that stand so near that a detector takes them for one line."""
    kind = rng.random()
    if kind < 0.35:
        return till_line(rng, words)
    if kind < 0.5:  # of a statement
        entry = f"{date(rng, words)}\t{goods_name(rng, words, upper=0.3)}"
        return f"{entry}\t{amount(rng, words)}" if kind < 0.4 else entry
    if kind < 0.65:
        return f"{label(rng, words)}\t{_cell(rng, words)}"
    return "\t".join(_cell(rng, words) for _ in range(int(rng.integers(2, _MAX_CELLS + 1))))


def _tax_letter(rng: Rng) -> str:
    return pick(rng, pick(rng, TAX_LETTERS))


def _detail(rng: Rng) -> str:
    """A note about a price, as written, in capitals, or run together for want of room."""
    text = pick(rng, PRICE_DETAILS)
    if rng.random() < 0.2:
        text = " ".join(_without_vowels(word) for word in text.split())
    form = rng.random()
    if form < 0.25:
        return text.upper()
    if form < 0.45:
        return "".join(capwords(word)[: int(rng.integers(3, 8))] for word in text.split())
    return capwords(text) if form < 0.7 else text


def _cell(rng: Rng, words: WordSupply) -> str:
    kind = rng.random()
    if kind < 0.35:
        return " ".join(words.word(rng) for _ in range(int(rng.integers(1, 4))))
    if kind < 0.45:
        return words.name(rng)
    return pick(rng, (number, amount, amount, percentage, code, date))(rng, words)
