"""What an exported model gives, in the students' classes and time steps."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ppocr_lite.charset import Charset
from ppocr_lite.errors import ConfigError

BLANK = 0
SHOWN = 20
"""Of the characters that a teacher does not know."""


class ClassMap:
    """Probabilities of one CTC charset -> those of another, by character.

    What the teacher gives to characters that the students do not have goes to the blank: their labels leave
    such characters out as well. Students without capitals get the capitals' probability with the small
    letters'.

    Args:
        teacher, students: their character sets, without the blank.

    Raises:
        ConfigError: the students have characters that the teacher does not know.
    """

    def __init__(self, teacher: Charset, students: Charset) -> None:
        targets = [BLANK] + [next(iter(students.encode([c])), BLANK) for c in teacher.characters]
        self.size = students.ctc_size
        missing = [c for c in dict.fromkeys(students.characters) if students.encode([c])[0] not in targets]
        if missing:
            shown = ", ".join(repr(c) for c in missing[:SHOWN]) + (", ..." if len(missing) > SHOWN else "")
            raise ConfigError(
                f"model_dir: the teacher does not know {len(missing)} of the students' {len(students)} "
                f"characters: {shown}. Take them out of Global.character_dict_path, or take another teacher."
            )
        self._order = np.argsort(targets, kind="stable")  # teacher's classes by the student's
        self._present, self._starts = np.unique(np.asarray(targets)[self._order], return_index=True)
        self._same = targets == list(range(self.size))

    def __call__(self, probs: np.ndarray) -> np.ndarray:
        """[N, T, teacher's classes] -> [N, T, students' classes], of the same sum."""
        if self._same:
            return probs
        found = np.zeros((*probs.shape[:2], self.size), np.float32)
        found[..., self._present] = np.add.reduceat(probs[..., self._order], self._starts, axis=2)
        return found


def resampled(probs: np.ndarray, steps: int) -> np.ndarray:
    """[N, T, K] at ``steps`` time steps instead of T, linearly between the two nearest.

    Both kinds of step divide the line evenly, so step i stands for the place (i + 0.5) / steps of it.
    """
    count = probs.shape[1]
    if steps == count:
        return probs
    place = np.clip((np.arange(steps) + 0.5) * count / steps - 0.5, 0, count - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, count - 1)
    share = (place - low).astype(np.float32)[None, :, None]
    return np.asarray(probs[:, low] * (1 - share) + probs[:, high] * share, np.float32)


def check_map(maps: np.ndarray, image: Sequence[int], path: Path) -> None:
    """ConfigError where a detector's map [N, 1, H, W] is not as large as the picture [N, C, H, W]."""
    if maps.shape[2:] != tuple(image[2:]):
        raise ConfigError(
            f"Architecture.Models: {path} gives a map of {maps.shape[2]} x {maps.shape[3]} for pictures of "
            f"{image[2]} x {image[3]}. Sides of the pictures must be multiples of 32."
        )
