"""From a row of features to a sequence, with or without context from the neighbours.

Shi et al., "An End-to-End Trainable Neural Network for Image-based Sequence Recognition and Its Application
to Scene Text Recognition", TPAMI 2017, arXiv:1507.05717, section 2.
"""

from collections.abc import Callable

from paddle import Tensor, nn

from ppocr_lite.errors import ConfigError
from ppocr_lite.modeling.layers import uniform_attr
from ppocr_lite.parameters import Count
from ppocr_lite.registry import NECKS, did_you_mean

FC_DECAY = 1e-5
"""Weight decay of the ``fc`` encoder, fixed in PaddleOCR 2.x."""


class Reshape(nn.Layer):
    """[N, C, 1, W] -> [N, W, C]; ConfigError where the height is not 1."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.out_channels = in_channels

    def forward(self, x: Tensor) -> Tensor:
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
    """Two bidirectional LSTM layers: [N, T, C] -> [N, T, 2 * hidden_size]."""

    def __init__(self, in_channels: int, hidden_size: int) -> None:
        super().__init__()
        self.out_channels = 2 * hidden_size
        self.lstm = nn.LSTM(in_channels, hidden_size, num_layers=2, direction="bidirectional")

    def forward(self, x: Tensor) -> Tensor:
        return self.lstm(x)[0]


ENCODERS: dict[str, Callable[[int, int], nn.Layer] | None] = {
    "reshape": None,
    "fc": FCEncoder,
    "rnn": RNNEncoder,
}


@NECKS.register()
class SequenceEncoder(nn.Layer):
    """Reads a row of features as a sequence of time steps, from left to right.

    Args:
        encoder_type: ``reshape`` (nothing else), ``fc`` (a linear layer) or ``rnn`` (two bidirectional
            LSTMs).
        hidden_size: width of the encoder, of each direction for ``rnn``.

    Shapes: [N, in_channels, 1, W] -> [N, W, out_channels].
    """

    def __init__(self, in_channels: int, encoder_type: str, *, hidden_size: Count = 48) -> None:
        super().__init__()
        if encoder_type not in ENCODERS:
            raise ConfigError(
                f"encoder_type: no '{encoder_type}'.{did_you_mean(encoder_type, ENCODERS)} "
                f"Known: {', '.join(ENCODERS)}."
            )
        make = ENCODERS[encoder_type]
        self.encoder_reshape = Reshape(in_channels)
        self.encoder = make(in_channels, hidden_size) if make else nn.Identity()
        self.out_channels: int = self.encoder.out_channels if make else in_channels

    def forward(self, x: Tensor) -> Tensor:
        return self.encoder(self.encoder_reshape(x))
