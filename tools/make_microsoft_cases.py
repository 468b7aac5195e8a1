"""Write the cases of test/onnx/microsoft: one small model for each com.microsoft operator, with inputs and what ONNX Runtime makes of them.

Needs onnx and onnxruntime, and is run by hand when a case is added:

    python tools/make_microsoft_cases.py
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import onnxruntime

import onnx
from onnx import helper, numpy_helper

FOLDER = Path(__file__).resolve().parent.parent / "test" / "onnx" / "microsoft"
RANDOM = np.random.default_rng(7)

# ONNX Runtime writes this one into the default domain, and its checks of models know it there only.
DEFAULT_DOMAIN = {"SimplifiedLayerNormalization"}


def floats(*shape: int, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    return RANDOM.uniform(low, high, shape).astype(np.float32)


def bytes_of(*shape: int, signed: bool = False) -> np.ndarray:
    return RANDOM.integers(-128, 128, shape).astype(np.int8) if signed else RANDOM.integers(0, 256, shape).astype(np.uint8)


def f32(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def u8(value: int) -> np.ndarray:
    return np.array(value, np.uint8)


def i8(value: int) -> np.ndarray:
    return np.array(value, np.int8)


class Constant:
    """An input that the model holds itself."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value


def write(name: str, op: str, inputs: list, outputs: int = 1, **attributes) -> None:
    names, values, initializers, feeds = [], [], [], {}
    for i, value in enumerate(inputs):
        names.append("" if value is None else f"x{i}")
        if isinstance(value, Constant):
            initializers.append(numpy_helper.from_array(value.value, names[-1]))
        elif value is not None:
            feeds[names[-1]] = value
            values.append(helper.make_tensor_value_info(names[-1], helper.np_dtype_to_tensor_dtype(value.dtype), value.shape))
    results = [f"y{i}" for i in range(outputs)]
    domain = "" if op in DEFAULT_DOMAIN else "com.microsoft"
    node = helper.make_node(op, names, results, name=name, domain=domain, **attributes)
    infos = [helper.make_empty_tensor_value_info(r) for r in results]
    graph = helper.make_graph([node], name, values, infos, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)], ir_version=8)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    answers = session.run(None, feeds)
    for info, answer in zip(graph.output, answers, strict=True):
        info.type.tensor_type.elem_type = helper.np_dtype_to_tensor_dtype(answer.dtype)
    model.graph.CopyFrom(graph)
    folder = FOLDER / name / "test_data_set_0"
    folder.mkdir(parents=True)
    onnx.save(model, FOLDER / name / "model.onnx")
    for i, value in enumerate(feeds.values()):
        (folder / f"input_{i}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
    for i, answer in enumerate(answers):
        (folder / f"output_{i}.pb").write_bytes(numpy_helper.from_array(answer).SerializeToString())


def quantized() -> None:
    a, b = bytes_of(2, 3, 4), bytes_of(3, 4)
    write("qlinear_add", "QLinearAdd", [a, f32(0.02), u8(100), b, f32(0.03), u8(20), f32(0.05), u8(128)])
    write(
        "qlinear_add_signed",
        "QLinearAdd",
        [bytes_of(8, signed=True), f32(0.02), i8(3), bytes_of(8, signed=True), f32(0.01), i8(-4), f32(0.04), i8(1)],
    )
    write("qlinear_mul", "QLinearMul", [a, f32(0.02), u8(100), b, f32(0.03), u8(20), f32(0.07), u8(90)])
    write("qlinear_sigmoid", "QLinearSigmoid", [a, f32(0.05), u8(128), f32(1 / 256), u8(0)])
    write("qlinear_leaky_relu", "QLinearLeakyRelu", [a, f32(0.05), u8(128), f32(0.04), u8(60)], alpha=0.2)
    write(
        "qlinear_average_pool",
        "QLinearAveragePool",
        [bytes_of(1, 3, 6, 6), f32(0.02), u8(10), f32(0.015), u8(4)],
        kernel_shape=[3, 3],
        pads=[1, 1, 1, 1],
        strides=[2, 2],
    )
    write("qlinear_global_average_pool", "QLinearGlobalAveragePool", [bytes_of(2, 5, 7, 7), f32(0.02), u8(10), f32(0.012), u8(4)])
    write(
        "qlinear_global_average_pool_channels_last",
        "QLinearGlobalAveragePool",
        [bytes_of(2, 7, 7, 5), f32(0.02), u8(10), f32(0.012), u8(4)],
        channels_last=1,
    )
    write("qlinear_concat", "QLinearConcat", [f32(0.05), u8(100), a, f32(0.02), u8(100), bytes_of(2, 2, 4), f32(0.04), u8(30)], axis=1)
    write("qlinear_softmax", "QLinearSoftmax", [a, f32(0.05), u8(128), f32(1 / 256), u8(0)], axis=-1, opset=13)
    write(
        "qgemm",
        "QGemm",
        [
            bytes_of(3, 5),
            f32(0.02),
            u8(100),
            bytes_of(4, 5),
            f32(0.03),
            u8(20),
            RANDOM.integers(-500, 500, 4).astype(np.int32),
            f32(0.2),
            u8(120),
        ],
        transB=1,
    )
    write(
        "qgemm_float",
        "QGemm",
        [
            bytes_of(3, 5),
            f32(0.02),
            u8(100),
            bytes_of(5, 4),
            floats(4, low=0.01, high=0.05),
            np.array([3, 100, 128, 200], np.uint8),
            RANDOM.integers(-500, 500, 4).astype(np.int32),
        ],
    )
    scale, zero = floats(6, low=0.01, high=0.05), RANDOM.integers(0, 256, 6).astype(np.uint8)
    write("matmul_integer_to_float", "MatMulIntegerToFloat", [bytes_of(3, 5), bytes_of(5, 6), f32(0.02), scale, u8(100), zero, floats(6)])
    write("dynamic_quantize_matmul", "DynamicQuantizeMatMul", [floats(3, 5, low=-2, high=5), bytes_of(5, 6), scale, zero, floats(6)])
    lstm = [
        floats(5, 2, 3),
        Constant(bytes_of(1, 3, 16, signed=True)),
        Constant(bytes_of(1, 4, 16, signed=True)),
        floats(1, 32),
        None,
        None,
        None,
        None,
    ]
    lstm += [
        Constant(np.array([0.01], np.float32)),
        Constant(np.array([3], np.int8)),
        Constant(np.array([0.008], np.float32)),
        Constant(np.array([-2], np.int8)),
    ]
    write("dynamic_quantize_lstm", "DynamicQuantizeLSTM", lstm, outputs=3, hidden_size=4)


def n_bits() -> None:
    for bits, rows, columns, block, with_zero in ((4, 7, 64, 32, True), (4, 5, 40, 16, False), (8, 6, 32, 16, True)):
        blocks = -(-columns // block)
        zero = bytes_of(rows, -(-blocks * bits // 8)) if with_zero else None
        inputs = [
            floats(3, columns),
            Constant(bytes_of(rows, blocks, block * bits // 8)),
            Constant(floats(rows * blocks, low=0.01, high=0.05)),
        ]
        if zero is not None:
            inputs.append(Constant(zero.reshape(-1)))
        write(
            f"matmul_{bits}_bits{'' if with_zero else '_without_zero_points'}",
            "MatMulNBits",
            inputs,
            K=columns,
            N=rows,
            bits=bits,
            block_size=block,
        )


def fused() -> None:
    write("gelu", "Gelu", [floats(2, 9, low=-4, high=4)])
    write("bias_gelu", "BiasGelu", [floats(2, 9, low=-4, high=4), floats(9)])
    write("fast_gelu", "FastGelu", [floats(2, 9, low=-4, high=4), floats(9)])
    write("quick_gelu", "QuickGelu", [floats(2, 9, low=-4, high=4)], alpha=1.5)
    write("fused_matmul", "FusedMatMul", [floats(2, 4, 3), floats(2, 5, 4)], transA=1, transB=1, alpha=0.5)
    write("fused_matmul_batch", "FusedMatMul", [floats(3, 2, 4), floats(2, 4, 5)], transBatchA=1)
    write(
        "fused_conv",
        "FusedConv",
        [floats(1, 2, 6, 6), Constant(floats(3, 2, 3, 3)), Constant(floats(3))],
        activation="LeakyRelu",
        activation_params=[0.3],
        kernel_shape=[3, 3],
    )
    write(
        "fused_conv_sum",
        "FusedConv",
        [floats(1, 2, 6, 6), Constant(floats(3, 2, 3, 3)), Constant(floats(3)), floats(1, 3, 4, 4)],
        activation="Relu",
        kernel_shape=[3, 3],
    )
    write(
        "fused_gemm",
        "FusedGemm",
        [floats(3, 4), floats(5, 4), floats(5)],
        activation="LeakyRelu",
        activation_alpha=0.2,
        transB=1,
        alpha=0.5,
    )
    write(
        "skip_layer_normalization",
        "SkipLayerNormalization",
        [floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8), floats(8)],
        epsilon=1e-5,
    )
    write(
        "skip_simplified_layer_normalization",
        "SkipSimplifiedLayerNormalization",
        [floats(2, 3, 8), floats(2, 3, 8), floats(8), floats(8)],
        epsilon=1e-5,
    )
    write("simplified_layer_normalization", "SimplifiedLayerNormalization", [floats(2, 3, 8), floats(8)], epsilon=1e-5, axis=-1)


def transformer() -> None:
    ids = RANDOM.integers(0, 11, (2, 5)).astype(np.int32)
    segments = RANDOM.integers(0, 2, (2, 5)).astype(np.int32)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]], np.int32)
    tables = [Constant(floats(11, 8)), Constant(floats(7, 8)), Constant(floats(2, 8)), Constant(floats(8)), Constant(floats(8))]
    write("embed_layer_normalization", "EmbedLayerNormalization", [ids, segments, *tables, mask], outputs=2)
    write("embed_layer_normalization_plain", "EmbedLayerNormalization", [ids, None, tables[0], tables[1], None, *tables[3:]], outputs=2)
    x, weights, bias = floats(2, 5, 8), Constant(floats(8, 24)), Constant(floats(24))
    write("attention", "Attention", [x, weights, bias], num_heads=2)
    write("attention_mask", "Attention", [x, weights, bias, mask], num_heads=2)
    write("attention_lengths", "Attention", [x, weights, bias, np.array([5, 3], np.int32)], num_heads=2)
    write("attention_causal_past", "Attention", [x, weights, bias, None, floats(2, 2, 2, 3, 4)], outputs=2, num_heads=2, unidirectional=1)
    write("attention_bias", "Attention", [x, weights, bias, None, None, floats(2, 2, 5, 5)], num_heads=2, scale=0.3)
    q, k, v = floats(2, 5, 8), floats(2, 6, 8), floats(2, 6, 8)
    write("multi_head_attention", "MultiHeadAttention", [q, k, v, floats(24)], num_heads=2)
    write(
        "multi_head_attention_mask",
        "MultiHeadAttention",
        [q, k, v, None, np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]], np.int32)],
        num_heads=2,
    )


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    quantized()
    n_bits()
    fused()
    transformer()
    print(f"{sum(1 for _ in FOLDER.iterdir())} cases")


if __name__ == "__main__":
    main()
