"""Quantization that looks at what it does, judged by ONNX Runtime and NumPy."""

from __future__ import annotations

import burnish
import models
import numpy as np
import pytest

import onnx
from onnx import helper, numpy_helper

onnxruntime = pytest.importorskip("onnxruntime")

SAMPLES = 8


def outputs(model: bytes, samples: list[np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.stack([session.run(None, {"x": sample})[0] for sample in samples])


def images(channels: int, size: int) -> list[np.ndarray]:
    """Of one kind: each with a brightness of its own around a common one."""
    random = np.random.default_rng(3)
    return [(1 + 0.3 * random.standard_normal((1, channels, size, size))).astype(np.float32) for _ in range(SAMPLES)]


def convolutions(spread: float = 1, bias: bool = True) -> bytes:
    """conv, Relu, depthwise, conv; channels of the first differ in magnitude by up to `spread`."""
    random = np.random.default_rng(5)
    grown = np.geomspace(1 / spread, 1, 8).astype(np.float32)
    constants = {
        "w1": (random.standard_normal((8, 3, 1, 1)) * grown[:, None, None, None]).astype(np.float32),
        "w2": (random.standard_normal((8, 1, 3, 3)) / grown[:, None, None, None]).astype(np.float32),
        "w3": random.standard_normal((4, 8, 1, 1)).astype(np.float32),
    }
    if bias:
        constants["b1"] = (random.standard_normal(8) * grown).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w1", *(["b1"] if bias else [])], ["a"], "first"),
        helper.make_node("Relu", ["a"], ["r"], "relu"),
        helper.make_node("Conv", ["r", "w2"], ["d"], "depthwise", group=8),
        helper.make_node("Conv", ["d", "w3"], ["y"], "last"),
    ]
    made = models.model(nodes, [models.value("x", (1, 3, 12, 12))], [models.value("y", (1, 4, 10, 10))], constants)
    return made.SerializeToString()


def bias_of(model: bytes, node: str) -> np.ndarray:
    """As the quantized file has it: integers times scales; zeros where there is none."""
    graph = onnx.load_from_string(model).graph
    constants = {one.name: numpy_helper.to_array(one) for one in graph.initializer}
    layer = next(one for one in graph.node if one.name == node)
    if len(layer.input) < 3:
        return np.zeros(1)
    source = next(one for one in graph.node if one.output[0] == layer.input[2])
    return constants[source.input[0]] * constants[source.input[1]].astype(np.float64)


def with_output(model: bytes, name: str) -> bytes:
    changed = onnx.load_from_string(model)
    del changed.graph.output[:]
    changed.graph.output.append(models.value(name, None))
    return changed.SerializeToString()


def noise(model: bytes, exact: np.ndarray, samples: list[np.ndarray]) -> float:
    return float(np.square(outputs(model, samples) - exact).mean())


def noise_without_and_with(step: str, model: bytes, samples: list[np.ndarray]) -> tuple[float, float]:
    """Of the model quantized plainly, and tuned by one step, which must be kept."""
    report: dict = {}
    plain = burnish.quantize(model, samples, progress=False)
    tuned = burnish.quantize(model, samples, report=report, progress=False, **{step: True})
    assert report["steps"][1]["kept"]
    exact = outputs(model, samples)
    return noise(plain, exact, samples), noise(tuned, exact, samples)


@pytest.mark.parametrize("bias", [True, False])
def test_corrected_biases_are_the_means_that_were_lost(bias):
    model, samples = convolutions(bias=bias), images(3, 12)
    report: dict = {}
    plain = burnish.quantize(model, samples, progress=False)
    tuned = burnish.quantize(model, samples, correct_bias=True, report=report, progress=False)
    assert [step["kept"] for step in report["steps"]] == [True, True]
    change = bias_of(tuned, "first") - bias_of(plain, "first")
    difference = outputs(with_output(model, "a"), samples) - outputs(with_output(plain, "a"), samples)
    searched, held_back = (difference[i::2].mean(axis=(0, 1, 3, 4)) for i in (0, 1))
    helps = searched * (searched - 2 * held_back) < 0
    np.testing.assert_allclose(change, np.where(helps, searched, 0), atol=2e-3 * np.abs(difference).max())
    assert helps.any()
    held = samples[1::2]
    exact = outputs(model, held)
    assert noise(tuned, exact, held) < noise(plain, exact, held)


def test_equalized_channels_lose_less():
    plain, tuned = noise_without_and_with("equalize", convolutions(spread=500), images(3, 12))
    assert tuned < plain / 10


def test_smoothed_channels_lose_less():
    random = np.random.default_rng(9)
    grown = np.ones(8, np.float32)
    grown[2] = 40
    constants = {
        "gamma": grown,
        "beta": np.zeros(8, np.float32),
        "w": (random.standard_normal((8, 6)) / grown[:, None]).astype(np.float32),
    }
    nodes = [
        helper.make_node("LayerNormalization", ["x", "gamma", "beta"], ["n"], "normal"),
        helper.make_node("MatMul", ["n", "w"], ["y"], "product"),
    ]
    made = models.model(nodes, [models.value("x", (1, 5, 8))], [models.value("y", (1, 5, 6))], constants)
    samples = [random.standard_normal((1, 5, 8)).astype(np.float32) for _ in range(SAMPLES)]
    plain, tuned = noise_without_and_with("smooth", made.SerializeToString(), samples)
    assert tuned < plain / 10


def test_what_does_not_help_is_not_kept():
    model, samples = convolutions(), images(3, 12)
    report: dict = {}
    tuned = burnish.quantize(model, samples, smooth=True, report=report, progress=False)
    assert tuned == burnish.quantize(model, samples, progress=False)  # there is no normalization
    assert len(report["steps"]) == 1


def test_layers_stay_floating_within_an_accuracy():
    pictures, _ = models.digits()
    samples = [pictures[i : i + 4] for i in range(0, 64, 4)]
    path = models.DIGITS / "digits.onnx"
    report: dict = {}
    made = burnish.quantize(path, samples, accuracy="max:0.01", report=report, progress=False)
    sessions = [onnxruntime.InferenceSession(one, providers=["CPUExecutionProvider"]) for one in (str(path), made)]
    exact, tried = ([session.run(None, {"input": sample})[0] for sample in samples] for session in sessions)
    error = max(np.abs(a - b).max() / np.abs(a).max() for a, b in zip(exact, tried, strict=True))
    assert error < 0.015  # a number halfway between two steps may go either way
    floating = {node.name for node in onnx.load_from_string(made).graph.node if node.name in report["layers_floating"]}
    assert floating and floating == set(report["layers_floating"])
    assert report["layers_quantized"]


def test_a_measure_of_the_application_is_asked():
    model, samples = convolutions(), images(3, 12)
    asked = []

    def measure(exact: list, tried: list) -> float:
        asked.append(len(exact))
        return max(float(np.abs(a[0] - b[0]).max()) for a, b in zip(exact, tried, strict=True))

    report: dict = {}
    burnish.quantize(model, samples, accuracy=(measure, 1e6), correct_bias=True, report=report, progress=False)
    assert asked and not report["layers_floating"]
    with pytest.raises(burnish.Error, match="no layer can be quantized"):
        burnish.quantize(model, samples, accuracy=(measure, 1e-12), progress=False)


def test_ranges_alone_cannot_be_tuned():
    model, samples = convolutions(), images(3, 12)
    ranges = burnish.calibrate(model, samples, progress=False)
    with pytest.raises(burnish.InvalidArgumentError, match="samples"):
        burnish.quantize(model, ranges, equalize=True, progress=False)
    with pytest.raises(burnish.Error, match="two batches"):
        burnish.quantize(model, samples[:1], equalize=True, progress=False)
