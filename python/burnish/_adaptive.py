"""How a model with open dimensions is run: by one engine that learns shapes as they come. `runner` is the one place that knows.

What such an engine cannot do (inputs without even a rank), one for each set of shapes may.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from burnish._arrays import Array
from burnish._engine import Engine
from burnish._errors import InvalidArgumentError, UnsupportedError

Port = Mapping[str, Any]
"""An input as a model declares it: `name`, `type`, and `shape` of sizes, names and None; None where even the rank is open."""
Shapes = dict[str, tuple[int, ...]]
Make = Callable[[Shapes], Engine]

_KEPT = 32  # sets of shapes with an engine in memory


def is_open(port: Port) -> bool:
    return port["shape"] is None or any(not isinstance(size, int) for size in port["shape"])


class Runner(Protocol):
    def run_list(self, names: Sequence[str] | None, feed: dict[str, Any]) -> list[Array]: ...


def runner(inputs: Sequence[Port], make: Make) -> Runner:
    """Runs a model with these inputs; `make` builds or finds the engine, with shapes for the inputs that are given some."""
    tensors = [port for port in inputs if port["type"].startswith("tensor(")]
    if any(port["shape"] is None for port in tensors):
        return Adaptive([port["name"] for port in tensors if is_open(port)], make)
    try:
        return make({}).session()
    except UnsupportedError:
        opened = [port["name"] for port in tensors if is_open(port)]
        if not opened:
            raise
        return Adaptive(opened, make)


class Adaptive:
    """A runner for each set of shapes of the open inputs. The least recently used is forgotten."""

    def __init__(self, opened: Sequence[str], make: Make) -> None:
        self._opened = tuple(opened)
        self._make = make
        self._runners: OrderedDict[tuple[tuple[int, ...], ...], Runner] = OrderedDict()
        self._lock = threading.Lock()

    def run_list(self, names: Sequence[str] | None, feed: dict[str, Any]) -> list[Array]:
        shapes = tuple(self._shape(name, feed) for name in self._opened)
        with self._lock:
            known = self._runners.get(shapes)
            if known is None:
                known = self._learn(shapes)
            self._runners.move_to_end(shapes)
        return known.run_list(names, feed)

    def _shape(self, name: str, feed: Mapping[str, Any]) -> tuple[int, ...]:
        if name not in feed:
            raise InvalidArgumentError(f"input `{name}` is missing")
        shape = getattr(feed[name], "shape", None)
        return tuple(np.shape(feed[name]) if shape is None else shape)

    def _learn(self, shapes: tuple[tuple[int, ...], ...]) -> Runner:
        made = self._make(dict(zip(self._opened, shapes, strict=True))).session()
        self._runners[shapes] = made
        while len(self._runners) > _KEPT:
            self._runners.popitem(last=False)
        return made
