"""What pruning has left of a network: the file ``<prefix>.structure.json`` beside its weights."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ppocr_lite.errors import ModelFileError

SUFFIX = ".structure.json"
FORMAT = 1

Shape = tuple[int, ...]
Kept = Mapping[int, Shape]
"""{axis: indices that are left, in rising order}."""


@dataclass(frozen=True)
class Cut:
    """What is left of one parameter.

    Attributes:
        shape: of the whole parameter, as the configuration builds it.
        kept: for the axes that were cut; indices of the whole parameter.
    """

    shape: Shape
    kept: Kept

    @property
    def left(self) -> Shape:
        """Shape of what is left."""
        return tuple(len(self.kept.get(axis, range(size))) for axis, size in enumerate(self.shape))

    def then(self, later: "Cut") -> "Cut":
        """This cut, and ``later`` of what it leaves, as one cut of the whole parameter."""
        kept: dict[int, Shape] = {axis: tuple(indices) for axis, indices in self.kept.items()}
        for axis, indices in later.kept.items():
            before = kept.get(axis, range(self.shape[axis]))
            kept[axis] = tuple(before[i] for i in indices)
        return Cut(self.shape, kept)


@dataclass(frozen=True)
class Structure:
    """The cuts of all parameters that were cut, by their state_dict names."""

    cuts: Mapping[str, Cut]

    def within(self, prefix: str) -> "Structure":
        """The parameters whose names begin with ``prefix``, by the rest of their names."""
        return Structure({k.removeprefix(prefix): v for k, v in self.cuts.items() if k.startswith(prefix)})

    def below(self, prefix: str) -> "Structure":
        """The same for a network of which this one is a part: ``prefix`` before all names."""
        return Structure({prefix + name: cut for name, cut in self.cuts.items()})

    def then(self, later: "Structure") -> "Structure":
        """Both one after the other as one; ``later`` was made of what this one leaves."""
        cuts = dict(self.cuts)
        for name, cut in later.cuts.items():
            cuts[name] = cuts[name].then(cut) if name in cuts else cut
        return Structure(cuts)


def merged(structures: Iterable[Structure]) -> Structure:
    """All cuts of structures that have no parameter in common."""
    return Structure({name: cut for structure in structures for name, cut in structure.cuts.items()})


def path_of(weights: str | Path) -> Path:
    """The structure's file beside a file of weights."""
    return Path(weights).with_suffix(SUFFIX)


def to_bytes(structure: Structure) -> bytes:
    """The content of the file."""
    parameters = {
        name: {"shape": cut.shape, "kept": {str(axis): indices for axis, indices in cut.kept.items()}}
        for name, cut in structure.cuts.items()
    }
    values = {"format": FORMAT, "parameters": parameters}
    return json.dumps(values, separators=(",", ":")).encode() + b"\n"


def read(path: str | Path) -> Structure:
    """Read such a file.

    Raises:
        ModelFileError: it is damaged, or of a later version.
    """
    try:
        values = json.loads(Path(path).read_text(encoding="utf-8"))
        if values["format"] != FORMAT:
            raise ModelFileError(
                f"{path}: format {values['format']}, and this version reads {FORMAT}. "
                "Update the package, or prune again."
            )
        return Structure({str(name): _cut(entry) for name, entry in values["parameters"].items()})
    except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
        raise ModelFileError(
            f"{path}: is not the structure of a pruned model ({error!r:.100}). Copy it again from where the "
            "model was pruned; without it the weights cannot be loaded."
        ) from error


def _cut(entry: Mapping[str, Any]) -> Cut:
    shape = tuple(int(size) for size in entry["shape"])
    kept = {int(axis): tuple(int(i) for i in indices) for axis, indices in entry["kept"].items()}
    for axis, indices in kept.items():
        rising = sorted(set(indices)) == list(indices) != []
        if not rising or indices[0] < 0 or indices[-1] >= shape[axis]:
            raise ValueError(f"axis {axis} of {shape}: {indices[:5]}...")
    return Cut(shape, kept)


def read_beside(weights: str | Path) -> Structure | None:
    """The structure beside a file of weights; None where there is none."""
    path = path_of(weights)
    return read(path) if path.is_file() else None
