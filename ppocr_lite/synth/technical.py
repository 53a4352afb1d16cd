"""What stands on the screens of people who write programs: names, hexadecimal numbers, versions, terminals.

Each function takes ``(rng, words)`` and returns one string, as those of :mod:`ppocr_lite.synth.items` do.
"""

from string import ascii_letters

from ppocr_lite.synth.sampling import Rng
from ppocr_lite.synth.wording import WordSupply, digits, pick, split_names

_TYPES = split_names("int|str|bool|float|u8|i32|usize|char|void|String|Vec<u8>|Option<T>|list[int]|size_t")
_LEVELS = split_names("INFO|DEBUG|WARN|WARNING|ERROR|error|warning|note|FATAL|[info]|[ok]|PASS|FAIL")
_SUFFIXES = split_names("py|rs|c|h|cpp|js|ts|go|java|json|toml|yml|log|so|md|sh|conf|lock")
_COMMANDS = split_names(
    "cd|ls -la|git commit -m|git clone|pip install|python -m|cargo run|sudo apt install|cat|grep -rn|make|"
    "docker run"
)


def identifier(rng: Rng, words: WordSupply) -> str:
    """A name in a program: ``total_count``, ``_init``, ``MAX_SIZE``, ``readLine``, ``FileReader``."""
    parts = [_plain(rng, words) for _ in range(pick(rng, (1, 1, 2, 2, 2, 3)))]
    form = rng.random()
    if form < 0.5:
        lead = pick(rng, ("",) * 8 + ("_", "__"))
        return lead + "_".join(parts) + (f"_{digits(rng, 1, 3)}" if rng.random() < 0.2 else "")
    if form < 0.65:
        return "_".join(parts).upper()
    camel = "".join(part.capitalize() for part in parts)
    return camel if form < 0.8 else parts[0] + camel[len(parts[0]) :]


def hexadecimal(rng: Rng, _words: WordSupply) -> str:
    """``0x7ffe2a10``, ``0xE004 2000``, ``4F3Ah``, ``#ff8800``, a hash, an address of a network card."""
    letters = pick(rng, ("0123456789abcdef", "0123456789ABCDEF"))

    def some(low: int, high: int) -> str:
        return "".join(pick(rng, letters) for _ in range(int(rng.integers(low, high + 1))))

    form = rng.random()
    if form < 0.4:
        return f"0x{some(1, 8)}"
    if form < 0.6:  # of a memory map, whose numbers are mostly zeros
        low = pick(rng, ("0000", f"000{some(1, 1)}", f"{some(1, 1)}000"))
        return f"0x{some(1, 4)}{pick(rng, (' ', '_', ''))}{low}"
    if form < 0.7:
        return f"{some(1, 6)}h"
    if form < 0.8:
        return f"#{some(6, 6)}"
    if form < 0.9:
        return some(7, 12)
    if form < 0.95:
        return "-".join(some(n, n) for n in (8, 4, 4, 4, 12))
    return ":".join(some(2, 2) for _ in range(6))


def version(rng: Rng, words: WordSupply) -> str:
    """``1.69.0-nightly``, ``v2.4``, ``numpy==2.1.3``, an address of a computer."""
    numbers = f"{int(rng.integers(0, 30))}.{int(rng.integers(0, 100))}.{int(rng.integers(0, 30))}"
    name, state = _plain(rng, words), pick(rng, ("beta", "rc.1", "nightly", "alpha.2"))
    return pick(
        rng,
        (
            numbers, f"v{numbers}", f"v{numbers[:-2].strip('.')}", f"{numbers}-{state}", f"{name} {numbers}",
            f"{name}=={numbers}", f"{name}-{numbers}", f"{name}>={numbers}",
            f"192.168.{int(rng.integers(0, 256))}.{int(rng.integers(1, 255))}",
            f"10.0.{int(rng.integers(0, 256))}.{int(rng.integers(1, 255))}:{digits(rng, 4, 4)}",
        ),
    )  # fmt: skip


def token(rng: Rng, words: WordSupply) -> str:
    """A word or number by itself that only computers say."""
    return pick(rng, (identifier, identifier, hexadecimal, hexadecimal, version, _path))(rng, words)


def source_line(rng: Rng, words: WordSupply) -> str:
    """A line of a program, of one language or another."""
    a, b, c = (identifier(rng, words) for _ in range(3))
    n, kind, first = digits(rng, 1, 3), pick(rng, _TYPES), pick(rng, ascii_letters)
    return pick(
        rng,
        (
            f"{a} = {b}({n})", f"if ({a} == {n}) {{", f"return {a}[{n}];", f"def {a}(self, {b}):",
            f"#include <{a}.h>", f"{a}->{b} += {n};", f"<{a} {b}=\"{n}\">", f"</{a}>", f"import {a}",
            f"// {a} {b}", f"/* {a} */", f"{a}.{b}()", f"%{a}% | {b} > {n}", f"`{a}` ~{b}^{n}",
            f"{a} && !{b} || {n}", f"\\{a}{{{b}}}", f"&{a};", f"{{\"{a}\": {n}}}",
            f"{a}::{b}", f"use {a}::{b}::{c};", f"<{a}::{b}>::{c}({first})", f"let {a}: {kind} = {b};",
            f"fn {a}({first}: {kind}) -> {kind} {{", f"{a}: {kind},", f"self.{a}.{b}({c})?",
            f"{kind} {a}[{n}];",
            f"for {first} in {a}:", f"{first} => {a}({b}),", f"println!(\"{{}} {a}\", {b});", "} else {",
            f"{a} = \"{b}\"", f"'{a}': '{b}',", f"mov {a[:3]}, [{b[:3]}+{hexadecimal(rng, words)}]",
            f"assert {a} != {b}", f"{a}({b}, {c}={n})", f"{n} | {a}({b}.{c})",
            f"@{a}.{b}", f"{a} += {n} # {b}",
        ),
    ).strip()  # fmt: skip


def terminal_line(rng: Rng, words: WordSupply) -> str:
    """What a terminal shows: prompts with commands, listings, messages with their times and places."""
    a, b, n = _plain(rng, words), identifier(rng, words), digits(rng, 1, 5)
    stamp = f"2{digits(rng, 3, 3)}-0{int(rng.integers(1, 10))}-{int(rng.integers(10, 29))}"
    clock = f"{int(rng.integers(0, 24)):02d}:{int(rng.integers(0, 60)):02d}:{int(rng.integers(0, 60)):02d}"
    level, path, c = pick(rng, _LEVELS), _path(rng, words), _plain(rng, words)
    return pick(
        rng,
        (
            f"$ {pick(rng, _COMMANDS)} {path}", f"$ {a} --{c}={n}", f"{a}@{c}:~$ {pick(rng, _COMMANDS)}",
            f"{stamp}T{clock}Z", f"[{stamp} {clock}] {level}: {a} {b}", f"{level}: {a}: {path}:{n}",
            f"{level} {path}:{n}:{digits(rng, 1, 2)}", f"-rw-r--r-- 1 {a} {a} {n} {path}",
            f"{clock} {level} {b}", f"File \"{path}\", line {n}, in {b}", f"> {a} {version(rng, words)}",
            f"{a}: {hexadecimal(rng, words)}", f"{b}: {n} ({digits(rng, 1, 2)}.{digits(rng, 1, 1)}s)",
            f">>> {b}({n})",
            f"--{a} {b}", f"export {b.upper()}={path}", f"commit {hexadecimal(rng, words)}",
            f"Total: {n} {a}",
        ),
    ).strip()  # fmt: skip


def _plain(rng: Rng, words: WordSupply) -> str:
    """A word as names of programs have it: small letters alone."""
    return "".join(c for c in words.word(rng).lower() if c.isalpha() and c.isascii()) or "x"


def _path(rng: Rng, words: WordSupply) -> str:
    parts = "/".join(identifier(rng, words) for _ in range(int(rng.integers(1, 4))))
    return pick(rng, ("", "", "./", "/", "src/", "/usr/lib/", "../")) + parts + f".{pick(rng, _SUFFIXES)}"
