"""Imports of any size: one sample after the other, broken pictures counted, interrupted runs gone on with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from ppocr_lite.data_tools.importers.items import ItemMaker
from ppocr_lite.data_tools.importers.samples import Sample
from ppocr_lite.data_tools.importers.targets import State, Target
from ppocr_lite.data_tools.progress import Progress
from ppocr_lite.errors import ConfigError, DataError

BATCH = 1000
"""Samples after which what was done is safe."""
MIN_TRIED = 200
"""Samples after which it is an error that none can be used: the pictures are not where they should be."""
MAX_EXAMPLES = 20


@dataclass
class Imported:
    """How far an import is.

    Args:
        job: what is imported, from where, how; an import goes on with the same job only.
        consumed: samples of the source that are done with.
        written: items that were stored.
        left_out: items that were not, because they cannot be used; ``examples`` has the first ones.
        before: ``consumed`` of the run that this one goes on with.
    """

    job: Mapping[str, str]
    consumed: int = 0
    written: int = 0
    left_out: int = 0
    examples: list[str] = field(default_factory=list)
    before: int = 0

    @classmethod
    def going_on(cls, job: Mapping[str, str], state: State | None) -> "Imported":
        """From the state of an interrupted import of the same job, or from the beginning."""
        if state is None:
            return cls(job)
        for key, value in job.items():
            if state["job"].get(key) != value:
                raise ConfigError(
                    f"An interrupted import is there, of {key} {state['job'].get(key)!r}, not {value!r}. "
                    "Go on with that one, give another folder, or delete the files that end in .part."
                )
        return cls(before=state["consumed"], **{k: state[k] for k in _KEPT}, job=job)

    def state(self) -> State:
        """Plain values, for :meth:`going_on`."""
        return {"job": dict(self.job), **{k: getattr(self, k) for k in _KEPT}}

    def refuse(self, text: str) -> None:
        """Count an item that cannot be used."""
        self.left_out += 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(text)


_KEPT = ("consumed", "written", "left_out", "examples")


def import_stream(
    samples: Iterable[Sample],
    target: Target,
    *,
    job: Mapping[str, str],
    make_items: ItemMaker,
    total: int = 0,
) -> Imported:
    """Store all samples; goes on where an interrupted import of the same job has ended.

    Args:
        samples: in the same order every time.
        target: its :meth:`~Target.finish` is left to the caller.
        total: number of samples, for the progress bar; 0 where it is not known.

    Raises:
        ConfigError: the target holds an interrupted import of another job.
        DataError: nothing can be used.
    """
    done = Imported.going_on(job, target.state())
    with Progress("imported", total) as progress:
        progress.step(done.consumed)
        for sample in islice(samples, done.consumed, None):
            done.consumed += 1
            for item in make_items(sample, done.consumed, done.refuse):
                target.add(item)
                done.written += 1
            if not done.written and done.left_out >= MIN_TRIED:
                break
            if done.consumed % BATCH == 0:
                target.commit(done.state())
            progress.step()
    if not done.written:
        target.discard()
        reason = f" {done.left_out} cannot be used, such as {done.examples[0]}" if done.examples else ""
        raise DataError(f"{job['source']}: nothing in it could be imported.{reason}")
    target.commit(done.state())
    return done
