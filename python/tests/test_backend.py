"""The onnx.backend interface, with cases of ONNX's own suite. All of them run in C++ (test/onnx); here the interface is judged."""

from __future__ import annotations

import functools

import burnish.backend
import models
import numpy as np
import onnx.backend.test
import pytest

import onnx
from onnx import TensorProto, helper

CASES = [
    "abs",
    "add",
    "and2d",
    "argmax_default_axis_example",
    "averagepool_2d_default",
    "bitwise_not_2d",
    "cast_FLOAT_to_FLOAT16",
    "concat_2d_axis_0",
    "conv_with_strides_padding",
    "cumsum_1d",
    "dequantizelinear",
    "equal",
    "gather_0",
    "gemm_all_attributes",
    "greater",
    "lstm_defaults",
    "matmul_3d",
    "maxpool_2d_pads",
    "reduce_sum_do_not_keepdims_example",
    "optional_get_element_optional_sequence",
    "reshape_allowzero_reordered",
    "reshape_reordered_all_dims",
    "resize_upsample_scales_nearest",
    "sequence_insert_at_back",
    "slice",
    "softmax_axis_0",
    "split_equal_parts_1d_opset18",
    "top_k",
    "where_example",
]


@functools.cache
def suite():
    return onnx.backend.test.BackendTest(burnish.backend, __name__).test_cases["OnnxBackendNodeModelTest"]


@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_suite(name):
    suite()(f"test_{name}_cpu").debug()  # raises where it fails


def test_a_node_runs_by_itself():
    node = helper.make_node("Sub", ["a", "b"], ["difference"])
    (made,) = burnish.backend.run_node(node, [np.float32([5, 6]), np.float32([1, 2])])
    np.testing.assert_array_equal(made, [4, 4])


def test_a_model_is_prepared_once_and_runs_at_any_shape():
    model = models.model(
        [helper.make_node("Reshape", ["x", "shape"], ["y"])],
        [models.value("x", ["n"]), models.value("shape", [2], TensorProto.INT64)],
        [models.value("y", [None, None])],
    )
    prepared = burnish.backend.prepare(model, "CPU")
    for shape in ((2, 3), (3, 2), (4, 1)):
        x = np.arange(np.prod(shape), dtype=np.float32)
        (made,) = prepared.run([x, np.array(shape, np.int64)])
        np.testing.assert_array_equal(made, x.reshape(shape))


def test_devices_and_compatibility():
    assert burnish.backend.supports_device("CPU") and not burnish.backend.supports_device("TPU")
    assert burnish.backend.is_compatible(models.add())
    assert not burnish.backend.is_compatible(onnx.ModelProto())


def test_sequences_and_optionals_are_lists_and_none():
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, [None])
    sequence = helper.make_sequence_type_proto(tensor)
    optional = helper.make_optional_type_proto(sequence)
    nodes = [
        helper.make_node("SequenceInsert", ["s", "x"], ["longer"]),
        helper.make_node("OptionalHasElement", ["o"], ["has"]),
        helper.make_node("Optional", [], ["nothing"], type=tensor),
    ]
    graph = helper.make_graph(
        nodes,
        "values",
        [
            helper.make_value_info("s", sequence),
            helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"]),
            helper.make_value_info("o", optional),
        ],
        [helper.make_empty_tensor_value_info(name) for name in ("longer", "has", "nothing")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    rep = burnish.backend.prepare(model)
    x = np.float32([3, 4, 5])
    longer, has, nothing = rep.run([[np.float32([1]), np.float32([2, 2])], x, None])
    assert [one.tolist() for one in longer] == [[1], [2, 2], [3, 4, 5]]
    assert not has
    assert nothing is None
    assert rep.run([[], x, [x]])[1]
