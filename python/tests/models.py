"""Small networks that the tests make for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

import onnx
from onnx import TensorProto, helper, numpy_helper

ROOT = Path(__file__).resolve().parents[2]
DIGITS = ROOT / "examples/digits"

Shape = Sequence[int | str | None]


def model(
    nodes: list[onnx.NodeProto], inputs: list, outputs: list, constants: dict[str, np.ndarray] | None = None, **keywords
) -> onnx.ModelProto:
    initializers = [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()]
    graph = helper.make_graph(nodes, keywords.pop("name", "network"), inputs, outputs, initializers)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", keywords.pop("opset", 21))], ir_version=10, **keywords)
    if all(one.type.tensor_type.HasField("shape") for one in [*inputs, *outputs]):  # the checker wants ranks, the standard does not
        onnx.checker.check_model(made)
    return made


def value(name: str, shape: Shape | None, dtype: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, shape)


def identity(dtype: int, shape: Shape = (2, 3)) -> onnx.ModelProto:
    return model([helper.make_node("Identity", ["x"], ["y"])], [value("x", shape, dtype)], [value("y", shape, dtype)])


def add(shape: Shape = (2, 3)) -> onnx.ModelProto:
    return model([helper.make_node("Add", ["a", "b"], ["sum"])], [value("a", shape), value("b", shape)], [value("sum", shape)])


def two_outputs(shape: Shape = (2, 3)) -> onnx.ModelProto:
    nodes = [helper.make_node("Relu", ["x"], ["positive"]), helper.make_node("Neg", ["x"], ["negative"])]
    return model(nodes, [value("x", shape)], [value("positive", shape), value("negative", shape)])


def products(size: int, count: int) -> onnx.ModelProto:
    """A chain of matrix products, for something that takes a while."""
    weights = {f"w{i}": np.eye(size, dtype=np.float32) for i in range(count)}
    nodes = [helper.make_node("MatMul", [f"x{i}", f"w{i}"], [f"x{i + 1}"]) for i in range(count)]
    return model(nodes, [value("x0", (size, size))], [value(f"x{count}", (size, size))], weights)


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Images of handwritten digits, and what they show."""
    images = np.fromfile(DIGITS / "test_images.bin", dtype=np.float32).reshape(-1, 1, 8, 8)
    return images, np.fromfile(DIGITS / "test_labels.bin", dtype=np.uint8)
