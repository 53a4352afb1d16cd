"""Samples made small for the way from the workers to the device, and made whole again there.

A detector's sample of 640 x 640 takes 11.5 MB in float32 and 2.2 MB packed: the picture as bytes, the masks
as bits, the rest in half precision. Pictures are normalized on the device.
"""

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from ppocr_lite.data.base import Dataset, Fetched, PipelineDataset
from ppocr_lite.transforms import Pipeline
from ppocr_lite.transforms.image import KeepKeys, NormalizeImage, ToCHWImage

BIT_MASKS = frozenset({"threshold_mask", "shrink_map", "shrink_mask"})
"""Maps of 0 and 1, [H, W]."""


class PackedDataset(Dataset):
    """``inner`` with packed samples: masks as bits along the rows, float32 arrays as float16.

    ``normalize`` is the step that was left out for :func:`unpack` to do, if it could be.
    """

    def __init__(self, inner: Dataset) -> None:
        super().__init__(inner.seed)
        self.inner, self.normalize = _without_normalizing(inner)

    def __len__(self) -> int:
        return len(self.inner)

    def fetch(self, index: int, epoch: int = 0, *, turn: int = 0) -> Fetched:
        found = self.inner.fetch(index, epoch, turn=turn)
        return found if found.sample is None else Fetched({k: _packed(k, v) for k, v in found.sample.items()})

    def place(self, index: int, epoch: int) -> str:
        return self.inner.place(index, epoch)

    def substitute(self, index: int, epoch: int, attempt: int) -> int:
        return self.inner.substitute(index, epoch, attempt)


def unpack(
    batch: Mapping[str, torch.Tensor], normalize: NormalizeImage | None = None
) -> dict[str, torch.Tensor]:
    """A packed batch as network and losses want it: float32, the picture [N, C, H, W] with channels last."""
    width = batch["image"].shape[-1]
    out = {key: _bits(value, width) if key in BIT_MASKS else value for key, value in batch.items()}
    out = {key: value.float() if value.dtype == torch.float16 else value for key, value in out.items()}
    image = out["image"].float()
    if normalize is not None:
        factor, offset = (
            torch.from_numpy(v.reshape(1, 3, 1, 1)).to(image.device)
            for v in (normalize.factor, normalize.offset)
        )
        image = image * factor + offset
    out["image"] = image.contiguous(memory_format=torch.channels_last)
    return out


def _packed(key: str, value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    if key in BIT_MASKS:
        return np.packbits(value > 0.5, axis=-1)
    return value.astype(np.float16) if value.dtype == np.float32 and value.ndim > 1 else value


def _bits(packed: torch.Tensor, width: int) -> torch.Tensor:
    """uint8 [..., ceil(width / 8)], the highest bit first -> float32 [..., width] of 0 and 1."""
    shifts = torch.arange(7, -1, -1, device=packed.device, dtype=torch.uint8)
    bits = (packed.unsqueeze(-1) >> shifts) & 1  # [..., ceil(width / 8), 8]
    return bits.flatten(-2)[..., :width].float()


def _without_normalizing(dataset: Dataset) -> tuple[Dataset, NormalizeImage | None]:
    """The dataset without its NormalizeImage, where nothing but the layout comes after it."""
    steps = dataset.pipeline.transforms if isinstance(dataset, PipelineDataset) else []
    places = [i for i, step in enumerate(steps) if isinstance(step, NormalizeImage)]
    if len(places) != 1 or not all(isinstance(s, ToCHWImage | KeepKeys) for s in steps[places[0] + 1 :]):
        return dataset, None
    step = steps[places[0]]
    bare = copy.copy(dataset)
    bare.pipeline = Pipeline([s for s in steps if s is not step])  # type: ignore[attr-defined]
    return bare, step  # type: ignore[return-value]
