"""A folder of built engines, shared between processes. Everything in it may be deleted at any time.

Files appear whole or not at all (written beside, renamed). The folder is kept below a size; what was not used for longest goes first.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from burnish import _core
from burnish._engine import Engine, load
from burnish._errors import Error
from burnish._logging import logger

DEFAULT_BYTES = 10 << 30


def default_folder() -> Path:
    """Where programs of this user keep what can be made again."""
    base = os.environ.get("XDG_CACHE_HOME")
    return Path(base if base and Path(base).is_absolute() else Path.home() / ".cache") / "burnish" / "engines"


@functools.cache
def _library() -> str:
    """Tells builds of the library apart, of one version too."""
    return _core.hash_file(Path(_core.library()))


def key_of(*parts: object) -> str:
    """A file name for what this library makes of these."""
    return _core.hash_bytes(json.dumps([_library(), *parts], sort_keys=True, default=str).encode())


class Store:
    def __init__(self, folder: Path, limit: int = DEFAULT_BYTES) -> None:
        self.folder = folder
        self.limit = limit

    @property
    def timing_cache(self) -> Path | None:
        """Times that one build measured for the next; None where the folder cannot be written."""
        return self.folder / "times.jsonl" if self._make_folder() else None

    def engine(self, key: str, make: Callable[[], Engine]) -> Engine:
        """The engine of this name; built and kept where there is none, or none that opens."""
        path = self.folder / f"{key}.engine"
        found = self._opened(path)
        if found is not None:
            return found
        with self._locked(key):
            found = self._opened(path)  # by whoever held the lock before
            if found is not None:
                return found
            made = make()
            self._keep(path, lambda: made.save(path))
            return made

    def text(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Data of this name; likewise."""
        path = self.folder / f"{key}.json"
        with contextlib.suppress(OSError, ValueError):
            found = json.loads(path.read_text())
            if isinstance(found, dict):
                _touch(path)
                return found
        made = make()

        def write() -> None:
            beside = path.with_suffix(f".{os.getpid()}.new")
            beside.write_text(json.dumps(made))
            beside.replace(path)

        self._keep(path, write)
        return made

    def _opened(self, path: Path) -> Engine | None:
        if not path.is_file():
            return None
        try:
            engine = load(path)
        except Error as error:
            logger.warning("%s does not open and is built again: %s", path, error.message)
            return None
        _touch(path)
        return engine

    def _keep(self, path: Path, write: Callable[[], None]) -> None:
        if not self._make_folder():
            return
        try:
            write()
        except (OSError, Error) as error:
            logger.warning("%s cannot be kept: %s", path, error)
            return
        self._prune(path)

    def _make_folder(self) -> bool:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            logger.warning("the cache folder %s cannot be made: %s", self.folder, error)
            return False
        return os.access(self.folder, os.W_OK)

    def _prune(self, newest: Path) -> None:
        """Removes what was used longest ago until the rest fits."""
        files = []
        for path in self.folder.iterdir():
            if path.suffix in (".engine", ".json"):
                with contextlib.suppress(OSError):
                    status = path.stat()
                    files.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self.limit:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                total -= size

    @contextlib.contextmanager
    def _locked(self, key: str) -> Iterator[None]:
        """One process at a time; without a folder to write to, each for itself."""
        if not self._make_folder():
            yield
            return
        path = self.folder / f"{key}.lock"
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)


def _touch(path: Path) -> None:
    with contextlib.suppress(OSError):
        os.utime(path)
