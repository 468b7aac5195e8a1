"""A recurrent network over sequences of any length, at once or piece by piece with its state carried on."""

from __future__ import annotations

import burnish
import numpy as np

import onnx
from onnx import TensorProto, helper, numpy_helper

FEATURES, HIDDEN = 8, 32


def network() -> onnx.ModelProto:
    """One LSTM that takes and gives its state."""
    random = np.random.default_rng(0)
    weights = {
        "w": random.standard_normal((1, 4 * HIDDEN, FEATURES)).astype(np.float32) / 3,
        "r": random.standard_normal((1, 4 * HIDDEN, HIDDEN)).astype(np.float32) / 6,
    }
    state = [1, 1, HIDDEN]
    graph = helper.make_graph(
        [helper.make_node("LSTM", ["x", "w", "r", "", "", "h", "c"], ["y", "new_h", "new_c"], hidden_size=HIDDEN)],
        "recurrent",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["length", 1, FEATURES]),
            helper.make_tensor_value_info("h", TensorProto.FLOAT, state),
            helper.make_tensor_value_info("c", TensorProto.FLOAT, state),
        ],
        [
            helper.make_tensor_value_info("y", TensorProto.FLOAT, ["length", 1, 1, HIDDEN]),
            helper.make_tensor_value_info("new_h", TensorProto.FLOAT, state),
            helper.make_tensor_value_info("new_c", TensorProto.FLOAT, state),
        ],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def main() -> float:
    """Runs a sequence at once and in pieces; prints and returns how far the results are apart."""
    session = burnish.build(network()).session()
    x = np.random.default_rng(1).standard_normal((50, 1, FEATURES)).astype(np.float32)

    start = np.zeros((1, 1, HIDDEN), np.float32)
    whole, _, _ = session(x, start, start)
    pieces, h, c = [], start, start
    for piece in np.split(x, [7, 20, 21, 40]):
        y, h, c = session(piece, h, c)
        pieces.append(y)
    apart = float(np.abs(np.concatenate(pieces) - whole).max())
    print(f"{len(x)} steps at once and in {len(pieces)} pieces of different lengths: at most {apart:.2g} apart")
    return apart


if __name__ == "__main__":
    main()
