"""Center loss: features of one class gather around a fixed point."""

import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import paddle
from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.losses.outputs import pick
from ppocr_lite.parameters import Count
from ppocr_lite.registry import LOSSES
from ppocr_lite.weights.pickles import read_pickle

logger = logging.getLogger(__name__)

LEAST, MOST = 1e-12, 1e12
"""Limits of a squared distance."""
SEED = 0
"""Of the centers that no file gives: the same in every run, so that a resumed one goes on with them."""
CHARSET_ENTRY = "charset_sha256"
"""Entry of a ``.npz`` file of centers beside the classes: the hash of the characters it was made with."""


@LOSSES.register()
class CenterLoss(nn.Layer):
    """Mean squared distance of each time step's features from the center of the class seen there.

    Wen et al., "A Discriminative Feature Learning Approach for Deep Face Recognition", ECCV 2016. The class
    of a time step is the arg-max of the logits, the blank included. Centers are constant: make them once from
    a trained recognizer (``tools/export_center.py``, here or in PaddleOCR 2.x).

    compat: PaddleOCR compares each step with every center in float64 and adds 1e-12 for each of the others;
    the sum is the same here. Its result, and the total with it, are float64; here float32.

    Args:
        num_classes: K, the blank among them.
        feat_dim: D, width of the features.
        center_file_path: see :func:`read_centers`; without it the centers are random.
        init_center: PaddleOCR <= 2.4 reads the file only if this is true. By default a file that is given is
            read.

    Shapes: preds {"logits": [N, T, K], "feats": [N, T, D]} -> {"loss_center": scalar, "loss": the same}.
    """

    def __init__(
        self,
        num_classes: Count = 6625,
        feat_dim: Count = 96,
        *,
        center_file_path: str | None = None,
        init_center: bool | None = None,
    ) -> None:
        super().__init__()
        centers = np.random.default_rng(SEED).standard_normal((num_classes, feat_dim))
        if init_center and not center_file_path:
            raise ConfigError("center_file_path: init_center is true, and no file is given.")
        if center_file_path and init_center is not False:
            found = read_centers(center_file_path, num_classes, feat_dim=feat_dim)
            centers[list(found)] = np.stack(list(found.values()))
            logger.info("centers of %d of %d classes read from %s", len(found), num_classes, center_file_path)
        self.register_buffer("centers", paddle.to_tensor(centers.astype(np.float32)), persistable=False)

    def forward(self, preds: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        logits, feats = pick(preds, None), pick(preds, "feats").astype("float32")
        classes, width = self.centers.shape
        if (logits.shape[2], feats.shape[2]) != (classes, width):
            raise ConfigError(
                f"num_classes, feat_dim: {classes} and {width}, but the model has {logits.shape[2]} classes "
                f"and features of width {feats.shape[2]}."
            )
        seen = logits.detach().argmax(axis=2).flatten()  # [N * T]
        away = feats.reshape([-1, width]) - paddle.gather(self.centers, seen)  # [N * T, D]
        loss = (away * away).sum(axis=1).clip(LEAST, MOST).mean() + (classes - 1) * LEAST
        return {"loss_center": loss, "loss": loss}


def read_centers(path: str | Path, num_classes: int, *, feat_dim: int) -> dict[int, np.ndarray]:
    """Read {class: center [feat_dim]} from a file; classes may be absent.

    A pickle of {int: array} as PaddleOCR writes it (nothing else in it is built or run), or a ``.npz`` of
    arrays named by their classes, which may also tell its character set, see :func:`charset_hash`.

    Raises:
        ModelFileError: unreadable file, or something else in it.
        ConfigError: its centers do not fit the parameters.
    """
    values = _read_npz(path) if Path(path).suffix == ".npz" else read_pickle(path)
    if isinstance(values, dict):
        values.pop(CHARSET_ENTRY, None)
    if not isinstance(values, Mapping) or not values:
        raise ModelFileError(f"{path}: expected centers as {{class: array}}, got a {type(values).__name__}.")
    centers = {}
    for key, value in values.items():
        try:
            index, center = int(key), np.asarray(value, np.float64).reshape(-1)
        except (TypeError, ValueError) as error:
            raise ModelFileError(
                f"{path}: entry {key!r:.40} is not a class with a center ({error})."
            ) from error
        if not 0 <= index < num_classes or center.size != feat_dim:
            raise ConfigError(
                f"center_file_path: {path}: class {index} with a center of {center.size} numbers does not "
                f"fit num_classes {num_classes} and feat_dim {feat_dim}. Make the file with a model of "
                "this size and dictionary (tools/export_center.py)."
            )
        centers[index] = center
    return centers


def charset_hash(path: str | Path) -> str | None:
    """The hash of the characters that a ``.npz`` file of centers was made with; None if it does not tell."""
    if Path(path).suffix != ".npz":
        return None
    value = _read_npz(path).get(CHARSET_ENTRY)
    return None if value is None else str(value)


def _read_npz(path: str | Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            return dict(file)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path}: cannot be read as .npz ({error}).") from error
