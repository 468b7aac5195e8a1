"""Engines: optimized networks, immutable and shared between threads."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from burnish import _core, _logging
from burnish._core import Session, TensorInfo
from burnish._report import Explanation


class Engine:
    """An optimized network. Made by `burnish.build` and `burnish.load`; all its members may be used from any thread."""

    accuracy: dict[str, Any] | None = None
    """What a build with `accuracy=` tried: engines with time and error, sensitivities of layers, and every try."""

    def __init__(self, core: _core.Engine) -> None:
        self._core = core

    def session(self, *, graphs: bool = True) -> Session:
        """Something to run the network with. It has memory of its own; make one for each thread, or share one: calls at the same time
        then take further memory.

        Args:
            graphs: on a GPU, record the kernels once and launch them as one graph from the second run on.
        """
        return self._core.session(graphs)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the engine file: beside `path`, then renamed."""
        self._core.save(Path(path))

    def serialize(self) -> bytes:
        """The engine file as bytes."""
        return self._core.serialize()

    @property
    def name(self) -> str:
        """The model's name."""
        return self._core.name

    @property
    def inputs(self) -> list[TensorInfo]:
        """What has to be given, in order."""
        return self._core.inputs

    @property
    def outputs(self) -> list[TensorInfo]:
        """What comes out, in order."""
        return self._core.outputs

    @property
    def metadata(self) -> dict[str, str]:
        """The model's own metadata."""
        return self._core.metadata

    @property
    def threads(self) -> int:
        """Threads the engine runs with."""
        return self._core.threads

    @property
    def session_bytes(self) -> int:
        """Bytes one session needs besides inputs and outputs."""
        return self._core.arena_bytes

    @property
    def choices(self) -> str:
        """The tactic of every node, as the text that `build(choices=...)` takes."""
        return self._core.choices

    def explain(self) -> Explanation:
        """Which kernel computes each node, what else could have, and why the rest could not. Prints as a table; a notebook shows HTML."""
        return Explanation.parse(self._core.report)

    def inspect(self) -> dict[str, Any]:
        """What the engine is, as plain data: bindings, device, memory."""
        report = self.explain()
        return {
            "name": self.name,
            "producer": self._core.producer,
            "backend": report.backend,
            "device": report.device,
            "threads": self.threads,
            "session_bytes": self.session_bytes,
            "session_bytes_lower_bound": self._core.arena_lower_bound,
            "inputs": [_described(info) for info in self.inputs],
            "outputs": [_described(info) for info in self.outputs],
            "metadata": self.metadata,
        }

    def __repr__(self) -> str:
        def listed(infos: list[TensorInfo]) -> str:
            return ", ".join(f"{info.name}: {info.dtype}{list(info.shape)}" for info in infos)

        return f"<burnish.Engine {self.name!r} ({listed(self.inputs)}) -> ({listed(self.outputs)})>"

    def _repr_html_(self) -> str:
        return self.explain()._repr_html_()


def _described(info: TensorInfo) -> dict[str, Any]:
    return {"name": info.name, "dtype": info.dtype, "shape": list(info.shape), "format": info.format, "bytes": info.bytes}


def load(engine: str | os.PathLike[str] | bytes, *, threads: int = 0) -> Engine:
    """Opens an engine file, or the bytes of one.

    Args:
        engine: a path, or what `Engine.serialize` gave.
        threads: 0: what it was built for. Another number plans the engine again from estimates.
    """
    severity = _logging.wanted_severity()
    if isinstance(engine, bytes):
        return Engine(_core.Engine.open_bytes(engine, threads, severity))
    return Engine(_core.Engine.open(Path(engine), threads, severity))


def devices() -> list[dict[str, Any]]:
    """The backends of this build: `backend`, and `fingerprint` and `description`, or in `unavailable` why it cannot be used."""
    return _core.devices()
