"""Training by several processes: which of them this is, and what they do together.

``python -m paddle.distributed.launch`` starts the processes and tells each its number, its *rank*.
:class:`Ranks` is one process alone; :class:`ProcessRanks` has others beside it. The trainer calls the same
methods of both. Gradients go over Paddle's own communication: NCCL between GPUs, gloo between CPUs; before
each step the ranks meet over a :class:`Channel`, so that none waits in there for one that does not come.
"""

import logging
import math
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import paddle
import paddle.distributed as dist

from ppocr_lite.engine.channel import Channel, DistributedError, Listener, join
from ppocr_lite.errors import ConfigError

logger = logging.getLogger(__name__)

WAIT_LIMIT_S = 1800.0
"""Seconds that a rank waits for the others; NCCL's limit in Paddle is the same."""
STORE_KEY = "ppocr_lite/channel"

T = TypeVar("T")


class Ranks:
    """One process alone."""

    rank = 0
    world_size = 1

    @property
    def is_main(self) -> bool:
        """Whether this process writes the files."""
        return self.rank == 0

    def wrap(self, model: paddle.nn.Layer) -> Callable[..., Any]:
        """The model as the training calls it: its gradients become the mean over all ranks."""
        return model

    def sums_gradients(self, wrapped: Callable[..., Any], *, now: bool) -> AbstractContextManager[Any]:
        """Around a forward and backward pass; without ``now`` the gradients stay those of this rank."""
        return nullcontext()

    def lockstep(self, groups: Iterable[list[T]]) -> Iterator[list[T]]:
        """Pass on what ``groups`` gives, while every rank has something, and as much as all have."""
        return iter(groups)

    def any(self, flag: bool) -> bool:
        """Whether it is true on some rank."""
        return flag

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        """Mean over the ranks of each value; all give the same names. NaN on one rank is NaN on all."""
        return dict(values)

    def gather(self, value: T) -> list[T]:
        """The values of all ranks, in their order; anything that can be pickled."""
        return [value]

    def share_statistics(self, model: paddle.nn.Layer) -> None:
        """Give all ranks the running statistics of rank 0, which differ, as each sees its own samples."""

    def require_same(self, what: str, value: Any) -> None:
        """DistributedError if ``value`` differs between the ranks."""
        values = self.gather(value)
        if any(other != values[0] for other in values):
            listed = ", ".join(f"rank {i}: {other}" for i, other in enumerate(values))
            raise DistributedError(
                f"The ranks differ in {what} ({listed}). All must have the same data and configuration."
            )

    def tell_failure(self, error: BaseException) -> None:
        """Let the others know that this rank ends; they end too instead of waiting."""

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """An error inside ends the others too."""
        try:
            yield
        except BaseException as error:
            self.tell_failure(error)
            raise


class ProcessRanks(Ranks):
    """One of several processes.

    Args:
        channel: to the others.
        rank: of this process.
        world_size: number of processes, at least 2.
    """

    def __init__(self, channel: Channel, rank: int, world_size: int) -> None:
        self.channel = channel
        self.rank, self.world_size = rank, world_size

    def wrap(self, model: paddle.nn.Layer) -> Callable[..., Any]:
        self.channel.exchange(None)
        # A parameter that a step does not use (a head of a sub-model without loss) must not be waited for.
        return paddle.DataParallel(model, find_unused_parameters=True)

    def sums_gradients(self, wrapped: Callable[..., Any], *, now: bool) -> AbstractContextManager[Any]:
        return nullcontext() if now else wrapped.no_sync()  # type: ignore[attr-defined]

    def lockstep(self, groups: Iterable[list[T]]) -> Iterator[list[T]]:
        for group in groups:
            count = min(self.channel.exchange(len(group)))
            if not count:
                return
            yield group[:count]
        self.channel.exchange(0)

    def any(self, flag: bool) -> bool:
        return True in self.channel.exchange(bool(flag))

    def mean(self, values: Mapping[str, float]) -> dict[str, float]:
        everyone = self.channel.exchange([float(v) for v in values.values()])
        return {name: math.fsum(column) / self.world_size for name, column in zip(values, zip(*everyone))}

    def gather(self, value: T) -> list[T]:
        self.channel.exchange(None)
        values: list[T] = []
        dist.all_gather_object(values, value)
        return values

    @paddle.no_grad()
    def share_statistics(self, model: paddle.nn.Layer) -> None:
        self.channel.exchange(None)
        for tensor in model.state_dict().values():
            if tensor.stop_gradient:  # all that no gradient keeps the same
                dist.broadcast(tensor, src=0)

    def tell_failure(self, error: BaseException) -> None:
        if not isinstance(error, DistributedError):  # that is another's failure, of which all know
            self.channel.tell_failure(f"rank {self.rank}: {type(error).__name__}: {error}")


def connect(*, use_gpu: bool, limit_s: float = WAIT_LIMIT_S) -> Ranks:
    """The processes that Paddle's launcher started together with this one; none without the launcher.

    The device must be chosen already.

    Args:
        use_gpu: whether that is a GPU.
        limit_s: seconds that a rank waits for the others.

    Raises:
        ConfigError: the launcher chose GPUs and the configuration the CPU, or the other way round.
        DistributedError: a rank does not come.
    """
    environment = dist.ParallelEnv()
    rank, world_size = environment.rank, environment.world_size
    if world_size < 2:
        return Ranks()
    backend = str(dist.init_parallel_env().backend).lower()
    if use_gpu == (backend == "gloo"):
        raise ConfigError(
            f"Global.use_gpu: is {use_gpu}, but the launcher connects the processes by {backend}. "
            "For CPUs start it with PADDLE_DISTRI_BACKEND=gloo in the environment; for GPUs give it --gpus."
        )
    store = paddle.base.core.create_or_get_global_tcp_store()
    if rank == 0:
        token = secrets.token_hex(16)
        listener = Listener(environment.trainer_endpoints[0].rpartition(":")[0], token)
        store.set(STORE_KEY, f"{listener.address} {token}")
        channel = listener.accept(world_size, limit_s=limit_s)
    else:
        address, _, token = bytes(store.get(STORE_KEY)).decode().partition(" ")
        channel = join(address, token, rank, limit_s=limit_s)
    logger.info("%d processes, connected by %s", world_size, backend)
    return ProcessRanks(channel, rank, world_size)


def synchronize_norms(model: paddle.nn.Layer, device: str) -> paddle.nn.Layer:
    """``Global.use_sync_bn``: batch norms whose statistics are of all ranks' samples. GPUs only.

    Parameters, their names and the entries of a checkpoint stay as they are.
    """
    if device == "cpu":
        logger.warning(
            "Global.use_sync_bn: Paddle has synchronized batch norms on GPUs only; each process uses "
            "the statistics of its own samples."
        )
        return model
    return paddle.nn.SyncBatchNorm.convert_sync_batchnorm(model)
