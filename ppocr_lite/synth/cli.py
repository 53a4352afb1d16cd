"""The command ``tools/synth.py``: data sets on disk, a corpus, fonts and tokens listed, fonts packed."""

import argparse
import itertools
import logging
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ppocr_lite.charset import COLUMN_END, Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.synth.corpus import DEBIAN_TEXT_PACKAGES, collect
from ppocr_lite.synth.fonts import DEFAULT_FONT_DIRS, FontLibrary
from ppocr_lite.synth.gallery import contact_sheet
from ppocr_lite.synth.kit import pack
from ppocr_lite.synth.music import GRAMMARS, MusicStream, all_tokens
from ppocr_lite.synth.stream import KINDS, SynthStream
from ppocr_lite.synth.writers import FolderWriter, LmdbWriter
from ppocr_lite.weights.disk import write_atomic

logger = logging.getLogger(__name__)

_GALLERY = {"rec": 60, "cls": 60, "det": 12, "music": 12}
_CHUNK = 16  # samples handed to a worker at once


def build_parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    parser = argparse.ArgumentParser(prog="synth.py", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for kind in KINDS:
        make = commands.add_parser(kind, help=f"render samples for {kind}")
        make.add_argument(
            "--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS), help="folders or files of fonts"
        )
        make.add_argument("--texts", nargs="+", required=True, help="text files, or folders of *.txt")
        make.add_argument(
            "--charset", default="en_printable.txt", help="dictionary file, one character a line"
        )
        make.add_argument("--font-cache", default=None, help="JSON file that keeps the font scan")
        _add_common(make)
        if kind == "det":
            make.add_argument(
                "--side", type=int, nargs=2, default=(640, 1280), help="least and most longer side"
            )
            make.add_argument(
                "--turned", type=float, default=0.02, help="probability of 90, 180 or 270 degrees"
            )
        else:
            make.add_argument(
                "--height", type=int, default=32 if kind == "rec" else 48, help="pixels; 0: as cut"
            )
    music = commands.add_parser("music", help="render staves of music, with tokens as labels")
    _add_grammar(music)
    music.add_argument("--charset", default=None, help="dictionary of tokens that has to have all of them")
    music.add_argument("--height", type=int, default=128, help="pixels")
    _add_common(music)
    tokens = commands.add_parser("tokens", help="write the dictionary of a grammar of music")
    _add_grammar(tokens)
    tokens.add_argument("--out", required=True, help="file to write")
    corpus = commands.add_parser(
        "corpus", help="gather English text from installed Debian packages and Python"
    )
    corpus.add_argument("--out", required=True, help="folder to write to")
    corpus.add_argument("--root", default="/", help="where packages lie that were unpacked, not installed")
    kit = commands.add_parser("pack", help="fonts and texts in one small archive, to render elsewhere")
    kit.add_argument("--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS))
    kit.add_argument("--texts", required=True, help="folder of *.txt")
    kit.add_argument("--charset", default="en_printable.txt")
    kit.add_argument("--out", required=True, help="file to write, .tar.xz")
    fonts = commands.add_parser("fonts", help="list the usable fonts by kind")
    fonts.add_argument("--fonts", nargs="+", default=list(DEFAULT_FONT_DIRS))
    fonts.add_argument("--charset", default="en_printable.txt")
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--num", type=int, required=True, help="how many samples")
    parser.add_argument("--out", required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1, help="processes; the result does not depend on it")
    parser.add_argument("--level", type=float, default=1.0, help="damage, 0 (clean) to 1")
    parser.add_argument("--lmdb", action="store_true", help="one LMDB instead of picture files (not det)")
    parser.add_argument("--quality", type=int, default=0, help="JPEG quality of the files; 0 writes PNG")


def _add_grammar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--grammar", choices=tuple(GRAMMARS), default="full", help="what staves are made of (default: full)"
    )


def main(arguments: Sequence[str] | None = None, *, report: Callable[[str], None]) -> int:
    """Run the command; ``report`` takes the lines that are its result. Returns the exit status."""
    options = build_parser().parse_args(arguments)
    if options.command == "corpus":
        sizes = collect(options.out, root=options.root)
        for name, size in sizes.items():
            report(f"{size / 1e6:8.2f} MB  {name}")
        report(f"More text: apt-get install --no-install-recommends {' '.join(DEBIAN_TEXT_PACKAGES)}")
    elif options.command == "pack":
        library = FontLibrary(options.fonts, Charset.load(options.charset).characters)
        done = pack(library, sorted(Path(options.texts).glob("*.txt")), options.out)
        report(f"{done['fonts']} fonts, {done['texts']} texts, {done['bytes'] / 1e6:.1f} MB: {options.out}")
    elif options.command == "tokens":
        tokens = all_tokens(GRAMMARS[options.grammar])
        write_atomic(options.out, "".join(f"{token}\n" for token in tokens).encode())
        report(f"{options.out}: {len(tokens)} tokens")
    elif options.command == "fonts":
        for line in list_fonts(FontLibrary(options.fonts, Charset.load(options.charset).characters)):
            report(line)
    else:
        counts = render(options)
        report(f"{counts['samples']} samples in {options.out}; gallery.png shows the first.")
        if "rarest" in counts:
            report(f"Rarest character: {counts['rarest']}")
    return 0


def list_fonts(library: FontLibrary) -> list[str]:
    """Lines that tell the usable fonts by kind, and the Debian package of each where dpkg's lists name it."""
    packages = _debian_packages()
    families: dict[tuple[str, str], Counter[str]] = {}
    for font in library.fonts:
        package = packages.get(font.path, "")
        families.setdefault((font.kind, font.family), Counter())[package] += 1
    lines = [f"{len(library)} fonts of {len(families)} families"]
    for (kind, family), found in sorted(families.items()):
        lines.append(
            f"{kind:12} {family:36} {sum(found.values()):3} {' '.join(sorted(p for p in found if p))}"
        )
    return lines


def _debian_packages() -> dict[str, str]:
    """Font file -> Debian package, from dpkg's own lists; empty elsewhere."""
    owners = {}
    for listing in sorted(Path("/var/lib/dpkg/info").glob("fonts-*.list")):
        for path in listing.read_text(encoding="utf-8", errors="replace").split("\n"):
            owners[path] = listing.stem
    return owners


def render(options: argparse.Namespace) -> dict[str, Any]:
    """Render the samples that ``options`` asks for; returns counts."""
    from tqdm import tqdm

    stream = make_stream(options)
    if COLUMN_END in stream.charset and not options.lmdb:
        raise ConfigError(
            f"--charset {options.charset}: has the tab, which ends a label in label files. Take a dictionary "
            "without it, or write --lmdb."
        )
    writer = (LmdbWriter if options.lmdb else FolderWriter)(
        Path(options.out), stream.kind, suffix=".jpg" if options.quality else ".png"
    )
    shown: list[tuple[np.ndarray, str]] = []
    characters: Counter[str] = Counter()
    encoded = _encoded(stream, options.num, workers=options.workers, quality=options.quality)
    for index, (data, label) in enumerate(tqdm(encoded, total=options.num, unit="sample", smoothing=0.05)):
        writer.add(index, data, label)
        if stream.kind == "rec":
            characters.update(set(label))
        if len(shown) < _GALLERY[stream.kind]:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            shown.append((np.asarray(picture), label))
    writer.close()
    sheet = contact_sheet(shown, stream.kind)
    cv2.imwrite(str(Path(options.out) / "gallery.png"), sheet)
    counts: dict[str, Any] = {"samples": options.num}
    if characters:
        rarest = min(stream.charset, key=lambda c: characters[c])
        counts["rarest"] = f"{rarest!r} in {characters[rarest]} samples"
    return counts


def make_stream(options: argparse.Namespace) -> SynthStream | MusicStream:
    """The stream that the command line describes."""
    if options.command == MusicStream.kind:
        return MusicStream(
            options.grammar,
            charset=options.charset,
            seed=options.seed,
            level=options.level,
            height=options.height,
        )
    extra: dict[str, Any] = {}
    if options.command == "det":
        extra = {"side": tuple(options.side), "turned": options.turned}
    else:
        extra = {"height": options.height or None}
    return SynthStream(
        options.command,
        fonts=options.fonts,
        texts=options.texts,
        charset=options.charset,
        seed=options.seed,
        level=options.level,
        font_cache=options.font_cache,
        **extra,
    )


class _Encoder:
    """Renders and encodes chunks of indices; sent once to each worker."""

    def __init__(self, stream: SynthStream | MusicStream, quality: int) -> None:
        self._stream = stream
        self._quality = quality

    def __call__(self, indices: Sequence[int]) -> list[tuple[bytes, str]]:
        return [self._one(i) for i in indices]

    def _one(self, index: int) -> tuple[bytes, str]:
        sample = self._stream.sample(index)
        if self._quality:
            _, data = cv2.imencode(".jpg", sample["image"], [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        else:
            _, data = cv2.imencode(".png", sample["image"], [cv2.IMWRITE_PNG_COMPRESSION, 3])
        return data.tobytes(), sample["label"]


def _encoded(
    stream: SynthStream | MusicStream, num: int, *, workers: int, quality: int
) -> Iterator[tuple[bytes, str]]:
    """Samples 0..num-1 in order, as (picture file, label)."""
    encoder = _Encoder(stream, quality)
    chunks = [range(i, min(i + _CHUNK, num)) for i in range(0, num, _CHUNK)]
    if workers <= 1:
        yield from itertools.chain.from_iterable(map(encoder, chunks))
        return
    with multiprocessing.get_context("spawn").Pool(workers, _start, (encoder,)) as pool:
        yield from itertools.chain.from_iterable(pool.imap(_work, chunks))


def _start(encoder: _Encoder) -> None:
    cv2.setNumThreads(1)  # the workers share the cores already
    _Worker.encoder = encoder


def _work(indices: Sequence[int]) -> list[tuple[bytes, str]]:
    if _Worker.encoder is None:
        raise RuntimeError("The worker was not started with an encoder.")
    return _Worker.encoder(indices)


class _Worker:
    """What a worker process keeps between chunks: multiprocessing has no other place for it."""

    encoder: _Encoder | None = None
