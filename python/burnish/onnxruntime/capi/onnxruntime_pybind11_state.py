"""The same names where ONNX Runtime's exceptions say they come from."""

from burnish.onnxruntime.capi._pybind_state import *  # noqa: F403
