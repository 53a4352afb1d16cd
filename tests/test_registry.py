"""Registry: look-up, strict parameters, context."""

import pytest

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import Registry


@pytest.fixture
def shapes() -> Registry:
    registry = Registry("shape")

    @registry.register()
    class Circle:
        ignored_params = ("legacy",)

        def __init__(self, radius: float, *, in_channels: int = 0) -> None:
            self.radius, self.in_channels = radius, in_channels

    @registry.register("Square", "Quad", task="det")
    class Square:
        pass

    return registry


def test_context_wins_and_unnamed_context_is_dropped(shapes):
    circle = shapes.build({"name": "Circle", "radius": 2, "in_channels": 1}, in_channels=8, charset="x")
    assert (circle.radius, circle.in_channels) == (2, 8)


def test_task_separates_names(shapes):
    assert shapes.get("Quad", task="det") is shapes.get("Square", task="det")
    with pytest.raises(ConfigError, match="no shape named 'Quad'"):
        shapes.get("Quad", task="rec")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ({"name": "Circel"}, "Did you mean 'Circle'"),
        ({"radius": 1}, "the key 'name' is missing"),
        ({"name": "Circle", "radios": 1}, "Did you mean 'radius'"),
        ({"name": "Circle"}, "needs the parameter 'radius'"),
    ],
)
def test_errors(shapes, section, message):
    with pytest.raises(ConfigError, match=message):
        shapes.build(section, where="Architecture.Neck")


def test_ignored_parameter_warns(shapes, caplog):
    shapes.build({"name": "Circle", "radius": 1, "legacy": True}, where="Architecture.Neck")
    assert "Architecture.Neck.legacy" in caplog.text


def test_registering_twice_is_an_error(shapes):
    with pytest.raises(ValueError, match="registered twice"):
        shapes.register("Circle")(object)
