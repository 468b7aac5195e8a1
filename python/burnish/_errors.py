"""Exceptions: one class for each status code of the library, all of them `burnish.Error`."""

from __future__ import annotations


class Error(Exception):
    """Anything Burnish reports. `str()` is the message followed by every context, innermost first."""

    code: str = "internal"

    def __init__(self, message: str, contexts: tuple[str, ...] = (), code: str | None = None) -> None:
        super().__init__("".join([message, *(f"\n  in {context}" for context in contexts)]))
        self.message = message
        """What is wrong and what to do about it."""
        self.contexts = contexts
        """What was being done, innermost first: `("node `conv_12` (Conv, opset 13)", ...)`."""
        if code is not None:
            self.code = code


class InvalidArgumentError(Error, ValueError):
    """An argument, an input or a file is not as it should be."""

    code = "invalid_argument"


class ModelImportError(InvalidArgumentError):
    """The model cannot be read: it is damaged, or breaks the rules of ONNX."""


class OutOfRangeError(Error, ValueError):
    """A value lies outside what was allowed for."""

    code = "out_of_range"


class UnsupportedError(Error, NotImplementedError):
    """Burnish, or this device, cannot do this."""

    code = "unsupported"


class ResourceExhaustedError(Error, MemoryError):
    """Memory, or something else of this machine, ran out."""

    code = "resource_exhausted"


class InternalError(Error, RuntimeError):
    """A defect of Burnish."""

    code = "internal"


_CLASSES: dict[str, type[Error]] = {
    "invalid_argument": InvalidArgumentError,
    "out_of_range": OutOfRangeError,
    "unsupported": UnsupportedError,
    "resource_exhausted": ResourceExhaustedError,
    "internal": InternalError,
}


def make(code: str, message: str, contexts: tuple[str, ...], stage: str) -> Error:
    """The exception for an error of the library; called by the compiled module."""
    kind = ModelImportError if code == "invalid_argument" and stage == "import" else _CLASSES.get(code, Error)
    return kind(message, contexts, code)
