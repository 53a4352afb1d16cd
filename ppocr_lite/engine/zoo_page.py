"""doc/zoo.md as a whole: parts, sizes, configurations, and the milliseconds that were measured."""

import json
import logging
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

import paddle

from ppocr_lite.config import Config
from ppocr_lite.engine import assemble, trial, zoo
from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.complexity import measure

logger = logging.getLogger(__name__)

THREADS = (1, 2)
RUNS = 15
SECONDS = 15.0
NOT_MEASURED = "-"
MEASURED_ON = "Measured on "
INTRODUCTION = """\
# The model zoo

Written by `python tools/zoo.py` from the registries and from `configs/`; do not edit. A test compares this
page with the code.

Parameters: numbers that training can change. Multiply-adds: a multiplication and its addition count once, for
one image of the stated input (channels x height x width); biases, norms and activations do not count.
"""
PARTS_NOTE = """\
What a configuration can name, its parameters with their defaults (those without one must be given), and the
keys that PaddleOCR 2.x accepts there and ignores, with a warning here. `in_channels`, the classes of the
dictionary and `Global.max_text_length` are handed over and not written there.
"""

Times = Mapping[str, tuple[str, ...]]
"""First cells of a row of the configurations' table -> milliseconds as written, one for each of THREADS."""


@dataclass(frozen=True)
class Network:
    """A network that a configuration exports, and what its row says of it."""

    title: str
    cells: tuple[str, ...]
    model: paddle.nn.Layer
    shape: tuple[int, int, int]
    same_as: str
    """Equal for networks that calculate the same, which are measured once."""

    @property
    def key(self) -> str:
        return " | ".join((self.title, *self.cells))


def networks(configs: Path) -> list[Network]:
    """All networks of all configurations in a folder.

    Raises:
        ConfigError: a configuration cannot be built; the message names all of them.
    """
    found: list[Network] = []
    problems: list[str] = []
    for file in sorted(configs.rglob("*.yml")):
        try:
            found += _networks_of(file, file.relative_to(configs).with_suffix("").as_posix())
        except (ConfigError, ValueError, OSError) as error:
            problems.append(f"{file}: {error}")
    if problems:
        raise ConfigError("Configurations that cannot be built:\n" + "\n".join(problems))
    return found


def _networks_of(file: Path, title: str) -> list[Network]:
    with tempfile.TemporaryDirectory() as folder:
        cfg = trial.with_stand_in_dictionary(Config.load(file), Path(folder))
        model = assemble.parts(cfg).model
    shape = trial.image_shape(cfg)
    whole = dict(cfg.get("Architecture"))
    found = []
    for name, network in trial.networks(model).items():
        section = {k: v for k, v in (whole["Models"][name] if name else whole).items() if k in PARTS}
        cost = measure(network, shape)
        cells = (zoo.size_text(shape), zoo.thousands(cost.parameters), zoo.millions(cost.multiply_adds))
        same_as = json.dumps([section, shape, cost.parameters], sort_keys=True, default=str)
        found.append(Network(f"`{title}`{f' {name}' if name else ''}", cells, network, shape, same_as))
    return found


PARTS = ("Transform", "Backbone", "Neck", "Head")


def page(found: Sequence[Network], times: Times, measured_on: str) -> str:
    """The text of the page.

    Args:
        times: of rows that are not there, ``-`` is written.
        measured_on: machine, date and versions; empty when nothing was measured.
    """
    head = ["configuration", "input", "parameters", "multiply-adds"]
    head += [f"ms, {count} thread{'s' if count > 1 else ''}" for count in THREADS]
    nothing = (NOT_MEASURED,) * len(THREADS)
    rows = [[net.title, *net.cells, *times.get(net.key, nothing)] for net in found]
    return "\n".join(
        [
            INTRODUCTION,
            "## Configurations\n",
            zoo.table(head, rows),
            "Milliseconds: forward pass of the exported ONNX graph in ONNX Runtime on the CPU, one image,\n"
            f"median of up to {RUNS} runs. {MEASURED_ON}{measured_on or 'no machine yet'}.\n",
            "## Backbones in their sizes\n\nEach alone, without neck and head.\n",
            zoo.variants_section(),
            "## Parts\n",
            PARTS_NOTE,
            zoo.parts_section(),
        ]
    )


def read_times(text: str) -> tuple[dict[str, tuple[str, ...]], str]:
    """Milliseconds and the machine from the text of an earlier page; nothing from any other text."""
    times = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        numbers = cells[-len(THREADS) :]
        if len(cells) == 4 + len(THREADS) and all(_is_number(cell) for cell in numbers):
            times[" | ".join(cells[: -len(THREADS)])] = tuple(numbers)
    _, _, after = text.partition(MEASURED_ON)
    return times, after.split(".\n")[0] if times else ""


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdigit()


def measured(
    found: Sequence[Network], old: Times, *, report: Callable[[str], None] = logger.info
) -> dict[str, tuple[str, ...]]:
    """Milliseconds of all networks; those of ``old`` are kept.

    Args:
        old: of an earlier page, for rows that have not changed.
        report: gets a line for each network that is measured.
    """
    times = {net.key: old[net.key] for net in found if net.key in old}
    by_content = {net.same_as: times[net.key] for net in found if net.key in times}
    for net in found:
        if net.key not in times:
            if net.same_as not in by_content:
                by_content[net.same_as] = _milliseconds(net)
                report(f"{net.title}: {' and '.join(by_content[net.same_as])} ms")
            times[net.key] = by_content[net.same_as]
    return times


def _milliseconds(net: Network) -> tuple[str, ...]:
    """Of one network, once for each of THREADS."""
    texts = []
    with tempfile.TemporaryDirectory() as folder:
        files = {"": trial.export_graph(net.model, net.shape, Path(folder))}
        image = trial.batch(net.shape)
        for threads in THREADS:
            runs = trial.forward_ms(files, image, threads=threads, runs=RUNS, seconds=SECONDS)[""]
            value = median(runs)
            texts.append(
                f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
            )
    return tuple(texts)


def today() -> str:
    """Machine, versions and date, for the page."""
    return f"{trial.machine()}, {datetime.now(timezone.utc):%Y-%m-%d}"
