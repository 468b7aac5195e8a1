"""What the compiled module asks about numpy: types, and inputs that it cannot read where they lie."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from burnish._errors import InvalidArgumentError

Array = npt.NDArray[Any]

_NUMPY = {
    "f32": "float32",
    "f64": "float64",
    "f16": "float16",
    "i8": "int8",
    "i16": "int16",
    "i32": "int32",
    "i64": "int64",
    "u8": "uint8",
    "u16": "uint16",
    "u32": "uint32",
    "u64": "uint64",
    "boolean": "bool",
    "string": "object",
    "c64": "complex64",
    "c128": "complex128",
}
# Types that numpy has not: ml_dtypes' name, and the integer that holds the same bytes. Narrow types take a byte each.
_EXOTIC = {
    "bf16": ("bfloat16", "uint16"),
    "f8e4m3fn": ("float8_e4m3fn", "uint8"),
    "f8e4m3fnuz": ("float8_e4m3fnuz", "uint8"),
    "f8e5m2": ("float8_e5m2", "uint8"),
    "f8e5m2fnuz": ("float8_e5m2fnuz", "uint8"),
    "f8e8m0": ("float8_e8m0fnu", "uint8"),
    "f4e2m1": ("float4_e2m1fn", "uint8"),
    "i4": ("int4", "int8"),
    "u4": ("uint4", "uint8"),
    "i2": ("int2", "int8"),
    "u2": ("uint2", "uint8"),
}


def raw_dtype(name: str) -> np.dtype[Any]:
    """A numpy type of the same bytes."""
    return np.dtype(_EXOTIC[name][1] if name in _EXOTIC else _NUMPY[name])


@cache
def numpy_dtype(name: str) -> np.dtype[Any]:
    """The type of arrays that hold this element type; the raw integers where ml_dtypes is missing or has no such type."""
    if name not in _EXOTIC:
        return np.dtype(_NUMPY[name])
    try:
        import ml_dtypes
    except ImportError:
        return raw_dtype(name)
    return np.dtype(getattr(ml_dtypes, _EXOTIC[name][0], raw_dtype(name)))


def as_input(value: object, dtype: str, name: str) -> Array:
    """A C-contiguous array of the raw type. Lists and numbers are converted; arrays of another type are refused."""
    if dtype == "string":
        return np.asarray(value, dtype=object)
    wanted = numpy_dtype(dtype)
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
    elif hasattr(value, "__dlpack__"):
        array = np.from_dlpack(value)
    elif hasattr(value, "__array__"):
        array = np.asarray(value)
    else:
        array = _converted(value, wanted, name)
    if array.dtype.newbyteorder("=") not in (wanted, raw_dtype(dtype)):
        raise InvalidArgumentError(f"input `{name}` should be {wanted}, got {array.dtype}; convert it with .astype(numpy.{wanted})")
    shape = array.shape  # ascontiguousarray makes scalars vectors
    return np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="), copy=False)).reshape(shape).view(raw_dtype(dtype))


def _converted(value: object, wanted: np.dtype[Any], name: str) -> Array:
    try:
        plain = np.asarray(value)
        return plain if plain.dtype == wanted else plain.astype(wanted, casting="same_kind" if plain.size else "unsafe")
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"input `{name}` should be an array of {wanted}, got {type(value).__name__}: {error}") from error


def as_output(value: Any, dtype: str, name: str) -> Any:
    """The same memory under a type that has a buffer. The compiled module checks the rest."""
    if isinstance(value, np.ndarray) and value.dtype == numpy_dtype(dtype) and value.dtype != raw_dtype(dtype):
        return value.view(raw_dtype(dtype))
    return value


def from_bytes(data: Array, dtype: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    """The elements that lie in `data`."""
    return data.view(dtype).reshape(shape)


def byte_strings(array: Array) -> list[bytes]:
    """The elements as UTF-8; bytes pass as they are."""
    return [one if isinstance(one, bytes) else str(one).encode() for one in array.reshape(-1).tolist()]


def string_array(values: list[bytes], shape: tuple[int, ...]) -> Array:
    """An array of `str`; of `bytes` where an element is no UTF-8."""
    array = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        try:
            array[index] = value.decode()
        except UnicodeDecodeError:
            array[index] = value
    return array.reshape(shape)


@cache
def _driver() -> ctypes.CDLL:
    return ctypes.CDLL("libcuda.so.1")


def synchronize(tensor: Any) -> None:
    """Waits until what was begun on a CUDA tensor is done: sessions run on streams of their own."""
    if _driver().cuCtxSynchronize() != 0:
        raise InvalidArgumentError(f"the device of this {type(tensor).__name__} cannot be waited for")
