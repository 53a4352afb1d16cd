"""Structured pieces of text as documents have them: dates, amounts, codes, addresses, headings, references.

Each function takes ``(rng, words)`` and returns one string. ``words`` gives plain words (see WordSupply). A
tab stands where a column ends: before the letter of a tax class, say.
"""

import string
from string import capwords

from ppocr_lite.synth.sampling import Rng
from ppocr_lite.synth.technical import source_line, terminal_line, token
from ppocr_lite.synth.wording import Item, WordSupply, digits, pick, split_names

MONTHS = split_names("January|February|March|April|May|June|July|August|September|October|November|December")
DAYS = split_names("Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday")
_CURRENCIES = ("$", "$", "$", "£", "€", "¥", "US$", "CA$", "Rs. ")
_CURRENCY_CODES = ("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "SEK", "INR")
_UNITS = split_names(
    "kg|g|mg|lb|oz|km|m|cm|mm|mi|ft|in|km/h|mph|°C|°F|%|MB|GB|kB|MHz|GHz|V|W|kW|kWh|A|mA|Hz|L|ml|mL|"
    "m²|cm²|m³|µm|µg|pcs|ea.|hrs|min|sec|dpi|px|pt|bar|psi|Nm|rpm|dB"
)
_TLDS = ("com", "org", "net", "co.uk", "edu", "gov", "io", "info", "de", "fr")
_LABELS = split_names(
    "Total|Subtotal|Sub-Total|TOTAL DUE|Amount|Balance|Balance Due|Tax|VAT|Sales Tax|Net|Gross|Discount|"
    "Change|Cash|"
    "CASH|VISA|Mastercard|Card No.|Qty|Quantity|Unit Price|Price|Item|Description|No.|Number|Invoice No.|"
    "Invoice #|"
    "Invoice Date|Order No.|Order Date|P.O. Number|Ref|Ref.|Our ref|Your ref|Account No.|Acct|Customer ID|"
    "Due Date|"
    "Date|DATE|Time|From|To|TO:|FROM:|Subject|SUBJECT|Re|RE|cc|Attn|Phone|Tel|Tel.|Telephone|Fax|FAX|"
    "E-mail|Email|"
    "Web|Address|City|State|Zip|Postcode|Country|Name|Full Name|First Name|Last Name|Title|Company|"
    "Department|Dept.|"
    "Signature|Signed|Approved by|Prepared by|Page|Sheet|Vol.|Fig.|Figure|Table|Chapter|Section|Appendix|"
    "Notes|Note|"
    "Remarks|Comments|Status|Type|Code|Serial No.|S/N|Model|Part No.|SKU|Weight|Height|Length|Width|Size|"
    "Color|Age|"
    "Sex|DOB|Date of Birth|Place of Birth|Nationality|Occupation|Employer|Salary|Rate|Hours|Reg. No.|"
    "VAT No.|GSTIN|"
    "IBAN|BIC|SWIFT|Bank|Branch|Sort Code|Terms|Payment|Method|Server|Cashier|Clerk|Table|Guests|Receipt|"
    "Trans|Auth|"
    "Terminal|Merchant|Store|Lot|Batch|Expires|Exp.|Best before|Brand|Market|Media|Issue|Budget|Job No.|"
    "Client|Product"
)
_PHRASES = split_names(
    "THANK YOU|Thank you for your business!|Please call again|NO REFUND|CONFIDENTIAL|DRAFT|PAID|COPY|"
    "ORIGINAL|URGENT|"
    "Dear Sir or Madam,|Dear Mr. Smith:|Sincerely,|Yours faithfully,|Yours truly,|Best regards,|"
    "Kind regards,|Very truly yours,|"
    "P.O. Box|Continued on next page|All rights reserved.|Table of Contents|CONTENTS|INDEX|ABSTRACT|"
    "Abstract|References|"
    "REFERENCES|Introduction|INTRODUCTION|Conclusion|Acknowledgments|Yes|No|N/A|n/a|YES|NO|OK|Cancel|Open|"
    "Save|Save As...|"
    "File|Edit|View|Help|Settings|Search|Log in|Sign up|Next|Back|Home|Exit|Enter|Delete|Print|EXIT|STOP|"
    "NO PARKING|OPEN|"
    "CLOSED|PUSH|PULL|SALE|50% OFF|FREE|WARNING|CAUTION|DANGER|NO SMOKING|PRIVATE|STAFF ONLY|ONE WAY|"
    "For Sale|To Let|"
    "MEMORANDUM|MEMO|INVOICE|RECEIPT|STATEMENT|CERTIFICATE|AGREEMENT|REPORT|FORM|APPLICATION|TELEGRAM|"
    "FACSIMILE|"
    "Tick one|Check here|Please print|For office use only|Do not write below this line|See reverse side|"
    "et al.|ibid.|"
    "i.e.|e.g.|etc.|vs.|a.m.|p.m.|c/o|w/o|d/b/a|Inc.|Ltd.|Co.|Corp.|LLC|& Sons|Ph.D.|M.D.|Jr.|Esq.|St.|"
    "Ave.|Blvd."
)
_ROADS = (
    "Street",
    "St.",
    "Road",
    "Rd",
    "Avenue",
    "Ave.",
    "Lane",
    "Drive",
    "Blvd.",
    "Court",
    "Way",
    "Square",
    "Place",
)


def number(rng: Rng, _words: WordSupply) -> str:
    kind = rng.random()
    value = int(10 ** (rng.random() * 7))
    if kind < 0.25:
        return str(value)
    if kind < 0.45:
        return f"{value:,}"
    if kind < 0.7:
        return f"{value % 10000}.{digits(rng, 1, 4)}"
    if kind < 0.8:
        return pick(rng, ("-", "−", "+", "±", "~", "<", ">", "≈", "#"))[:1].replace("−", "-").replace(
            "≈", "~"
        ) + str(value)
    if kind < 0.86:
        return digits(rng, 1, 2) + pick(rng, ("½", "¼", "¾", "²", "³", "°"))
    return digits(rng, 1, 12)


def percentage(rng: Rng, _words: WordSupply) -> str:
    return f"{rng.random() * 100:.{int(rng.integers(0, 3))}f}{pick(rng, ('%', '%', ' %'))}"


def amount(rng: Rng, _words: WordSupply) -> str:
    value = 10 ** (rng.random() * 5)
    figure = (
        f"{value:,.2f}" if rng.random() < 0.7 else f"{value:.2f}" if rng.random() < 0.6 else f"{value:,.0f}"
    )
    kind = rng.random()
    if kind < 0.4:
        return pick(rng, _CURRENCIES) + figure
    if kind < 0.5:
        return f"{figure} {pick(rng, _CURRENCY_CODES)}"
    if kind < 0.55:
        return f"({figure})"
    if kind < 0.6:
        return figure + pick(rng, ("-", " CR", " DR", "*", "\tT", "\tA", "F", " €", " £", "¢"))
    return figure


def date(rng: Rng, _words: WordSupply) -> str:
    day, month, year = int(rng.integers(1, 29)), int(rng.integers(1, 13)), int(rng.integers(1850, 2035))
    name = MONTHS[month - 1]
    short = name[:3] + pick(rng, ("", "."))
    suffix = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return pick(
        rng,
        (
            f"{day:02d}/{month:02d}/{year}", f"{month}/{day}/{year % 100:02d}", f"{day}.{month}.{year}",
            f"{year}-{month:02d}-{day:02d}", f"{day:02d}-{month:02d}-{year % 100:02d}",
            f"{name} {day}, {year}",
            f"{day} {name} {year}", f"{short} {day}, {year}", f"{day}-{name[:3].upper()}-{year}",
            f"{name} {year}",
            f"{day}{suffix} {name}, {year}", f"{pick(rng, DAYS)}, {name} {day}", f"'{year % 100:02d}",
            f"{pick(rng, DAYS)[:3]} {day} {short}", f"{month:02d}/{year % 100:02d}", f"{year}",
            f"{year}–{year % 100 + 1:02d}",
            f"{name.upper()} {day}, {year}", f"{day} {name[:3]} {year}", f"{month}-{day}-{year % 100:02d}",
        ),
    )  # fmt: skip


def clock(rng: Rng, _words: WordSupply) -> str:
    hour, minute, second = int(rng.integers(0, 24)), int(rng.integers(0, 60)), int(rng.integers(0, 60))
    return pick(
        rng,
        (
            f"{hour:02d}:{minute:02d}", f"{hour}:{minute:02d}", f"{hour:02d}:{minute:02d}:{second:02d}",
            f"{hour % 12 + 1}:{minute:02d} {pick(rng, ('AM', 'PM', 'a.m.', 'p.m.', 'pm'))}",
            f"{hour % 12 + 1}{pick(rng, ('am', 'pm'))}",
        ),
    )  # fmt: skip


def phone(rng: Rng, _words: WordSupply) -> str:
    a, b, c = digits(rng, 3, 3), digits(rng, 3, 3), digits(rng, 4, 4)
    return pick(
        rng,
        (
            f"({a}) {b}-{c}", f"{a}-{b}-{c}", f"+1 {a} {b} {c}", f"{a}.{b}.{c}",
            f"+44 (0){digits(rng, 2, 4)} {b} {c}",
            f"0{digits(rng, 3, 4)} {digits(rng, 5, 6)}", f"{a}/{b}-{c}",
            f"+{digits(rng, 2, 2)}-{digits(rng, 8, 10)}", f"1-800-{b}-{c}",
            f"{b}-{c}", f"{b}-{c} ext. {digits(rng, 2, 4)}",
        ),
    )  # fmt: skip


def _site(rng: Rng, words: WordSupply) -> str:
    return words.word(rng).lower().replace("'", "") + pick(
        rng, ("", "", digits(rng, 1, 2), "-" + words.word(rng).lower())
    )


def email(rng: Rng, words: WordSupply) -> str:
    user = (
        words.name(rng).lower()
        + pick(rng, ("", ".", "_", "-"))
        + pick(rng, ("", words.name(rng).lower(), digits(rng, 1, 4)))
    )
    return f"{user.strip('._-')}@{_site(rng, words)}.{pick(rng, _TLDS)}".replace("'", "")


def url(rng: Rng, words: WordSupply) -> str:
    host = (
        pick(rng, ("www.", "www.", "http://", "https://", "https://www.", "ftp://", ""))
        + _site(rng, words)
        + "."
        + pick(rng, _TLDS)
    )
    path = "".join("/" + words.word(rng).lower() for _ in range(int(rng.integers(0, 3))))
    return (
        host
        + path
        + pick(rng, ("", "", "/", ".html", ".pdf", f"?id={digits(rng, 1, 5)}", f"#{words.word(rng).lower()}"))
    )


def file_path(rng: Rng, words: WordSupply) -> str:
    parts = [words.word(rng).lower() for _ in range(int(rng.integers(1, 4)))]
    end = pick(rng, (".txt", ".doc", ".pdf", ".jpg", ".py", ".csv", ".zip", ".exe", ""))
    return (
        pick(rng, ("C:\\" + "\\".join(parts), "/" + "/".join(parts), "~/" + "/".join(parts), "_".join(parts)))
        + end
    )


def code(rng: Rng, _words: WordSupply) -> str:
    kind = rng.random()
    letters = "".join(pick(rng, string.ascii_uppercase) for _ in range(int(rng.integers(1, 5))))
    if kind < 0.3:
        return letters + pick(rng, ("-", "", " ", "/", "#")) + digits(rng, 2, 8)
    if kind < 0.45:
        return "-".join(digits(rng, 2, 5) for _ in range(int(rng.integers(2, 5))))
    if kind < 0.6:
        return "".join(
            pick(rng, string.ascii_uppercase + string.digits) for _ in range(int(rng.integers(4, 14)))
        )
    if kind < 0.7:
        return " ".join(digits(rng, 4, 4) for _ in range(int(rng.integers(2, 5))))
    if kind < 0.8:
        return pick(rng, ("*" * 4, "*" * 8, "X" * 8, "x" * 4)) + digits(rng, 4, 4)
    if kind < 0.9:
        return digits(rng, 8, 13)
    return "".join(pick(rng, "0123456789abcdef") for _ in range(int(rng.integers(6, 16))))


def quantity(rng: Rng, words: WordSupply) -> str:
    return number(rng, words) + pick(rng, (" ", " ", "")) + pick(rng, _UNITS)


def formula(rng: Rng, _words: WordSupply) -> str:
    left, right = pick(rng, string.ascii_letters), pick(rng, string.ascii_letters)
    sign = pick(rng, (" = ", " + ", " - ", " × ", " ÷ ", " < ", " > ", " ± ", "=", "/", "^", " * ", "|"))
    figure = digits(rng, 1, 3)
    return pick(
        rng,
        (
            f"{left}{sign}{figure}", f"{left}{sign}{right}", f"{left}({right}){sign}{figure}{left}",
            f"{figure}{left}{sign}{figure}{right}",
            f"({left}{sign}{figure})/{right}", f"{left}²{sign}{right}²", f"{figure} × {digits(rng, 1, 3)}",
            f"{left}[{figure}]", f"{{{left}, {right}}}",
            f"{left}_{figure}{sign}{digits(rng, 1, 2)}", f"{figure}:{digits(rng, 1, 2)}",
            f"{figure}/{digits(rng, 1, 3)}",
        ),
    )  # fmt: skip


def reference(rng: Rng, words: WordSupply) -> str:
    n = digits(rng, 1, 2)
    return pick(
        rng,
        (
            f"[{n}]", f"({n})", f"[{n}, {digits(rng, 1, 2)}]", f"({words.name(rng)}, {digits(rng, 4, 4)})",
            f"§ {n}", f"§{n}.{digits(rng, 1, 1)}",
            f"({pick(rng, 'abcdefgivx')})", f"{pick(rng, 'abcdef')})", f"{n}.", f"{n})",
            f"{n}.{digits(rng, 1, 1)}", f"{n}.{digits(rng, 1, 1)}.{digits(rng, 1, 1)}",
            f"p. {n}", f"pp. {n}-{digits(rng, 2, 3)}", f"Fig. {n}", f"Table {n}", f"No. {n}", f"#{n}",
            f"- {n} -", f"— {n} —", f"Page {n} of {digits(rng, 1, 2)}",
            f"{n}/{digits(rng, 1, 2)}", f"Vol. {n}, No. {digits(rng, 1, 1)}", f"*{n}", f"({n}%)", f"¶ {n}",
            pick(rng, ("i", "ii", "iii", "iv", "vi", "ix", "xii")),
            pick(rng, ("I.", "II.", "III.", "IV.", "VI.", "IX", "XIV")), "•", "*",
        ),
    )  # fmt: skip


def person(rng: Rng, words: WordSupply) -> str:
    first, last = words.name(rng), words.name(rng)
    middle = pick(rng, ("", "", pick(rng, string.ascii_uppercase) + ". "))
    title = pick(rng, ("", "", "", "Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Prof. ", "Sir "))
    return pick(
        rng,
        (
            f"{title}{first} {middle}{last}",
            f"{first[0]}. {last}",
            f"{last}, {first}",
            f"{last}, {first[0]}.",
            f"{first} {last}".upper(),
        ),
    )


def company(rng: Rng, words: WordSupply) -> str:
    a, b = words.word(rng).capitalize(), words.name(rng)
    text = pick(
        rng,
        (
            f"{a} & {b}",
            f"{b} {a}",
            f"{b}'s {a}",
            f"{a} {b} Co.",
            f"The {a} Company",
            f"{b}, {a} & Co.",
            f"{a}®",
            f"{a}™",
        ),
    )
    text += pick(rng, ("", "", " Inc.", " Ltd.", " LLC", " Corporation", ", Inc.", " GmbH"))
    return text.upper() if rng.random() < 0.3 else text


def address(rng: Rng, words: WordSupply) -> str:
    street = f"{digits(rng, 1, 4).lstrip('0') or '7'} {words.name(rng)} {pick(rng, _ROADS)}"
    town = words.word(rng).capitalize()
    state = pick(rng, string.ascii_uppercase) + pick(rng, string.ascii_uppercase)
    text = pick(
        rng,
        (
            street,
            f"{street}, {town}",
            f"{town}, {state} {digits(rng, 5, 5)}",
            f"P.O. Box {digits(rng, 2, 5)}",
            f"{street}, Apt. {digits(rng, 1, 3)}",
            f"{town} {state}{digits(rng, 1, 2)} {digits(rng, 1, 1)}{state[::-1]}",
        ),
    )
    return text.upper() if rng.random() < 0.25 else text


def label(rng: Rng, _words: WordSupply) -> str:
    return pick(rng, _LABELS) + pick(rng, ("", ":", ":", ".", " :", "#"))


def phrase(rng: Rng, _words: WordSupply) -> str:
    return pick(rng, _PHRASES)


def labelled(rng: Rng, words: WordSupply) -> str:
    value = VALUES[int(rng.integers(len(VALUES)))](rng, words)
    return pick(rng, _LABELS) + pick(rng, (": ", ": ", " ", ":", ". ", " - ", " : ", " # ", " = ")) + value


def receipt_row(rng: Rng, words: WordSupply) -> str:
    goods = " ".join(words.word(rng) for _ in range(int(rng.integers(1, 4))))
    goods = goods.upper() if rng.random() < 0.6 else capwords(goods)
    count = pick(
        rng,
        (
            "",
            "",
            f"{int(rng.integers(1, 12))} ",
            f"{int(rng.integers(1, 9))} x ",
            f"{int(rng.integers(1, 9))}@",
        ),
    )
    return f"{count}{goods}\t{rng.random() * 60:.2f}" + pick(rng, ("", "", "\tT", "\tA", "N", "*"))


def till_price(rng: Rng, _words: WordSupply) -> str:
    """A price as it stands alone in a receipt's column: bare cents, deductions, letters of tax classes."""
    price, form = till_figure(rng), rng.random()
    if form < 0.3:
        return f"{price}-" if form < 0.2 else f"-{price}"
    return price + (
        pick(rng, ("\tT", "\tB", "\tA", "\tF", "\tN", "T", "B", "A", "*", "\tTF")) if form < 0.6 else ""
    )


def till_figure(rng: Rng) -> str:
    """A price of a receipt; of cents alone, half of the tills print no 0."""
    price = f"{rng.random() * pick(rng, (1.0, 6.0, 60.0, 600.0)):.2f}"
    return price[1:] if price.startswith("0.") and rng.random() < 0.5 else price


def card_number(rng: Rng, _words: WordSupply) -> str:
    """A payment card's number, all but its end hidden."""
    sign = pick(rng, ("*", "*", "X", "x", "#"))
    hidden = pick(rng, (sign * 12, sign * 4, sign * 8, f"{sign * 4} " * 3, f"{sign * 4}-" * 3))
    kind = pick(rng, ("", "", "Card ", "CARD: ", "VISA ", "Account ", "DEBIT ", "Card No. ", "MC "))
    return f"{kind}{hidden}{digits(rng, 4, 4)}"


def quoted(rng: Rng, words: WordSupply) -> str:
    text = " ".join(words.word(rng) for _ in range(int(rng.integers(1, 4))))
    left, right = (
        ('"', '"'),
        ("'", "'"),
        ("“", "”"),
        ("‘", "’"),
        ("(", ")"),
        ("[", "]"),
        ("«", "»"),
        ("<", ">"),
        ("{", "}"),
        ("/", "/"),
    )[int(rng.integers(10))]
    return left + text + right + pick(rng, ("", "", ",", ".", "?", "!", ";", ":"))


def copyright_line(rng: Rng, words: WordSupply) -> str:
    return (
        pick(rng, ("© ", "Copyright © ", "(c) ", "Copyright ", "® "))
        + str(int(rng.integers(1900, 2030)))
        + " "
        + company(rng, words)
    )


VALUES: tuple[Item, ...] = (
    number,
    amount,
    amount,
    date,
    date,
    clock,
    phone,
    email,
    code,
    code,
    quantity,
    percentage,
    person,
    address,
    company,
    url,
)
# (how often, item); shares within the structured lines.
ITEMS: tuple[tuple[float, Item], ...] = (
    (9, number), (3, percentage), (9, amount), (8, date), (3, clock), (5, phone), (4, email), (4, url),
    (2, file_path),
    (7, code), (4, quantity), (3, formula), (7, reference), (6, person), (4, company), (5, address),
    (6, label),
    (7, phrase), (12, labelled), (6, receipt_row), (6, till_price), (2, card_number),
    (5, quoted), (1.5, copyright_line), (3, source_line),
    (2, token), (2, terminal_line),
)  # fmt: skip
