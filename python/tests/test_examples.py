"""The examples do what they say."""

from __future__ import annotations

import importlib.util

import models
import pytest


def example(name: str):
    spec = importlib.util.spec_from_file_location(name, models.ROOT / f"examples/python/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_image_is_classified(capsys):
    _, labels = models.digits()
    assert example("classify").main(3) == labels[3]
    assert "tactic" in capsys.readouterr().out


def test_sentences_are_embedded():
    cosines = example("embed").main()
    assert cosines.diagonal() == pytest.approx(1, abs=1e-5)
    assert cosines[0, 1] > cosines[0, 2] + 0.3


def test_a_recurrent_network_takes_any_length():
    assert example("recurrent").main() < 1e-5


def test_torch_shares_its_memory():
    pytest.importorskip("torch", reason="SKIPPED: torch is not installed")
    assert example("zero_copy").main() < 1e-6
