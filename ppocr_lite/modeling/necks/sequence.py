"""From a row of features to a sequence, with or without context from the neighbours.

Shi et al., "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its Application
to Scene Text Recognition", TPAMI 2017, arXiv:1507.05717, section 2.
"""

from collections.abc import Iterable

from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import uniform_attr
from ppocr_lite.parameters import Count
from ppocr_lite.registry import NECKS, did_you_mean

ENCODER_TYPES = ("reshape", "fc", "rnn")
CELLS: dict[str, type[nn.Layer]] = {"lstm": nn.LSTM, "gru": nn.GRU}
FC_DECAY = 1e-5
"""Weight decay of the ``fc`` encoder, fixed in PaddleOCR 2.x."""


class Reshape(nn.Layer):
    """[N, C, 1, W] -> [N, W, C]; ConfigError where the height is not 1."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.out_channels = in_channels

    def forward(self, x: Tensor) -> Tensor:
        if len(x.shape) != 4:
            raise ConfigError(
                f"SequenceEncoder: needs features [N, C, 1, W], got {len(x.shape)} sizes. A backbone that "
                "gives a sequence itself needs no neck (ResNet_ASTER: with_lstm: false gives a row)."
            )
        height = x.shape[2]
        if height not in (1, -1):  # -1: not known yet, while a static graph is built
            raise ConfigError(
                f"SequenceEncoder: needs features of height 1, got {height}. The image height does not fit "
                "the backbone: use 32 px, or other strides."
            )
        return x.squeeze(2).transpose([0, 2, 1])  # [N, W, C]


class FCEncoder(nn.Layer):
    """One linear layer for each time step: [N, T, C] -> [N, T, hidden_size]."""

    def __init__(self, in_channels: int, hidden_size: int) -> None:
        super().__init__()
        self.out_channels = hidden_size
        self.fc = nn.Linear(
            in_channels,
            hidden_size,
            weight_attr=uniform_attr(in_channels, l2=FC_DECAY),
            bias_attr=uniform_attr(in_channels, l2=FC_DECAY),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x)


class RNNEncoder(nn.Layer):
    """Bidirectional recurrent layers: [N, T, C] -> [N, T, 2 * hidden_size].

    Its one sub-layer is called ``lstm`` or ``gru``, after the cell.
    """

    def __init__(
        self, in_channels: int, hidden_size: int, *, cell: str = "lstm", num_layers: int = 2
    ) -> None:
        super().__init__()
        self.out_channels = 2 * hidden_size
        layers = CELLS[cell](in_channels, hidden_size, num_layers=num_layers, direction="bidirectional")
        self.add_sublayer(cell, layers)
        self._name = cell

    def forward(self, x: Tensor) -> Tensor:
        return getattr(self, self._name)(x)[0]


class ProjectedRNNEncoder(nn.Layer):
    """Bidirectional recurrent layers with a linear one after each but the last.

    That brings the 2 * hidden_size numbers of both directions back to hidden_size before the next layer
    reads them. Shapes: [N, T, C] -> [N, T, 2 * hidden_size].
    """

    def __init__(
        self, in_channels: int, hidden_size: int, *, cell: str = "lstm", num_layers: int = 2
    ) -> None:
        super().__init__()
        self.out_channels = 2 * hidden_size
        widths = [in_channels, *[hidden_size] * (num_layers - 1)]
        self.rnns = nn.LayerList([CELLS[cell](w, hidden_size, direction="bidirectional") for w in widths])
        self.between = nn.LayerList([nn.Linear(2 * hidden_size, hidden_size) for _ in widths[1:]])

    def forward(self, x: Tensor) -> Tensor:
        for rnn, linear in zip(self.rnns, self.between):
            x = linear(rnn(x)[0])  # [N, T, hidden_size]
        return self.rnns[-1](x)[0]


@NECKS.register()
class SequenceEncoder(nn.Layer):
    """Reads a row of features as a sequence of time steps, from left to right.

    The defaults of ``rnn`` are PaddleOCR 2.x's two LSTM layers.

    Args:
        encoder_type: ``reshape`` (nothing else), ``fc`` (a linear layer) or ``rnn`` (bidirectional recurrent
            layers).
        hidden_size: width of the encoder, of each direction for ``rnn``.
        cell: ``lstm`` or ``gru``; of ``rnn``, like the next two.
        num_layers: how many of them.
        project: a linear layer between each two brings both directions to ``hidden_size`` numbers, which
            makes CRNN the 8.3 million parameters of its paper.

    Shapes: [N, in_channels, 1, W] -> [N, W, out_channels].
    """

    def __init__(
        self,
        in_channels: int,
        encoder_type: str,
        *,
        hidden_size: Count = 48,
        cell: str = "lstm",
        num_layers: Count = 2,
        project: bool = False,
    ) -> None:
        super().__init__()
        _check("encoder_type", encoder_type, ENCODER_TYPES)
        _check("cell", cell, CELLS)
        if encoder_type != "rnn" and (cell, num_layers, project) != ("lstm", 2, False):
            raise ConfigError(f"encoder_type: '{encoder_type}' has no cell, num_layers or project; rnn has.")
        if project and num_layers == 1:
            raise ConfigError("project: there is nothing to project between with num_layers 1.")
        self.encoder_reshape = Reshape(in_channels)
        self.encoder: nn.Layer = nn.Identity()
        self.out_channels: int = in_channels
        if encoder_type == "fc":
            self.encoder = FCEncoder(in_channels, hidden_size)
        elif encoder_type == "rnn":
            make = ProjectedRNNEncoder if project else RNNEncoder
            self.encoder = make(in_channels, hidden_size, cell=cell, num_layers=num_layers)
        if encoder_type != "reshape":
            self.out_channels = self.encoder.out_channels

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(self.encoder_reshape(x))


def _check(key: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise ConfigError(f"{key}: no '{value}'.{did_you_mean(value, known)} Known: {', '.join(known)}.")
