"""Torch tensors in and out, without a copy: the engine reads from one tensor's memory and writes into another's."""

from __future__ import annotations

import burnish

import onnx
from onnx import TensorProto, helper


def network(rows: int, columns: int) -> onnx.ModelProto:
    shape = [rows, columns]
    graph = helper.make_graph(
        [helper.make_node("Softmax", ["x"], ["y"])],
        "softmax",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def main() -> float:
    """Returns how far the result is from torch's own."""
    import torch

    x, y = torch.randn(64, 1000), torch.zeros(64, 1000)
    session = burnish.build(network(64, 1000), backend="cpu").session()
    where = y.data_ptr()
    session.run({"x": x}, out={"y": y})
    assert y.data_ptr() == where
    apart = float((y - x.softmax(1)).abs().max())
    print(f"written into torch's memory at {where:#x}; {apart:.2g} from torch's own")
    again = torch.from_numpy(session(x))  # without `out`, a new array; torch shares it
    assert torch.equal(again, y)
    return apart


if __name__ == "__main__":
    main()
