#!/usr/bin/env python3
"""Writes the seeds of two fuzzers: small valid models that use every part of the format, and those whose sizes and paths data decide.

Usage: make_model_seeds.py [folder]   (default: test/fuzz/corpus; it gets the folders model_reader and session)
"""

import sys
from pathlib import Path

import numpy as np

import onnx
from onnx import TensorProto, helper, numpy_helper

F32, I64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL


def value(name: str, dims: list, dtype: int = F32) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, dtype, dims)


def model(nodes: list, inputs: list, outputs: list, opset: int = 17, functions: tuple = (), **graph) -> onnx.ModelProto:
    made = helper.make_graph(nodes, "seed", inputs, outputs, **graph)
    imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("my", 1)] if functions else [])
    return helper.make_model(made, ir_version=8, opset_imports=imports, functions=list(functions))


def single(op: str, shapes: list, constants: tuple = (), outputs: int = 1, opset: int = 17, **attributes) -> onnx.ModelProto:
    names = [f"x{i}" for i in range(len(shapes))] + [f"w{i}" for i in range(len(constants))]
    node = helper.make_node(op, names, [f"y{i}" for i in range(outputs)], **attributes)
    return model(
        [node],
        [value(f"x{i}", shape) for i, shape in enumerate(shapes)],
        [onnx.ValueInfoProto(name="y0")],
        opset,
        initializer=[numpy_helper.from_array(array, f"w{i}") for i, array in enumerate(constants)],
    )


def tensors() -> onnx.ModelProto:
    """An initializer of every element type, raw and typed."""
    made = []
    for dtype in (*range(1, 8), *range(9, 27)):
        stored = {"dims": [2], "data_type": dtype}
        bits = 4 if dtype in (21, 22, 23) else 2 if dtype in (25, 26) else 8 * helper.tensor_dtype_to_np_dtype(dtype).itemsize
        made.append(TensorProto(name=f"raw{dtype}", raw_data=bytes(max(1, 2 * bits // 8)), **stored))
    made.append(TensorProto(name="typed", dims=[2], data_type=F32, float_data=[1, 2]))
    made.append(TensorProto(name="half", dims=[2], data_type=10, int32_data=[0x3C00, 0x4000]))
    made.append(TensorProto(name="text", dims=[2], data_type=8, string_data=[b"a", b"b"]))
    made.append(TensorProto(name="outside", dims=[2], data_type=F32, data_location=1, external_data=[{"key": "location", "value": "data"}]))
    return model([helper.make_node("Relu", ["x"], ["y"])], [value("x", ["n", 3])], [value("y", ["n", 3])], initializer=made)


def sparse() -> onnx.ModelProto:
    made = helper.make_sparse_tensor(numpy_helper.from_array(np.float32([1, 2]), "s"), numpy_helper.from_array(np.int64([0, 5])), [2, 3])
    return model([helper.make_node("Add", ["x", "s"], ["y"])], [value("x", [2, 3])], [value("y", [2, 3])], sparse_initializer=[made])


def function() -> onnx.ModelProto:
    inner = helper.make_node("LeakyRelu", ["a"], ["b"])
    inner.attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    made = helper.make_function("my", "Leak", ["a"], ["b"], [inner], [helper.make_opsetid("", 17)], ["slope"])
    call = helper.make_node("Leak", ["x"], ["y"], domain="my", slope=0.5)
    return model([call], [value("x", [2, 3])], [value("y", [2, 3])], functions=(made,))


def branch() -> onnx.ModelProto:
    yes = helper.make_graph([helper.make_node("Relu", ["x"], ["r"])], "yes", [], [value("r", [2])])
    no = helper.make_graph([helper.make_node("Neg", ["x"], ["r"])], "no", [], [value("r", [2])])
    node = helper.make_node("If", ["c"], ["y"], then_branch=yes, else_branch=no)
    return model([node], [value("c", [], BOOL), value("x", [2])], [value("y", [2])])


def loop() -> onnx.ModelProto:
    nodes = [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Add", ["v", "x"], ["w"])]
    body = helper.make_graph(
        nodes, "body", [value("i", [], I64), value("go", [], BOOL), value("v", [2])], [value("on", [], BOOL), value("w", [2])]
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["y"], body=body)
    return model([node], [value("n", [], I64), value("x", [2])], [value("y", [2])])


def scan() -> onnx.ModelProto:
    nodes = [helper.make_node("Add", ["s", "e"], ["t"]), helper.make_node("Identity", ["t"], ["o"])]
    body = helper.make_graph(nodes, "body", [value("s", [2]), value("e", [2])], [value("t", [2]), value("o", [2])])
    node = helper.make_node("Scan", ["z", "x"], ["f", "y"], body=body, num_scan_inputs=1)
    return model([node], [value("z", [2]), value("x", [3, 2])], [value("f", [2]), value("y", [3, 2])])


def seeds() -> dict[str, onnx.ModelProto]:
    def weight(*dims: int) -> np.ndarray:
        return np.ones(dims, np.float32)

    image = [1, 2, 5, 5]
    return {
        "tensors": tensors(), "sparse": sparse(), "function": function(), "branch": branch(), "loop": loop(), "scan": scan(),
        "conv": single("Conv", [image], (weight(2, 2, 3, 3), weight(2)), pads=[1, 1, 1, 1], strides=[2, 1]),
        "conv_transpose": single("ConvTranspose", [image], (weight(2, 1, 2, 2),), strides=[2, 2]),
        "max_pool": single("MaxPool", [image], outputs=2, kernel_shape=[2, 2], auto_pad="SAME_UPPER"),
        "average_pool": single("AveragePool", [image], kernel_shape=[3, 3], ceil_mode=1),
        "batch_norm": single("BatchNormalization", [image], (weight(2), weight(2), weight(2), weight(2))),
        "gemm": single("Gemm", [[2, 3], [4, 3]], (weight(4),), transB=1),
        "matmul": single("MatMul", [["b", 2, 3], [3, 4]]),
        "reshape": single("Reshape", [[2, 3]], (np.int64([-1, 2]),)),
        "slice": single("Slice", [image], (np.int64([0]), np.int64([4]), np.int64([2]), np.int64([2]))),
        "concat": single("Concat", [[2, 3], [2, 1]], axis=1),
        "split": single("Split", [[4, 2]], (np.int64([1, 3]),), outputs=2),
        "gather": single("Gather", [[4, 2]], (np.int64([[0, -1]]),), axis=0),
        "transpose": single("Transpose", [[2, 3, 4]], perm=[2, 0, 1]),
        "pad": single("Pad", [[2, 3]], (np.int64([0, 1, 0, 1]),), mode="reflect"),
        "resize": single("Resize", [image], (np.float32([]), np.float32([1, 1, 2, 2])), mode="linear"),
        "reduce": single("ReduceMean", [image], axes=[2, 3], keepdims=0),
        "top_k": single("TopK", [[2, 5]], (np.int64([2]),), outputs=2),
        "lstm": single("LSTM", [[3, 1, 2]], (weight(1, 8, 2), weight(1, 8, 2)), outputs=3, hidden_size=2),
        "quantize": single("QuantizeLinear", [[2, 3]], (np.float32(0.1), np.int8(3))),
        "einsum": single("Einsum", [[2, 3], [3, 4]], equation="ij,jk->ik"),
        "unsqueeze": single("Unsqueeze", [[2, 3]], (np.int64([0, 3]),)),
        "cast": single("Cast", [[2, 3]], to=10),
        "layer_norm": single("LayerNormalization", [[2, 3]], (weight(3), weight(3))),
        "one_hot": single("OneHot", [[3]], (np.int64(4), np.float32([0, 1]))),
    }  # fmt: skip


def ranks() -> onnx.ModelProto:
    """Branches that differ in rank, and what follows them."""
    yes = helper.make_graph([helper.make_node("Identity", ["x"], ["r"])], "yes", [], [onnx.ValueInfoProto(name="r")])
    no = helper.make_graph([helper.make_node("Unsqueeze", ["x", "first"], ["s"])], "no", [], [onnx.ValueInfoProto(name="s")])
    nodes = [
        helper.make_node("If", ["c"], ["either"], then_branch=yes, else_branch=no),
        helper.make_node("Relu", ["either"], ["z"]),
        helper.make_node("Reshape", ["z", "flat"], ["y"]),
    ]
    constants = [numpy_helper.from_array(np.int64([0]), "first"), numpy_helper.from_array(np.int64([-1]), "flat")]
    return model(nodes, [value("c", [], BOOL), value("x", ["n", 3])], [onnx.ValueInfoProto(name="y")], initializer=constants)


def growing() -> onnx.ModelProto:
    """A loop that joins its state to itself while there are trips."""
    nodes = [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Concat", ["v", "v"], ["w"], axis=0)]
    body = helper.make_graph(
        nodes,
        "body",
        [onnx.ValueInfoProto(name=name) for name in ("i", "go", "v")],
        [onnx.ValueInfoProto(name=name) for name in ("on", "w")],
    )
    node = helper.make_node("Loop", ["n", "", "x"], ["y"], body=body)
    return model([node], [value("n", [], I64), value("x", ["k"])], [onnx.ValueInfoProto(name="y")])


def counted() -> onnx.ModelProto:
    """Where there is something, what is there, and how much."""
    nodes = [
        helper.make_node("NonZero", ["x"], ["i"]),
        helper.make_node("Transpose", ["i"], ["rows"]),
        helper.make_node("GatherND", ["x", "rows"], ["found"]),
        helper.make_node("ReduceSum", ["found"], ["sum"], keepdims=0),
        helper.make_node("Shape", ["rows"], ["sizes"]),
        helper.make_node("ConstantOfShape", ["sizes"], ["zeros"]),
        helper.make_node("Add", ["zeros", "sum"], ["y"]),
    ]
    return model(nodes, [value("x", ["n", "m"])], [onnx.ValueInfoProto(name="y")])


def filled() -> onnx.ModelProto:
    """As large as an input says."""
    nodes = [helper.make_node("ConstantOfShape", ["s"], ["f"]), helper.make_node("Softmax", ["f"], ["y"])]
    return model(nodes, [value("s", [2], I64)], [onnx.ValueInfoProto(name="y")])


def sequence() -> onnx.ModelProto:
    """Tensors of different sizes through a sequence."""
    nodes = [
        helper.make_node("SplitToSequence", ["x", "parts"], ["all"], axis=0),
        helper.make_node("SequenceAt", ["all", "i"], ["one"]),
        helper.make_node("Neg", ["one"], ["y"]),
    ]
    constants = [numpy_helper.from_array(np.int64([1, 2]), "parts")]
    return model(nodes, [value("x", [3, "m"]), value("i", [], I64)], [onnx.ValueInfoProto(name="y")], initializer=constants)


def session_seeds() -> dict[str, onnx.ModelProto]:
    return {"ranks": ranks(), "growing": growing(), "counted": counted(), "filled": filled(), "sequence": sequence()}


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent / "corpus")
    for target, made in {"model_reader": seeds(), "session": session_seeds()}.items():
        (folder / target).mkdir(parents=True, exist_ok=True)
        for name, one in made.items():
            (folder / target / f"{name}.onnx").write_bytes(one.SerializeToString())


if __name__ == "__main__":
    main()
