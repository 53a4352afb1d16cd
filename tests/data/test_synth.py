from pathlib import Path

import numpy as np
import pytest

import ppocr_lite.synth
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.data import build_dataloader
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import DATASETS


class FakeStream:
    """Notes how it was made; its pictures are as wide as the epoch's number says."""

    made: list[dict] = []

    def __init__(self, **options) -> None:
        self.made.append(options)
        self.options = options

    def sample(self, index: int, epoch: int) -> dict:
        return {"image": np.full((8, 10 + epoch, 3), index, np.uint8), "label": f"{self.options['level']}"}


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(ppocr_lite.synth, "SynthStream", FakeStream)
    for name in ("FontLibrary", "TextSource"):
        monkeypatch.setattr(
            ppocr_lite.synth, name, lambda paths, characters, name=name, **_: (name, paths, characters)
        )
    FakeStream.made = []
    return FakeStream


def build(mode: str = "Train", **extra):
    section = {"name": "SynthDataSet", "kind": "rec", "length": 4, "texts": ["t"], **extra}
    return DATASETS.build(
        section,
        mode=mode,
        seed=11,
        charset=Charset(("a",)),
        global_section={"epoch_num": 10},
        section_path="T",
    )


def test_streams_decoded_samples_with_the_options_of_the_section(fake):
    data = build(fonts=["f"], options={"height": 48}, transforms=[{"DecodeImage": {"img_mode": "BGR"}}])
    sample = data.get(3, 2)
    assert len(data) == 4
    assert sample["image"].shape == (8, 12, 3)
    assert (sample["image"] == 3).all()
    made = fake.made[0]
    assert (made["kind"], made["fonts"], made["texts"], made["seed"], made["height"]) == (
        "rec",
        ["f"],
        ["t"],
        11,
        48,
    )


def test_level_runs_through_the_epochs(fake):
    data = build(level=[0.2, 1.0])
    places = [(0, 0), (0, 1), (2, 1), (0, 6), (3, 10), (0, 20)]
    assert [data.get(i, epoch)["label"] for i, epoch in places] == ["0.2", "0.2", "0.24", "0.6", "1.0", "1.0"]
    assert len(fake.made) == 4  # one stream for each level
    assert fake.made[0]["texts"] == ("TextSource", ["t"], ("a",))  # and fonts and texts read once


def test_level_may_reach_its_end_early(fake):
    data = build(level=[0.0, 1.0], level_epochs=2)
    assert [data.get(i, epoch)["label"] for i, epoch in [(0, 1), (0, 2), (2, 2), (0, 3), (0, 9)]] == [
        "0.0", "0.5", "0.75", "1.0", "1.0"
    ]  # fmt: skip


def test_a_rendering_serves_several_samples(fake):
    data = build(repeat=2, transforms=[{"DecodeImage": {"img_mode": "BGR"}}])
    first, second, third = (data.get(i, 1)["image"] for i in (0, 1, 2))
    assert (first == 0).all()
    assert (third == 1).all()
    first[:] = 9  # what one sample's transforms do must not reach the next
    assert (second == 0).all()
    assert (data.get(3, 2)["image"].shape[1], data.get(0, 1)["image"].max()) == (12, 0)


def test_evaluation_has_its_own_seed(fake):
    build("Eval")
    build("Train")
    assert fake.made[0]["seed"] != fake.made[1]["seed"]


def test_wrong_length_and_level(fake):
    with pytest.raises(ConfigError, match=r"length: expected at least 1"):
        build(length=0)
    with pytest.raises(ConfigError, match=r"level: expected a number in 0\.\.1"):
        build(level=[0, 2])


def test_rendered_lines_reach_the_loader(tmp_path):
    pytest.importorskip("PIL")
    fonts = [f for d in ppocr_lite.synth.DEFAULT_FONT_DIRS for f in Path(d).rglob("DejaVuSans.ttf")]
    if not fonts:
        pytest.skip("DejaVuSans.ttf is not on this machine")
    (tmp_path / "text.txt").write_text("some plain words to be rendered\n" * 20)
    steps = [
        {"DecodeImage": {"img_mode": "BGR"}},
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": [1, 32, 320], "width_bucket": 64}},
        {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
    ]
    dataset = {
        "name": "SynthDataSet",
        "kind": "rec",
        "length": 6,
        "texts": [str(tmp_path)],
        "fonts": [str(fonts[0])],
        "transforms": steps,
    }
    cfg = Config(
        {
            "Global": {"max_text_length": 100},
            "Train": {"dataset": dataset, "loader": {"batch_size_per_card": 2, "max_bad_share": 0.9}},
        }
    )
    charset = Charset.load("en_printable.txt")
    batches = list(build_dataloader(cfg, charset=charset, seed=1).numpy_batches())
    assert sum(len(batch["image"]) for batch in batches) == 6
    assert all(
        batch["image"].shape[1:3] == (1, 32) and batch["image"].shape[3] % 64 == 0 for batch in batches
    )
    assert all((batch["length"] > 0).all() for batch in batches)
