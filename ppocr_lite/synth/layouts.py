"""Documents on paper: letters, articles, forms, bills, receipts, titles. Each function fills one canvas."""

from dataclasses import dataclass
from string import capwords

from ppocr_lite.synth import cells, distractors
from ppocr_lite.synth.items import card_number
from ppocr_lite.synth.listings import listing
from ppocr_lite.synth.rows import PRICE_DETAILS, TAX_LETTERS, goods_name
from ppocr_lite.synth.sampling import Rng, between, chance
from ppocr_lite.synth.setter import Setter

_ALIGNS = ("left", "justify", "justify")


def _align(s: Setter) -> str:
    return _ALIGNS[int(s.rng.random() * 3)]


def letter(s: Setter) -> None:
    """Letterhead, date, address, salutation, paragraphs, closing, signature."""
    rng, width = s.rng, s.right - s.left
    if chance(rng, 0.6):
        big = s.face(between(rng, 1.2, 2.4))
        side = "centre" if chance(rng, 0.6) else "left"
        x = s.canvas.width / 2 if side == "centre" else s.left
        s.skip(big, 0.5)
        s.line(capwords(s.prose(24)) if chance(rng, 0.5) else s.prose(24).upper(), big, x=x, align=side)
        for _ in range(int(rng.integers(0, 3))):
            s.line(s.item(), x=x, align=side)
    if chance(rng, 0.3):
        s.canvas.rule((s.left, s.y), (s.right, s.y), thick=int(rng.integers(1, 3)))
        s.skip()
    s.skip()
    s.line(s.item(), x=s.left if chance(rng, 0.5) else s.left + 0.6 * width)
    s.skip()
    for _ in range(int(rng.integers(2, 5))):
        s.line(s.item())
    s.skip()
    s.line(f"Dear {s.texts.name(rng)}" + (":" if chance(rng, 0.5) else ","))
    align, indent = _align(s), s.em * 2 if chance(rng, 0.4) else 0.0
    while s.y < s.bottom - 6 * s.em:
        s.skip(factor=between(rng, 0.2, 1.0))
        s.paragraph(s.left, width, lines=int(rng.integers(2, 9)), align=align, indent=indent)
        if chance(rng, 0.2):
            break
    if s.y < s.bottom - 4 * s.em:
        s.skip()
        x = s.left if chance(rng, 0.6) else s.left + 0.55 * width
        s.line("Yours sincerely,", x=x)
        if chance(rng, 0.6):
            distractors.signature(s.canvas, (x, s.y - 0.5 * s.em, x + 8 * s.em, s.y + 2 * s.em))
        s.skip(factor=2)
        s.line(f"{s.texts.name(rng)} {s.texts.name(rng)}", x=x)


def article(s: Setter) -> None:
    """One to three columns of running text with headings, pictures, captions, header and page number."""
    rng, width = s.rng, s.right - s.left
    _running_head(s)
    if chance(rng, 0.6):
        title = s.face(between(rng, 1.5, 3.2))
        s.skip(title, 0.6)
        align = "centre" if chance(rng, 0.5) else "left"
        s.paragraph(s.left, width, lines=int(rng.integers(1, 3)), face=title, align=align)
        s.skip(factor=0.7)
    columns = int(rng.choice([1, 1, 2, 2, 3])) if width > 24 * s.em else 1
    gap = between(rng, 1.2, 3.0) * s.em
    column_width = (width - gap * (columns - 1)) / columns
    top, align = s.y, _align(s)
    ruled = columns > 1 and chance(rng, 0.2)
    for i in range(columns):
        s.y = top
        left = s.left + i * (column_width + gap)
        if ruled and i:
            s.canvas.rule((left - gap / 2, top - s.em), (left - gap / 2, s.bottom))
        _column(s, left, column_width, align)


def _column(s: Setter, left: float, width: float, align: str) -> None:
    rng = s.rng
    indent = s.em * 1.5 if chance(rng, 0.5) else 0.0
    spaced = chance(rng, 0.5)
    while s.y < s.bottom - 2 * s.em:
        kind = rng.random()
        if kind < 0.12:
            heading = s.face(between(rng, 1.0, 1.6))
            s.skip(factor=0.8)
            text = s.prose(int(between(rng, 8, 30)))
            text = text.upper() if chance(rng, 0.4) else capwords(text)
            for part in s.canvas.wrap(heading, text.split(), width)[:1]:
                s.line(part, heading, x=left)
            s.skip(factor=0.3)
        elif kind < 0.2:
            height = between(rng, 4, 14) * s.em
            if s.y + height < s.bottom - 3 * s.em:
                box = (left, s.y - 0.6 * s.em, left + width, s.y + height)
                if chance(rng, 0.4):
                    distractors.chart(s.canvas, box)
                else:
                    distractors.picture(s.canvas, box, s.tiles)
                s.y += height + 1.4 * s.em
                s.paragraph(left, width, lines=2, face=s.face(0.85))
                s.skip(factor=0.6)
        elif kind < 0.28:
            for i in range(int(rng.integers(2, 6))):
                mark = ("•", "-", f"{i + 1}.", f"({'abcdef'[i]})", "*")[int(kind * 1000) % 5]
                s.paragraph(left + s.em, width - s.em, lines=int(rng.integers(1, 4)), hang=mark)
        else:
            s.paragraph(left, width, lines=int(rng.integers(2, 14)), align=align, indent=indent)
            if spaced:
                s.skip(factor=0.6)


def _running_head(s: Setter) -> None:
    rng = s.rng
    small = s.face(0.85)
    if chance(rng, 0.4):
        s.canvas.put(small, s.prose(30), s.left, s.y - 0.5 * s.em)
        if chance(rng, 0.6):
            s.canvas.put(small, str(int(rng.integers(1, 400))), s.right, s.y - 0.5 * s.em, align="right")
        if chance(rng, 0.4):
            s.canvas.rule((s.left, s.y), (s.right, s.y))
        s.skip(factor=1.2)
    if chance(rng, 0.5):
        number = int(rng.integers(1, 500))
        text = (f"{number}", f"- {number} -", f"Page {number}", f"{number} of {number + 9}")[
            int(rng.integers(4))
        ]
        s.canvas.put(small, text, s.canvas.width / 2, s.canvas.height - 0.35 * s.margin, align="centre")
        if chance(rng, 0.4):
            s.canvas.put(small, s.item(), s.left, s.canvas.height - 0.35 * s.margin)


def form(s: Setter) -> None:
    """Invoice, bill or form: blocks of labels and values, boxes, a table, totals, small print."""
    rng, width = s.rng, s.right - s.left
    if chance(rng, 0.4):
        distractors.logo(s.canvas, (s.left, s.y - s.em, s.left + 5 * s.em, s.y + 3 * s.em))
    title = s.face(between(rng, 1.4, 2.8))
    s.skip(title, 0.5)
    s.line(s.item().upper(), title, x=s.right if chance(rng, 0.5) else s.canvas.width / 2, align="right")
    top = lowest = s.y + s.em
    for left, right in ((s.left, s.left + 0.48 * width), (s.left + 0.54 * width, s.right)):
        s.y = top
        _fields(s, left, right, rows=int(rng.integers(2, 7)))
        lowest = max(lowest, s.y)
    s.y = lowest + 1.5 * s.em
    while s.y < s.bottom - 6 * s.em:
        shares = [
            between(rng, 0.4, 2.5) if i else between(rng, 1.5, 4) for i in range(int(rng.integers(2, 7)))
        ]
        if width / len(shares) < 5 * s.em:
            shares = shares[:2]
        ruled = between(rng, 0, 1)
        s.table(s.left, width, rows=int(rng.integers(3, 16)), columns=shares, ruled=ruled)
        if chance(rng, 0.6):
            for _ in range(int(rng.integers(1, 4))):
                s.canvas.put(s.body, s.item(), s.right - 12 * s.em, s.y, align="right")
                s.canvas.put(s.body, s.figure(), s.right - 0.3 * s.em, s.y, align="right")
                s.skip()
        s.skip()
        if chance(rng, 0.5):
            s.paragraph(s.left, width, lines=int(rng.integers(1, 6)), face=s.face(0.8))
            s.skip()


def _fields(s: Setter, left: float, right: float, *, rows: int) -> None:
    """Labels with values on rules, in boxes or plain."""
    rng = s.rng
    kind, label_width = rng.random(), between(rng, 0.3, 0.55) * (right - left)
    small = s.face(between(rng, 0.7, 1.0))
    for _ in range(rows):
        if s.y > s.bottom - 2 * s.em:
            return
        label = s.texts.clean(s.item())[: int(label_width / (0.55 * s.em)) + 1].strip()
        if kind < 0.35:
            s.canvas.rule(
                (left + label_width, s.y + 0.25 * s.em),
                (right, s.y + 0.25 * s.em),
                dash=2.0 if kind < 0.1 else 0,
            )
        elif kind < 0.6:
            s.canvas.frame((left, s.y - 1.2 * s.em, right, s.y + 0.5 * s.em))
        s.canvas.put(small, label, left + 0.3 * s.em, s.y)
        value = s.item()
        while value and s.body.font.getlength(value) > right - left - label_width - 0.6 * s.em:
            value = value.rpartition(" ")[0]
        if value and chance(rng, 0.85):
            s.canvas.put(s.body, value, left + label_width + 0.5 * s.em, s.y)
        s.skip(factor=between(rng, 1.0, 1.5) if kind < 0.35 else 1.4)


@dataclass(frozen=True)
class Till:
    """What all rows of one receipt have in common.

    ``upper``: names of goods in capitals; ``flag``: letters of tax classes after prices, "" without;
    ``gap``: spaces before the flag; ``minus``: where the sign of a deduction stands; ``inner``: right edge
    of the column of deductions, a share of the width; ``codes``: numbers before the names; ``details``: how
    often rows about the price follow a row of goods.
    """

    upper: float
    flag: str
    gap: int
    minus: str
    inner: float
    codes: bool
    details: float


def _till(rng: Rng) -> Till:
    return Till(
        upper=1.0 if chance(rng, 0.5) else between(rng, 0, 1),
        flag=TAX_LETTERS[int(rng.integers(len(TAX_LETTERS)))] if chance(rng, 0.6) else "",
        gap=(1, 1, 1, 2, 2, 3)[int(rng.integers(6))],
        minus=("before", "after", "after")[int(rng.integers(3))],
        inner=1.0 if chance(rng, 0.5) else between(rng, 0.6, 0.85),
        codes=chance(rng, 0.15),
        details=0.0 if chance(rng, 0.4) else between(rng, 0, 0.9),
    )


def receipt(s: Setter) -> None:
    """Shop's name, address, rows of goods and prices, totals, thanks."""
    rng, middle = s.rng, s.canvas.width / 2
    s.margin = between(rng, 0.03, 0.08) * s.canvas.width
    if chance(rng, 0.4):
        s.leading = between(rng, 0.92, 1.12)  # paper is dear: the lines nearly touch
    if chance(rng, 0.25):
        distractors.logo(s.canvas, (middle - 2 * s.em, s.y, middle + 2 * s.em, s.y + 3 * s.em))
        s.skip(factor=3.5)
    if s.canvas.fonts.fonts[s.body.index].kind in cells.KINDS and chance(rng, 0.55):
        s.set_in_cells()
    # A printer has one font; larger print is the same font again, or a picture of the shop's name.
    factor = between(rng, 1.2, 2.0)
    big = s.enlarged(factor) if chance(rng, 0.6) else s.face(factor)
    s.skip(big, 0.6)
    s.line(s.prose(14).upper(), big, x=middle, align="centre")
    for _ in range(int(rng.integers(2, 5))):
        s.line(_fitting(s, s.item()), x=middle, align="centre")
    _separator(s)
    till = _till(rng)
    room = (s.bottom - s.y) / (s.em * s.leading)
    for _ in range(int(between(rng, 3, max(4.0, 0.8 * room)))):
        if s.y > s.bottom - 6 * s.em:
            break
        if chance(rng, 0.06):
            s.line(s.texts.word(rng).upper(), x=middle, align="centre")
        _goods_row(s, till)
        if chance(rng, 0.04):
            s.skip(factor=between(rng, 0.4, 1.2))
    _separator(s)
    for label in ("SUBTOTAL", "TAX", "TOTAL", "CASH", "CHANGE")[int(rng.integers(0, 3)) :]:
        large = label == "TOTAL" and chance(rng, 0.4)
        face = s.enlarged(1.4) if large else s.body
        s.canvas.put(face, label if chance(rng, 0.6) else label.title(), s.left, s.y)
        s.line(f"{rng.random() * 200:.2f}", face, x=s.right, align="right")
    if chance(rng, 0.5) and s.y < s.bottom - s.em:
        s.line(card_number(rng, s.texts))
    _separator(s)
    for _ in range(int(rng.integers(1, 4))):
        if s.y < s.bottom - s.em:
            s.line(_fitting(s, s.item()), x=middle, align="centre")
    if chance(rng, 0.3) and s.y < s.bottom - 4 * s.em:
        distractors.barcode(s.canvas, (s.left + 2 * s.em, s.y, s.right - 2 * s.em, s.y + 3 * s.em))


def _fitting(s: Setter, text: str) -> str:
    """As many words of ``text`` as one line takes."""
    return next(iter(s.canvas.wrap(s.body, text.split(), s.right - s.left)), "")


def _goods_row(s: Setter, till: Till) -> None:
    rng = s.rng
    words = goods_name(rng, s.texts, upper=till.upper)
    if till.codes:
        words = f"{int(rng.integers(10_000, 10_000_000))} {words}"
    price = f"{rng.random() * (60 if chance(rng, 0.7) else 6):.2f}"
    if price.startswith("0.") and chance(rng, 0.5):
        price = price[1:]
    flag = till.flag[int(rng.integers(len(till.flag)))] if till.flag and chance(rng, 0.8) else ""
    space = s.body.font.getlength("0")
    right = s.right - ((till.gap + 1) * space if till.flag else 0.0)
    room = right - s.left - s.body.font.getlength(price) - 2 * s.em
    lines = s.canvas.wrap(s.body, words.split(), room)
    if not lines:
        return
    s.canvas.put(s.body, lines[0], s.left, s.y)
    s.canvas.put(s.body, price, right, s.y, align="right")
    if flag:  # a column of its own, however near
        s.canvas.put(s.body, flag, right + till.gap * space, s.y)
    s.skip()
    if chance(rng, 0.1):
        s.line(f"{int(rng.integers(1, 9))} @ {rng.random() * 20:.2f}", x=s.left + 2 * s.em)
    while chance(rng, till.details) and s.y < s.bottom - 4 * s.em:
        _detail_row(s, till)


def _detail_row(s: Setter, till: Till) -> None:
    """What a price is made of: the usual one, a deduction, a deposit."""
    rng = s.rng
    label = PRICE_DETAILS[int(rng.integers(len(PRICE_DETAILS)))]
    label = label.upper() if till.upper == 1.0 and chance(rng, 0.7) else label
    value = f"{rng.random() * 8:.2f}"
    if chance(rng, 0.5):
        value = value.removeprefix("0")
    if chance(rng, 0.6):
        value = f"-{value}" if till.minus == "before" else f"{value}-"
    end = s.canvas.put(s.body, label, s.left + (s.em if chance(rng, 0.2) else 0), s.y)
    column = s.left + till.inner * (s.right - s.left)
    fits = end + s.em + s.body.font.getlength(value) < column
    s.line(value, x=column if fits else s.right, align="right")


def _separator(s: Setter) -> None:
    rng = s.rng
    kind = rng.random()
    if kind > 0.7:
        _row_of_signs(s)
    elif kind < 0.4:
        s.canvas.rule((s.left, s.y - 0.3 * s.em), (s.right, s.y - 0.3 * s.em), dash=2.5 if kind < 0.25 else 0)
    s.skip(factor=0.8)


def _row_of_signs(s: Setter) -> None:
    """A rule made of dashes, stars or the like: ink, but no text to read."""
    sign = ("-", "=", "*", "_", "- ", "~", "#", ".")[int(s.rng.integers(8))]
    length = max(1.0, s.body.font.getlength(sign))
    count = int((s.right - s.left) / length)
    labelled = len(s.canvas.boxes)
    s.canvas.put(s.body, (sign * count).strip(), s.left, s.y)
    del s.canvas.boxes[labelled:], s.canvas.texts[labelled:]


def title_page(s: Setter) -> None:
    """A cover: few lines of very different sizes, centred or at the left."""
    rng = s.rng
    align = "centre" if chance(rng, 0.7) else "left"
    width = s.right - s.left
    while s.y < s.bottom - 3 * s.em:
        face = s.face(between(rng, 0.9, 5.0))
        s.skip(face, 0.5)
        text = s.prose(int(between(rng, 3, 50)))
        text = text.upper() if chance(rng, 0.4) else capwords(text) if chance(rng, 0.5) else text
        for part in s.canvas.wrap(face, text.split(), width)[:3]:
            if s.y < s.bottom:
                s.line(part, face, x=s.canvas.width / 2 if align == "centre" else s.left, align=align)
        s.skip(factor=between(rng, 0.5, 6))


def dense(s: Setter) -> None:
    """Small print or program text over the whole page."""
    rng = s.rng
    columns = int(rng.integers(1, 4)) if s.canvas.width > 60 * s.em else 1
    gap = 1.5 * s.em
    width = (s.right - s.left - gap * (columns - 1)) / columns
    top = s.y
    program = chance(rng, 0.3)
    for i in range(columns):
        s.y = top
        left = s.left + i * (width + gap)
        if program:
            listing(s, left, width, rows=200)
        while s.y < s.bottom:
            s.paragraph(left, width, lines=int(rng.integers(5, 40)), align="justify")
