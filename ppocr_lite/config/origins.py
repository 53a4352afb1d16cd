"""Where the values of a configuration come from."""

from collections.abc import Iterable, Sequence

DEFAULT = "default"
"""Origin of a value that no file and no override gives."""

Key = str | int


class Origins:
    """A tree beside the values: the place of each of them, such as ``configs/x.yml:12``.

    Args:
        place: of the value itself; empty where it is that of the mapping or list around it.

    >>> origins = Origins("x.yml:1", {"lr": Origins("x.yml:2")})
    >>> origins.find(["lr"]), origins.find(["lr", "factor"]), origins.find(["name"])
    ('x.yml:2', 'x.yml:2', 'x.yml:1')
    """

    __slots__ = ("children", "place")

    def __init__(self, place: str = "", children: dict[str, "Origins"] | None = None) -> None:
        self.place = place
        self.children = {} if children is None else children

    def find(self, path: Iterable[Key]) -> str:
        """Place of the value at ``path``, or of what is nearest around it; empty when it is not known."""
        node, place = self, self.place
        for key in path:
            if str(key) not in node.children:
                break
            node = node.children[str(key)]
            place = node.place or place
        return place

    def child(self, key: Key) -> "Origins":
        """The tree of one value; its root has a place wherever one is known."""
        own = self.children.get(str(key))
        return Origins(self.find([key]), own.children if own else None)

    def put(self, path: Sequence[Key], place: "str | Origins") -> None:
        """Say that the value at ``path``, with all that is in it, comes from ``place``."""
        node = self
        for key in path[:-1]:
            node = node.children.setdefault(str(key), Origins())
        node.children[str(path[-1])] = place if isinstance(place, Origins) else Origins(place)

    def copy(self) -> "Origins":
        """A tree that can be changed on its own."""
        return Origins(self.place, {key: child.copy() for key, child in self.children.items()})


def merge_origins(base: Origins, over: Origins) -> Origins:
    """The tree of a mapping that was laid over another, key by key."""
    return Origins(over.place or base.place, {**base.children, **over.children})
