"""How channels pass through each kind of operation.

A rule takes a :class:`Step` and gives the axes of each result. An operation that has no rule fixes all
channels that go into it: such channels are never pruned.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ppocr_lite.compression.atoms import Atoms
from ppocr_lite.compression.graph import Operation, Shape
from ppocr_lite.compression.reshaping import Axes, reshaped

Value = Axes | list[Axes]
"""A tensor, or a list of tensors."""


@dataclass
class Step:
    """One operation with what is known of its operands.

    Attributes:
        operands: a :data:`Value` for each operand; empty for one that is absent.
        shapes: of the operands; a list of tensors has a list of them.
        constants: of the operands that the program fixes.
        out_shapes: of the results.
        produce: called with (operand, axis) where new channels come from an axis of a parameter.
    """

    operation: Operation
    atoms: Atoms
    operands: list[Any]
    shapes: list[Any]
    constants: list[list[int] | None]
    out_shapes: list[Shape | None]
    produce: Callable[[int, int], None]

    @property
    def attributes(self) -> Any:
        """The operation's own settings."""
        return self.operation.attributes

    def join(self, first: np.ndarray | None, second: np.ndarray | None) -> np.ndarray | None:
        """Join axes whose positions belong together; see :meth:`Atoms.join`."""
        return self.atoms.join(first, second, f"meets a value of fixed size in '{self.operation.name}'")

    def fix(self, *axes: np.ndarray | None) -> None:
        """Fix axes for the operation's sake."""
        for atoms in axes:
            self.atoms.fix(atoms, f"goes into '{self.operation.name}'")

    def fix_all(self) -> list[Value]:
        """Fix whatever goes in; the results are no channels."""
        for operand in self.operands:
            for axes in operand if _is_list(operand) else [operand]:
                self.fix(*axes)
        return []


Rule = Callable[[Step], Sequence[Value]]
RULES: dict[str, tuple[Rule, int]] = {}
"""By operation: the rule, and how many operands it looks at; the others are fixed."""


def _is_list(operand: Any) -> bool:
    return bool(operand) and isinstance(operand[0], list)


def rule(names: str, *, uses: int) -> Callable[[Rule], Rule]:
    """Register the function for operations, given as one string."""

    def register(function: Rule) -> Rule:
        for name in names.split():
            RULES[name] = (function, uses)
        return function

    return register


def run(step: Step) -> list[Value]:
    """The axes of each result of an operation."""
    found, uses = RULES.get(step.operation.name, (Step.fix_all, len(step.operands)))
    for operand in step.operands[uses:]:
        for axes in operand if _is_list(operand) else [operand]:
            step.fix(*axes)
    results = list(found(step))
    while len(results) < len(step.out_shapes):
        nothing: Axes = [None] * len(step.out_shapes[len(results)] or ())
        results.append(nothing)
    return results


@rule("full_like ones_like zeros_like shape shape64", uses=1)
def _sizes_only(step: Step) -> Sequence[Value]:
    return []


@rule(
    "relu relu6 hardswish hardsigmoid hardtanh sigmoid tanh swish silu mish gelu elu leaky_relu softplus exp "
    "sqrt rsqrt square abs pow scale clip cast assign share_data dropout",
    uses=1,
)
def _each_for_itself(step: Step) -> Sequence[Value]:
    return [step.operands[0]]


@rule("add subtract multiply divide maximum minimum elementwise_pow", uses=2)
def _broadcast(step: Step) -> Sequence[Value]:
    """Axes are aligned from the right; one of size 1 is repeated."""
    out = step.out_shapes[0] or ()
    result: Axes = []
    for back in range(len(out), 0, -1):
        present = [(a[-back], s[-back]) for a, s in zip(step.operands[:2], step.shapes[:2]) if len(s) >= back]
        full = [axis for axis, size in present if size == out[-back]]
        step.fix(*(axis for axis, size in present if size != out[-back]))
        result.append(step.join(full[0], full[1]) if len(full) == 2 else full[0] if full else None)
    return [result]


@rule("prelu", uses=2)
def _prelu(step: Step) -> Sequence[Value]:
    x, slope = step.operands
    if step.shapes[1] != (1,):
        step.join(x[1], slope[0])
    return [x]


@rule("conv2d depthwise_conv2d", uses=2)
def _convolution(step: Step) -> Sequence[Value]:
    """weight [C', C / groups, k, k]."""
    if step.attributes["data_format"] != "NCHW":
        return step.fix_all()
    x, weight = step.operands[:2]
    channels, out, groups = step.shapes[0][1], step.shapes[1][0], step.attributes["groups"]
    if groups == channels > 1:  # each input has its own outputs, side by side
        step.join(None if x[1] is None else np.repeat(x[1], out // groups), weight[0])
        return [[x[0], weight[0], None, None]]
    step.join(_one_for_all_groups(step, x[1], groups), weight[1])
    _one_for_all_groups(step, weight[0], groups)
    step.produce(1, 0)
    return [[x[0], weight[0], None, None]]


@rule("conv2d_transpose", uses=2)
def _transposed_convolution(step: Step) -> Sequence[Value]:
    """weight [C, C' / groups, k, k]."""
    if step.attributes["data_format"] != "NCHW" or step.attributes["groups"] != 1:
        return step.fix_all()
    x, weight = step.operands[:2]
    step.join(x[1], weight[0])
    step.produce(1, 1)
    return [[x[0], weight[1], None, None]]


def _one_for_all_groups(step: Step, axis: np.ndarray | None, groups: int) -> np.ndarray | None:
    """Join the channels at the same place of all groups, so that groups stay equally large; one group's."""
    if axis is None or groups == 1:
        return axis
    rows = axis.reshape(groups, -1)
    for row in rows[1:]:
        step.join(rows[0], row)
    return np.asarray(rows[0])


@rule("batch_norm", uses=5)
def _batch_norm(step: Step) -> Sequence[Value]:
    x = step.operands[0]
    for parameter in step.operands[1:]:
        if parameter:
            step.join(x[1], parameter[0])
    return [x]


@rule("pool2d nearest_interp bilinear_interp bicubic_interp grid_sample pad3d", uses=1)
def _picture(step: Step) -> Sequence[Value]:
    """Each channel's picture for itself."""
    if step.attributes.get("data_format", "NCHW")[:2] != "NC":
        return step.fix_all()
    x = step.operands[0]
    return [[x[0], x[1], *[None] * (len(step.out_shapes[0] or ()) - 2)]]


@rule("matmul bmm", uses=2)
def _product(step: Step) -> Sequence[Value]:
    (x, y), (a, b) = step.operands[:2], step.shapes[:2]
    if len(a) < 2 or len(b) < 2:
        return step.fix_all()
    x = [*x[:-2], x[-1], x[-2]] if step.attributes.get("transpose_x") else x
    y = [*y[:-2], y[-1], y[-2]] if step.attributes.get("transpose_y") else y
    step.join(x[-1], y[-2])
    step.fix(*x[:-2], *y[:-2])
    return [[*[None] * (len(step.out_shapes[0] or ()) - 2), x[-2], y[-1]]]


@rule("rnn", uses=3)
def _recurrent(step: Step) -> Sequence[Value]:
    """x [T, N, C]; of the weights only the first layer's, for each direction, look at C."""
    x, states, weights = step.operands[:3]
    firsts = (0, 2) if step.attributes["is_bidirec"] else (0,)
    for number, weight in enumerate(weights):
        if number in firsts:
            step.fix(weight[0])
            step.join(x[2], weight[1])
        else:
            step.fix(*weight)
    for axes in states:
        step.fix(*axes)
    return []


@rule("softmax log_softmax", uses=1)
def _softmax(step: Step) -> Sequence[Value]:
    x = list(step.operands[0])
    step.fix(x[step.attributes["axis"]])
    return [x]


@rule("mean sum max min", uses=2)
def _reduce(step: Step) -> Sequence[Value]:
    """Over pixels or time steps; an axis of channels that is reduced is fixed."""
    x, axes = step.operands[0], step.constants[1]
    if axes is None:
        return step.fix_all()
    reduced = {axis % len(x) for axis in axes} or set(range(len(x)))
    step.fix(*(x[axis] for axis in reduced))
    if step.attributes.get("keepdim"):
        return [[None if axis in reduced else atoms for axis, atoms in enumerate(x)]]
    return [[atoms for axis, atoms in enumerate(x) if axis not in reduced]]


@rule("transpose", uses=1)
def _transpose(step: Step) -> Sequence[Value]:
    return [[step.operands[0][axis] for axis in step.attributes["perm"]]]


@rule("reshape flatten squeeze unsqueeze", uses=1)
def _reshape(step: Step) -> Sequence[Value]:
    return [reshaped(step.atoms, step.operands[0], step.shapes[0], step.out_shapes[0] or ())]


@rule("expand", uses=1)
def _expand(step: Step) -> Sequence[Value]:
    x, shape, out = step.operands[0], step.shapes[0], step.out_shapes[0] or ()
    new = len(out) - len(shape)
    step.fix(*(axis for axis, size, target in zip(x, shape, out[new:]) if size != target))
    kept = [axis if size == target else None for axis, size, target in zip(x, shape, out[new:])]
    return [[*[None] * new, *kept]]


@rule("combine", uses=10**6)
def _combine(step: Step) -> Sequence[Value]:
    return [list(step.operands)]


@rule("concat", uses=1)
def _concat(step: Step) -> Sequence[Value]:
    parts, where = step.operands[0], step.constants[1]
    if where is None:
        return step.fix_all()
    axis = where[0] % len(parts[0])
    result = list(parts[0])
    for other in parts[1:]:
        for i in range(len(result)):
            if i != axis:
                result[i] = step.join(result[i], other[i])
    pieces = [part[axis] for part in parts]
    known = [piece for piece in pieces if piece is not None]
    if len(known) < len(pieces):
        # Of what is no channel a position has an atom too, that is fixed: the others can still be removed.
        sizes = [shape[axis] for shape in step.shapes[0]]
        if not known:
            result[axis] = None
            return [result]
        pieces = [_fixed(step, size) if piece is None else piece for piece, size in zip(pieces, sizes)]
    result[axis] = np.concatenate([piece for piece in pieces if piece is not None])
    return [result]


def _fixed(step: Step, size: int) -> np.ndarray:
    atoms = step.atoms.new(size)
    step.fix(atoms)
    return atoms


@rule("stack", uses=1)
def _stack(step: Step) -> Sequence[Value]:
    parts = step.operands[0]
    result = list(parts[0])
    for other in parts[1:]:
        result = [step.join(a, b) for a, b in zip(result, other)]
    result.insert(step.attributes["axis"] % (len(result) + 1), None)
    return [result]


@rule("split_with_num", uses=1)
def _split_evenly(step: Step) -> Sequence[Value]:
    """As many positions in each part: those at the same place go together."""
    x, where, number = step.operands[0], step.constants[1], step.attributes["num"]
    if where is None:
        return [*step.fix_all(), _parts([None] * len(x), number)]
    axis = where[0] % len(x)
    parts = _parts(x, number)
    if x[axis] is not None:
        _one_for_all_groups(step, x[axis], number)
        for part, piece in zip(parts, np.split(x[axis], number)):
            part[axis] = piece
    return [parts]


@rule("split", uses=1)
def _split(step: Step) -> Sequence[Value]:
    """Either one tensor after its sizes, which are fixed, or a list into its tensors."""
    x = step.operands[0]
    if _is_list(x) or len(step.operands) == 1:
        return list(x)
    sizes, where = step.constants[1], step.constants[2]
    if sizes is None or where is None:
        return step.fix_all()
    axis = where[0] % len(x)
    step.fix(x[axis])
    parts = _parts(x, len(sizes))
    for part in parts:
        part[axis] = None
    return [parts]


def _parts(x: Axes, number: int) -> list[Axes]:
    return [list(x) for _ in range(number)]


@rule("slice", uses=1)
def _slice(step: Step) -> Sequence[Value]:
    """Axes that are cut at fixed places are fixed."""
    x, shape, out = list(step.operands[0]), step.shapes[0], step.out_shapes[0] or ()
    dropped = set(step.attributes["decrease_axis"])
    sizes = iter(out)
    result: Axes = []
    for axis, atoms in enumerate(x):
        size = 1 if axis in dropped else next(sizes, 1)
        if axis in step.attributes["axes"] and size != shape[axis]:
            step.fix(atoms)
            atoms = None
        if axis not in dropped:
            result.append(atoms)
    return [result]


@rule("argmax argmin", uses=1)
def _argmax(step: Step) -> Sequence[Value]:
    return step.fix_all()
