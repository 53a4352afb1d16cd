"""Wider recurrent layers that compute what the narrow ones did: a network grows while it is trained.

Chen, Goodfellow, Shlens, Net2Net: Accelerating Learning via Knowledge Transfer, 2016, section 2.2. There the
new units are copies of old ones; here they start at random and what reads them starts at 0, which needs no
noise to tell the copies apart.
"""

from collections.abc import Mapping

import numpy as np

from ppocr_lite.errors import ModelFileError

GATES = 4  # of an LSTM: input, forget, cell, output, one below the other


def widen_lstm(arrays: Mapping[str, np.ndarray], hidden: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """The weights of a recognizer with ``hidden`` units in each direction of each of its LSTM's layers.

    Args:
        arrays: under Paddle's names; one LSTM, read by the linear layer ``head.fc`` or ``head.fc1``.
        hidden: more than the file has.
        seed: of what new units do with their input, uniform within ``1 / sqrt(hidden)`` as in a new network.

    Raises:
        ModelFileError: there is no such LSTM, or it is as wide already.
    """
    first = [k for k in arrays if k.endswith("lstm.weight_hh_l0")]
    if len(first) != 1:
        raise ModelFileError(f"{len(first)} LSTMs in these weights; only those with one can be widened.")
    lstm = first[0].removesuffix("weight_hh_l0")
    old = arrays[first[0]].shape[1]
    if hidden <= old:
        raise ModelFileError(f"--hidden: the LSTM has {old} units; expected more, got {hidden}.")
    directions = 2 if f"{lstm}weight_hh_l0_reverse" in arrays else 1
    reader = next((k for k in ("head.fc.weight", "head.fc1.weight") if k in arrays), None)
    if reader is None or arrays[reader].shape[0] != directions * old:
        raise ModelFileError(f"No linear layer head.fc or head.fc1 reads the {directions * old} outputs.")
    rng = np.random.default_rng(seed)
    # Places of the old units among the outputs of a layer, one direction after the other.
    outputs = np.concatenate([np.arange(old) + d * hidden for d in range(directions)])
    rows = np.concatenate([np.arange(old) + g * hidden for g in range(GATES)])

    def grown(array: np.ndarray, inputs: np.ndarray | None, width: int) -> np.ndarray:
        """Rows for new units, columns for new inputs; old units do not listen to these."""
        bound = hidden**-0.5
        shape = (GATES * hidden, width) if array.ndim == 2 else (GATES * hidden,)
        new = rng.uniform(-bound, bound, shape).astype(array.dtype)
        new[rows] = 0
        if inputs is None:
            new[rows] = array
        else:
            new[np.ix_(rows, inputs)] = array
        return new

    out = dict(arrays)
    for name, array in arrays.items():
        if not name.startswith(lstm):
            continue
        if "weight_hh" in name:
            out[name] = grown(array, np.arange(old), hidden)
        elif "weight_ih" in name and "_l0" not in name:
            out[name] = grown(array, outputs, directions * hidden)
        else:
            out[name] = grown(array, None, array.shape[-1])
    fc = np.zeros((directions * hidden, arrays[reader].shape[1]), arrays[reader].dtype)
    fc[outputs] = arrays[reader]
    out[reader] = fc
    return out
