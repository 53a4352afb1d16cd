"""Does the exported network do what the trained one does? The same inputs through all of them."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import cv2
import numpy as np

from ppocr_lite.errors import ModelFileError
from ppocr_lite.structures import ClsResult, DetResult, RecResult

logger = logging.getLogger(__name__)

Input = tuple[np.ndarray, np.ndarray | None]
"""A batch [N, C, H, W], and the ``shapes`` [N, 4] for the post-processing of detection."""


class Decoded(NamedTuple):
    """What a network gives that decodes itself: class indices int [N, T] and their probabilities [N, T]."""

    indices: np.ndarray
    scores: np.ndarray


Runner = Callable[[np.ndarray], Any]
"""A batch -> probabilities, or :class:`Decoded`."""
PostProcess = Callable[[Mapping[str, np.ndarray], np.ndarray | None], list[Any]]

TOLERANCE = 1e-4
"""Greatest difference of two probabilities that rounding in another order of additions explains."""
CORNER_PX = 1.0
JITTER = 1e-6
"""Relative change of the input that does to a network about what other orders of addition do inside it:
measured on two detectors, a calm one (3e-7 and 8e-7) and one that amplifies (1.7e-4 and 2.1e-4)."""
JITTER_MARGIN = 4.0
TINY = 1e-30
"""Smallest score of which a logarithm is taken."""
TEXTS = ("The quick brown fox", "Total: 1,234.50", "Invoice No. 2041/07", "jumps", "2026-11-21", "a@b.org")


def check(
    runners: Mapping[str, Runner],
    inputs: Sequence[Input],
    *,
    output: str,
    postprocess: PostProcess,
    tolerance: float = TOLERANCE,
) -> dict[str, Any]:
    """Compare networks on the same batches; the first of ``runners`` is the reference.

    Args:
        runners: float32 [N, C, H, W] -> probabilities, by name; the first may decode if all do.
        inputs: batches, each with the ``shapes`` for the post-processing of detection, or None.
        output: name under which the post-processing expects the probabilities.
        tolerance: largest difference; what the reference itself makes of a change of its input by
            :data:`JITTER` counts :data:`JITTER_MARGIN` times where that is more, because an untrained network
            can amplify rounding a thousandfold.

    Returns:
        {"inputs": images, "tolerance": ..., name: {"max_abs_diff": ..., "text_agreement": ...}}, and
        "jitter" where it set the tolerance.

    Raises:
        ModelFileError: a network differs by more than the tolerance or gives another shape.
    """
    (reference, run), *others = runners.items()
    expected = [run(batch) for batch, _ in inputs]
    report: dict[str, Any] = {"inputs": sum(len(batch) for batch, _ in inputs), "tolerance": tolerance}
    jitter = max(_jitter(run, batch, wanted) for (batch, _), wanted in zip(inputs, expected))
    if JITTER_MARGIN * jitter > tolerance:
        tolerance = JITTER_MARGIN * jitter
        report.update(tolerance=float(f"{tolerance:.3g}"), jitter=float(f"{jitter:.3g}"))
        logger.info(
            "parity: this network answers a change of its input by %g with one of %.2g, so differences up to "
            "%.2g pass",
            *(JITTER, jitter, tolerance),
        )
    for name, other in others:
        largest, agreeing = 0.0, 0
        for (batch, shapes), wanted in zip(inputs, expected):
            got = other(batch)
            shape, expected_shape = _shapes(got, wanted)
            if shape != expected_shape:
                raise ModelFileError(
                    f"Parity: for an input {list(batch.shape)} {name} gives {list(shape)}, "
                    f"{reference} {list(expected_shape)}."
                )
            largest = max(largest, difference(got, wanted))
            pairs = zip(*(postprocess(_named(found, output), shapes) for found in (wanted, got)))
            agreeing += sum(same_result(a, b) for a, b in pairs)
        entry = {"max_abs_diff": float(f"{largest:.3g}"), "text_agreement": agreeing / report["inputs"]}
        report[name] = entry
        logger.info("parity %s / %s: %s", reference, name, entry)
        if largest > tolerance:
            raise ModelFileError(
                f"Parity: {name} differs from {reference} by {largest:.3g}, more than {tolerance:g} "
                f"(text agreement {entry['text_agreement']:.3f}). The export is not usable and was not kept."
            )
    return report


def _shapes(got: Any, wanted: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Shapes that must be equal."""
    first, second = (found.indices if isinstance(found, Decoded) else found for found in (got, wanted))
    return first.shape, second.shape[: first.ndim] if isinstance(got, Decoded) else second.shape


def _named(found: np.ndarray | Decoded, output: str) -> dict[str, np.ndarray]:
    """An output as the post-processing takes it."""
    return found._asdict() if isinstance(found, Decoded) else {output: found}


def difference(got: np.ndarray | Decoded, wanted: np.ndarray | Decoded) -> float:
    """Largest difference from the probabilities ``wanted``.

    Of a decoded output: of a score from the greatest probability of its step, or of the probability of the
    chosen class from that one, as two classes may be equally likely up to rounding. Where ``wanted`` is
    decoded too: of two scores, or, where other classes were chosen, of the logarithms of the products of all
    scores of the line, as two labels may be equally likely.
    """
    if isinstance(wanted, Decoded) and isinstance(got, Decoded):
        same = (got.indices == wanted.indices).all(axis=1)  # [N]
        each = np.abs(got.scores - wanted.scores).max(axis=1)
        products = (np.log(np.maximum(found.scores, TINY)).sum(axis=1) for found in (got, wanted))
        differences = np.where(same, each, np.abs(np.subtract(*products)))
    elif isinstance(got, Decoded):
        probs = np.asarray(wanted)
        top = probs.max(axis=-1)
        chosen = np.take_along_axis(probs, got.indices[..., None].astype(np.int64), axis=-1)[..., 0]
        differences = np.maximum(np.abs(got.scores - top), top - chosen)
    else:
        differences = np.abs(got - wanted)
    # NaN must not count as agreement, so it is made the largest difference there is.
    return float(np.nan_to_num(differences, nan=np.inf).max())


def _jitter(run: Runner, batch: np.ndarray, wanted: np.ndarray | Decoded) -> float:
    """Largest change of the output when each value of ``batch`` changes by :data:`JITTER` of itself."""
    signs = np.random.default_rng(0).choice(np.array([-1, 1], np.float32), batch.shape)
    changed = run(batch * (1 + np.float32(JITTER) * signs))
    if isinstance(wanted, Decoded):  # scores of other labels than before tell nothing
        same = (changed.indices == wanted.indices).all(axis=1)
        changed, wanted = changed.scores[same], wanted.scores[same]
    found = np.nan_to_num(np.abs(changed - wanted), nan=0.0)  # NaN must fail, not widen the tolerance
    return float(found.max(initial=0.0))


def same_result(a: Any, b: Any) -> bool:
    """The same text, the same label, or the same boxes to within a pixel."""
    if isinstance(a, RecResult):
        return bool(a.text == b.text)
    if isinstance(a, ClsResult):
        return bool(a.label == b.label)
    if isinstance(a, DetResult):
        same_number = a.quads.shape == b.quads.shape
        return bool(same_number and (a.quads.size == 0 or np.abs(a.quads - b.quads).max() <= CORNER_PX))
    return bool(a == b)


def rendered_images(count: int, *, line: bool, seed: int = 0) -> list[np.ndarray]:
    """Pictures with text, uint8 BGR: single lines about 48 px high, or pages."""
    rng = np.random.default_rng(seed)
    images = []
    for number in range(count):
        text = TEXTS[number % len(TEXTS)]
        height, width = (48, 60 + 20 * len(text)) if line else (256, 320)
        image = np.full((height, width, 3), int(rng.integers(200, 256)), np.uint8)
        for row in range(1 if line else 4):
            text = TEXTS[(number + row) % len(TEXTS)]
            origin = (10, 34 if line else 50 + 55 * row)
            cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 2, cv2.LINE_AA)
        noise = rng.normal(0, 6, image.shape)
        images.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    return images


def random_batches(input_shape: Sequence[int | None], count: int, *, seed: int = 0) -> list[Input]:
    """Normal noise in ``count`` batches of several sizes (multiples of 32), with fitting ``shapes``."""
    rng = np.random.default_rng(seed)
    batches: list[Input] = []
    for number in range(count):
        free = (1 + number % 3, 3, 64 + 32 * (number % 2), 64 + 96 * (number % 4))
        shape = [size or other for size, other in zip(input_shape, free)]
        n, _, h, w = shape
        batch = rng.standard_normal(shape).astype(np.float32)
        batches.append((batch, np.tile(np.array([h, w, 1.0, 1.0]), (n, 1))))
    return batches
