"""The calls of ONNX Runtime: what programs do with them, the cache behind them, and the original as a judge where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import burnish
import burnish.onnxruntime as ort
import models
import numpy as np
import pytest

import onnx
from onnx import TensorProto, helper


def recurrent(features: int = 8, hidden: int = 16) -> onnx.ModelProto:
    """An LSTM over sequences of any length, in batches of any size."""
    random = np.random.default_rng(5)
    constants = {
        "w": random.standard_normal((1, 4 * hidden, features)).astype(np.float32) * 0.3,
        "r": random.standard_normal((1, 4 * hidden, hidden)).astype(np.float32) * 0.3,
    }
    nodes = [helper.make_node("LSTM", ["x", "w", "r"], ["states", "last"], hidden_size=hidden)]
    outputs = [models.value("states", ["length", 1, "batch", hidden]), models.value("last", [1, "batch", hidden])]
    made = models.model(nodes, [models.value("x", ["length", "batch", features])], outputs, constants, producer_name="tests")
    helper.set_model_props(made, {"letters": "abc", "empty": ""})
    return made


def lstm(x: np.ndarray, model: onnx.ModelProto) -> np.ndarray:
    """The same in numpy, from the standard's formulas."""
    w, r = (onnx.numpy_helper.to_array(one)[0] for one in model.graph.initializer)
    hidden = r.shape[1]
    h = c = np.zeros((x.shape[1], hidden), np.float32)
    states = []
    for step in x:
        i, o, f, g = np.split(step @ w.T + h @ r.T, 4, axis=1)
        sigmoid = lambda v: 1 / (1 + np.exp(-v))  # noqa: E731
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        states.append(h)
    return np.stack(states)[:, None]


def test_a_session_says_what_the_model_declares():
    session = ort.InferenceSession(recurrent().SerializeToString(), providers=["CPUExecutionProvider"])
    (x,) = session.get_inputs()
    assert (x.name, x.type, x.shape) == ("x", "tensor(float)", ["length", "batch", 8])
    assert [(one.name, one.shape) for one in session.get_outputs()] == [
        ("states", ["length", 1, "batch", 16]),
        ("last", [1, "batch", 16]),
    ]
    meta = session.get_modelmeta()
    assert meta.custom_metadata_map == {"letters": "abc", "empty": ""}
    assert (meta.producer_name, meta.graph_name) == ("tests", "network")
    assert session.get_providers() == ["CPUExecutionProvider"]


def test_shapes_are_learned_as_they_come():
    model = recurrent()
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    random = np.random.default_rng(6)
    for length, batch in ((3, 1), (7, 2), (3, 1), (1, 1)):
        x = random.standard_normal((length, batch, 8)).astype(np.float32)
        (states,) = session.run(["states"], {"x": x})
        np.testing.assert_allclose(states, lstm(x, model), rtol=1e-4, atol=1e-5)
        states, last = session.run(None, {"x": x})
        np.testing.assert_array_equal(states[-1], last)


def test_branches_may_differ_in_rank():
    def branch(node: onnx.NodeProto) -> onnx.GraphProto:
        return helper.make_graph([node], node.op_type, [], [models.value(node.output[0], None)])

    nodes = [
        helper.make_node("Shape", ["x"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "zero"], ["rows"]),
        helper.make_node("Equal", ["rows", "one"], ["alone"]),
        helper.make_node(
            "If",
            ["alone"],
            ["y"],
            then_branch=branch(helper.make_node("Unsqueeze", ["x", "axis"], ["then"])),
            else_branch=branch(helper.make_node("Identity", ["x"], ["else"])),
        ),
    ]
    constants = {"zero": np.array(0, np.int64), "one": np.array(1, np.int64), "axis": np.array([0], np.int64)}
    model = models.model(nodes, [models.value("x", ["n", 3])], [models.value("y", None)], constants)
    session = ort.InferenceSession(model.SerializeToString())
    for rows in (2, 1, 2):
        x = np.arange(3 * rows, dtype=np.float32).reshape(rows, 3)
        np.testing.assert_array_equal(session.run(None, {"x": x})[0], x[None] if rows == 1 else x)


def test_onnxruntime_agrees():
    peer = pytest.importorskip("onnxruntime", reason="SKIPPED: onnxruntime is not installed (./dev setup peers)")
    model = recurrent().SerializeToString()
    x = np.random.default_rng(7).standard_normal((5, 2, 8)).astype(np.float32)
    theirs = peer.InferenceSession(model, providers=["CPUExecutionProvider"])
    ours = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    for a, b in zip(ours.run(None, {"x": x}), theirs.run(None, {"x": x}), strict=True):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)
    for a, b in zip(ours.get_inputs() + ours.get_outputs(), theirs.get_inputs() + theirs.get_outputs(), strict=True):
        assert (a.name, a.type, a.shape) == (b.name, b.type, b.shape)


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(TensorProto.INT64, "int64"), (TensorProto.BOOL, "bool"), (TensorProto.FLOAT16, "float16"), (TensorProto.UINT8, "uint8")],
)
def test_types_have_onnx_runtimes_names(dtype, name):
    session = ort.InferenceSession(models.identity(dtype).SerializeToString())
    assert session.get_inputs()[0].type == f"tensor({name})"


def test_a_scalar_input_is_taken():
    session = ort.InferenceSession(models.identity(TensorProto.INT64, ()).SerializeToString())
    (made,) = session.run(None, {"x": np.array(16000, dtype=np.int64)})
    assert made.shape == () and made == 16000


def test_errors_are_those_that_programs_expect(tmp_path):
    from burnish.onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument, InvalidGraph, NoSuchFile

    with pytest.raises(NoSuchFile):
        ort.InferenceSession(str(tmp_path / "is_not_there.onnx"))
    with pytest.raises((InvalidGraph, InvalidArgument)):
        ort.InferenceSession(b"this is no model")
    session = ort.InferenceSession(models.add().SerializeToString())
    with pytest.raises(InvalidArgument, match="float64"):
        session.run(None, {"a": np.zeros((2, 3)), "b": np.zeros((2, 3), np.float32)})


def engines(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "cache/burnish/engines").glob("*.engine"))


def test_an_engine_is_built_once(tmp_path, monkeypatch):
    model = models.add().SerializeToString()
    ort.InferenceSession(model)
    (kept,) = engines(tmp_path)

    def refuse(*arguments, **options):
        raise AssertionError("this should have come from the cache")

    monkeypatch.setattr("burnish.onnxruntime._session.build", refuse)
    a = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(ort.InferenceSession(model).run(None, {"a": a, "b": a})[0], 2 * a)
    options = ort.SessionOptions()
    options.intra_op_num_threads = burnish.load(kept).threads + 1
    with pytest.raises(AssertionError):
        ort.InferenceSession(model, options)


def test_the_cache_may_be_damaged_or_deleted(tmp_path):
    model = models.add().SerializeToString()
    ort.InferenceSession(model)
    (kept,) = engines(tmp_path)
    kept.write_bytes(b"damaged")
    a = np.ones((2, 3), np.float32)
    for _ in range(2):
        np.testing.assert_array_equal(ort.InferenceSession(model).run(None, {"a": a, "b": a})[0], 2 * a)
    for path in kept.parent.iterdir():
        path.unlink()
    kept.parent.rmdir()
    ort.InferenceSession(model)
    assert len(engines(tmp_path)) == 1


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(tmp_path):
    (tmp_path / "file").write_text("")
    ort.configure(cache_folder=tmp_path / "file" / "below")
    a = np.ones((2, 3), np.float32)
    np.testing.assert_array_equal(ort.InferenceSession(models.add().SerializeToString()).run(None, {"a": a, "b": a})[0], 2 * a)


def test_the_cache_stays_below_its_size(tmp_path):
    shapes = [(2, size) for size in range(1, 6)]
    ort.InferenceSession(models.add(shapes[0]).SerializeToString())
    (first,) = engines(tmp_path)
    ort.configure(cache_bytes=3 * first.stat().st_size)
    for shape in shapes[1:]:
        time.sleep(0.02)  # so that times of use differ
        ort.InferenceSession(models.add(shape).SerializeToString())
    assert not first.exists()
    assert 1 <= len(engines(tmp_path)) <= 3


def test_processes_share_the_cache(tmp_path):
    path = tmp_path / "add.onnx"
    onnx.save(models.add(), path)
    code = f"import burnish.onnxruntime as o; print(len(o.InferenceSession({str(path)!r}).get_inputs()))"
    running = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in running] == ["2"] * 3
    assert len(engines(tmp_path)) == 1
    assert not list(engines(tmp_path)[0].parent.glob("*.lock"))


def test_the_folder_stands_in_for_onnxruntime(tmp_path):
    path = tmp_path / "add.onnx"
    onnx.save(models.add(), path)
    program = f"""
import numpy as np
import onnxruntime
from onnxruntime import InferenceSession, SessionOptions
from onnxruntime.capi import _pybind_state as C
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument
options = SessionOptions()
options.inter_op_num_threads = options.intra_op_num_threads = 1
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
options.enable_cpu_mem_arena = False
options.log_severity_level = 3
options.add_session_config_entry("session.intra_op.allow_spinning", "0")
onnxruntime.set_default_logger_severity(3)
onnxruntime.disable_telemetry_events()
session = InferenceSession({str(path)!r}, options, providers=C.get_available_providers())
print(onnxruntime.__file__, onnxruntime.get_device())
print(session.run(["sum"], {{"a": np.ones((2, 3), np.float32), "b": np.ones((2, 3), np.float32)}})[0].sum())
"""
    folder = ort.drop_in_folder()
    search = os.pathsep.join([str(folder), *[one for one in sys.path if one]])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": search}, check=False
    )
    assert done.returncode == 0, done.stderr
    where, total = done.stdout.split("\n")[:2]
    assert where.startswith(str(folder))
    assert float(total) == 12


def test_inputs_and_outputs_may_be_bound():
    session = ort.InferenceSession(models.add().SerializeToString())
    a = np.ones((2, 3), np.float32)
    binding = session.io_binding()
    binding.bind_cpu_input("a", a)
    binding.bind_ortvalue_input("b", ort.OrtValue.ortvalue_from_numpy(a))
    binding.bind_output("sum")
    session.run_with_iobinding(binding)
    np.testing.assert_array_equal(binding.copy_outputs_to_cpu()[0], 2 * a)
