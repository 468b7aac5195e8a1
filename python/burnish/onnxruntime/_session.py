"""InferenceSession: a model, found in the cache or built, and run."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from burnish import _adaptive, _core, _store
from burnish._build import build
from burnish._engine import Engine, devices
from burnish._errors import Error
from burnish.onnxruntime import _state
from burnish.onnxruntime._options import GraphOptimizationLevel, SessionOptions
from burnish.onnxruntime._values import IOBinding

_LEVELS = {
    GraphOptimizationLevel.ORT_DISABLE_ALL: 0,
    GraphOptimizationLevel.ORT_ENABLE_BASIC: 1,
    GraphOptimizationLevel.ORT_ENABLE_EXTENDED: 2,
}
_BEST_LEVEL = 3

_store_in_use = _store.Store(_store.default_folder())


def configure(*, cache_folder: str | os.PathLike[str] | None = None, cache_bytes: int = _store.DEFAULT_BYTES) -> None:
    """Says where engines are kept (None: `burnish/engines` in the user's cache folder) and how much, for sessions made from now on."""
    global _store_in_use
    _store_in_use = _store.Store(Path(cache_folder) if cache_folder is not None else _store.default_folder(), cache_bytes)


class NodeArg:
    """An input or output: `name`, `shape` (sizes, names of open dimensions, None) and `type` ("tensor(float)")."""

    def __init__(self, port: Mapping[str, Any]) -> None:
        self.name: str = port["name"]
        self.type: str = port["type"]
        self.shape: list[int | str | None] = list(port["shape"] or [])

    def __repr__(self) -> str:
        return f"NodeArg(name={self.name!r}, type={self.type!r}, shape={self.shape})"


class ModelMetadata:
    def __init__(self, summary: Mapping[str, Any]) -> None:
        self.producer_name: str = summary["producer"]
        self.graph_name: str = summary["graph"]
        self.domain: str = summary["domain"]
        self.description: str = summary["description"]
        self.graph_description: str = summary["graph_description"]
        self.version: int = summary["version"]
        self.custom_metadata_map: dict[str, str] = dict(summary["metadata"])


class _Model:
    """A model with its options: finds its engines in the store, or builds them."""

    def __init__(self, model: Path | bytes, options: SessionOptions, backend: str) -> None:
        self._model = model
        self._store = _store_in_use
        self._backend = backend
        self._threads = options.intra_op_num_threads
        self._level = _LEVELS.get(options.graph_optimization_level, _BEST_LEVEL)
        content = _core.hash_file(model) if isinstance(model, Path) else _core.hash_bytes(model)
        self.summary = self._store.text(_store.key_of("summary", content), self._summarize)
        shapes = [_fix(port, options._dimensions) for port in self.summary["inputs"]]
        fingerprint = next(one["fingerprint"] for one in devices() if one["backend"] == backend)
        self._key = (content, self._external(), backend, fingerprint, self._threads, self._level)
        self._fixed = {port["name"]: port["shape"] for port, fixed in zip(self.summary["inputs"], shapes, strict=True) if fixed}

    def engine(self, given: _adaptive.Shapes) -> Engine:
        """With these shapes for inputs that cannot do without; other open sizes stay open."""
        shapes = {**self._fixed, **given}
        return self._store.engine(_store.key_of("engine", self._key, shapes), lambda: self._build(shapes))

    def _build(self, shapes: Mapping[str, Any]) -> Engine:
        return build(
            self._model,
            shapes=shapes,
            backend=self._backend,
            threads=self._threads,
            optimization_level=self._level,
            timing_cache=self._store.timing_cache,
        )

    def _summarize(self) -> dict[str, Any]:
        return _core.summarize(self._model) if isinstance(self._model, Path) else _core.summarize_bytes(self._model)

    def _external(self) -> list[tuple[str, int, int]]:
        """Name, size and time of the files that hold weights: their content is too much to read each time."""
        folder = self._model.parent if isinstance(self._model, Path) else Path()
        found = []
        for name in self.summary["external_files"]:
            status = (folder / name).stat() if (folder / name).is_file() else None
            found.append((name, status.st_size if status else -1, status.st_mtime_ns if status else 0))
        return found


def _fix(port: dict[str, Any], sizes: Mapping[str, int]) -> bool:
    """Gives open dimensions the sizes that the program fixed by name; whether none is open any more, and one was."""
    before = port["shape"]
    if before is not None:
        port["shape"] = [sizes.get(size, size) if isinstance(size, str) else size for size in before]
    return before != port["shape"] and all(isinstance(size, int) for size in port["shape"])


def _backend(providers: Sequence[Any] | None) -> tuple[str, list[str]]:
    """What runs the model, and the providers that stand for it."""
    available = _state.get_available_providers()
    names = [one if isinstance(one, str) else one[0] for one in providers or available]
    usable = [name for name in names if name in available] or ["CPUExecutionProvider"]
    return _state.backend_of(usable[0]) or "cpu", [*usable, *(["CPUExecutionProvider"] if "CPUExecutionProvider" not in usable else [])]


class InferenceSession:
    def __init__(
        self,
        path_or_bytes: str | os.PathLike[str] | bytes,
        sess_options: SessionOptions | None = None,
        providers: Sequence[Any] | None = None,
        provider_options: Sequence[Mapping[str, Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        self._options = sess_options or SessionOptions()
        self._model_path = None if isinstance(path_or_bytes, bytes) else os.fspath(path_or_bytes)
        backend, self._providers = _backend(providers)
        if self._model_path is not None and not Path(self._model_path).is_file():
            raise _state.NoSuchFile(f"there is no file {self._model_path}")
        try:
            self._model = _Model(Path(self._model_path) if self._model_path is not None else path_or_bytes, self._options, backend)  # type: ignore[arg-type]
            self._runner = _adaptive.runner(self._model.summary["inputs"], self._model.engine)
        except Error as error:
            raise _state.translated(error) from error
        self._run_list = self._runner.run_list

    def run(self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any], run_options: Any = None) -> list[Any]:
        """The named outputs, or all where `output_names` is None. May be called from several threads."""
        try:
            return self._run_list(output_names, input_feed)  # type: ignore[arg-type]
        except Error as error:
            raise _state.translated(error) from error

    def run_async(
        self, output_names: Sequence[str] | None, input_feed: Mapping[str, Any], callback: Any, user_data: Any, run_options: Any = None
    ) -> None:
        """Runs on a thread of its own, which then calls `callback(outputs, user_data, error)`."""

        def work() -> None:
            try:
                results = self.run(output_names, input_feed)
            except Exception as error:
                callback([], user_data, str(error))
            else:
                callback(results, user_data, "")

        threading.Thread(target=work).start()

    def run_with_iobinding(self, iobinding: IOBinding, run_options: Any = None) -> None:
        iobinding.run()

    def io_binding(self) -> IOBinding:
        return IOBinding(self)

    def get_inputs(self) -> list[NodeArg]:
        return [NodeArg(port) for port in self._model.summary["inputs"]]

    def get_outputs(self) -> list[NodeArg]:
        return [NodeArg(port) for port in self._model.summary["outputs"]]

    def get_overridable_initializers(self) -> list[NodeArg]:
        return []

    def get_modelmeta(self) -> ModelMetadata:
        return ModelMetadata(self._model.summary)

    def get_providers(self) -> list[str]:
        return list(self._providers)

    def get_provider_options(self) -> dict[str, dict[str, str]]:
        return {provider: {} for provider in self._providers}

    def set_providers(self, providers: Sequence[Any] | None = None, provider_options: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Has no effect: a session keeps the device it was made for."""

    def get_session_options(self) -> SessionOptions:
        return self._options

    def disable_fallback(self) -> None:
        """Has no effect."""

    def enable_fallback(self) -> None:
        """Has no effect."""
