"""As in ONNX Runtime."""

from burnish.onnxruntime.capi._pybind_state import *  # noqa: F403
