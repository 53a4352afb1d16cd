"""Parts of a picture taken away, so that a network does not lean on one part alone; and two pictures mixed.

PP-OCR ("PP-OCR: A Practical Ultra Lightweight OCR System", 2020, arXiv:2009.09941) tried these for the
direction classifier, where a line without some of its letters still shows its direction. In detection a hole
in a word stays labelled as text, which is right for small holes. In recognition a hole must stay narrower
than a letter, or the label names what cannot be seen. No configuration of this package uses them.

All work on uint8 images before they are resized or normalized, and draw once whether to do anything.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from ppocr_lite.errors import ConfigError
from ppocr_lite.registry import TRANSFORMS
from ppocr_lite.transforms.augmenters.base import share, value_range, whole
from ppocr_lite.transforms.base import Sample

PLACE_TRIES = 10


class _Eraser:
    """Base: with probability ``prob``, ``erase`` a copy of the image in place."""

    requires: tuple[str, ...] = ("image",)
    provides: tuple[str, ...] = ("image",)

    def __init__(self, prob: float, fill: int | str) -> None:
        name = type(self).__name__
        self.prob = share(prob, f"{name}.prob")
        if fill != "noise" and not (isinstance(fill, int) and 0 <= fill <= 255):
            raise ConfigError(f"{name}.fill: expected a grey level in 0..255 or 'noise', got {fill!r}.")
        self.fill = fill

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if rng.random() < self.prob:
            image = sample["image"].copy()
            self.erase(image, rng)
            sample["image"] = image
        return sample

    def erase(self, image: np.ndarray, rng: np.random.Generator) -> None:
        """Change ``image``, uint8 [H, W, 3] or [H, W]."""
        raise NotImplementedError

    def paint(self, area: np.ndarray, rng: np.random.Generator) -> None:
        """Fill a view of the image."""
        area[:] = rng.integers(0, 256, area.shape, np.uint8) if self.fill == "noise" else self.fill


@TRANSFORMS.register("CutOut", "Cutout")
class CutOut(_Eraser):
    """Filled squares at random places, which may reach over the edge. For direction classifiers.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017,
    arXiv:1708.04552.

    Args:
        prob: share of the images that are changed.
        n_holes: squares, a number or [low, high].
        length: side of a square as a share of the image's shorter side, a number or [low, high].
        fill: grey level, or ``noise``.
    """

    def __init__(
        self,
        prob: float = 0.5,
        n_holes: int | Sequence[int] = 1,
        *,
        length: float | Sequence[float] = (0.2, 0.6),
        fill: int | str = 0,
    ) -> None:
        super().__init__(prob, fill)
        self.n_holes = value_range(n_holes, "CutOut.n_holes", least=0)
        self.length = value_range(length, "CutOut.length", least=0, most=1)

    def erase(self, image: np.ndarray, rng: np.random.Generator) -> None:
        height, width = image.shape[:2]
        for _ in range(whole(self.n_holes, rng)):
            side = max(1, round(float(rng.uniform(*self.length)) * min(height, width)))
            x, y = int(rng.integers(width)) - side // 2, int(rng.integers(height)) - side // 2
            self.paint(image[max(0, y) : y + side, max(0, x) : x + side], rng)


@TRANSFORMS.register("RandErasing", "RandomErasing")
class RandErasing(_Eraser):
    """One filled rectangle of random area and shape, wholly inside. For direction classifiers and pages.

    Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, arXiv:1708.04896.

    Args:
        prob: share of the images that are changed.
        area: share of the image's area, a number or [low, high].
        aspect: height over width, a number or [low, high], drawn on a log scale.
        fill: ``noise``, or a grey level.
    """

    def __init__(
        self,
        prob: float = 0.5,
        area: float | Sequence[float] = (0.02, 0.2),
        *,
        aspect: float | Sequence[float] = (0.3, 3.3),
        fill: int | str = "noise",
    ) -> None:
        super().__init__(prob, fill)
        self.area = value_range(area, "RandErasing.area", least=0, most=1)
        self.aspect = value_range(aspect, "RandErasing.aspect", least=0.01, most=100)

    def erase(self, image: np.ndarray, rng: np.random.Generator) -> None:
        height, width = image.shape[:2]
        for _ in range(PLACE_TRIES):
            area = float(rng.uniform(*self.area)) * height * width
            aspect = float(np.exp(rng.uniform(*np.log(self.aspect))))
            h, w = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
            if 0 < h <= height and 0 < w <= width:
                x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
                self.paint(image[y : y + h, x : x + w], rng)
                return


@TRANSFORMS.register()
class HideAndSeek(_Eraser):
    """Cells of a grid, each hidden with a probability. For direction classifiers.

    Singh et al., "Hide-and-Seek", 2018, arXiv:1811.02545.

    Args:
        prob: share of the images that are changed.
        hide_prob: of a cell.
        cell: side of a cell as a share of the image's shorter side, a number or [low, high].
        fill: grey level, or ``noise``. (The paper takes the mean colour of the data.)
    """

    def __init__(
        self,
        prob: float = 0.5,
        hide_prob: float = 0.25,
        *,
        cell: float | Sequence[float] = (0.25, 0.5),
        fill: int | str = 127,
    ) -> None:
        super().__init__(prob, fill)
        self.hide_prob = share(hide_prob, "HideAndSeek.hide_prob")
        self.cell = value_range(cell, "HideAndSeek.cell", least=0.01, most=1)

    def erase(self, image: np.ndarray, rng: np.random.Generator) -> None:
        height, width = image.shape[:2]
        side = max(1, round(float(rng.uniform(*self.cell)) * min(height, width)))
        for y in range(0, height, side):
            for x in range(0, width, side):
                if rng.random() < self.hide_prob:
                    self.paint(image[y : y + side, x : x + side], rng)


@TRANSFORMS.register()
class GridMask(_Eraser):
    """A regular grid of filled squares with a random phase. For direction classifiers.

    Chen et al., "GridMask Data Augmentation", 2020, arXiv:2001.04086; without its rotation.

    Args:
        prob: share of the images that are changed.
        unit: distance between squares as a share of the image's shorter side, a number or [low, high].
        ratio: share of the distance that stays free along each side; 0.6 hides 16 % of the image.
        fill: grey level, or ``noise``.
    """

    def __init__(
        self,
        prob: float = 0.5,
        unit: float | Sequence[float] = (0.4, 0.9),
        *,
        ratio: float = 0.6,
        fill: int | str = 0,
    ) -> None:
        super().__init__(prob, fill)
        self.unit = value_range(unit, "GridMask.unit", least=0.01)
        self.ratio = share(ratio, "GridMask.ratio")

    def erase(self, image: np.ndarray, rng: np.random.Generator) -> None:
        height, width = image.shape[:2]
        unit = max(2, round(float(rng.uniform(*self.unit)) * min(height, width)))
        side = unit - min(unit, max(1, round(unit * self.ratio)))
        dx, dy = int(rng.integers(unit)), int(rng.integers(unit))
        for y in range(dy - unit, height, unit):
            for x in range(dx - unit, width, unit):
                self.paint(image[max(0, y) : max(0, y + side), max(0, x) : max(0, x + side)], rng)


@TRANSFORMS.register("MixUp", "Mixup")
class MixUp:
    """Lay another line of the same label faintly over a line. For direction classifiers only.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018, arXiv:1710.09412, mixes labels too,
    which the classifier's loss does not take; so only images of one label are mixed here, and a pair of
    different labels is left alone. For recognition and detection it makes no sense and must not be used: CTC
    has no half characters, and the text of the second line would be neither label nor background.

    Works on texts, so it stands before ClsLabelEncode, and needs ``ext_op_transform_idx: 1`` in the dataset
    when only DecodeImage precedes it.

    Args:
        prob: share of the images that are mixed; the others read no second one.
        alpha: both parameters of the beta distribution that the weight is drawn from. The image's own weight
            is the larger of the two.
    """

    requires = ("image", "label", "ext_data")
    provides = ("image",)
    ext_data_num = 1
    ext_requires = ("image", "label")

    def __init__(self, prob: float = 0.5, alpha: float = 0.2) -> None:
        self.prob = share(prob, "MixUp.prob")
        self.alpha = value_range(alpha, "MixUp.alpha", least=0.01)[0]

    def __call__(self, sample: Sample, rng: np.random.Generator) -> Sample:
        drawn, weight = rng.random(), float(rng.beta(self.alpha, self.alpha))
        if drawn >= self.prob:
            return sample
        image = sample["image"]
        for extra in sample["ext_data"]:
            if extra["label"] == sample["label"]:
                other = cv2.resize(extra["image"], (image.shape[1], image.shape[0]))
                own = max(weight, 1 - weight)
                sample["image"] = cv2.addWeighted(image, own, other, 1 - own, 0)
        return sample
