"""Sorts fonts into kinds (serif, sans, mono, ...) and says how often each is drawn.

Names decide first, then PANOSE, then the pitch. Families seen in real documents (Times, Helvetica, Courier
and their free twins, Computer Modern, Garamond) are drawn several times as often as the rest.
"""

import re

from ppocr_lite.synth.sfnt import FontTables

KINDS = ("serif", "sans", "mono", "typewriter", "handwriting", "display")

# Never readable text, or glyphs that are not what the character map says.
SKIPPED = re.compile(
    r"humor|symbol|dingbat|d050000l|initials|keyboard|math|emoji|nushu|music|braille|ornament|fraktur|barcode"
    r"|unslanted|tomson|rit-sundar|dunhill|adventor.*math",
    re.IGNORECASE,
)
_NAMED_KINDS = (
    (
        "handwriting",
        r"dancing|kristi|breip|isabella|ecolier|rufscript|script|z003|chorus|chancery|comic|hand",
    ),
    (
        "typewriter",
        r"courier|typewriter|nimbus mono|freemono|cursor|femkeklaver|cmu type|modern mono(?! prop)|ocra",
    ),
    ("mono", r"mono|consol|\bcode\b|hack|cousine|anonymous|terminus"),
    ("display", r"bebas|display|titling|jura|yanone|play|sora|dosis|oldania|irianis|initial|poster|averia"),
    (
        "sans",
        r"sans|gothic|heros|arimo|helvet|arial|lato|roboto|carlito|inter\b|cabin|cantarell|tuffy|gillius",
    ),
    ("serif", r"serif|roman|times|termes|tinos|garamond|book|schola|pagella|bonum|bodoni|didot|baskerv"),
)
_DOCUMENT_FAMILIES = re.compile(
    r"liberation|nimbus|dejavu (sans|serif)$|dejavu sans mono|termes|tinos|arimo|heros|cousine|courier prime$"
    r"|cursor|cmu (serif|sans serif|typewriter text)$|latin modern (roman|sans|mono)$"
    r"|garamond|free(serif|sans|mono)"
    r"|c059|p052|schola|pagella|bookman|open sans$|roboto$|carlito|caladea|noto (sans|serif)$|old standard"
    r"|libertine o|lato|switzera|typewriter",
    re.IGNORECASE,
)
_DOCUMENT_FACTOR = 4.0
# Share of each kind in what is drawn, when the caller does not say otherwise.
DEFAULT_MIX = {
    "serif": 0.40,
    "sans": 0.33,
    "mono": 0.08,
    "typewriter": 0.12,
    "handwriting": 0.02,
    "display": 0.05,
}


def kind_of(tables: FontTables, file_name: str) -> str:
    """The kind of a font: one of KINDS."""
    names = f"{tables.family} {file_name}"
    for kind, pattern in _NAMED_KINDS:
        if re.search(pattern, names, re.IGNORECASE):
            return "mono" if kind in ("sans", "serif") and tables.fixed_pitch else kind
    if tables.fixed_pitch:
        return "mono"
    family_kind, serif_style = tables.panose[0], tables.panose[1]
    if family_kind == 3:  # PANOSE: Latin hand written
        return "handwriting"
    if family_kind == 4:  # PANOSE: Latin decorative
        return "display"
    return "sans" if family_kind == 2 and serif_style >= 11 else "serif"


def style_weight(tables: FontTables) -> float:
    """How often one style of a family is drawn, against 1 for its regular."""
    if tables.weight < 200:
        return 0.0  # hairlines vanish at document sizes
    weight = 1.0 if 350 <= tables.weight <= 500 else 0.35 if tables.weight in (600, 700) else 0.1
    return weight * (0.4 if tables.italic else 1.0)


def family_weight(family: str) -> float:
    """How often a family is drawn within its kind, against 1 for an uncommon one."""
    return _DOCUMENT_FACTOR if _DOCUMENT_FAMILIES.search(family) else 1.0
