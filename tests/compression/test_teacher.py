"""A configuration turned into a distillation from its own float model."""

import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.compression.teacher import taught  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble  # noqa: E402
from ppocr_lite.errors import ConfigError  # noqa: E402
from ppocr_lite.inference.model_files import embedded_model  # noqa: E402
from ppocr_lite.registry import LOSSES  # noqa: E402

pytestmark = pytest.mark.train
FILES = {
    "det": "det/en/en_det_mv3_db.yml",
    "rec": "rec/en/en_rec_mv3_crnn.yml",
    "cls": "cls/en/en_cls_mv3.yml",
}


def config(repo, task):
    weights = {"Global.pretrained_model": "here"}
    return Config.load(repo / "configs" / FILES[task]).replace(weights)


@pytest.mark.parametrize(("task", "size"), [("det", (3, 64, 64)), ("rec", (1, 32, 64))])
def test_the_student_gets_gradients_from_labels_and_teacher(repo, task, size):
    cfg = taught(config(repo, task), embedded_model(task))
    assert cfg.get("Architecture.Models.Student.pretrained") == "here"
    found = assemble.parts(cfg)
    assert {name.partition(".")[0] for name in found.model.state_dict()} == {"Student"}
    batch = {
        **{
            k: paddle.ones([1, 64, 64])
            for k in ("threshold_map", "threshold_mask", "shrink_map", "shrink_mask")
        },
        "label": paddle.ones([1, 100], "int32"),
        "length": paddle.ones([1], "int64"),
    }
    found.model.train()
    losses = LOSSES.build(cfg.section("Loss"))(found.model(paddle.randn([1, *size]), targets=batch), batch)
    entry = "dml_shrink_maps_0" if task == "det" else "dml_0"
    assert float(losses[entry]) > 0
    losses["loss"].backward()
    assert all(p.grad is not None for n, p in found.model.named_parameters() if "conv1.conv.weight" in n)


def test_other_losses_are_refused(repo):
    with pytest.raises(ConfigError, match="--teacher: cls with ClsLoss cannot learn from an exported model"):
        taught(config(repo, "cls"), embedded_model("cls"))
