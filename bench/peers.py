#!/usr/bin/env python3
"""Times ONNX models on this CPU with Burnish, ONNX Runtime and OpenVINO, and prints milliseconds for one inference of each.

    ./dev bench                                  the digits network, 64 images at once
    ./dev bench model.onnx ... --shapes input:1x3x224x224

Inputs are random. All take turns, round by round, so that a busy moment of the machine hits each; the least median of all rounds counts.
Ratio is the fastest peer's time over Burnish's: above 1, Burnish is faster than every peer.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import openvino

import onnx
from onnx import helper

ROOT = Path(__file__).resolve().parent.parent
DIGITS = ROOT / "examples/digits/digits.onnx"

Inputs = dict[str, np.ndarray]


def parse_shapes(text: str) -> dict[str, list[int]]:
    """input:1x3x224x224,mask:1x128"""
    pairs = (part.rpartition(":") for part in text.split(",") if part)
    return {name.strip("'"): [int(dim) for dim in dims.split("x")] for name, _, dims in pairs}


def random_inputs(model: Path, shapes: dict[str, list[int]]) -> Inputs:
    graph, rng, inputs = onnx.load(model, load_external_data=False).graph, np.random.default_rng(0), {}
    weights = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name in weights:
            continue
        dims = shapes.get(value.name) or [dim.dim_value or 1 for dim in value.type.tensor_type.shape.dim]
        dtype = helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
        inputs[value.name] = rng.random(dims).astype(dtype) if np.issubdtype(dtype, np.floating) else rng.integers(0, 2, dims).astype(dtype)
    return inputs


def median_ms(infer: Callable[[], object], seconds: float) -> float:
    for _ in range(3):
        infer()
    times, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        begin = time.perf_counter()
        infer()
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times)


def open_onnxruntime(model: Path, inputs: Inputs, threads: int) -> Callable[[], object]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, inputs)


def open_openvino(model: Path, inputs: Inputs, threads: int) -> Callable[[], object]:
    core = openvino.Core()
    network = core.read_model(model)
    network.reshape({name: list(value.shape) for name, value in inputs.items()})
    options = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    request = core.compile_model(network, "CPU", options).create_infer_request()
    return lambda: request.infer(inputs)


class Burnish:
    """trtexec, as a user would call it: an engine built once, then loaded and timed."""

    def __init__(self, trtexec: Path, model: Path, inputs: Inputs, folder: Path, flags: list[str]) -> None:
        shapes = ",".join(f"'{name}':{'x'.join(map(str, value.shape))}" for name, value in inputs.items() if value.shape)
        for name, value in inputs.items():
            value.tofile(folder / f"{name.replace('/', '_')}.bin")
        loads = ",".join(f"'{name}':{folder / name.replace('/', '_')}.bin" for name in inputs)
        engine, self.times = folder / "engine", folder / "times.json"
        fixed = [f"--{which}Shapes={shapes}" for which in ("min", "opt", "max")] if self.dynamic(model) else []
        self.call([trtexec, f"--onnx={model}", f"--saveEngine={engine}", "--skipInference", *fixed, *flags])
        shaped = [f"--shapes={shapes}"] if fixed else []
        self.command = [trtexec, f"--loadEngine={engine}", *shaped, f"--loadInputs={loads}", f"--exportTimes={self.times}", *flags]

    @staticmethod
    def dynamic(model: Path) -> bool:
        graph = onnx.load(model, load_external_data=False).graph
        return any(not dim.HasField("dim_value") for value in graph.input for dim in value.type.tensor_type.shape.dim)

    @staticmethod
    def call(command: list[object]) -> None:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)

    def median_ms(self, seconds: float) -> float:
        self.call([*self.command, f"--duration={seconds:g}", "--warmUp=100"])
        return statistics.median(query["computeMs"] for query in json.loads(self.times.read_text()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--shapes", default="", help="sizes of dynamic inputs, as trtexec takes them; else 1")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="for the peers; Burnish takes its own flags")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1, help="of each engine in each round")
    parser.add_argument("--trtexec", type=Path, default=ROOT / "build/release/bin/trtexec")
    parser.add_argument("--flag", action="append", default=[], help="a further flag for trtexec")
    arguments = parser.parse_args()
    shapes = parse_shapes(arguments.shapes) or ({} if arguments.models else {"input": [64, 1, 8, 8]})

    print(f"{'model':24} {'burnish':>9} {'ort':>9} {'openvino':>9} {'ratio':>6}")
    for model in arguments.models or [DIGITS]:
        inputs = random_inputs(model, shapes)
        peers = [opened(model, inputs, arguments.threads) for opened in (open_onnxruntime, open_openvino)]
        with tempfile.TemporaryDirectory() as folder:
            own = Burnish(arguments.trtexec, model, inputs, Path(folder), arguments.flag)
            rounds = [
                [own.median_ms(arguments.seconds), *(median_ms(peer, arguments.seconds) for peer in peers)] for _ in range(arguments.rounds)
            ]
        best = [min(times) for times in zip(*rounds, strict=True)]
        print(f"{model.stem:24} {best[0]:9.3f} {best[1]:9.3f} {best[2]:9.3f} {min(best[1:]) / best[0]:6.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
