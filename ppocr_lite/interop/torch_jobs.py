"""The trainings of detector, recognizer and classifier, sharing one machine's processes and minutes.

Each job is a program of its own (``tools/train_torch.py``), so that one that fails takes no other with it.
"""

import hashlib
import io
import json
import logging
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ppocr_lite.errors import ConfigError
from ppocr_lite.weights.disk import write_atomic

logger = logging.getLogger(__name__)

TASKS = ("det", "rec", "cls")
EVERY_EPOCH = 100_000
"""Epochs of a job whose minutes end it."""
ON_GPU: dict[str, dict[str, float]] = {
    "det": {"Train.loader.batch_size_per_card": 16, "Optimizer.lr.learning_rate": 0.003},
    "rec": {"Train.loader.batch_size_per_card": 256, "Optimizer.lr.learning_rate": 0.005},
    "cls": {"Train.loader.batch_size_per_card": 256, "Optimizer.lr.learning_rate": 0.003},
}
"""Larger batches, which a GPU computes in the same time, and rates raised by less than their square root."""
GRACE_S = 15.0
"""How long after its end a job may still be writing."""
PART_BYTES, ARCHIVE_BYTES = 15_000_000, 62_000_000


@dataclass(frozen=True)
class Job:
    """One training.

    Args:
        task: det, rec or cls.
        config: its configuration.
        minutes: of wall clock, start and last evaluation included.
        workers: rendering processes.
        threads: of PyTorch.
        overrides: ``Section.key=value`` texts.
        flags: further arguments of ``tools/train_torch.py``.
    """

    task: str
    config: str
    minutes: float
    workers: int
    threads: int
    overrides: Sequence[str] = ()
    flags: Sequence[str] = ()

    def command(self, tool: Path, out: Path) -> list[str]:
        """The command line; the job's folder is ``out / task``."""
        values = [
            f"Global.save_model_dir={out / self.task}",
            f"Global.epoch_num={EVERY_EPOCH}",
            f"Train.loader.num_workers={self.workers}",
            f"Eval.loader.num_workers={max(1, min(4, self.workers))}",
            *self.overrides,
        ]
        arguments = ["-c", self.config, f"--minutes={self.minutes:.3f}", f"--threads={self.threads}"]
        return [sys.executable, str(tool), *arguments, *self.flags, "-o", *values]


def plan_jobs(
    configs: Mapping[str, str],
    shares: Mapping[str, float],
    *,
    minutes: float,
    cores: int,
    gpu: bool,
    plan: float | None = None,
    bfloat16: bool = False,
) -> list[list[Job]]:
    """Jobs in stages that come one after the other; those of one stage run at the same time.

    On a GPU all run together, since rendering is what takes long and each gets its share of the processes. On
    CPUs they follow one another, each with its share of the minutes and all cores.

    Args:
        configs: configuration files by task.
        shares: of the processes or the minutes, by task.
        minutes: wall clock of this call.
        cores: processes that the machine can run at once.
        gpu: whether there is one.
        plan: minutes over which the learning rates come down to 0, where several calls share them.
        bfloat16: whether a CPU is to use it; a GPU always does.
    """
    tasks = [task for task in TASKS if task in configs]
    unknown = sorted({*configs, *shares} - set(TASKS))
    if not tasks or unknown:
        raise ConfigError(f"Models to train: {', '.join(TASKS)}; got {', '.join(unknown) or 'none'}.")
    total = sum(shares[task] for task in tasks)
    if gpu:
        planned = [] if plan is None else [f"--plan={plan:.3f}"]
        every = f"--eval_minutes={max(1.0, minutes / 5):.2f}"
        flags = [
            "--device=cuda",
            "--bf16",
            "--replay=3",
            "--save_minutes=1",
            "--eval_every=0",
            every,
            *planned,
        ]
        jobs = []
        for task in tasks:
            workers = max(1, round((cores - 1) * shares[task] / total))
            values = [f"{key}={value}" for key, value in ON_GPU[task].items()]
            jobs.append(Job(task, configs[task], minutes, workers, 2, values, flags))
        return [jobs]
    stages = []
    for task in tasks:
        share = shares[task] / total
        flags = [
            "--device=cpu",
            "--eval_every=0",
            "--eval_minutes=30",
            *(["--bf16"] if bfloat16 else []),
        ]
        flags += [] if plan is None else [f"--plan={plan * share:.3f}"]
        stages.append([Job(task, configs[task], minutes * share, max(1, cores // 4), cores, (), flags)])
    return stages


@dataclass
class JobRunner:
    """Runs the stages; a line of progress every ``report_s`` seconds.

    Args:
        tool: ``tools/train_torch.py``.
        out: folder of the runs; each job's output goes to ``log.txt`` there.
        archive_dir: when given, all of ``out`` is kept there as a tar in parts, renewed with each report.
        extra: overrides of all jobs.
        stop: when set, the jobs are asked to save and end.
    """

    tool: Path
    out: Path
    archive_dir: Path | None = None
    extra: Sequence[str] = ()
    report_s: float = 30.0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self, stages: Sequence[Sequence[Job]]) -> dict[str, int]:
        """Exit status of each job."""
        status: dict[str, int] = {}
        for stage in stages:
            if not self.stop.is_set():
                status.update(self._run_stage(stage))
        self._keep()
        return status

    def _run_stage(self, stage: Sequence[Job]) -> dict[str, int]:
        started = time.monotonic()
        running = {job.task: self._start(job) for job in stage}
        limit = max(job.minutes for job in stage) * 60 + GRACE_S
        asked = False
        reported = started
        while any(process.poll() is None for process in running.values()):
            now = time.monotonic()
            if not asked and (self.stop.is_set() or now - started > limit):
                asked = True
                limit = min(limit, now - started) + GRACE_S
                _signal(running.values(), signal.SIGTERM)
            elif asked and now - started > limit:
                _signal(running.values(), signal.SIGKILL)
            if now - reported > self.report_s:
                reported = now
                logger.info("%4.0f s  %s", now - started, "  |  ".join(self._progress(stage)))
                self._keep()
            time.sleep(0.5)
        return {task: process.returncode for task, process in running.items()}

    def _start(self, job: Job) -> "subprocess.Popen[bytes]":
        folder = self.out / job.task
        folder.mkdir(parents=True, exist_ok=True)
        command = [*job.command(self.tool, self.out), *self.extra]
        logger.info("%s: %s", job.task, " ".join(command))
        with (folder / "log.txt").open("ab") as log:
            return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)

    def _progress(self, stage: Sequence[Job]) -> Iterator[str]:
        for job in stage:
            last = last_record(self.out / job.task, "train")
            evaluated = last_record(self.out / job.task, "eval")
            names = {"global_step": last, "samples": last, "loss": last, "ips": last}
            names |= {"hmean": evaluated, "acc": evaluated}
            shown = {name: record[name] for name, record in names.items() if name in record}
            yield f"{job.task}: " + (", ".join(f"{k} {v:.6g}" for k, v in shown.items()) or "starting")

    def _keep(self) -> None:
        if self.archive_dir is not None:
            archive(self.out, self.archive_dir)


def last_record(folder: Path, kind: str) -> dict[str, float]:
    """The newest record of a kind in ``train.jsonl``; empty without one."""
    try:
        lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    for line in reversed(lines):
        record = json.loads(line)
        if record.get("kind") == kind:
            return {k: v for k, v in record.items() if isinstance(v, int | float)}
    return {}


def archive(
    folder: Path, target: Path, *, part_bytes: int = PART_BYTES, max_bytes: int = ARCHIVE_BYTES
) -> list[Path]:
    """Write ``folder`` into ``target`` as ``models.tar.00``, ...; undone by ``cat models.tar.* | tar x``.

    Equal files are there once, with links to it. Where all would be more than ``max_bytes``, the largest are
    left out: states to resume from, the weights being in files of their own.
    """
    buffer = io.BytesIO()
    first: dict[str, str] = {}
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in sorted(folder.rglob("*"), key=_importance):
            if not path.is_file() or path.name.startswith(".") or path.suffix == ".tmp":
                continue
            data, name = path.read_bytes(), str(path.relative_to(folder))
            if buffer.tell() + len(data) > max_bytes:
                logger.warning("%s: not in the archive, which would be too large.", name)
                continue
            info = tarfile.TarInfo(name)
            same = first.setdefault(hashlib.sha256(data).hexdigest(), name)
            if same != name:
                info.type, info.linkname = tarfile.LNKTYPE, same
                tar.addfile(info)
                continue
            info.size, info.mtime = len(data), int(path.stat().st_mtime)
            tar.addfile(info, io.BytesIO(data))
    return _write_parts(buffer.getvalue(), target, part_bytes)


def _importance(path: Path) -> tuple[bool, int, str]:
    """States to resume from last, the largest at the end."""
    state = path.suffix == ".pt"
    return state, path.stat().st_size if state else 0, str(path)


def _write_parts(data: bytes, target: Path, part_bytes: int) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    parts = []
    for number, start in enumerate(range(0, len(data), part_bytes)):
        parts.append(target / f"models.tar.{number:02d}")
        write_atomic(parts[-1], data[start : start + part_bytes])
    for old in set(target.glob("models.tar.*")) - set(parts):
        old.unlink()
    return parts


def summary(out: Path, tasks: Sequence[str]) -> str:
    """What each run has done, as a Markdown table."""
    rows = ["| model | steps | samples | seconds | last evaluation |", "|---|---|---|---|---|"]
    for task in tasks:
        found = last_record(out / task, "eval")
        counts = [f"{found.get(k, 0):,.0f}" for k in ("global_step", "samples", "elapsed")]
        names = ("precision", "recall", "hmean", "acc", "cer", "wer")
        scores = ", ".join(f"{k} {found[k]:.4f}" for k in names if k in found)
        rows.append(f"| {task} | {' | '.join(counts)} | {scores or 'none'} |")
    return "\n".join(rows)


def _signal(processes: Iterable["subprocess.Popen[bytes]"], number: int) -> None:
    for process in processes:
        if process.poll() is None:
            process.send_signal(number)
