#!/usr/bin/env python3
"""Trains a small convolutional network on scikit-learn's handwritten digits, in plain numpy, and writes what the demo reads.

    ./dev setup train && .deps/venv/bin/python examples/digits/train.py

Writes beside itself:
    digits.onnx        Conv-Relu-MaxPool twice, Gemm, Softmax; input [batch, 1, 8, 8] in 0..1, output probabilities [batch, 10]
    test_images.bin    the images held back from training, float32 [N, 1, 8, 8]
    test_labels.bin    their digits, uint8 [N]
    accuracy.json      how many of them this script's own network reads right

The seed is fixed: on one machine every run writes the same bytes.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from sklearn.datasets import load_digits

import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).resolve().parent
TEST_IMAGES = 360

Array = np.ndarray
Weights = dict[str, Array]


def load(rng: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    digits = load_digits()
    images = (digits.images[:, None] / 16).astype(np.float32)
    order = rng.permutation(len(images))
    images, labels = images[order], digits.target[order]
    return images[TEST_IMAGES:], labels[TEST_IMAGES:], images[:TEST_IMAGES], labels[:TEST_IMAGES]


def initial(rng: np.random.Generator) -> Weights:
    def he(*shape: int) -> Array:
        return (rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))).astype(np.float32)

    return {
        "conv1.weight": he(16, 1, 3, 3),
        "conv1.bias": np.zeros(16, np.float32),
        "conv2.weight": he(32, 16, 3, 3),
        "conv2.bias": np.zeros(32, np.float32),
        "fc.weight": he(10, 128),
        "fc.bias": np.zeros(10, np.float32),
    }


def windows(x: Array) -> Array:
    """[N, C, H, W] padded by one, as its 3x3 neighbourhoods: [N, H, W, C*9]."""
    near = sliding_window_view(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), (3, 3), axis=(2, 3))
    return near.transpose(0, 2, 3, 1, 4, 5).reshape(x.shape[0], x.shape[2], x.shape[3], -1)


def conv(x: Array, weight: Array, bias: Array) -> tuple[Array, Array]:
    near = windows(x)
    return (near @ weight.reshape(len(weight), -1).T + bias).transpose(0, 3, 1, 2), near


def conv_backward(grad: Array, near: Array, weight: Array) -> tuple[Array, Array, Array]:
    """Gradients of the input, the weight and the bias. The input's is a convolution with the weight turned round."""
    rows = grad.transpose(0, 2, 3, 1).reshape(-1, grad.shape[1])
    grad_weight = (rows.T @ near.reshape(len(rows), -1)).reshape(weight.shape)
    turned = weight[:, :, ::-1, ::-1].transpose(1, 0, 2, 3)
    return conv(grad, turned, np.zeros(len(turned), np.float32))[0], grad_weight, rows.sum(0)


def pool(x: Array) -> tuple[Array, Array]:
    """2x2 maximum, and where it was taken from (shared where equal)."""
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    best = blocks.max(axis=(3, 5), keepdims=True)
    return best[:, :, :, 0, :, 0], (blocks == best).astype(np.float32)


def pool_backward(grad: Array, taken: Array) -> Array:
    n, c, h, _, w, _ = taken.shape
    return (taken / taken.sum(axis=(3, 5), keepdims=True) * grad[:, :, :, None, :, None]).reshape(n, c, 2 * h, 2 * w)


def softmax(x: Array) -> Array:
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


def forward(w: Weights, x: Array) -> tuple[Array, tuple[Array, ...]]:
    z1, near1 = conv(x, w["conv1.weight"], w["conv1.bias"])
    p1, taken1 = pool(np.maximum(z1, 0))
    z2, near2 = conv(p1, w["conv2.weight"], w["conv2.bias"])
    p2, taken2 = pool(np.maximum(z2, 0))
    flat = p2.reshape(len(x), -1)
    return softmax(flat @ w["fc.weight"].T + w["fc.bias"]), (z1, near1, taken1, z2, near2, taken2, flat)


def gradients(w: Weights, x: Array, labels: Array) -> Weights:
    probabilities, (z1, near1, taken1, z2, near2, taken2, flat) = forward(w, x)
    grad = (probabilities - np.eye(10, dtype=np.float32)[labels]) / len(x)
    g = {"fc.weight": grad.T @ flat, "fc.bias": grad.sum(0)}
    grad = pool_backward((grad @ w["fc.weight"]).reshape(len(x), 32, 2, 2), taken2) * (z2 > 0)
    grad, g["conv2.weight"], g["conv2.bias"] = conv_backward(grad, near2, w["conv2.weight"])
    grad = pool_backward(grad, taken1) * (z1 > 0)
    _, g["conv1.weight"], g["conv1.bias"] = conv_backward(grad, near1, w["conv1.weight"])
    return g


def train(rng: np.random.Generator, images: Array, labels: Array, epochs: int, batch: int = 64) -> Weights:
    """Adam with a rate that falls as half a cosine."""
    w = initial(rng)
    mean, square = ({name: np.zeros_like(v) for name, v in w.items()} for _ in range(2))
    step, steps = 0, epochs * (len(images) // batch)
    for _ in range(epochs):
        order = rng.permutation(len(images))
        for start in range(0, len(order) - batch + 1, batch):
            picked = order[start : start + batch]
            step += 1
            rate = 3e-3 * 0.5 * (1 + np.cos(np.pi * step / steps))
            for name, g in gradients(w, images[picked], labels[picked]).items():
                mean[name] = 0.9 * mean[name] + 0.1 * g
                square[name] = 0.999 * square[name] + 0.001 * g * g
                update = mean[name] / (1 - 0.9**step) / (np.sqrt(square[name] / (1 - 0.999**step)) + 1e-8)
                w[name] = (w[name] - rate * update).astype(np.float32)
    return w


def to_onnx(w: Weights) -> onnx.ModelProto:
    def convolution(source: str, layer: str) -> list[onnx.NodeProto]:
        return [
            helper.make_node(
                "Conv", [source, f"{layer}.weight", f"{layer}.bias"], [f"{layer}.sum"], layer, kernel_shape=[3, 3], pads=[1] * 4
            ),
            helper.make_node("Relu", [f"{layer}.sum"], [f"{layer}.relu"], f"{layer}.relu"),
            helper.make_node("MaxPool", [f"{layer}.relu"], [f"{layer}.pool"], f"{layer}.pool", kernel_shape=[2, 2], strides=[2, 2]),
        ]

    nodes = [
        *convolution("input", "conv1"),
        *convolution("conv1.pool", "conv2"),
        helper.make_node("Flatten", ["conv2.pool"], ["features"], "flatten"),
        helper.make_node("Gemm", ["features", "fc.weight", "fc.bias"], ["logits"], "fc", transB=1),
        helper.make_node("Softmax", ["logits"], ["probabilities"], "softmax", axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 1, 8, 8])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 10])],
        [numpy_helper.from_array(value, name) for name, value in w.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="burnish/examples/digits")
    onnx.checker.check_model(model, full_check=True)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write to")
    arguments = parser.parse_args()

    rng = np.random.default_rng(8)
    images, labels, test_images, test_labels = load(rng)
    w = train(rng, images, labels, arguments.epochs)
    correct = int((forward(w, test_images)[0].argmax(1) == test_labels).sum())

    onnx.save(to_onnx(w), arguments.out / "digits.onnx")
    test_images.astype("<f4").tofile(arguments.out / "test_images.bin")
    test_labels.astype(np.uint8).tofile(arguments.out / "test_labels.bin")
    result = {
        "images": len(test_labels),
        "correct": correct,
        "accuracy": round(correct / len(test_labels), 6),
        "computed_by": "numpy (train.py)",
    }
    (arguments.out / "accuracy.json").write_text(json.dumps(result, indent=2) + "\n")
    print(f"{correct} of {len(test_labels)} test images right")


if __name__ == "__main__":
    main()
