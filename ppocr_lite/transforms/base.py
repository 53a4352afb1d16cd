"""The contract of a data transform, and the pipeline that runs a list of them.

A transform turns one sample into one sample. A sample is a dict that starts as ``img_path`` (str), ``image``
(encoded bytes, or uint8 BGR [H, W, 3] where the data comes decoded), ``label`` (str), ``ext_data`` (samples
of other rows, read when iterated) and ``epoch`` (int).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import TRANSFORMS, construct

Sample = dict[str, Any]

FILE_SOURCES = ("img_path", "image_bytes", "label", "ext_data")
"""What a sample read from a file offers; ``image_bytes`` stands for an ``image`` that is still encoded."""

ARRAY_SOURCES = (*FILE_SOURCES, "image")
"""What a sample with a decoded image offers; DecodeImage passes such an image through."""


class Transform(Protocol):
    """One step of a pipeline.

    Attributes:
        requires: keys of the sample that the step reads.
        provides: keys that it writes or changes.

    A step that takes other samples from ``ext_data`` has two more: ``ext_data_num``, how many it wants, and
    ``ext_requires``, the keys that it reads of each.

    Calling it returns the sample, or None to drop it (a label that is too long, no text inside). Data that is
    broken raises DataError. All randomness comes from ``rng``.
    """

    requires: tuple[str, ...]
    provides: tuple[str, ...]

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample | None: ...


class Pipeline:
    """Runs transforms in order.

    >>> from ppocr_lite.transforms.image import KeepKeys
    >>> Pipeline([KeepKeys(["label"])])({"image": 1, "label": "a"}, None)
    {'label': 'a'}
    """

    def __init__(self, transforms: Iterable[Transform]) -> None:
        self.transforms: list[Transform] = list(transforms)

    def __call__(self, sample: Sample, rng: np.random.Generator | None = None) -> Sample | None:
        """Return the transformed sample, or None where a step dropped it."""
        return self.run(sample, rng)[0]

    def run(self, sample: Sample, rng: np.random.Generator | None = None) -> tuple[Sample | None, str]:
        """Like calling, and say which step dropped the sample (empty text: none did)."""
        generator = np.random.default_rng(0) if rng is None else rng
        current: Sample | None = sample
        for transform in self.transforms:
            current = transform(current, generator)  # type: ignore[arg-type]
            if current is None:
                return None, f"dropped by {type(transform).__name__}"
        return current, ""

    def __len__(self) -> int:
        return len(self.transforms)

    def __getitem__(self, index: int | slice) -> Any:
        return self.transforms[index]

    def __repr__(self) -> str:
        return f"Pipeline({' -> '.join(type(t).__name__ for t in self.transforms)})"


def build_pipeline(
    specs: Sequence[Mapping[str, Any]] | None,
    global_section: Mapping[str, Any] | None = None,
    *,
    where: str = "transforms",
    charset: Charset | None = None,
    sources: Iterable[str] = FILE_SOURCES,
) -> Pipeline:
    """Build a pipeline from the YAML list of one-key mappings ``{Name: parameters or None}``.

    Args:
        specs: the list, as in ``Train.dataset.transforms``.
        global_section: the ``Global`` section; its keys that a constructor names are passed and win over
            the step's own, as in PaddleOCR.
        where: place in the configuration, for messages.
        charset: offered to constructors that name ``charset``.
        sources: keys of a fresh sample.

    Raises:
        ConfigError: unknown step or parameter, or a step that needs a key which no earlier step provides.
    """
    context = {**dict(global_section or {})}
    if charset is not None:
        context["charset"] = charset
    transforms: list[Transform] = []
    for number, spec in enumerate(specs or []):
        place = f"{where}[{number}]"
        name, params = _split_spec(spec, place)
        item = TRANSFORMS.get(name, where=place)
        transforms.append(construct(item, params, context, where=f"{place}.{name}"))
    _check_keys(transforms, set(sources), where)
    return Pipeline(transforms)


def _split_spec(spec: Any, place: str) -> tuple[str, Mapping[str, Any]]:
    if isinstance(spec, str):
        return spec, {}
    if not isinstance(spec, Mapping) or len(spec) != 1:
        raise ConfigError(f"{place}: expected one step as 'Name: {{parameters}}', got {spec!r:.80}.")
    ((name, params),) = spec.items()
    if params is not None and not isinstance(params, Mapping):
        raise ConfigError(f"{place}.{name}: expected parameters as keys and values, got {params!r:.80}.")
    return str(name), params or {}


def _check_keys(transforms: Sequence[Transform], known: set[str], where: str) -> None:
    for number, transform in enumerate(transforms):
        missing = [key for key in transform.requires if key not in known]
        name = type(transform).__name__
        if missing:
            raise ConfigError(
                f"{where}[{number}].{name}: needs '{missing[0]}', which no earlier step provides."
                f"{_providers(missing[0])} At hand here: {', '.join(sorted(known)) or 'nothing'}."
            )
        if getattr(transform, "drops_others", False):
            known = set()
        known = known | set(transform.provides)


def _providers(key: str) -> str:
    names = [n for n in TRANSFORMS.names() if key in getattr(TRANSFORMS.get(n), "provides", ())]
    return f" Put one of these before it: {', '.join(names)}." if names else ""
