"""A bar on the terminal while a build takes long. It draws on standard error, only where that is a terminal, and leaves no trace."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType

Progress = Callable[[str, int, int], bool | None]
"""Told the phase of a build, how much of it is done, and of how much. Returning False stops the build."""

_WIDTH = 30
_FIRST_AFTER, _EVERY = 0.5, 0.1  # seconds


class Bar:
    """A context manager that is called as a `Progress`."""

    def __init__(self) -> None:
        self._enabled = sys.stderr is not None and sys.stderr.isatty()
        self._drawn = False
        self._next = 0.0

    def __enter__(self) -> Bar:
        self._next = time.monotonic() + _FIRST_AFTER
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, phase: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._enabled or now < self._next:
            return
        self._next = now + _EVERY
        filled = min(_WIDTH, _WIDTH * done // total) if total else 0
        sys.stderr.write(f"\r\x1b[K{phase:10} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{total}")
        sys.stderr.flush()
        self._drawn = True
