"""The kinds of faults that a data set can have, with what to do about each."""

from dataclasses import dataclass

ROWS, REGIONS, IMAGES, FILES = "rows", "regions", "images", "files"
"""What a kind is counted in."""


@dataclass(frozen=True)
class Kind:
    """One kind of fault.

    Args:
        title: what is wrong, in a few words.
        advice: what to do.
        unit: what is counted.
        note: worth knowing, but no fault: it does not change the exit status.
    """

    title: str
    advice: str
    unit: str = ROWS
    note: bool = False


KINDS: dict[str, Kind] = {
    "missing_image": Kind("picture is missing", "correct the path or data_dir; --fix drops the row", IMAGES),
    "empty_image": Kind("picture of 0 bytes", "copy it again; --fix drops the row", IMAGES),
    "unreadable_image": Kind("picture cannot be decoded", "replace it; --fix drops the row", IMAGES),
    "tiny_image": Kind("picture is tiny", "look whether the crop is right", IMAGES),
    "odd_aspect": Kind("picture is far too long or too tall", "look whether the crop is right", IMAGES),
    "bom": Kind("byte-order mark", "--fix removes it; PaddleOCR takes it for text", FILES),
    "empty_file": Kind("label file without rows", "write it again", FILES),
    "utf16": Kind("file is UTF-16", "save as UTF-8; --fix does", FILES),
    "not_utf8": Kind("not UTF-8", "save the file as UTF-8; --fix drops the row"),
    "carriage_return": Kind("carriage return at the end", "--fix removes it; PaddleOCR takes it for text"),
    "no_delimiter": Kind(
        "row without the delimiter", "put a tab between path and label; --fix drops the row"
    ),
    "no_label": Kind("sample without a label", "write the database again"),
    "outer_blanks": Kind("blank before or behind the label", "--fix removes it"),
    "bad_json": Kind("label is not a JSON list", "correct the row; --fix drops it"),
    "no_regions": Kind("page without text regions", "training leaves it out: label it, or leave it"),
    "bad_region": Kind("region lacks transcription or points", "correct it; --fix drops the region", REGIONS),
    "few_points": Kind("polygon of fewer than 3 points", "draw it again; --fix drops the region", REGIONS),
    "three_points": Kind("polygon of 3 points", "text has 4 corners: look at it", REGIONS, True),
    "bad_coordinates": Kind(
        "coordinate is no finite number, or absurd", "draw it again; --fix drops the region", REGIONS
    ),
    "self_crossing": Kind("outline crosses itself", "order the points; --fix does", REGIONS),
    "flat_polygon": Kind("polygon without area", "draw it again; --fix drops the region", REGIONS),
    "tiny_polygon": Kind("region below min_text_size", "training ignores it", REGIONS, True),
    "outside_image": Kind("polygon leaves the picture", "--fix clips it", REGIONS),
    "winding": Kind("points run counter-clockwise", "crops come mirrored; --fix turns them round", REGIONS),
    "empty_text": Kind("no text", "write it, or ### in detection; --fix drops rows of recognition", ROWS),
    "empty_region_text": Kind("region without text", "write it, or ### if it cannot be read", REGIONS),
    "unknown_characters": Kind(
        "characters outside the dictionary", "add them to the dictionary, or correct the text"
    ),
    "long_text": Kind("text longer than max_text_length", "training drops it: raise max_text_length"),
    "long_for_ctc": Kind(
        "text longer than the time axis", "CTC cannot align it: a wider image_shape, or shorter lines"
    ),
    "bad_class": Kind("label outside label_list", "correct it, or Global.label_list"),
    "imbalance": Kind("classes are far from equal", "add samples of the rare class", FILES, True),
    "duplicate_row": Kind("row stands there twice", "--fix keeps the first"),
    "duplicate_image": Kind("same pixels under another name, same label", "--fix keeps the first"),
    "contradiction": Kind("same picture, different labels", "keep the right one"),
    "leakage": Kind("picture of Eval is in Train as well", "take it out of one of them"),
    "bad_dictionary": Kind(
        "dictionary cannot be used", "one character or token a line, UTF-8, no empty line", FILES
    ),
    "repeated_character": Kind(
        "character twice in the dictionary", "one of its classes is never used", FILES, True
    ),
}
