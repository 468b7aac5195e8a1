"""Burnish as an `onnx.backend`: `prepare`, `run_model`, `run_node`, `supports_device`. Needs the package `onnx`.

Engines are built from estimates, without measuring, and learn shapes as they come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx.backend.base
import onnx.helper

import onnx
from burnish import _adaptive, _core
from burnish._build import build
from burnish._engine import devices
from burnish._errors import Error

_BACKENDS = {"CPU": "cpu", "CUDA": "cuda"}


def _backend_of(device: str) -> str:
    return _BACKENDS.get(device.partition(":")[0].upper(), "")


class BurnishRep(onnx.backend.base.BackendRep):
    """A model, ready to run at any shapes that it allows."""

    def __init__(self, model: onnx.ModelProto, device: str, options: dict[str, Any]) -> None:
        super().__init__()
        summary = _core.summarize_bytes(model.SerializeToString())
        self._inputs = [port["name"] for port in summary["inputs"]]
        self._outputs = [port["name"] for port in summary["outputs"]]
        options = {"backend": _backend_of(device), "optimization_level": 0, "progress": False, **options}
        self._runner = _adaptive.runner(summary["inputs"], lambda shapes: build(model, shapes=shapes, **options))

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Runs with inputs in the model's order, or by name; returns all outputs."""
        feed = dict(inputs) if isinstance(inputs, dict) else dict(zip(self._inputs, inputs, strict=False))
        return onnx.backend.base.namedtupledict("Outputs", self._outputs)(*self._runner.run_list(None, feed))


class BurnishBackend(onnx.backend.base.Backend):
    @classmethod
    def prepare(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> BurnishRep:
        """Options of `burnish.build` are taken as they are there."""
        if not cls.supports_device(device):
            raise ValueError(f"there is no device {device!r} here")
        return BurnishRep(model, device, kwargs)

    @classmethod
    def run_model(cls, model: onnx.ModelProto, inputs: Any, device: str = "CPU", **kwargs: Any) -> tuple[Any, ...]:
        return cls.prepare(model, device, **kwargs).run(inputs)

    @classmethod
    def run_node(
        cls, node: onnx.NodeProto, inputs: Any, device: str = "CPU", outputs_info: Sequence[Any] | None = None, **kwargs: Any
    ) -> tuple[Any, ...]:
        """Runs one node. `outputs_info` is not needed; `opset_version` says which opset the node is of."""
        opset = kwargs.pop("opset_version", onnx.defs.onnx_opset_version())
        arrays = [np.asarray(value) for value in inputs]
        names = [name for name in node.input if name]
        declared = [
            onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
            for name, array in zip(names, arrays, strict=True)
        ]
        made = [onnx.ValueInfoProto(name=name) for name in node.output if name]
        graph = onnx.helper.make_graph([node], "node", declared, made)
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid(node.domain, opset)])
        return cls.run_model(model, arrays, device, **kwargs)

    @classmethod
    def supports_device(cls, device: str) -> bool:
        wanted = _backend_of(device)
        return any(one["backend"] == wanted and not one["unavailable"] for one in devices())

    @classmethod
    def is_compatible(cls, model: onnx.ModelProto, device: str = "CPU", **kwargs: Any) -> bool:
        """Whether the model can be read; whether it can be run is known where its shapes are."""
        try:
            _core.summarize_bytes(model.SerializeToString())
        except Error:
            return False
        return cls.supports_device(device)


prepare = BurnishBackend.prepare
run_model = BurnishBackend.run_model
run_node = BurnishBackend.run_node
supports_device = BurnishBackend.supports_device
is_compatible = BurnishBackend.is_compatible
