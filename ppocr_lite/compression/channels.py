"""Which channels of a network can only be removed together, found from its graph."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from paddle import nn

from ppocr_lite.compression import rules
from ppocr_lite.compression.atoms import Atoms
from ppocr_lite.compression.graph import Graph, Operation, trace
from ppocr_lite.weights.structures import Cut, Structure

logger = logging.getLogger(__name__)

Place = tuple[str, int]
"""An axis of a parameter, by its state_dict name."""


@dataclass(frozen=True)
class Group:
    """Layers that share their output channels, and everything that has a part for each of these.

    Attributes:
        name: the weight of its first convolution.
        producers: the axes of weights along which its filters lie.
        places: for each axis that has parts of the group's channels, the channel of each position, -1
            where it is none of them (of another group, or fixed).
        size: number of channels that can be removed.
        evaluated: whether an evaluation runs any of the producers; if not, no metric depends on them.
    """

    name: str
    producers: tuple[Place, ...]
    places: Mapping[Place, np.ndarray]
    size: int
    evaluated: bool = True


@dataclass(frozen=True)
class Channels:
    """What can be pruned of a network, and what cannot.

    Attributes:
        groups: in the order of the network's parameters.
        fixed: {name of a convolution's weight: why its channels must stay}.
        shapes: of all parameters, by state_dict name.
    """

    groups: tuple[Group, ...]
    fixed: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]

    def structure(self, removed: Mapping[str, Iterable[int]]) -> Structure:
        """The cuts that remove channels, given as {name of a group: numbers of its channels}."""
        masks: dict[Place, np.ndarray] = {}
        for group in self.groups:
            gone = sorted(removed.get(group.name, ()))
            for place, channels in group.places.items() if gone else ():
                mask = masks.setdefault(place, np.ones(len(channels), bool))
                mask &= ~np.isin(channels, gone)
        kept: dict[str, dict[int, tuple[int, ...]]] = {}
        for (name, axis), mask in masks.items():
            if not mask.all():
                kept.setdefault(name, {})[axis] = tuple(np.flatnonzero(mask).tolist())
        return Structure({name: Cut(self.shapes[name], axes) for name, axes in kept.items()})


def find_channels(model: nn.Layer, image_shape: Sequence[int]) -> Channels:
    """Trace ``model`` and find its groups of channels.

    A convolution's output channels and whatever has parts for them are one group: norms, depthwise
    convolutions, gates, the inputs of the next layers, and other convolutions to whose outputs they are
    added. Channels of the model's outputs are fixed, those of frozen parameters too, and those that go into
    an operation of which nothing is known here; a log line says which. Both the training and the evaluation
    graph count, for a layer may be in one of them only.

    Args:
        image_shape: [C, H, W] of a small image that the model accepts; sizes of images do not matter.
    """
    finder = _Finder(model)
    for training in (True, False):
        finder.walk(trace(model, image_shape, training=training), training=training)
    found = finder.result()
    for name, reason in found.fixed.items():
        logger.info("channels of %s stay: %s", name, reason)
    logger.info("%d groups of channels can be pruned", len(found.groups))
    return found


class _Finder:
    """Walks graphs of one model; the atoms of parameters are the same in all of them."""

    def __init__(self, model: nn.Layer) -> None:
        self.atoms = Atoms()
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.axes: dict[str, list[np.ndarray | None]] = {}
        self.producers: set[Place] = set()
        self._names: dict[str, str] = {}
        self._frozen = {}
        self._evaluated: set[Place] = set()
        for name, tensor in model.state_dict().items():
            if tensor.name in self._names:
                continue  # a second name of the same tensor
            self._names[tensor.name] = name
            self.shapes[name] = tuple(int(size) for size in tensor.shape)
            self.axes[name] = [self.atoms.new(size) for size in self.shapes[name]]
            self._frozen[name] = tensor.stop_gradient

    def walk(self, graph: Graph, *, training: bool) -> None:
        """Let the channels of the parameters flow through all operations."""
        producers: set[Place] = set()
        values: dict[str, rules.Value] = {}
        for operation in graph.operations:
            if operation.name == "parameter":
                value = operation.results[0]
                name = self._names.get(graph.parameters[value])
                untracked: rules.Axes = [None] * len(graph.shapes[value])
                values[value] = list(self.axes[name]) if name else untracked
                continue
            results = rules.run(self._step(graph, operation, values, producers))
            values.update(zip(operation.results, results))
            self._fix(operation.inner, values, f"goes into '{operation.name}'")
        self._fix(graph.outputs, values, "is an output of the network")
        self.producers |= producers
        if not training:
            self._evaluated |= producers

    def _fix(self, ids: Iterable[str], values: Mapping[str, rules.Value], reason: str) -> None:
        for value in ids:
            for atoms in values.get(value, []):
                for array in atoms if isinstance(atoms, list) else [atoms]:
                    self.atoms.fix(array, reason)

    def _step(
        self, graph: Graph, operation: Operation, values: Mapping[str, rules.Value], producers: set[Place]
    ) -> rules.Step:
        def produce(operand: int, axis: int) -> None:
            tensor = graph.parameters.get(operation.operands[operand] or "")
            if tensor in self._names:
                producers.add((self._names[tensor], axis))

        return rules.Step(
            operation,
            self.atoms,
            operands=[values.get(value, []) if value else [] for value in operation.operands],
            shapes=[graph.shape(value) for value in operation.operands],
            constants=[graph.constants.get(value or "") for value in operation.operands],
            out_shapes=[graph.shapes.get(value) for value in operation.results],
            produce=produce,
        )

    def result(self) -> Channels:
        """The groups: sets of channels that have a producer in common."""
        order = {name: number for number, name in enumerate(self.shapes)}
        producers = sorted(self.producers, key=lambda place: order[place[0]])
        for name, axis in producers:
            if self._frozen[name]:
                self.atoms.fix(self.axes[name][axis], "is frozen")
        classes = {place: self.atoms.roots(self._axis(place)) for place in self._places()}
        groups, fixed = [], {}
        for members in self._families(producers, classes):
            roots = np.unique(np.concatenate([classes[place] for place in members]))
            free = [root for root in roots.tolist() if not self.atoms.reason(root)]
            if free:
                group = _group(members, classes, free, len(self.atoms))
                groups.append(replace(group, evaluated=not self._evaluated.isdisjoint(members)))
            else:
                fixed.update({place[0]: self.atoms.reason(roots[0]) for place in members})
        return Channels(tuple(groups), fixed, self.shapes)

    def _axis(self, place: Place) -> np.ndarray:
        found = self.axes[place[0]][place[1]]
        assert found is not None
        return found

    def _places(self) -> list[Place]:
        return [(name, axis) for name, axes in self.axes.items() for axis in range(len(axes))]

    def _families(
        self, producers: Sequence[Place], classes: Mapping[Place, np.ndarray]
    ) -> list[tuple[Place, ...]]:
        """Producers that have channels in common, as directly as through others."""
        links = Atoms()
        numbers = links.new(len(producers))
        first: dict[int, int] = {}
        for number, place in zip(numbers.tolist(), producers):
            for root in classes[place].tolist():
                links.join(numbers[[first.setdefault(root, number)]], numbers[[number]], "")
        families: dict[int, list[Place]] = {}
        for number, place in zip(numbers.tolist(), producers):
            families.setdefault(links.root(number), []).append(place)
        return [tuple(family) for family in families.values()]


def _group(
    members: tuple[Place, ...], classes: Mapping[Place, np.ndarray], free: Sequence[int], atoms: int
) -> Group:
    numbers = np.full(atoms, -1)
    numbers[free] = np.arange(len(free))
    found = {place: numbers[roots] for place, roots in classes.items()}
    return Group(members[0][0], members, {k: v for k, v in found.items() if (v >= 0).any()}, len(free))
