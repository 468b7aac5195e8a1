"""Functions and exceptions of the module: devices, versions, and what has no effect here."""

from __future__ import annotations

import logging

from burnish._engine import devices
from burnish._errors import Error, InvalidArgumentError, ModelImportError, UnsupportedError
from burnish._logging import logger

_VERSION = "1.31.1"  # of ONNX Runtime, whose calls these are
_PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}


class RuntimeException(RuntimeError):  # noqa: N818 (the names are ONNX Runtime's)
    """What its exceptions have in common."""


class Fail(RuntimeException):
    pass


class InvalidArgument(RuntimeException):
    pass


class InvalidGraph(RuntimeException):
    pass


class InvalidProtobuf(RuntimeException):
    pass


class NoSuchFile(RuntimeException):
    pass


class NotImplemented(RuntimeException):
    pass


def translated(error: Error) -> RuntimeException:
    """The exception that programs written for ONNX Runtime expect."""
    if isinstance(error, ModelImportError):
        return InvalidGraph(str(error))
    if isinstance(error, InvalidArgumentError):
        return InvalidArgument(str(error))
    if isinstance(error, UnsupportedError):
        return NotImplemented(str(error))
    return Fail(str(error))


def backend_of(provider: str) -> str | None:
    """The backend that stands for a provider; None where nothing does."""
    return next((backend for backend, name in _PROVIDERS.items() if name == provider), None)


def get_available_providers() -> list[str]:
    usable = {one["backend"] for one in devices() if not one["unavailable"]}
    return [provider for backend, provider in _PROVIDERS.items() if backend in usable]


def get_all_providers() -> list[str]:
    return list(_PROVIDERS.values())


def get_device() -> str:
    return "GPU" if "CUDAExecutionProvider" in get_available_providers() else "CPU"


def get_version_string() -> str:
    return _VERSION


def get_build_info() -> str:
    return f"Burnish, with the calls of ONNX Runtime {_VERSION}"


def set_default_logger_severity(severity: int) -> None:
    """0 details, 1 information, 2 warnings, 3 errors, 4 fatal."""
    levels = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
    if not 0 <= severity < len(levels):
        raise InvalidArgument(f"severities are 0 to 4, not {severity}")
    logger.setLevel(levels[severity])


def set_default_logger_verbosity(verbosity: int) -> None:
    """Has no effect."""


def disable_telemetry_events() -> None:
    """Has no effect: there is no telemetry."""


def enable_telemetry_events() -> None:
    """Has no effect: there is no telemetry."""


def preload_dlls(*arguments: object, **options: object) -> None:
    """Has no effect: libraries are found when they are needed."""


def set_seed(seed: int) -> None:
    """Has no effect: random operators take their seeds from the model."""
