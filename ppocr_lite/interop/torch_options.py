"""What a training of a twin is told beside the configuration, and where it stands."""

import time
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class TwinOptions:
    """What the configuration does not say.

    Args:
        out_dir: for ``latest.*``, ``best_accuracy.pdparams``, ``train.jsonl`` and ``report.html``.
        device: ``cpu``, ``cuda`` or ``cuda:N``; empty takes a GPU if there is one.
        plan_s: seconds of training over which the learning rate comes down to 0, all calls together; an
            earlier end by ``Global.epoch_num`` counts too. None: what the first call has within its
            ``limit_s``; without that, the epochs alone.
        limit_s: seconds after ``started`` at which this call has saved, evaluated and ended.
        started: ``time.monotonic()`` when the program began.
        save_every_s: seconds between checkpoints.
        eval_every: steps between evaluations; 0 for none by steps.
        eval_every_s: seconds between evaluations; 0 for none by time.
        ema: share of the old value in the moving average of the weights; the average is what is saved.
        clip_norm: global norm that gradients are clipped to.
        log_every: steps between records.
        bfloat16: autocast of the forward pass; on a CPU worth it for the detector, not for the recognizer.
        compiled: on a CPU, gradients of large depthwise kernels by a C++ library that is compiled when the
            training begins, see :mod:`ppocr_lite.interop.torch_depthwise`.
        replay: how often batches may come again while the renderer is slower than the device.
    """

    out_dir: Path
    device: str = ""
    plan_s: float | None = None
    limit_s: float | None = None
    started: float = field(default_factory=time.monotonic)
    save_every_s: float = 180.0
    eval_every: int = 1000
    eval_every_s: float = 0.0
    ema: float = 0.999
    clip_norm: float = 5.0
    log_every: int = 20
    bfloat16: bool = False
    compiled: bool = False
    replay: float = 0.0


@dataclass
class Progress:
    """Where a run stands: optimizer ``step``, ``fresh`` ones on new batches, ``samples``, seconds, best."""

    step: int = 0
    fresh: int = 0
    samples: int = 0
    elapsed: float = 0.0
    best: float = -1.0
    plan_s: float | None = None
