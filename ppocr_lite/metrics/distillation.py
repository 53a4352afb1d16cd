"""Metrics of several models that were trained together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import METRICS, did_you_mean


@METRICS.register()
class DistillationMetric:
    """One metric for each sub-model.

    Args:
        key: the sub-model that decides which checkpoint is best; its metrics keep their names, those of the
            others are called ``{sub-model}_{metric}``.
        base_metric_name: the metric of each sub-model: ``DetMetric``, ``RecMetric``, ``ClsMetric``.
        main_indicator: of the base metric; its own default without it.
        is_filter, ignore_space: of ``RecMetric``.
        charset, label_list: see the base metric.
    """

    def __init__(
        self,
        key: str,
        base_metric_name: str,
        *,
        main_indicator: str | None = None,
        is_filter: bool | None = None,
        ignore_space: bool | None = None,
        charset: Charset | None = None,
        label_list: Sequence[str | int] | None = None,
    ) -> None:
        own = {"main_indicator": main_indicator, "is_filter": is_filter, "ignore_space": ignore_space}
        context: dict[str, Any] = {"charset": charset, "label_list": label_list}
        self.key = key
        self._section = {"name": base_metric_name, **{k: v for k, v in own.items() if v is not None}}
        self._context = {k: v for k, v in context.items() if v is not None}
        self.main_indicator: str = self._new().main_indicator
        self.reset()

    def _new(self) -> Any:
        return METRICS.build(self._section, where="Metric", **self._context)

    def update(self, results: Mapping[str, Sequence[Any]], batch: Mapping[str, Any]) -> None:
        """Count one batch: ``results`` of each sub-model, and what the base metric needs of ``batch``."""
        if self.key not in results:
            raise ConfigError(
                f"Metric.key: the post-processing gives no results of '{self.key}'."
                f"{did_you_mean(self.key, results)} Known: {', '.join(results)}."
            )
        for name, values in results.items():
            self.of(name).update(values, batch)

    def of(self, name: str) -> Any:
        """The metric of the sub-model ``name``, made when it is asked for first."""
        if name not in self._metrics:
            self._metrics[name] = self._new()
        return self._metrics[name]

    def compute(self) -> dict[str, float]:
        """The metrics of ``key`` by their names, then those of the others with their sub-model's name."""
        return self._collect(lambda metric: metric.compute())

    def details(self) -> dict[str, float]:
        """What the base metric tells beyond that, by the same names."""
        return self._collect(lambda metric: getattr(metric, "details", dict)())

    def _collect(self, numbers: Callable[[Any], Mapping[str, float]]) -> dict[str, float]:
        values = dict(numbers(self.of(self.key)))
        for name, metric in self._metrics.items():
            if name != self.key:
                values.update({f"{name}_{k}": v for k, v in numbers(metric).items()})
        return values

    def reset(self) -> None:
        """Forget all counts."""
        self._metrics: dict[str, Any] = {}
