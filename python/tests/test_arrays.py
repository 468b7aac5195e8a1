"""Arrays in and out: every element type, memory shared where it can be, copies where it cannot."""

from __future__ import annotations

import burnish
import ml_dtypes
import models
import numpy as np
import pytest

from onnx import TensorProto

FAST = {"backend": "cpu", "optimization_level": 0, "progress": False}

TYPES = {
    TensorProto.FLOAT: np.float32,
    TensorProto.DOUBLE: np.float64,
    TensorProto.FLOAT16: np.float16,
    TensorProto.BFLOAT16: ml_dtypes.bfloat16,
    TensorProto.FLOAT8E4M3FN: ml_dtypes.float8_e4m3fn,
    TensorProto.FLOAT8E4M3FNUZ: ml_dtypes.float8_e4m3fnuz,
    TensorProto.FLOAT8E5M2: ml_dtypes.float8_e5m2,
    TensorProto.FLOAT8E5M2FNUZ: ml_dtypes.float8_e5m2fnuz,
    TensorProto.INT4: ml_dtypes.int4,
    TensorProto.UINT4: ml_dtypes.uint4,
    TensorProto.INT8: np.int8,
    TensorProto.INT16: np.int16,
    TensorProto.INT32: np.int32,
    TensorProto.INT64: np.int64,
    TensorProto.UINT8: np.uint8,
    TensorProto.UINT16: np.uint16,
    TensorProto.UINT32: np.uint32,
    TensorProto.UINT64: np.uint64,
    TensorProto.BOOL: np.bool_,
    TensorProto.COMPLEX64: np.complex64,
    TensorProto.COMPLEX128: np.complex128,
}


@pytest.mark.parametrize("onnx_type", TYPES, ids=[TensorProto.DataType.Name(one) for one in TYPES])
def test_every_type_passes(onnx_type):
    dtype = np.dtype(TYPES[onnx_type])
    x = np.array([[0, 1, 2], [3, 4, 6]]).astype(dtype)
    made = burnish.build(models.identity(onnx_type), **FAST).session()(x)
    assert made.dtype == dtype
    np.testing.assert_array_equal(made, x)


def test_negative_narrow_integers_keep_their_sign():
    x = np.array([[-8, -1, 0], [1, 5, 7]]).astype(ml_dtypes.int4)
    np.testing.assert_array_equal(burnish.build(models.identity(TensorProto.INT4), **FAST).session()(x), x)


def test_raw_bytes_pass_for_types_that_numpy_lacks():
    x = np.array([[0.5, 1, 2], [3, 4, 6]]).astype(ml_dtypes.bfloat16)
    made = burnish.build(models.identity(TensorProto.BFLOAT16), **FAST).session()(x.view(np.uint16))
    np.testing.assert_array_equal(made, x)


@pytest.mark.parametrize("shape", [(), (0, 3), (1,), (2, 1, 3, 1, 2)])
def test_any_rank_and_no_elements(shape):
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    made = burnish.build(models.identity(TensorProto.FLOAT, shape), **FAST).session()(x)
    assert made.shape == shape
    np.testing.assert_array_equal(made, x)


def test_other_orders_are_copied():
    session = burnish.build(models.identity(TensorProto.FLOAT), **FAST).session()
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    every_second = np.repeat(x, 2, axis=1)[:, ::2]
    for given in (np.asfortranarray(x), every_second, x.astype(">f4"), x.tolist(), np.broadcast_to(np.float32(1), (2, 3))):
        np.testing.assert_array_equal(session(given), np.asarray(given))


def test_read_only_inputs_are_read():
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    x.flags.writeable = False
    np.testing.assert_array_equal(burnish.build(models.identity(TensorProto.FLOAT), **FAST).session()(x), x)


def test_outputs_are_written_where_the_caller_wants_them():
    session = burnish.build(models.two_outputs(), **FAST).session()
    x = np.float32([[1, -2, 3], [-4, 5, -6]])
    kept = np.full((2, 3), 99, np.float32)
    outputs = session.run({"x": x}, out={"negative": kept})
    assert outputs["negative"] is kept
    np.testing.assert_array_equal(kept, -x)
    np.testing.assert_array_equal(outputs["positive"], np.maximum(x, 0))


@pytest.mark.parametrize("wrong", [np.empty((3, 2), np.float32), np.empty((2, 3), np.float64), np.empty((3, 2), np.float32).T])
def test_memory_that_does_not_fit_an_output_is_refused(wrong):
    session = burnish.build(models.identity(TensorProto.FLOAT), **FAST).session()
    with pytest.raises(burnish.InvalidArgumentError):
        session.run(np.zeros((2, 3), np.float32), out={"y": wrong})


def test_read_only_memory_is_no_output():
    session = burnish.build(models.identity(TensorProto.FLOAT), **FAST).session()
    kept = np.zeros((2, 3), np.float32)
    kept.flags.writeable = False
    with pytest.raises(burnish.InvalidArgumentError):
        session.run(np.ones((2, 3), np.float32), out={"y": kept})
    assert not kept.any()


class DlpackOnly:
    """An array of another framework's: nothing but DLPack."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **arguments):
        return self.array.__dlpack__(**arguments)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def test_arrays_of_other_frameworks_pass_without_a_copy():
    session = burnish.build(models.two_outputs(), **FAST).session()
    x, kept = np.float32([[1, -2, 3], [-4, 5, -6]]), np.zeros((2, 3), np.float32)
    session.run({"x": DlpackOnly(x)}, out={"negative": DlpackOnly(kept)})
    np.testing.assert_array_equal(kept, -x)
    np.testing.assert_array_equal(session.run({"x": DlpackOnly(np.asfortranarray(x))})["negative"], -x)
    with pytest.raises(burnish.InvalidArgumentError):
        session.run({"x": DlpackOnly(x.astype(np.int32))})


def test_outputs_are_the_callers_own():
    session = burnish.build(models.identity(TensorProto.FLOAT), **FAST).session()
    first = session(np.zeros((2, 3), np.float32))
    session(np.ones((2, 3), np.float32))
    assert not first.any() and first.flags.writeable and first.flags.owndata
