"""Whether the keys of ``Train`` and ``Eval`` are known; nothing is read or built."""

import logging

from ppocr_lite.config import Section
from ppocr_lite.data.loader import LoaderOptions
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS, TRANSFORMS, check_params, did_you_mean

logger = logging.getLogger(__name__)

KEYS = ("dataset", "loader", "sampler")
GIVEN = ("mode", "charset", "global_section", "section_path")
"""Parameters of datasets that the program gives."""


def check_data(section: Section) -> None:
    """ConfigError for a key of ``Train`` or ``Eval`` that nothing in it takes.

    An unknown name of a dataset or a step is left to whoever builds it.
    """
    for key in section:
        if key not in KEYS:
            raise ConfigError(
                f"{section.place(key)}: the section has no key '{key}'.{did_you_mean(key, KEYS)} "
                f"It takes: {', '.join(KEYS)}."
            )
    if section.get("sampler") is not None:
        logger.warning("%s has no effect: this version has no samplers.", section.place("sampler"))
    _check_dataset(section.section("dataset"))
    loader = section.section("loader")
    check_params(LoaderOptions, loader, where=loader.path)


def _check_dataset(dataset: Section) -> None:
    """The keys of a dataset, of its transforms, and of the datasets that it mixes."""
    DATASETS.check(dataset.get("name"), dataset.without("name"), where=dataset.path, leave=GIVEN)
    for name, params in dataset.steps("transforms"):
        TRANSFORMS.check(name, params, where=params.path, leave=("charset",))
    for member in dataset.sections("datasets"):
        _check_dataset(member)
