"""Strict reading: unknown keys of every section, Global's keys, and what loads with a warning."""

import ast
import logging
from pathlib import Path

import pytest

pytest.importorskip("paddle")

from ppocr_lite.config import Config
from ppocr_lite.config.global_keys import GLOBAL_DEFAULTS, GLOBAL_KINDS, OBSOLETE, SETTINGS, SWITCHES
from ppocr_lite.engine import assemble, check
from ppocr_lite.engine.hooks import build
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import TRANSFORMS

pytestmark = pytest.mark.train
REPO = Path(__file__).resolve().parents[2]
FILE = REPO / "configs/cls/cls_mv3.yml"
FILES = sorted((REPO / "configs").rglob("*.yml"))


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("Global.epoc_num=1", "nothing reads a key 'epoc_num' of Global. Did you mean 'epoch_num'?"),
        ("Optimizer.beta=1", "Adam takes no parameter 'beta'. Did you mean 'beta2'?"),
        ("Optimizer.lr.warmup=2", "Cosine takes no parameter 'warmup'. Did you mean 'warmup_epoch'?"),
        ("Optimizer.lr.epochs=2", "Cosine takes no parameter 'epochs'."),
        ("Optimizer.regularizer.factr=1", "a regularizer takes no 'factr'. Did you mean 'factor'?"),
        ("Loss.weight=1", "ClsLoss takes no parameter 'weight'."),
        ("Metric.main_indikator=acc", "ClsMetric takes no parameter 'main_indikator'. Did you mean 'main_in"),
        ("PostProcess.labels=1", "ClsPostProcess takes no parameter 'labels'. Did you mean 'label_list'?"),
        ("Train.loder={}", "the section has no key 'loder'. Did you mean 'loader'?"),
        ("Eval.dataset.datadir=x", "SimpleDataSet takes no parameter 'datadir'. Did you mean 'data_dir'?"),
        ("Eval.dataset.charset=x", "SimpleDataSet takes no parameter 'charset'."),
        (
            "Train.loader.batch_size=2",
            "LoaderOptions takes no parameter 'batch_size'. Did you mean 'batch_size_per_card'?",
        ),
        (
            "Train.dataset.transforms[3].RandAugment.probb=1",
            "RandAugment takes no parameter 'probb'. Did you mean 'prob'?",
        ),
    ],
)
def test_unknown_keys(override, problem):
    with pytest.raises(ConfigError) as caught:
        check.check_config(Config.load(FILE, [override]))
    path = override.partition("=")[0]
    assert str(caught.value).startswith(f"{path} (-o {override}): {problem}")


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("Global.epoch_num=-1", "expected a whole number of at least 1, got -1."),
        ("Global.seed=x", "expected a whole number of at least 0, got 'x'."),
        ("Global.use_gpu=yes please", "expected true or false, got 'yes please'."),
        (
            "Global.eval_batch_step=[1]",
            "expected a whole number of at least 0, or "
            "[a whole number of at least 0, a whole number of at least 1], got [1].",
        ),
        ("Global.character_dict_path=5", "expected a text, got 5."),
        (
            "Train.dataset.transforms[5].KeepKeys.keep_keys=[label]",
            "'image' is missing, which the network reads.",
        ),
        ("Global.keep_keys=image", "expected a list of texts, got 'image'."),
        ("Train.loader.batch_size_per_card=abc", "expected a whole number, got 'abc'."),
        ("Train.dataset.transforms={}", "expected a list of keys and values, got {}."),
        ("Eval.dataset.transforms[0].DecodeImage.img_mode=[1]", "expected a text, got [1]."),
        ("Optimizer.lr.learning_rate=fast", "expected a number of at least 0, got 'fast'."),
        ("Optimizer.lr.learning_rate=-1", "expected a number of at least 0, got -1."),
        ("Optimizer.beta1=[1]", "expected a number"),
        ("Optimizer.regularizer.factor=x", "expected a number of at least 0, got 'x'."),
        ("Optimizer.regularizer=L2", "expected keys and values, got 'L2'."),
        ("Optimizer.clip_norm=x", "expected a number above 0, got 'x'."),
        ("Metric.main_indicator=1", "expected a text, got 1."),
        ("PostProcess.label_list=5", "expected a list of texts, or whole numbers, got 5."),
    ],
)
def test_values_of_wrong_types(override, problem):
    with pytest.raises(ConfigError) as caught:
        check.check_config(Config.load(FILE, [override]))
    path = override.partition("=")[0]
    assert str(caught.value).startswith(f"{path} (-o {override}): {problem}")


def test_every_global_key_has_a_kind():
    assert set(GLOBAL_KINDS) == set(GLOBAL_DEFAULTS)


def test_the_place_is_a_line_of_the_file(tmp_path):
    file = tmp_path / "c.yml"
    file.write_text(f"_BASE_: {FILE}\nOptimizer:\n  lr:\n    learning_rte: 1\n")
    with pytest.raises(ConfigError, match=r"^Optimizer\.lr\.learning_rte \(.*c\.yml:4\): "):
        check.check_config(Config.load(file))


def test_assembling_checks_and_names_places():
    with pytest.raises(ConfigError, match=r"^Loss\.x \(-o Loss\.x=1\): "):
        assemble.parts(Config.load(FILE, ["Loss.x=1"]))
    with pytest.raises(ConfigError, match=r"^Architecture\.Head\.k \(-o Architecture\.Head\.k=1\): ClsHead"):
        assemble.parts(Config.load(FILE, ["Architecture.Head.k=1"]))
    with pytest.raises(ConfigError, match=r"^Global\.eval_batch_step \(-o .*x\): expected a number or"):
        check.places_named(build.eval_steps)(Config.load(FILE, ["Global.eval_batch_step=x"]))


def test_what_has_no_effect_is_said_once(caplog):
    given = {"debug": True, "load_static_weights": None, "use_wandb": True, "to_static": False}
    cfg = Config({"Global": {**given, "use_xpu": True}, "Train": {"sampler": {"name": "X"}}})
    with caplog.at_level(logging.WARNING):
        check.check_config(cfg)
    assert [record.message for record in caplog.records] == [
        "Obsolete keys, which PaddleOCR does not read either: Global.debug, Global.load_static_weights.",
        "Without effect, for this version does not have it: Global.use_wandb, Global.use_xpu.",
        "Train.sampler has no effect: this version has no samplers.",
    ]


def test_a_step_of_ones_own_may_read_global(monkeypatch):
    cfg = Config({"Global": {"ink_colour": 3}})
    with pytest.raises(ConfigError, match=r"Global\.ink_colour"):
        check.check_config(cfg)
    monkeypatch.setattr(TRANSFORMS, "_items", dict(TRANSFORMS._items))

    @TRANSFORMS.register()
    class Ink:
        def __init__(self, ink_colour):
            self.ink_colour = ink_colour

    check.check_config(cfg)


def test_parts_that_are_not_built_need_not_exist():
    check.check_config(Config.load(FILE, ["Loss.name=Unknown", "Train.dataset.transforms[0]=Unknown"]))


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
def test_own_configurations_load_without_a_warning(file, caplog):
    with caplog.at_level(logging.WARNING):
        check.check_config(Config.load(file))
    assert not caplog.records


def reads_of_global():
    """(key, default or None) of each ``cfg.get("Global.key", default)`` in the package."""
    for file in (REPO / "ppocr_lite").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "attr", "") != "get" or not node.args:
                continue
            first, *rest = node.args
            text = first.value if isinstance(first, ast.Constant) else ""
            if isinstance(text, str) and text.startswith("Global."):
                literal = rest[0] if rest and isinstance(rest[0], ast.Constant) else None
                yield text.removeprefix("Global."), literal and literal.value


def test_the_table_of_global_keys_is_that_of_the_program():
    found = list(reads_of_global())
    assert len(found) > 20
    for key, default in found:
        assert key in GLOBAL_DEFAULTS, key
        if default is not None and default != "./output":  # the twins' trainer has a folder of its own
            assert GLOBAL_DEFAULTS[key] in (default, None), key
    assert GLOBAL_DEFAULTS["seed"] == assemble.DEFAULT_SEED
    assert GLOBAL_DEFAULTS["parity_tolerance"] == assemble.TOLERANCE
    assert not set(GLOBAL_DEFAULTS) & {*SWITCHES, *SETTINGS, *OBSOLETE}


def test_the_table_stands_in_the_document():
    text = (REPO / "doc/config.md").read_text(encoding="utf-8")
    missing = [key for key in GLOBAL_DEFAULTS if f"`{key}`" not in text]
    assert not missing
