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
            if radius < 0:
                raise ConfigError(f"radius: expected at least 0, got {radius}.")
            if in_channels == 7:
                raise ConfigError("Circle: seven channels do not make a circle.")
            self.radius, self.in_channels = radius, in_channels
            self.share = 1 / radius

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
        ({"name": ["Circle"]}, r"no shape named '\['Circle'\]'"),
        ({"name": "Circle", "radius": None}, "needs the parameter 'radius'"),
        ({"name": "Circle", "radius": "big"}, r"^Architecture.Neck.radius: expected a number, got 'big'\.$"),
        ({"name": "Circle", "radius": -1}, r"^Architecture.Neck.radius: expected at least 0, got -1\.$"),
        ({"name": "Circle", "radius": 1, "in_channels": 7}, "^Architecture.Neck: Circle: seven channels"),
        ({"name": "Circle", "radius": 0}, r"^Architecture.Neck: Circle cannot be built .*ZeroDivisionError"),
    ],
)
def test_errors(shapes, section, message):
    with pytest.raises(ConfigError, match=message):
        shapes.build(section, where="Architecture.Neck")


def test_context_that_does_not_fit(shapes):
    with pytest.raises(ConfigError, match=r"Circle takes a whole number as in_channels, and \[16, 24\] is"):
        shapes.build({"name": "Circle", "radius": 1}, in_channels=[16, 24])


def test_the_cause_of_a_failed_construction_is_kept(shapes):
    with pytest.raises(ConfigError) as caught:
        shapes.build({"name": "Circle", "radius": 0})
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_an_empty_value_is_an_absent_one(shapes):
    assert shapes.build({"name": "Circle", "radius": 1, "in_channels": None}).in_channels == 0


def test_a_whole_number_may_stand_as_a_fraction(shapes):
    assert shapes.build({"name": "Circle", "radius": 1, "in_channels": 8.0}).in_channels == 8


def test_ignored_parameter_warns(shapes, caplog):
    shapes.build({"name": "Circle", "radius": 1, "legacy": True}, where="Architecture.Neck")
    assert "Architecture.Neck.legacy" in caplog.text


def test_registering_twice_is_an_error(shapes):
    with pytest.raises(ValueError, match="registered twice"):
        shapes.register("Circle")(object)
