"""Whatever stands in the place of a value, a configuration builds, or its fault is told with its place."""

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import TOP_LEVEL, Config
from ppocr_lite.engine import assemble
from ppocr_lite.engine.check import check_config, places_named
from ppocr_lite.engine.hooks.build import early_stop_options, eval_steps, nan_options, saving_options
from ppocr_lite.errors import PPOCRError
from ppocr_lite.optim import build_optimizer
from ppocr_lite.registry import LOSSES
from ppocr_lite.transforms import build_pipeline

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
FILES = (
    "cls/cls_mv3.yml",
    "det/ch_PP-OCRv2/ch_PP-OCRv2_det_student.yml",
    "rec/en/en_rec_mv3_crnn.yml",
    "rec/rec_mv3_tps_bilstm_att.yml",
)
WRONG = (
    *("abc", "", "1e400", -1, 0, 7, 2.5, -0.5, True, None, float("nan"), 10**30),
    *([], [1], ["a"], [None], [[1]], [-1, -1, -1], [0, 0, 0], {}, {"a": 1}, {"name": 5}),
)
CASES, MODELS = 150, 8
"""Replaced values of one file, and those of its architecture, of which each builds a model."""

Place = tuple[Any, ...]


def places(values: Any, path: Place = ()) -> Iterator[Place]:
    """Paths of all values, sections and lists among them."""
    if path:
        yield path
    items = (
        values.items() if isinstance(values, dict) else enumerate(values if isinstance(values, list) else [])
    )
    for key, value in items:
        yield from places(value, (*path, key))


def replaced(values: dict, path: Place, value: Any) -> dict:
    changed = copy.deepcopy(values)
    node: Any = changed
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = copy.deepcopy(value)
    return changed


@places_named
def build(cfg: Config, found: assemble.Parts | None) -> assemble.Parts:
    """All that needs no data; the model only where ``found`` has none."""
    check_config(cfg)
    characters = assemble.charset(cfg)
    found = found or assemble.parts(cfg)
    assemble.build_postprocess(cfg, characters)
    assemble.build_metric(cfg, characters)
    LOSSES.build(cfg.section("Loss"))
    for mode in ("Train", "Eval"):
        specs, where = cfg.get(f"{mode}.dataset.transforms"), f"{mode}.dataset.transforms"
        build_pipeline(specs, cfg.section("Global"), where=where, charset=characters)
    build_optimizer(cfg.section("Optimizer"), cfg.get("Global.epoch_num", 1), 10, found.model)
    for options in (saving_options, nan_options, early_stop_options, eval_steps):
        options(cfg)
    return found


def cases(values: dict) -> list[tuple[Place, Any]]:
    rng = random.Random(5)
    every = [(path, value) for path in places(values) for value in WRONG]
    models = [case for case in every if case[0][0] == "Architecture"]
    others = [case for case in every if case[0][0] != "Architecture"]
    return rng.sample(models, MODELS) + rng.sample(others, min(CASES, len(others)))


@pytest.mark.parametrize("file", FILES, ids=lambda name: Path(name).stem)
def test_wrong_values_build_or_are_told(file):
    values = Config.load(REPO / "configs" / file).to_dict()
    values["Global"]["character_dict_path"] = "en_dict.txt"
    right = build(Config(values), None)
    told = 0
    for path, value in cases(values):
        model = None if path[0] == "Architecture" else right
        try:
            build(Config(replaced(values, path, value)), model)
        except PPOCRError as error:
            told += 1
            place = str(error)
            assert place.startswith(TOP_LEVEL) or "character_dict_path" in path, (path, value, place)
        except Exception as error:
            pytest.fail(f"{path} = {value!r}: {type(error).__name__}: {error}")
    assert told > CASES / 2
