"""Comparing an engine with ONNX Runtime or with the reference evaluations, tensor by tensor."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from burnish import _core
from burnish._build import build
from burnish._engine import Engine
from burnish._errors import InvalidArgumentError, UnsupportedError


@dataclass
class Difference:
    """How far a tensor is from what is taken for right."""

    tensor: str
    node: str
    tactic: str
    max_error: float
    relative_error: float
    """Over the largest value."""
    good: bool


@dataclass
class Verification:
    """All tensors that both sides have, in order of execution."""

    tensors: list[Difference] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether no tensor departs."""
        return all(one.good for one in self.tensors)

    @property
    def first(self) -> Difference | None:
        """The first tensor that departs."""
        return next((one for one in self.tensors if not one.good), None)

    @property
    def worst(self) -> Difference | None:
        """The tensor that departs furthest."""
        return max(self.tensors, key=lambda one: one.relative_error, default=None)

    def __str__(self) -> str:
        bad = [one for one in self.tensors if not one.good]
        lines = [f"{len(self.tensors) - len(bad)} of {len(self.tensors)} tensors agree"]
        for what, one in (("first", self.first), ("worst", self.worst)):
            if bad and one is not None:
                lines.append(f"{what}: {one.tensor} ({one.node}, {one.tactic}): {one.relative_error:.3g} of the largest value")
        return "\n".join(lines)


def verify(
    model: str | os.PathLike[str],
    inputs: dict[str, Any],
    *,
    engine: Engine | None = None,
    against: str = "onnxruntime",
    tolerance: float = 1e-3,
    **options: Any,
) -> Verification:
    """Runs a model's engine and the same model elsewhere on the same inputs, and compares every tensor in between that both have.

    Args:
        model: a path.
        inputs: arrays by name.
        engine: made from the model before; else it is built with `options`.
        against: "onnxruntime", which has to be installed with `onnx`; or "reference", the reference evaluations of the engine's graph.
        tolerance: largest error accepted, relative to a tensor's largest value.
        options: of `burnish.build`.
    """
    if against not in ("onnxruntime", "reference"):
        raise InvalidArgumentError(f"against is 'onnxruntime' or 'reference', not {against!r}")
    if engine is None:
        shapes = {name: tuple(array.shape) for name, array in inputs.items()}
        engine = build(model, **{"shapes": shapes, **options})
    core, tensors = _tapped(engine, exact=False)
    got = core.session(True).run(inputs)
    wanted = _onnxruntime(model, inputs, [name for name, _, _ in tensors]) if against == "onnxruntime" else _reference(engine, inputs)
    result = Verification()
    for name, node, tactic in tensors:
        if name in wanted and wanted[name].shape == got[name].shape and wanted[name].dtype == got[name].dtype:
            result.tensors.append(_difference(name, node, tactic, got[name], wanted[name], tolerance))
    return result


def _tapped(engine: Engine, *, exact: bool) -> tuple[_core.Engine, list[tuple[str, str, str]]]:
    """The engine, or its graph by the reference, with every tensor in between as an output: name, node and tactic of each."""
    found = _core.tapped(engine._core, exact)
    if found is None:
        raise UnsupportedError("tensors in between are compared where all sizes are known: give shapes")
    return found


def _reference(engine: Engine, inputs: dict[str, Any]) -> dict[str, Any]:
    core, _ = _tapped(engine, exact=True)
    return core.session(True).run(inputs)


def _onnxruntime(model: str | os.PathLike[str], inputs: dict[str, Any], names: list[str]) -> dict[str, Any]:
    import onnx

    onnxruntime = importlib.import_module("onnxruntime")  # an optional peer, which has no types

    loaded = onnx.load(os.fspath(model))
    made = {output for node in loaded.graph.node for output in node.output}
    outputs = [one.name for one in loaded.graph.output]
    for name in names:
        if name in made and name not in outputs:
            loaded.graph.output.append(onnx.ValueInfoProto(name=name))
            outputs.append(name)
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(loaded.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    return dict(zip(outputs, session.run(outputs, inputs), strict=True))


def _difference(name: str, node: str, tactic: str, got: Any, wanted: Any, tolerance: float) -> Difference:
    if got.size == 0 or got.dtype == object:
        return Difference(name, node, tactic, 0, 0, True)
    a, b = got.astype(np.float64), wanted.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        error = float(np.max(np.where(same, 0, np.nan_to_num(np.abs(a - b), nan=np.inf))))
    largest = float(np.max(np.abs(b[np.isfinite(b)]), initial=0))
    relative = error / max(largest, 1e-30)
    step = got.dtype in (np.uint8, np.int8) and error <= 1
    return Difference(name, node, tactic, error, relative, bool(relative <= tolerance or step))
