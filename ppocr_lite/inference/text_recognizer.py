"""TextRecognizer: crops of text lines -> their texts."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ppocr_lite.charset import COLUMN_END, Charset
from ppocr_lite.errors import ConfigError, ModelFileError
from ppocr_lite.inference.clock import StageClock
from ppocr_lite.inference.engines.base import Engine
from ppocr_lite.inference.line_reading import make_decoder, read_lines
from ppocr_lite.inference.long_lines import join_pieces, split_line
from ppocr_lite.inference.model_files import EngineOptions, Model, open_model, resolve_charset
from ppocr_lite.inference.predictor import (
    Predictor,
    build_postprocess,
    charset_size,
    decoded_output,
    sequence_output,
)
from ppocr_lite.postprocess.ctc import CTCLabelDecode
from ppocr_lite.postprocess.decoding import DecodingOptions
from ppocr_lite.postprocess.line_decoder import LineDecoder
from ppocr_lite.postprocess.scores import DROP_SCORE
from ppocr_lite.structures import RecResult
from ppocr_lite.transforms import ARRAY_SOURCES, Pipeline, build_pipeline
from ppocr_lite.transforms.resize import natural_width, resize_norm

DEFAULT_SHAPE = (3, 48, 320)
WIDTH_BUCKET = 32
"""Widths in px are rounded up to this for a model that was trained with one fixed width."""
MAX_ASPECT = 80.0
"""Width over height up to which a line is read in one piece: 2560 px at a height of 32."""
PROBE_WIDTH = 64


class LineResize:
    """Crop -> float32 [C, H, w] with a width of its own, in steps of ``bucket`` and at least ``min_width``.

    The numbers are those of RecResizeImg; only the width is chosen for each line, because a batch holds lines
    of one width.
    """

    requires: tuple[str, ...] = ("image",)
    provides: tuple[str, ...] = ("image", "valid_ratio")

    def __init__(
        self,
        image_shape: Sequence[int],
        *,
        bucket: int,
        min_width: int,
        max_width: int,
        fill: float | None = None,
    ) -> None:
        self.image_shape = tuple(image_shape)
        self.bucket = bucket
        self.min_width = min_width
        self.max_width = max_width
        self.fill = fill

    def __call__(self, sample: dict[str, Any], rng: np.random.Generator | None = None) -> dict[str, Any]:
        image = sample["image"]
        channels, height, _ = self.image_shape
        wanted = math.ceil(natural_width(image, height) / self.bucket) * self.bucket
        width = min(max(wanted, self.min_width), self.max_width)
        sample["image"], sample["valid_ratio"] = resize_norm(image, (channels, height, width), fill=self.fill)
        return sample


class TextRecognizer:
    """Reads text lines.

    Args:
        predictor: gives one RecResult a crop.
        max_aspect: width over height above which a crop is read in pieces; None never cuts.
        decoding: how texts are found; by the best path without it.

    Raises:
        ConfigError: the decoding is more than this recognizer can do, or its options cannot be met.
    """

    def __init__(
        self,
        predictor: Predictor[RecResult],
        *,
        max_aspect: float | None = MAX_ASPECT,
        decoding: DecodingOptions | None = None,
    ) -> None:
        self.predictor = predictor
        self.max_aspect = max_aspect
        self.decoder = None if decoding is None else self.make_decoder(decoding)

    @classmethod
    def open(
        cls,
        model: str | Path | Model,
        *,
        engine: EngineOptions | None = None,
        image_shape: Sequence[int] | None = None,
        char_dict_path: str | Path | None = None,
        use_space_char: bool = True,
        batch_size: int = 6,
        max_aspect: float | None = None,
        decoder: str | None = None,
        decoding: DecodingOptions | None = None,
    ) -> "TextRecognizer":
        """Load a recognizer.

        Args:
            model: a folder or file.
            engine: how to run it.
            image_shape: (C, H, W) in place of what the model says; W is then the least width of a line.
            char_dict_path: dictionary file in place of the charset that travels with the model.
            use_space_char: with ``char_dict_path``: append a space if the network has a class for it.
            batch_size: lines of equal width that run together.
            max_aspect: width over height above which a line is read in pieces, in place of what the model
                says (``Shapes.max_width`` in inference.yml) or 80.
            decoder: CTCLabelDecode or AttnLabelDecode, in place of what the model says or CTCLabelDecode.
            decoding: beam search, patterns, word lists, boxes of words and the like.

        Raises:
            ModelFileError: no charset, or one of a size that does not fit the network.
            ConfigError: see the constructor.
        """
        opened = model if isinstance(model, Model) else open_model(model, engine)
        step = opened.step("ResizeImg")
        shape = network_shape(opened, image_shape, step.get("image_shape") or DEFAULT_SHAPE)
        section = _decoder_section(opened, decoder)
        try:
            size = charset_size(section["name"], where="PostProcess")
            pipeline, longest = _line_pipeline(
                opened, shape, step, max_aspect, one_width=size == "attention_size"
            )
            charset = _charset(opened, shape, char_dict_path, use_space_char, size=size)
            postprocess = build_postprocess(section, where="PostProcess", charset=charset)
        except ConfigError as error:
            raise ModelFileError(
                f"{opened.path}: its pre- or post-processing cannot be set up: {error}"
            ) from error
        predictor: Predictor[RecResult] = Predictor(
            pipeline,
            opened.engine,
            postprocess,
            batch_size=batch_size,
            output="probs",
            choose=decoded_output if opened.decoded else sequence_output,
            stage="rec.",
            side_by_side=True,
        )
        return cls(predictor, max_aspect=longest, decoding=decoding)

    @property
    def drop_score(self) -> float:
        """The least score of a text that is worth showing, by its model; a TextSystem drops lines below."""
        return float(getattr(self.predictor.postprocess, "drop_score", DROP_SCORE))

    @property
    def reads_columns(self) -> bool:
        """Whether it can read a tab where a column ends, and tell where in the line that is."""
        postprocess = self.predictor.postprocess
        return (
            isinstance(postprocess, CTCLabelDecode)
            and self.predictor.choose is not decoded_output
            and COLUMN_END in postprocess.charset
        )

    def make_decoder(self, options: DecodingOptions) -> LineDecoder | None:
        """The options made ready for this recognizer, which takes a while for long word lists; None for none.

        Raises:
            ConfigError: they are more than it can do, or cannot be met.
        """
        return make_decoder(self.predictor, options)

    def __call__(
        self,
        crops: Sequence[np.ndarray],
        clock: StageClock | None = None,
        *,
        decoding: DecodingOptions | LineDecoder | None = None,
    ) -> list[RecResult]:
        """Text and score of each uint8 BGR crop [h, w, 3], in the order given; long ones read in pieces.

        Args:
            decoding: in place of the constructor's, for these crops; options without any wish mean the best
                path. Of options that hold for many calls :meth:`make_decoder` makes a decoder once.
        """
        decoder = self.make_decoder(decoding) if isinstance(decoding, DecodingOptions) else decoding
        if decoding is None:
            decoder = self.decoder
        if decoder is not None:
            return read_lines(
                self.predictor, crops, decoder, clock=clock or StageClock(), max_aspect=self.max_aspect
            )
        pieces, owners, gaps = [], [], []
        for owner, crop in enumerate(crops):
            for piece, gap in split_line(crop, self.max_aspect):
                pieces.append(piece)
                owners.append(owner)
                gaps.append(gap)
        read = self.predictor(pieces, clock)
        if len(pieces) == len(crops):
            return read
        by_owner: list[list[tuple[RecResult, bool]]] = [[] for _ in crops]
        for owner, result, gap in zip(owners, read, gaps):
            by_owner[owner].append((result, gap))
        return [join_pieces(parts) for parts in by_owner]


def network_shape(
    model: Model, wanted: Sequence[int] | None, described: Sequence[int]
) -> tuple[int, int, int]:
    """(C, H, W) for a network: what it fixes itself, else what the caller wants, else what its model says.

    Raises:
        ModelFileError: the caller wants a shape that the network cannot take.
    """
    shape = [int(v) for v in (wanted or described)]
    if len(shape) != 3 or min(shape) < 1:
        raise ModelFileError(f"{model.path}: expected an image shape 'C, H, W', got {shape}.")
    for axis, fixed in enumerate(model.engine.input_shape[1:4]):
        if fixed is None or fixed == shape[axis]:
            continue
        if wanted is not None and axis < 2:
            raise ModelFileError(
                f"{model.path}: the network's input is {model.engine.input_shape}, "
                f"so the image shape {list(wanted)} cannot be used. Leave it out."
            )
        shape[axis] = fixed
    return shape[0], shape[1], shape[2]


def _decoder_section(model: Model, decoder: str | None) -> dict[str, Any]:
    """Name and parameters of the post-processing, without the character set."""
    section = {"name": "CTCLabelDecode", **model.post_process}
    if decoder is not None and decoder != section["name"]:
        return {"name": decoder}
    for key in ("character_dict_path", "use_space_char", "multi_head"):
        section.pop(key, None)
    section["name"] = str(section["name"]).removeprefix("Distillation")  # one network was exported
    return section


def _line_pipeline(
    model: Model,
    shape: tuple[int, int, int],
    step: dict[str, Any],
    wanted: float | None,
    *,
    one_width: bool,
) -> tuple[Pipeline, float | None]:
    """Pipeline of a text line, and the aspect ratio above which lines are cut.

    All lines get one width where the network fixes it, where they are stretched, where the model says that
    it was measured so (``infer_mode: false``), and, with ``one_width``, for a network with a fixed number of
    steps: a line twice as long would not get twice as many.
    """
    sizes = model.engine.input_shape
    bucket = step.get("width_bucket")
    measured_so = not (step.get("infer_mode", True) or step.get("eval_mode", False))
    fixed = len(sizes) == 4 and sizes[3] is not None
    if fixed or step.get("padding") is False or (not bucket and (one_width or measured_so)):
        # It stays RecResizeImg's matter, and long lines get narrow.
        params = {"image_shape": list(shape), "padding": step.get("padding", True), "fill": step.get("fill")}
        return build_pipeline([{"RecResizeImg": params}], sources=ARRAY_SOURCES), wanted
    limit = (model.description.get("Shapes") or {}).get("max_width")
    own = float(limit) / shape[1] if isinstance(limit, (int, float)) else MAX_ASPECT
    max_aspect = own if wanted is None else wanted
    resize = LineResize(
        shape,
        bucket=int(bucket or WIDTH_BUCKET),
        # A model that was trained with one fixed width expects it at least: it knows short lines padded.
        min_width=int(bucket) if bucket else shape[2],
        max_width=math.ceil(max_aspect * shape[1]),
        fill=step.get("fill"),
    )
    return Pipeline([resize]), max_aspect


def _charset(
    model: Model,
    shape: tuple[int, int, int],
    char_dict_path: str | Path | None,
    use_space_char: bool,
    *,
    size: str,
) -> Charset:
    """The characters; ``size`` names the property of a Charset that counts the network's classes."""
    separator = model.token_separator
    if char_dict_path:
        try:
            loaded = Charset.load(char_dict_path, token_separator=separator)
            characters, where = loaded.characters, str(char_dict_path)
        except ConfigError as error:
            raise ModelFileError(f"--rec_char_dict_path {error}") from error
    else:
        travelling = model.characters
        if travelling is None:
            raise ModelFileError(
                f"{model.path}: no charset travels with this model (neither character_dict in inference.yml "
                "nor 'character' in the file's metadata). Give its dictionary: --rec_char_dict_path FILE."
            )
        characters, where = travelling, "inference.yml or the model's metadata"
    classes = model.decoded or _class_count(model.engine, shape)
    right_to_left = "arabic" in str(char_dict_path or "").lower()
    specials = getattr(Charset(characters), size) - len(characters)
    if classes == len(characters) + specials + 1 and char_dict_path and not use_space_char:
        classes = -1  # refused below: the network has one class more than the dictionary
    fitted = resolve_charset(
        characters, classes, path=model.path, where=where, specials=specials, tokens=bool(separator)
    )
    return Charset(fitted, right_to_left=right_to_left and not separator, separator=separator)


def _class_count(engine: Engine, shape: tuple[int, int, int]) -> int:
    """Width of the output, from the model file or from a small run."""
    known = [s[2] for s in engine.output_shapes if len(s) == 3 and s[2] is not None]
    if len(engine.output_shapes) == 1 and known and known[0] is not None:
        return known[0]
    width = engine.input_shape[3] if len(engine.input_shape) == 4 else None
    blank = np.zeros((1, shape[0], shape[1], width or PROBE_WIDTH), np.float32)
    try:
        outputs = engine.run(blank)
    except ModelFileError as error:
        # Paddle files do not say their input shape, and heights of 32 and 48 are both common.
        raise ModelFileError(
            f"{error} Give the shape it was trained with: --rec_image_shape 'channels, height, width'."
        ) from error
    return int(sequence_output(engine, outputs).shape[2])
