"""The facts of a model card, from what a training of :mod:`ppocr_lite.interop.torch_train` has written."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ppocr_lite.config import Config
from ppocr_lite.errors import DataError
from ppocr_lite.weights.files import read_weights

Record = Mapping[str, Any]
_SCORES = ("precision", "recall", "hmean", "acc", "acc_with_space", "norm_edit_dis", "cer", "wer")
_STATISTICS = ("._mean", "._variance")


def card(cfg: Config, run: Path, *, model: Path | None = None, pages: str = "") -> str:
    """Markdown with network, training and scores; data and weaknesses are for a person to add.

    Args:
        cfg: the configuration of the training.
        run: its folder, with ``train.jsonl`` and ``latest.pdparams``.
        model: folder of the exported model, for its size.
        pages: output of ``benchmarks/real_pages.py``.

    Raises:
        DataError: the folder holds no records of a training.
    """
    records = read_records(run / "train.jsonl")
    runs = [r for r in records if r["kind"] == "run"]
    last = next((r for r in reversed(records) if r["kind"] == "eval"), None)
    sections = [_network(cfg, run, model), _recipe(runs, records)]
    if last is not None:
        sections.append(_scores(cfg, last))
    if pages.strip():
        sections.append(f"Real pages, which nothing was trained on:\n\n```\n{pages.strip()}\n```")
    return "\n\n".join(sections) + "\n"


def read_records(path: Path) -> list[Record]:
    """All records of a ``train.jsonl``; a last line that was cut off is left out."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise DataError(f"{path}: no records of a training ({error}).") from error
    records = []
    for number, line in enumerate(lines):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            if number < len(lines) - 1:
                raise DataError(f"{path}:{number + 1}: no record ({error}).") from error
    if not records:
        raise DataError(f"{path}: no records of a training.")
    return records


def _network(cfg: Config, run: Path, model: Path | None) -> str:
    arch = cfg.to_dict()["Architecture"]
    parts = [str(arch[key]["name"]) for key in ("Backbone", "Neck", "Head") if arch.get(key)]
    weights = read_weights(run / "latest.pdparams")
    count = sum(v.size for k, v in weights.items() if not k.endswith(_STATISTICS))
    rows = {
        "network": f"{', '.join(parts)}; {count:,} parameters in training",
        "backbone": ", ".join(f"{k} {v}" for k, v in arch["Backbone"].items() if k != "name"),
        "configuration": f"`{cfg.get('Global.model_name')}`",
    }
    if model is not None:
        size = (model / "inference.onnx").stat().st_size
        rows["file"] = f"{size / 1e6:.2f} MB ONNX"
    return "| | |\n|---|---|\n" + "\n".join(f"| {key} | {text} |" for key, text in rows.items())


def _recipe(runs: Sequence[Record], records: Sequence[Record]) -> str:
    """One sentence for each call of the trainer: what it ran on, from where to where."""
    lines = []
    ends = [*(r["global_step"] for r in runs[1:]), float("inf")]
    for i, (run, end) in enumerate(zip(runs, ends), start=1):
        own = [r for r in records if r["kind"] != "run" and run["global_step"] < r["global_step"] <= end]
        if not own:
            continue
        done = own[-1]
        on = f"{run['device']}, bfloat16 {'on' if run['bfloat16'] else 'off'}, PyTorch {run['torch']}"
        start = f", from {run['pretrained']}" if run.get("pretrained") else ""
        lines.append(
            f"{i}. {on}: to step {done['global_step']:,} ({done['fresh']:,} new batches, "
            f"{done['samples']:,} samples, {done['elapsed']:,.0f} s of training in all), batches of "
            f"{run['batch']}, {run['workers']} rendering processes, AdamW {run['rate']:g}, seed "
            f"{run['seed']}{start}."
        )
    return "**Recipe.** PyTorch twin, cosine to zero, moving average of the weights.\n\n" + "\n".join(lines)


def _scores(cfg: Config, last: Record) -> str:
    length = cfg.get("Eval.dataset.length")
    what = f"{length} rendered samples of another seed" if length else "the evaluation data"
    found = ", ".join(f"{name} {last[name]:.4f}" for name in _SCORES if name in last)
    return f"**Scores.** On {what}, after step {last['global_step']:,}: {found}."
