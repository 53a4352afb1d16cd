"""Evaluation of the twins by the project's own post-processing and metrics, and the report of a run."""

import platform
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

import ppocr_lite
import ppocr_lite.metrics
import ppocr_lite.postprocess  # both register their parts
from ppocr_lite.charset import Charset
from ppocr_lite.config import Config
from ppocr_lite.config.yaml_text import to_yaml
from ppocr_lite.data import DataLoader, build_dataloader
from ppocr_lite.engine.report import Example, Facts, WorstPredictions, page, read_history
from ppocr_lite.engine.report.worst import picture_maker
from ppocr_lite.registry import METRICS, POSTPROCESSES
from ppocr_lite.weights.disk import write_atomic


class TwinEvaluator:
    """Runs the ``Eval`` data through a twin; keeps the worst predictions of the last evaluation."""

    def __init__(self, cfg: Config, task: str, charset: Charset | None) -> None:
        self.loader: DataLoader = build_dataloader(cfg, "Eval", charset=charset)
        self.postprocess = POSTPROCESSES.build(cfg.section("PostProcess"), task=task, charset=charset)
        self.metric = METRICS.build(cfg.section("Metric"), task=task, charset=charset)
        self.main_indicator: str = self.metric.main_indicator
        steps = cfg.get("Eval.dataset.transforms", []) or []
        self.worst = WorstPredictions(self.metric, picture_maker(steps))

    @torch.no_grad()
    def run(self, model: torch.nn.Module) -> dict[str, float]:
        """Metric of the model on the evaluation data."""
        device = next(model.parameters()).device
        model.eval()
        self.metric.reset()
        self.worst.start()
        for batch in self.loader.numpy_batches():
            image = torch.from_numpy(batch["image"]).to(device, memory_format=torch.channels_last)
            outputs = {k: v.float().cpu().numpy() for k, v in model(image).items()}
            results = self.postprocess(outputs, batch.get("shape"))
            self.metric.update(results, batch)
            self.worst.see(results, batch)
        return dict(self.metric.compute())

    def close(self) -> None:
        self.loader.close()


def write_report(
    folder: Path,
    cfg: Config,
    *,
    status: str,
    indicator: str,
    rows: Mapping[str, str],
    examples: Sequence[Example] = (),
) -> None:
    """``report.html`` of a run, from its ``train.jsonl`` and the worst predictions of its last evaluation."""
    versions = f"ppocr_lite {ppocr_lite.__version__}, PyTorch {torch.__version__}, Python "
    facts = Facts(
        title=f"Training of {folder.name}",
        status=status,
        rows={**rows, "Software": f"{versions}{platform.python_version()}, NumPy {np.__version__}"},
        indicator=indicator,
        examples=examples,
        examples_from="Of the last evaluation. Outlines: green labelled, red found, grey not counted.",
        config=to_yaml(cfg.to_dict()),
    )
    text = page(read_history(folder / "train.jsonl"), facts)
    write_atomic(folder / "report.html", text.encode("utf-8"))
