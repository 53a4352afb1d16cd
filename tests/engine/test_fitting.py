"""Parts that do not go together end with a message, not with the innards of an operator."""

import re

import pytest

paddle = pytest.importorskip("paddle")

from ppocr_lite.engine import fitting  # noqa: E402
from ppocr_lite.errors import ConfigError, DataError  # noqa: E402

pytestmark = pytest.mark.train


def test_describe():
    tensor = paddle.zeros([2, 3])
    values = (tensor, tensor.numpy(), [tensor, tensor], {"maps": tensor}, ["a", "b"], "a")
    assert [fitting.describe(value) for value in values] == [
        "float32 [2, 3]",
        "float32 [2, 3]",
        "float32 [2, 3], float32 [2, 3]",
        "maps float32 [2, 3]",
        "list of 2",
        "str",
    ]


def test_told():
    message = (
        "Loss: does not go with what it is given (the batch: label float32 [2, 3]). Look there. "
        "(KeyError: 'maps'; test_fitting.py:"
    )
    batch = {"label": paddle.zeros([2, 3])}
    with (
        pytest.raises(ConfigError, match=f"^{re.escape(message)}") as caught,
        fitting.told("Loss", "Look there.", the_batch=batch),
    ):
        batch["maps"]
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("error", [DataError("x"), ConfigError("x"), ZeroDivisionError("x")])
def test_other_errors_pass(error):
    with pytest.raises(type(error), match=r"^x$"), fitting.told("Loss", ""):
        raise error


def missing(preds, batch):
    return {"loss": preds["maps"]}


def test_a_loss_for_another_head(tiny):
    shown = (
        r"outputs of the network: logits float32 \[4, 2\]; batch: image float32 \[4, 6\]; label int64 \[4\]"
    )
    with pytest.raises(ConfigError, match=rf"^Loss: does not go .*{shown}"):
        tiny.make(loss=missing).fit(1)


def test_pictures_of_another_size(tiny):
    class Wide(tiny.Loader):
        def __iter__(self):
            for batch in super().__iter__():
                yield {**batch, "image": batch["image"][:, :5]}

    with pytest.raises(ConfigError, match=r"^Architecture: does not go .*image float32 \[4, 5\].*ValueError"):
        tiny.make(loader=Wide()).fit(1)


def test_evaluation(tiny):
    model = tiny.make().model
    evaluator = tiny.evaluator()
    evaluator.postprocess = missing
    with pytest.raises(ConfigError, match=r"^PostProcess: .*outputs of the network: logits float32 \[4, 2\]"):
        evaluator(model)
    evaluator = tiny.evaluator()
    evaluator.metric.update = lambda results, batch: batch["length"]
    with pytest.raises(
        ConfigError, match=r"^Metric: does not go with .*label int64 \[4\].*KeyError: 'length'"
    ):
        evaluator(model)
