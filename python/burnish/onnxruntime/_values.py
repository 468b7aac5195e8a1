"""OrtValue and IOBinding, for programs that bind their inputs and outputs. Values lie in host memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from burnish.onnxruntime._session import InferenceSession


class OrtValue:
    """An array under ONNX Runtime's name for it."""

    def __init__(self, array: Any) -> None:
        self._array = array

    @staticmethod
    def ortvalue_from_numpy(array: Any, device_type: str = "cpu", device_id: int = 0) -> OrtValue:
        return OrtValue(array)

    @staticmethod
    def ortvalue_from_shape_and_type(shape: Sequence[int], element_type: Any, device_type: str = "cpu", device_id: int = 0) -> OrtValue:
        return OrtValue(np.empty(tuple(shape), element_type))

    def numpy(self) -> Any:
        return self._array

    def shape(self) -> list[int]:
        return list(self._array.shape)

    def device_name(self) -> str:
        return "cpu"

    def is_tensor(self) -> bool:
        return isinstance(self._array, np.ndarray)

    def has_value(self) -> bool:
        return self._array is not None

    def update_inplace(self, array: Any) -> None:
        np.copyto(self._array, array)

    def __dlpack__(self, **arguments: Any) -> Any:
        return self._array.__dlpack__(**arguments)

    def __dlpack_device__(self) -> Any:
        return self._array.__dlpack_device__()


class IOBinding:
    """Inputs and outputs of a session, set one by one."""

    def __init__(self, session: InferenceSession) -> None:
        self._session = session
        self._inputs: dict[str, Any] = {}
        self._outputs: dict[str, OrtValue | None] = {}

    def bind_cpu_input(self, name: str, array: Any) -> None:
        self._inputs[name] = array

    def bind_ortvalue_input(self, name: str, value: OrtValue) -> None:
        self._inputs[name] = value.numpy()

    def bind_output(self, name: str, device_type: str = "cpu", device_id: int = 0) -> None:
        self._outputs[name] = None

    def bind_ortvalue_output(self, name: str, value: OrtValue) -> None:
        self._outputs[name] = value

    def clear_binding_inputs(self) -> None:
        self._inputs.clear()

    def clear_binding_outputs(self) -> None:
        self._outputs.clear()

    def synchronize_inputs(self) -> None:
        """Has no effect: inputs are ready when they are bound."""

    def synchronize_outputs(self) -> None:
        """Has no effect: outputs are ready when the run returns."""

    def get_outputs(self) -> list[OrtValue]:
        return [value for value in self._outputs.values() if value is not None]

    def copy_outputs_to_cpu(self) -> list[Any]:
        return [value.numpy() for value in self.get_outputs()]

    def run(self) -> None:
        """Called by `InferenceSession.run_with_iobinding`."""
        names = list(self._outputs)
        for name, array in zip(names, self._session.run(names, self._inputs), strict=True):
            bound = self._outputs[name]
            if bound is None or bound.numpy().shape != array.shape:
                self._outputs[name] = OrtValue(array)
            else:
                bound.update_inplace(array)
