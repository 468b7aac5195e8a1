"""The compiled half of the package. Private: use `burnish`."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

version: str

class TensorInfo:
    """An input or output of a network."""

    @property
    def name(self) -> str: ...
    @property
    def dtype(self) -> str:
        """The element type: "f32", "i64", ..."""
    @property
    def numpy_dtype(self) -> np.dtype[Any]:
        """The numpy type of its arrays."""
    @property
    def shape(self) -> tuple[int | str | None, ...]:
        """Sizes of the dimensions; the model's name, or None, where one is open."""
    @property
    def format(self) -> str:
        """Storage type and order of axes, outermost first: "f32:0123"."""
    @property
    def bytes(self) -> int:
        """Bytes of its memory; 0 where a dimension is open."""

class Session:
    """Runs one engine. Made by `Engine.session()`. It may be shared by threads; calls at the same time take further memory."""

    def run(self, inputs: Any, *, out: dict[str, Any] | None = None) -> dict[str, npt.NDArray[Any]]:
        """Runs once and returns all outputs by name.

        Args:
            inputs: a dict of name to array, a list in the order of `Engine.inputs`, or the only input. An array is anything with the
                buffer protocol or DLPack; contiguous arrays of the right type are read where they lie, others are copied.
            out: a dict of output name to array or tensor that the engine writes into.
        """
    def __call__(self, *inputs: Any) -> Any:
        """Runs with inputs in order; returns the only output, or a tuple of all."""
    def run_list(self, names: Sequence[str] | None, feed: dict[str, Any]) -> list[npt.NDArray[Any]]:
        """Runs with inputs by name; returns the named outputs, or all where `names` is None, as a list."""
    def profile(self, inputs: Any) -> list[tuple[str, float]]:
        """Runs once; returns (step, seconds) for each step, in order."""

class Engine:
    @staticmethod
    def open(path: Path, threads: int, log_level: int) -> Engine: ...
    @staticmethod
    def open_bytes(data: bytes, threads: int, log_level: int) -> Engine: ...
    def save(self, path: Path) -> None: ...
    def serialize(self) -> bytes: ...
    def session(self, graphs: bool) -> Session: ...
    @property
    def name(self) -> str: ...
    @property
    def producer(self) -> str: ...
    @property
    def inputs(self) -> list[TensorInfo]: ...
    @property
    def outputs(self) -> list[TensorInfo]: ...
    @property
    def metadata(self) -> dict[str, str]: ...
    @property
    def threads(self) -> int: ...
    @property
    def arena_bytes(self) -> int: ...
    @property
    def arena_lower_bound(self) -> int: ...
    @property
    def choices(self) -> str: ...
    @property
    def report(self) -> str: ...

def build(path: Path, options: Mapping[str, object], progress: Callable[[str, int, int], bool | None] | None, log_level: int) -> Engine: ...
def build_bytes(
    model: bytes, folder: Path, options: Mapping[str, object], progress: Callable[[str, int, int], bool | None] | None, log_level: int
) -> Engine: ...
def summarize(path: Path) -> dict[str, Any]: ...
def summarize_bytes(model: bytes) -> dict[str, Any]: ...
def hash_file(path: Path) -> str: ...
def hash_bytes(data: bytes) -> str: ...
def library() -> str: ...
def devices() -> list[dict[str, Any]]: ...
def default_backend() -> str: ...
def calibrate(
    path: Path,
    options: Mapping[str, object],
    method: str,
    batches: Callable[[int, list[str]], list[Any] | None],
    progress: Callable[[str, int, int], bool | None] | None,
    log_level: int,
) -> dict[str, tuple[float, float]]: ...
def quantize(
    path: Path, ranges: Mapping[str, tuple[float, float]], settings: Mapping[str, object], keeps_float: Callable[[str], bool] | None
) -> bytes: ...
def tune(
    path: Path,
    options: Mapping[str, object],
    settings: Mapping[str, object],
    batches: Callable[[int, list[str]], list[Any] | None],
    accuracy: str | tuple[Callable[[list[list[Any]], list[list[Any]]], float], float] | None,
    keeps_float: Callable[[str], bool] | None,
    progress: Callable[[str, int, int], bool | None] | None,
    log_level: int,
) -> tuple[bytes, str]: ...
def build_mixed(
    path: Path,
    options: Mapping[str, object],
    accuracy: str | tuple[Callable[[list[list[Any]], list[list[Any]]], float], float],
    samples: Callable[[int, list[str]], list[Any] | None] | None,
    int8: bool,
    ranges: Mapping[str, tuple[float, float]] | None,
    method: str,
    progress: Callable[[str, int, int], bool | None] | None,
    log_level: int,
) -> tuple[Engine, str]: ...
def read_calibration_cache(text: str) -> dict[str, tuple[float, float]]: ...
def calibration_cache(ranges: Mapping[str, tuple[float, float]], method: str) -> str: ...
def tapped(engine: Engine, reference: bool) -> tuple[Engine, list[tuple[str, str, str]]] | None: ...
