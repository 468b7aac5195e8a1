"""Burnish as an `onnx.backend`: `prepare`, `run_model`, `run_node`, `supports_device`. Needs the package `onnx`.

Engines are built from estimates, without measuring, for the shapes of the inputs; for the values of inputs that shapes are computed from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx.backend.base
import onnx.helper
import onnx.numpy_helper

import onnx
from burnish import _core
from burnish._build import build
from burnish._engine import Engine, devices
from burnish._errors import Error

_BACKENDS = {"CPU": "cpu", "CUDA": "cuda"}


def _backend_of(device: str) -> str:
    return _BACKENDS.get(device.partition(":")[0].upper(), "")


class BurnishRep(onnx.backend.base.BackendRep):
    """A model, ready to run. Each new set of input shapes gets an engine of its own, which is kept."""

    def __init__(self, model: onnx.ModelProto, device: str, options: dict[str, Any]) -> None:
        super().__init__()
        self._model = model
        self._backend = _backend_of(device)
        self._options = {"optimization_level": 0, "progress": False, **options}
        self._names = [port["name"] for port in _core.summarize_bytes(model.SerializeToString())["inputs"]]
        self._kept: dict[Any, tuple[Engine, int]] = {}

    def run(self, inputs: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Runs with inputs in the model's order, or by name; returns all outputs."""
        values = [inputs[name] for name in self._names] if isinstance(inputs, dict) else list(inputs)
        engine, given = self._engine(values)
        made = engine.session().run_list(None, dict(zip((info.name for info in engine.inputs), values[:given], strict=True)))
        return onnx.backend.base.namedtupledict("Outputs", [info.name for info in engine.outputs])(*made)

    def _engine(self, values: list[Any]) -> tuple[Engine, int]:
        key = tuple((np.shape(value), getattr(value, "dtype", None)) for value in values)
        if key not in self._kept:
            try:
                self._kept[key] = self._build(self._model, values), len(values)
            except Error as error:
                # Sizes that are computed from the values of further inputs (the shape of Reshape, the axes of Reduce).
                if len(values) < 2 or "is not fixed" not in str(error):
                    raise
                return self._build(self._with_constants(values), values[:1]), 1
        return self._kept[key]

    def _build(self, model: onnx.ModelProto, values: list[Any]) -> Engine:
        shapes = {name: np.shape(value) for name, value in zip(self._names, values, strict=False)}
        return build(model, backend=self._backend, shapes=shapes, **self._options)

    def _with_constants(self, values: list[Any]) -> onnx.ModelProto:
        """The model with all inputs but the first replaced by constants."""
        model = onnx.ModelProto()
        model.CopyFrom(self._model)
        model.graph.initializer.extend(
            onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in zip(self._names[1:], values[1:], strict=True)
        )
        return model


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
