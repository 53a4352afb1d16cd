"""Contact sheets show the labels as they are."""

import numpy as np

from ppocr_lite.synth.gallery import contact_sheet


def ink(label):
    """The columns with the label's ink, beside a white picture."""
    sheet = contact_sheet([(np.full((32, 100, 3), 255, np.uint8), label)], "rec")
    return np.flatnonzero((sheet < 200).any(axis=(0, 2)))


def test_a_tab_is_a_wide_gap():
    assert np.diff(ink("ab\tcd")).max() > 3 * np.diff(ink("ab cd")).max()


def test_signs_beyond_ascii_are_no_question_marks():
    assert ink("““““").tolist() != ink("????").tolist()
