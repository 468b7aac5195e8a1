#!/usr/bin/env python3
"""One engine for all batches and lengths of a network over sequences: its results, and what a change of shape costs.

    PYTHONPATH=build/release/python python bench/lengths.py model.onnx ... [--batches 1,4,16] [--lengths 1,128,384]

The first axis of each input is opened for the batch, the second of those of two axes (token numbers, masks) for the length; `--axis
input:1` names others. The engine gets one profile, from the least to the greatest of both, tuned for the middle. It then meets the
profile's corners and two odd shapes, in changing order, each more than once; ONNX Runtime judges every result. Fails where one is
apart by more than `--tolerance` of its largest number, or where going to a shape that was met before costs more than `--change`
milliseconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import burnish
import numpy as np
import onnxruntime

import onnx

Shape = tuple[int, int]


def opened(path: Path, axes: dict[str, int]) -> bytes:
    """The model with these axes and the first one open, and nothing said about other shapes."""
    model = onnx.load(path)
    weights = {one.name for one in model.graph.initializer}
    for port in model.graph.input:
        dims = port.type.tensor_type.shape.dim
        if port.name in weights or not dims:
            continue
        dims[0].dim_param = "batch"
        axis = axes.get(port.name, 1 if len(dims) == 2 else None)
        if axis is not None:
            dims[axis].dim_param = "length"
    for port in model.graph.output:
        for index, dim in enumerate(port.type.tensor_type.shape.dim):
            dim.dim_param = f"{port.name}_{index}"
    del model.graph.value_info[:]
    return model.SerializeToString()


def dims_of(port: Any, shape: Shape) -> list[int]:
    sizes = {"batch": shape[0], "length": shape[1]}
    return [size if isinstance(size, int) else sizes[size] for size in port.shape]


def feed_of(ports: list[Any], shape: Shape, draw: np.random.Generator) -> dict[str, np.ndarray]:
    """Random numbers; token numbers are small, masks and token types let everything through."""
    feed = {}
    for port in ports:
        dims = dims_of(port, shape)
        if "float" in port.type:
            feed[port.name] = draw.standard_normal(dims).astype(np.float32)
            continue
        dtype = np.dtype(port.type.removeprefix("tensor(").removesuffix(")"))
        if "mask" in port.name or (len(feed) == 1 and "type" not in port.name):
            feed[port.name] = np.ones(dims, dtype)
        else:
            feed[port.name] = draw.integers(0, 2 if "type" in port.name else 100, dims).astype(dtype)
    return feed


def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    if ours.shape != theirs.shape:
        return float("inf")
    scale = max(float(np.abs(theirs).max(initial=0)), 1e-6)
    return float(np.abs(ours.astype(np.float64) - theirs).max(initial=0)) / scale


class Trial:
    """One model: ONNX Runtime, and one engine with a profile."""

    def __init__(self, path: Path, arguments: argparse.Namespace) -> None:
        model = opened(path, {name: int(axis) for name, axis in (one.rsplit(":", 1) for one in arguments.axis)})
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = arguments.threads, 4
        self.peer = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.ports = self.peer.get_inputs()
        self.names = [one.name for one in self.peer.get_outputs()]
        corners = list(zip(arguments.batches, arguments.lengths, strict=True))
        self.least, self.middle, self.greatest = corners
        shapes = {port.name: tuple(dims_of(port, corner) for corner in corners) for port in self.ports}
        began = time.perf_counter()
        self.session = burnish.build(model, shapes=shapes, backend="cpu", threads=arguments.threads, progress=False).session()
        self.built = time.perf_counter() - began
        self.draw = np.random.default_rng(0)
        self.first: dict[Shape, float] = {}

    def odd_shapes(self) -> list[Shape]:
        (b0, l0), (b1, l1), (b2, l2) = self.least, self.middle, self.greatest
        return [(min(b0 + 2, b2), (l0 + l1) // 2 + 1), (min(b1 + 3, b2), min(l1 + 83, l2))]

    def apart(self, shape: Shape) -> float:
        feed = feed_of(self.ports, shape, self.draw)
        began = time.perf_counter()
        ours = self.session.run(feed)
        self.first.setdefault(shape, 1e3 * (time.perf_counter() - began))
        theirs = self.peer.run(None, feed)
        return max(distance(ours[name], one) for name, one in zip(self.names, theirs, strict=True))

    def change(self, one: Shape, other: Shape, rounds: int) -> float:
        """Milliseconds of processor time that a run of `one` takes longer after one of `other` than after another of `one`."""
        feeds = [feed_of(self.ports, shape, self.draw) for shape in (one, other)]

        def timed() -> float:
            began = time.thread_time()
            self.session.run(feeds[0])
            return 1e3 * (time.thread_time() - began)

        after_other, after_same = [], []
        for _ in range(rounds):
            self.session.run(feeds[1])
            after_other.append(timed())
            after_same.append(timed())
        return min(after_other) - min(after_same)  # what else the machine does only adds


def judge(path: Path, arguments: argparse.Namespace) -> bool:
    trial = Trial(path, arguments)
    odd = trial.odd_shapes()
    order = [trial.middle, odd[0], trial.least, trial.greatest, odd[1], trial.least, odd[0], trial.middle, odd[1], trial.greatest]
    apart = {}
    for shape in order:
        apart[shape] = max(apart.get(shape, 0.0), trial.apart(shape))
    cost = max(trial.change(trial.least, odd[0], arguments.rounds), trial.change(odd[0], trial.least, arguments.rounds))
    fine = max(apart.values()) <= arguments.tolerance and cost <= arguments.change
    print(f"{path.parent.name}/{path.name}: built in {trial.built:.1f} s; {'fine' if fine else 'NOT FINE'}")
    for shape, value in apart.items():
        print(f"  batch {shape[0]:3} length {shape[1]:4}: {value:.1e} apart, first run {trial.first[shape]:.1f} ms")
    print(f"  a change to a shape met before costs {cost:.2f} ms", flush=True)
    return fine


def numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--batches", type=numbers, default=[1, 4, 16])
    parser.add_argument("--lengths", type=numbers, default=[1, 128, 384])
    parser.add_argument("--axis", action="append", default=[], metavar="INPUT:AXIS")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--tolerance", type=float, default=1e-3)
    parser.add_argument("--change", type=float, default=5.0)
    arguments = parser.parse_args()
    verdicts = [judge(model, arguments) for model in arguments.models]
    return 0 if all(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
