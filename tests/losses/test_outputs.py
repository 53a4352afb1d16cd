import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.losses.outputs import pick, sub_model

pytestmark = pytest.mark.train


@pytest.mark.parametrize("key", ["head_out", None])
@pytest.mark.parametrize("entry", ["logits", "probs", "maps"])
def test_head_out_is_what_the_head_gave(key, entry):
    assert pick({"backbone_out": 1, entry: 2}, key) == 2


@pytest.mark.parametrize("key", ["maps", "backbone_out", "neck_out", "feats"])
def test_other_keys_name_themselves(key):
    assert pick({"logits": 1, key: 2}, key) == 2


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("backbone_out", "no 'backbone_out'. Set return_all_feats: true"),
        ("feats", "no 'feats'. Set Architecture.Head.return_feats: true"),
        ("logit", "no 'logit'. Did you mean 'logits'.*It gives: logits"),
    ],
)
def test_a_missing_entry_says_how_to_get_it(key, message):
    with pytest.raises(ConfigError, match=message):
        pick({"logits": 1}, key)


def test_sub_model():
    preds = {"Student": {"logits": 1}, "Teacher": {"logits": 2}}
    assert sub_model(preds, "Teacher", "Loss.x") == {"logits": 2}
    with pytest.raises(ConfigError, match=r"Loss\.x: no sub-model named 'Techer'. Did you mean 'Teacher'"):
        sub_model(preds, "Techer", "Loss.x")
    with pytest.raises(ConfigError, match="the model has none"):
        sub_model({"logits": 1}, "Teacher", "Loss.x")
