"""`import onnxruntime` gives Burnish where this folder stands first on PYTHONPATH."""

from burnish.onnxruntime import *  # noqa: F403
from burnish.onnxruntime import __version__ as __version__
