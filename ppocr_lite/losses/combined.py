"""Several losses as one."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import LOSSES, construct


@LOSSES.register()
class CombinedLoss(nn.Layer):
    """Weighted sum of losses.

    ``loss`` is the sum of the parts' totals; every other entry of the parts is multiplied by its part's
    weight too and keeps its name.

    compat: entries stand in the order in which PaddleOCR logs them, except that ``loss`` always comes with
    the first part. PaddleOCR's total is a vector where a part gives one value for each image, which lets the
    batch size scale the gradients of the other parts; here it is a scalar, the mean of that vector.

    Args:
        loss_config_list: one-key mappings ``{Name: {weight: number, parameter: value, ...}}``.

    Raises:
        ConfigError: a part without a weight, unknown names and parameters, sub-models or outputs that the
            model does not have; the message begins with the part's place.
    """

    def __init__(self, loss_config_list: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        if not isinstance(loss_config_list, Sequence) or not loss_config_list:
            raise ConfigError(
                "Loss.loss_config_list: expected a list of '- Name: {weight: number, ...}' with at least one "
                f"entry, got {loss_config_list!r:.80}."
            )
        parts = list(_parts(loss_config_list))
        self._places = [place for place, _, _ in parts]
        self._weights = [weight for _, weight, _ in parts]
        self.parts = nn.LayerList([loss for _, _, loss in parts])

    def forward(self, preds: Mapping[str, Any], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        merged: dict[str, Tensor] = {}
        total = 0.0
        for place, weight, part in zip(self._places, self._weights, self.parts, strict=True):
            try:
                found = part(preds, batch)
            except ConfigError as error:
                raise ConfigError(f"{place}.{error}") from error
            weighted = {key: value * weight for key, value in found.items()}
            total = weighted["loss"] + total
            merged.update(weighted)
        merged["loss"] = total
        return merged


def _parts(specs: Sequence[Any]) -> Iterator[tuple[str, float, nn.Layer]]:
    """(place, weight, loss) of each entry of the list."""
    for number, spec in enumerate(specs):
        place = f"Loss.loss_config_list[{number}]"
        if not isinstance(spec, Mapping) or len(spec) != 1:
            raise ConfigError(
                f"{place}: expected one loss as 'Name: {{weight: number, ...}}', got {spec!r:.80}."
            )
        ((name, section),) = spec.items()
        place = f"{place}.{name}"
        item = LOSSES.get(str(name), where=place)
        params = dict(section) if isinstance(section, Mapping) else {}
        weight = params.pop("weight", None)
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            raise ConfigError(f"{place}.weight: a number is needed, its share in the sum; got {weight!r}.")
        try:
            loss = construct(item, params, {}, where=place)
        except ConfigError as error:
            # Errors of construct begin with the place, those of constructors with the parameter.
            text = str(error)
            raise ConfigError(text if text.startswith(place) else f"{place}.{text}") from error
        yield place, float(weight), loss
