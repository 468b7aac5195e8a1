"""The library's messages go to Python's logger "burnish"."""

from __future__ import annotations

import logging

logger = logging.getLogger("burnish")

# By the library's severities: error, warning, information, details.
_LEVELS = (logging.ERROR, logging.WARNING, logging.INFO, logging.DEBUG)


def emit(severity: int, message: str) -> None:
    """Called by the compiled module, from any thread."""
    logger.log(_LEVELS[severity], "%s", message)


def wanted_severity() -> int:
    """The least important severity that somebody listens to; -1 where nobody does."""
    enabled = [severity for severity, level in enumerate(_LEVELS) if logger.isEnabledFor(level)]
    return max(enabled, default=-1)
