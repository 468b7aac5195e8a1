"""Building, saving, opening and running, against numpy."""

from __future__ import annotations

import logging
import threading
import time

import burnish
import models
import numpy as np
import pytest

import onnx
from onnx import TensorProto, helper

FAST = {"backend": "cpu", "optimization_level": 0, "progress": False}


def test_digits_are_read_as_after_training():
    images, labels = models.digits()
    engine = burnish.build(models.DIGITS / "digits.onnx", shapes={"input": images.shape}, backend="cpu", progress=False)
    outputs = engine.session().run({"input": images})
    assert list(outputs) == ["probabilities"]
    assert (outputs["probabilities"].argmax(axis=1) == labels).mean() > 0.95
    np.testing.assert_allclose(outputs["probabilities"].sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("form", ["path", "string", "bytes", "proto"])
def test_a_model_may_come_in_any_form(form, tmp_path):
    model = models.add()
    path = tmp_path / "add.onnx"
    onnx.save(model, path)
    given = {"path": path, "string": str(path), "bytes": path.read_bytes(), "proto": model}[form]
    a, b = np.random.default_rng(1).standard_normal((2, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(burnish.build(given, **FAST).session()(a, b), a + b)


def test_an_engine_survives_saving(tmp_path):
    engine = burnish.build(models.two_outputs(), **FAST)
    engine.save(tmp_path / "kept.engine")
    x = np.float32([[1, -2, 3], [-4, 5, -6]])
    for opened in (burnish.load(tmp_path / "kept.engine"), burnish.load(str(tmp_path / "kept.engine")), burnish.load(engine.serialize())):
        positive, negative = opened.session()(x)
        np.testing.assert_array_equal(positive, np.maximum(x, 0))
        np.testing.assert_array_equal(negative, -x)
        assert opened.choices == engine.choices


def test_inputs_may_be_given_by_name_in_order_or_alone():
    session = burnish.build(models.add(), **FAST).session()
    a, b = np.full((2, 3), 5, np.float32), np.full((2, 3), 7, np.float32)
    for inputs in ({"b": b, "a": a}, [a, b], (a, b)):
        np.testing.assert_array_equal(session.run(inputs)["sum"], a + b)
    alone = burnish.build(models.two_outputs(), **FAST).session()
    np.testing.assert_array_equal(alone.run(a)["negative"], -a)
    assert [one.shape for one in alone.run_list(["negative"], {"x": a})] == [(2, 3)]
    assert len(alone.run_list(None, {"x": a})) == 2


def test_bindings_say_what_they_are():
    engine = burnish.build(models.identity(TensorProto.INT64, (2, 3)), **FAST)
    (info,) = engine.inputs
    assert (info.name, info.dtype, info.numpy_dtype, info.shape, info.bytes) == ("x", "i64", np.int64, (2, 3), 48)
    assert "x" in repr(info) and "i64" in repr(info) and "(2, 3)" in repr(info)
    assert engine.inspect()["outputs"][0]["name"] == "y"
    assert "y: i64[2, 3]" in repr(engine)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"a": np.zeros((2, 3), np.float32)}, "`b` is missing"),
        ({"a": np.zeros((2, 3), np.float32), "b": np.zeros((2, 3), np.float32), "c": 1}, "no input 'c'"),
        ([np.zeros((2, 3), np.float32)], "2 inputs"),
        ([np.zeros((2, 4), np.float32), np.zeros((2, 3), np.float32)], "2x3"),
        ([np.zeros((2, 3), np.float64), np.zeros((2, 3), np.float32)], "astype"),
        ([np.zeros((2, 3), bool), np.zeros((2, 3), np.float32)], "astype"),
        ([object(), np.zeros((2, 3), np.float32)], "float32"),
    ],
)
def test_wrong_inputs_are_refused_in_words_that_help(inputs, message):
    session = burnish.build(models.add(), **FAST).session()
    with pytest.raises(burnish.InvalidArgumentError, match=message.replace("(", r"\(")):
        session.run(inputs)


def test_errors_carry_code_and_contexts(tmp_path):
    with pytest.raises(burnish.ModelImportError) as caught:
        burnish.build(b"this is no model", **FAST)
    assert caught.value.code == "invalid_argument"
    assert isinstance(caught.value, ValueError)
    unknown = models.model([helper.make_node("Relu", ["x"], ["y"])], [models.value("x", (1,))], [models.value("y", (1,))])
    unknown.graph.node[0].op_type = "NoSuchOperator"
    with pytest.raises(burnish.Error, match="NoSuchOperator") as caught:
        burnish.build(unknown, **FAST)
    assert str(caught.value).startswith(caught.value.message)
    damaged = burnish.build(models.add(), **FAST).serialize()[:-100]
    with pytest.raises(burnish.Error):
        burnish.load(damaged)
    with pytest.raises(burnish.InvalidArgumentError):
        burnish.build(tmp_path / "is_not_there.onnx", **FAST)
    with pytest.raises(burnish.InvalidArgumentError, match="precision"):
        burnish.build(models.add(), precision="f3", **FAST)
    with pytest.raises(burnish.InvalidArgumentError, match="should be its sizes"):
        burnish.build(models.add(), shapes={"a": ("two", 3)}, **FAST)


def test_progress_is_told_and_can_stop_a_build():
    phases = []
    options = {"backend": "cpu", "optimization_level": 0}
    burnish.build(models.add(), progress=lambda phase, done, total: phases.append(phase), **options)
    assert "import" in phases and "plan" in phases
    with pytest.raises(burnish.Error, match="stopped"):
        burnish.build(models.add(), progress=lambda *_: False, **options)

    def broken(phase, done, total):
        raise KeyError("from the callback")

    with pytest.raises(KeyError, match="from the callback"):
        burnish.build(models.add(), progress=broken, **options)


def test_messages_go_to_the_logger(caplog):
    with caplog.at_level(logging.DEBUG, logger="burnish"):
        burnish.build(models.products(16, 2), backend="cpu", optimization_level=1, progress=False)
    assert any(record.name == "burnish" and "timing" in record.getMessage() for record in caplog.records)


def test_choices_pin_what_is_built():
    engine = burnish.build(models.products(32, 3), **FAST)
    again = burnish.build(models.products(32, 3), choices=engine.choices, **FAST)
    assert again.serialize() == burnish.build(models.products(32, 3), choices=engine.choices, **FAST).serialize()


def test_rounding_is_permitted_by_name():
    x = np.random.default_rng(2).standard_normal((32, 32)).astype(np.float32)
    engine = burnish.build(models.products(32, 2), precision=["bf16", "fp16"], **FAST)
    np.testing.assert_allclose(engine.session()(x), x, rtol=1e-2, atol=1e-2)


def test_the_interpreter_runs_on_while_the_network_runs():
    engine = burnish.build(models.products(512, 40), threads=1, **FAST)
    session = engine.session()
    x = np.random.default_rng(3).standard_normal((512, 512)).astype(np.float32)
    running, counted = threading.Event(), 0

    def work():
        running.set()
        session(x)
        running.clear()

    thread = threading.Thread(target=work)
    thread.start()
    running.wait()
    while running.is_set():
        counted += 1
        time.sleep(0)
    thread.join()
    assert counted > 0


def test_one_session_serves_threads_that_call_at_once():
    session = burnish.build(models.products(64, 4), threads=1, **FAST).session()
    inputs = np.random.default_rng(4).standard_normal((8, 64, 64)).astype(np.float32)
    wrong = []

    def work(x):
        for _ in range(50):
            if not np.allclose(session(x), x, rtol=1e-4, atol=1e-5):
                wrong.append(x)

    threads = [threading.Thread(target=work, args=(x,)) for x in inputs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_profile_names_every_step():
    session = burnish.build(models.products(16, 3), **FAST).session()
    steps = session.profile(np.eye(16, dtype=np.float32))
    assert steps and all(isinstance(name, str) and seconds >= 0 for name, seconds in steps)


def test_sizes_that_stay_open_are_learned():
    engine = burnish.build(models.add(("rows", None)), **FAST)
    rows, columns = engine.inputs[0].shape
    assert rows == "rows" and not isinstance(columns, int) and engine.inputs[0].bytes == 0
    session = engine.session()
    for shape in ((2, 3), (5, 1), (2, 3), (0, 4)):
        a, b = np.random.default_rng(8).standard_normal((2, *shape)).astype(np.float32)
        kept = np.empty(shape, np.float32)
        np.testing.assert_array_equal(session.run({"a": a, "b": b}, out={"sum": kept})["sum"], a + b)
        np.testing.assert_array_equal(kept, a + b)
    assert session.profile([a, b])
    with pytest.raises(burnish.InvalidArgumentError, match="`out`"):
        session.run([a, b], out={"sum": np.empty((9, 9), np.float32)})


def test_sizes_stay_within_their_range():
    session = burnish.build(models.add(("rows", 3)), shapes=dict.fromkeys("ab", ((1, 3), (2, 3), (4, 3))), **FAST).session()
    for rows in (4, 1, 2):
        np.testing.assert_array_equal(session(*np.ones((2, rows, 3), np.float32)), np.full((rows, 3), 2))
    with pytest.raises(burnish.Error, match=r"`a`.*4"):
        session(*np.ones((2, 5, 3), np.float32))


def test_sizes_that_data_decide_come_with_the_results():
    model = models.model(
        [helper.make_node("NonZero", ["x"], ["places"])],
        [models.value("x", (2, 3))],
        [models.value("places", (2, None), TensorProto.INT64)],
    )
    session = burnish.build(model, **FAST).session()
    for x in (np.eye(2, 3), np.ones((2, 3)), np.zeros((2, 3))):
        np.testing.assert_array_equal(session(x.astype(np.float32)), np.nonzero(x))
    with pytest.raises(burnish.UnsupportedError, match="`out`"):
        session.run(np.eye(2, 3, dtype=np.float32), out={"places": np.empty((2, 2), np.int64)})


def test_layers_have_the_types_asked_for():
    model = models.products(16, 3)
    for index, node in enumerate(model.graph.node):
        node.name = f"product_{index}"
    with pytest.raises(burnish.Error, match="layer `product_1`"):
        burnish.build(model, layer_precisions={"product_1": "int8"}, **FAST)
    burnish.build(model, layer_precisions={"product_1": "int8"}, precision_constraints="prefer", **FAST)
    x = np.random.default_rng(1).standard_normal((16, 16)).astype(np.float32)
    np.testing.assert_array_equal(burnish.build(model, layer_precisions={"*": "fp32"}, **FAST).session()(x), x)
    for fault in ({"layer_precisions": {"a": "fp17"}}, {"layer_precisions": {"*a*": "fp16"}}, {"precision_constraints": "force"}):
        with pytest.raises(burnish.InvalidArgumentError):
            burnish.build(model, **fault, **FAST)


def test_accuracy_is_held_and_told():
    images, _ = models.digits()
    path = models.DIGITS / "digits.onnx"
    batches = [{"input": images[i : i + 16]} for i in range(0, 96, 16)]
    shapes = {"input": (16, 1, 8, 8)}
    exact = burnish.build(path, shapes=shapes, **FAST).session()
    engine = burnish.build(path, shapes=shapes, precision=("bf16", "int8"), accuracy="max:0.02", samples=batches, **FAST)
    session = engine.session()
    for start in (96, 112, 128):  # held back
        held = images[start : start + 16]
        np.testing.assert_allclose(session(held), exact(held), atol=0.03)
    assert engine.accuracy["engines"][0]["what"] == "float"
    assert sum(one["taken"] for one in engine.accuracy["engines"]) == 1


def test_accuracy_may_be_the_applications_measure():
    images, _ = models.digits()
    seen = []

    def never_good(exact, tried):
        seen.append((len(exact), tried[0][0].shape))
        return float(np.abs(exact[0][0] - tried[0][0]).max() > 0)

    options = {"shapes": {"input": (16, 1, 8, 8)}, "precision": "int8", "samples": [images[:16], images[16:32]], **FAST}
    engine = burnish.build(models.DIGITS / "digits.onnx", accuracy=(never_good, 0.5), **options)
    assert (2, (16, 10)) in seen
    assert next(one["what"] for one in engine.accuracy["engines"] if one["taken"]) == "float"

    def broken(exact, tried):
        raise ZeroDivisionError("of the application")

    with pytest.raises(ZeroDivisionError, match="of the application"):
        burnish.build(models.DIGITS / "digits.onnx", accuracy=(broken, 0.5), **options)


def test_quantized_models_run_in_onnxruntime():
    onnxruntime = pytest.importorskip("onnxruntime")
    images, labels = models.digits()
    batches = [images[i : i + 32] for i in range(0, 160, 32)]
    for method in ("auto", "minmax"):
        quantized = burnish.quantize(models.DIGITS / "digits.onnx", batches, method=method, progress=False)
        session = onnxruntime.InferenceSession(quantized, providers=["CPUExecutionProvider"])
        found = session.run(None, {"input": images})[0].argmax(axis=1)
        assert (found == labels).mean() > 0.95
    alone = burnish.quantize(models.DIGITS / "digits.onnx", batches, keep_float=["conv1"], progress=False)
    nodes = {node.name: node for node in onnx.load_from_string(alone).graph.node}
    assert nodes["conv1"].input[0] == "input"
    assert nodes["conv2"].input[0] != "conv1.pool"


def test_samples_that_do_not_fit_are_refused():
    path = models.DIGITS / "digits.onnx"
    for samples, fault in (
        ([{"image": np.zeros((1, 1, 8, 8), np.float32)}], "input"),
        ([np.zeros((1, 1, 8, 8), np.float32), np.zeros((2, 1, 8, 8), np.float32)], "takes 1x1x8x8"),
        ([[np.zeros((1, 1, 8, 8), np.float32)] * 2], "2 arrays"),
    ):
        with pytest.raises(burnish.Error, match=fault):
            burnish.quantize(path, samples, progress=False)


def test_layers_agree_with_onnxruntime():
    pytest.importorskip("onnxruntime")
    images, _ = models.digits()
    path = models.DIGITS / "digits.onnx"
    result = burnish.verify(path, {"input": images[:4]}, **FAST)
    assert result.good and result.first is None
    assert {"conv1.pool", "probabilities"} <= {one.tensor for one in result.tensors}
    exact = burnish.verify(path, {"input": images[:4]}, tolerance=0, **FAST)
    assert exact.first is not None and "first: " in str(exact)
