"""Centers of the center loss: which steps count, what the files hold, what is refused."""

import logging
import pickle

import cv2
import numpy as np
import pytest

paddle = pytest.importorskip("paddle")

from paddle import nn  # noqa: E402

from ppocr_lite.charset import Charset  # noqa: E402
from ppocr_lite.config import Config  # noqa: E402
from ppocr_lite.engine import assemble, centers  # noqa: E402
from ppocr_lite.engine.center_files import check_center_files  # noqa: E402
from ppocr_lite.errors import ConfigError, DataError  # noqa: E402
from ppocr_lite.losses.center import charset_hash, read_centers  # noqa: E402
from ppocr_lite.modeling.heads.cls import ClsHead  # noqa: E402
from ppocr_lite.modeling.heads.ctc import CTCHead  # noqa: E402
from ppocr_lite.postprocess.ctc import CTCLabelDecode  # noqa: E402

pytestmark = pytest.mark.train

LETTERS = Charset(("a", "b"))
GREY = 191  # 191 / 127.5 - 1 = 0.498


class Brightness(nn.Layer):
    """One feature for each half of a picture, its mean; bright halves are an "a", dark ones blank."""

    def __init__(self, head=None):
        super().__init__()
        self.dropout = nn.Dropout(0.9)  # so that training mode would show
        self.head = head or CTCHead(1, 3)
        if head is None:
            self.head.fc.weight.set_value(np.array([[-5, 5, 0]], np.float32))
            self.head.fc.bias.set_value(np.zeros(3, np.float32))
        self.train()

    def forward(self, image, targets=None):
        halves = image.reshape([image.shape[0], 32, 2, -1]).mean(axis=[1, 3])  # [N, 2]
        return self.head(self.dropout(halves.unsqueeze(2)))


@pytest.fixture
def cfg(tmp_path):
    """White and grey halves read as "a" and labelled so, and one that is labelled otherwise."""
    rows = []
    for name, left, right, label in (
        ("white", 255, 255, "a"),
        ("half", 0, GREY, "a"),
        ("wrong", 0, 255, "b"),
    ):
        image = np.full((32, 64, 3), left, np.uint8)
        image[:, 32:] = right
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
        rows.append(f"{name}.png\t{label}\n")
    (tmp_path / "label.txt").write_text("".join(rows))
    (tmp_path / "letters.txt").write_text("a\nb\n")
    steps = [
        {"DecodeImage": {"img_mode": "BGR", "channel_first": False}},
        {"CTCLabelEncode": None},
        {"RecResizeImg": {"image_shape": [1, 32, 64]}},
        {"KeepKeys": {"keep_keys": ["image", "label", "length"]}},
    ]
    values = {
        "Global": {"max_text_length": 25, "character_dict_path": str(tmp_path / "letters.txt")},
        "Architecture": {"model_type": "rec"},
        "Train": {
            "dataset": {
                "name": "SimpleDataSet",
                "data_dir": str(tmp_path),
                "label_file_list": [str(tmp_path / "label.txt")],
                "transforms": [steps[0], {"RecAug": None}, *steps[1:]],
            }
        },
        "Eval": {"dataset": {"name": "none", "transforms": steps}, "loader": {"batch_size_per_card": 2}},
    }
    return Config(values)


@pytest.fixture
def use(monkeypatch):
    """Let a model stand for the trained one."""

    def replace(model):
        decode = CTCLabelDecode(charset=LETTERS)
        monkeypatch.setattr(assemble, "trained", lambda cfg: assemble.Parts(cfg, model, decode, LETTERS))

    return replace


def test_centers_by_hand(cfg, use, tmp_path, caplog):
    use(Brightness())
    path = tmp_path / "out" / "train_center.pkl"
    with caplog.at_level(logging.INFO):
        found = centers.export_centers(cfg, path)
    grey = GREY / 127.5 - 1
    assert (found.right, found.samples) == (2, 3)
    assert found.steps.tolist() == [1, 3, 0]  # the dark half; two white ones and the grey one
    np.testing.assert_allclose(found.vectors[:2, 0], [-1, (1 + 1 + grey) / 3], rtol=1e-5)

    assert "centers of 2 classes from 2 of 3 samples" in caplog.text
    assert "1 of 3 classes have no center" in caplog.text
    assert caplog.text.rstrip().endswith("'b'")
    theirs = pickle.loads(path.read_bytes())  # as PaddleOCR does
    assert {type(key) for key in theirs} == {int}
    assert list(theirs) == [0, 1]
    for file in (path, path.with_suffix(".npz")):
        ours = read_centers(file, 3, feat_dim=1)
        assert list(ours) == [0, 1]
        np.testing.assert_array_equal(ours[1], found.vectors[1])


def test_order_and_batches_do_not_matter(cfg, use, tmp_path):
    use(Brightness())
    first = centers.export_centers(cfg, tmp_path / "a.pkl")
    use(Brightness())
    again = centers.export_centers(cfg.replace({"Eval.loader.batch_size_per_card": 1}), tmp_path / "b.pkl")
    np.testing.assert_allclose(first.vectors, again.vectors, rtol=1e-6)


def test_members_of_a_mix_lose_their_augmentation(cfg, use, tmp_path):
    use(Brightness())
    mixed = cfg.replace({"Train.dataset": {"name": "MixDataSet", "datasets": [cfg.get("Train.dataset")] * 2}})
    found = centers.export_centers(mixed, tmp_path / "a.pkl")
    assert (found.right, found.samples) == (4, 6)
    assert found.vectors[0, 0] == pytest.approx(-1)


def test_nothing_read_right(cfg, use, tmp_path):
    model = Brightness()
    model.head.fc.bias.set_value(np.array([50, 0, 0], np.float32))  # all is blank
    use(model)
    with pytest.raises(DataError, match="none of 3 samples is read right"):
        centers.export_centers(cfg, tmp_path / "a.pkl")
    assert not (tmp_path / "a.pkl").exists()


@pytest.mark.parametrize(
    ("changes", "submodel", "message"),
    [
        ({}, "Student", "--submodel Student: Architecture.name is no DistillationModel"),
        ({"Train.dataset": None}, "", r"^Train.dataset.*: missing"),
        ({"Eval.dataset.transforms": None}, "", r"^Eval.dataset.transforms.*: missing"),
    ],
)
def test_what_cannot_be_done(cfg, use, changes, submodel, message):
    use(Brightness())
    with pytest.raises(ConfigError, match=message):
        centers.export_centers(cfg.replace(changes), submodel=submodel)


def test_labels_are_needed(cfg, use):
    steps = cfg.get("Eval.dataset.transforms")
    steps[-1] = {"KeepKeys": {"keep_keys": ["image"]}}
    use(Brightness())
    with pytest.raises(ConfigError, match="KeepKeys must keep the label"):
        centers.export_centers(cfg.replace({"Eval.dataset.transforms": steps}))


def test_other_heads_have_no_such_features(cfg, use):
    use(Brightness(ClsHead(4, 2)))
    with pytest.raises(ConfigError, match="Architecture.Head.name: .* with a CTCHead"):
        centers.export_centers(cfg)


def loss_of(file, **more):
    center = {"weight": 0.05, "num_classes": 3, "feat_dim": 1, "center_file_path": str(file), **more}
    parts = [{"CTCLoss": {"weight": 1.0}}, {"CenterLoss": center}]
    return Config({"Loss": {"name": "CombinedLoss", "loss_config_list": parts}})


def test_a_file_for_another_charset_is_refused(cfg, use, tmp_path):
    use(Brightness())
    centers.export_centers(cfg, tmp_path / "center.pkl")
    file = tmp_path / "center.npz"
    others = Charset(("b", "a"))
    assert charset_hash(file)
    check_center_files(loss_of(file), LETTERS)
    check_center_files(loss_of(file, init_center=False), others)  # it is not read
    check_center_files(loss_of(tmp_path / "center.pkl"), others)  # which cannot tell
    with pytest.raises(
        ConfigError, match=r"Loss.loss_config_list\[1\].CenterLoss.center_file_path: .*center.npz"
    ):
        check_center_files(loss_of(file), others)
    alone = Config({"Loss": {"name": "EnhancedCTCLoss", "center_file_path": str(file)}})
    with pytest.raises(ConfigError, match="^Loss.center_file_path: "):
        check_center_files(alone, others)


def test_files_that_do_not_tell_their_charset(tmp_path):
    file = tmp_path / "center.npz"
    np.savez(file, **{"1": np.zeros(1)})
    assert charset_hash(file) is None
    check_center_files(loss_of(file), LETTERS)
