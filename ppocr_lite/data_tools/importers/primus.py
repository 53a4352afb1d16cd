"""PrIMuS and Camera-PrIMuS: a folder for each staff, with its picture and its encodings.

Calvo-Zaragoza and Rizo, "End-to-End Neural Optical Music Recognition of Monophonic Scores", Applied Sciences
2018. ``Corpus/<id>/<id>.png`` is the picture, ``<id>_distorted.jpg`` (of Camera-PrIMuS) one that looks like
a photograph, ``<id>.semantic`` and ``<id>.agnostic`` hold tokens with tabs between. Folders may lie deeper,
as in the packages that the data set is handed out in.
"""

from collections.abc import Iterator
from pathlib import Path

from ppocr_lite.data_tools.importers.samples import ImportOptions, Sample, find_picture, read_lines
from ppocr_lite.errors import DataError

ENCODINGS = ("semantic", "agnostic")
DISTORTED = "_distorted"
SEPARATOR = " "
"""Between the tokens of a label."""


def read_primus(source: Path, options: ImportOptions) -> Iterator[Sample]:
    """Staves of all folders below ``source``, or those that the list ``options.ids`` names, in its order."""
    encoding = options.encoding or ENCODINGS[0]
    files = _label_files(source, encoding)
    for name, place in _names(files, source, options):
        try:
            if name not in files:
                raise DataError(f"{place}: no file {name}.{encoding} below {source}.")
            yield _staff(files[name], options)
        except DataError as error:
            options.refuse(error)


def _label_files(source: Path, encoding: str) -> dict[str, Path]:
    """Id -> file of tokens."""
    if not source.is_dir():
        raise DataError(f"{source}: no such folder. Give the folder that holds a folder for each staff.")
    files = sorted(source.rglob(f"*.{encoding}"))
    if not files:
        raise DataError(f"{source}: no .{encoding} file in it or in a folder below.")
    found: dict[str, Path] = {}
    for file in files:
        other = found.setdefault(file.stem, file)
        if other != file:
            raise DataError(f"{file}: the id {file.stem} is there twice, also as {other}.")
    return found


def _names(files: dict[str, Path], source: Path, options: ImportOptions) -> list[tuple[str, str]]:
    """(id, where it is named), each id once."""
    if options.ids is None:
        return [(name, str(source)) for name in files]
    lines = [(line.strip(), number) for number, line in enumerate(read_lines(options.ids), 1)]
    places: dict[str, str] = {}
    for name, number in lines:
        if name:
            places.setdefault(name, f"{options.ids}:{number}")
    if not places:
        raise DataError(f"{options.ids}: no id in it. Each line names one.")
    return list(places.items())


def _staff(file: Path, options: ImportOptions) -> Sample:
    tokens = [token.strip() for line in read_lines(file) for token in line.split("\t") if token.strip()]
    if not tokens:
        raise DataError(f"{file}: no tokens in it.")
    torn = [token for token in tokens if SEPARATOR in token]
    if torn:
        raise DataError(f"{file}: {torn[0]!r} has a blank in it. Tokens are separated by tabs.")
    folder = file.parent if options.images is None else options.images
    picture = find_picture(folder, [f"{file.stem}{DISTORTED}" if options.distorted else file.stem], str(file))
    return Sample(picture, str(file), text=SEPARATOR.join(tokens))
