"""What became of a file's arrays when a model loaded them, as one table."""

from collections.abc import Sequence
from dataclasses import dataclass, field

SHOWN = 8
"""Names listed under each line of a table; the others are counted."""


@dataclass
class LoadReport:
    """What became of each parameter of a model and each array of a file."""

    matched: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    """In the model, not in the file."""
    unexpected: list[str] = field(default_factory=list)
    """In the file, not in the model."""
    mismatched: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)
    """Name -> (shape in the file, shape in the model)."""
    convolutions: int = 0
    """How many weights of the model have four axes."""

    @property
    def complete(self) -> bool:
        """Every parameter of the model was set."""
        return not self.missing and not self.mismatched

    @property
    def with_fewer_filters(self) -> int:
        """How many convolutions have fewer filters in the file; 0 where something is larger there."""
        shapes = self.mismatched.values()
        if any(len(a) != len(b) or any(x > y for x, y in zip(a, b)) for a, b in shapes):
            return 0
        return sum(len(a) == 4 and a[0] < b[0] for a, b in shapes)

    @property
    def looks_pruned(self) -> bool:
        """So many convolutions have fewer filters in the file that it is no matter of another last layer."""
        return 0 < self.convolutions <= 2 * self.with_fewer_filters

    def table(self) -> str:
        """Four counts, each but the first followed by its names; both shapes where they differ.

        >>> print(LoadReport(["a"], ["b"], [], {"c": ([2], [3])}).table())
          matched           1
          missing           1  in the model, not in the file
              b
          left over         0  in the file, not in the model
          other shape       1
              c  file [2], model [3]
        """
        width = max((len(name) for name in self.mismatched), default=0)
        shapes = [f"{k:{width}}  file {a}, model {b}" for k, (a, b) in self.mismatched.items()]
        lines = [f"  matched      {len(self.matched):6d}"]
        for title, meaning, found in (
            ("missing", "  in the model, not in the file", self.missing),
            ("left over", "  in the file, not in the model", self.unexpected),
            ("other shape", "", shapes),
        ):
            lines.append(f"  {title:12} {len(found):6d}{meaning}")
            lines += [f"      {line}" for line in shortened(found)]
        return "\n".join(lines)


def shortened(lines: Sequence[str], limit: int = SHOWN) -> list[str]:
    """The first lines, and how many more there are.

    >>> shortened(["a", "b", "c"], 2)
    ['a', 'b', '... and 1 more']
    """
    if len(lines) <= limit:
        return list(lines)
    return [*lines[:limit], f"... and {len(lines) - limit} more"]
