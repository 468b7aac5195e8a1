"""The package's types, as a user's checker sees them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import burnish
import models
import pytest
from burnish import _core

PACKAGE = models.ROOT / "python/burnish"

USE = """
import numpy as np
import burnish
engine: burnish.Engine = burnish.build("model.onnx", shapes={"x": (1, 3)}, precision="bf16")
session: burnish.Session = engine.session()
y = session.run({"x": np.zeros((1, 3), np.float32)})["y"]
reveal_type(y)
reveal_type(engine.inputs[0].shape)
engine.explain().table(top=3).upper()
"""


def test_the_package_and_its_use_pass_mypy_strict(tmp_path):
    pytest.importorskip("mypy")
    use = tmp_path / "use.py"
    use.write_text(USE)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(tmp_path / "cache"),
        "--config-file",
        str(models.ROOT / "pyproject.toml"),
    ]
    done = subprocess.run([*command, str(PACKAGE), str(use)], capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    assert done.returncode == 0, done.stdout
    assert "ndarray" in done.stdout and "tuple[int | str | None, ...]" in done.stdout


def test_the_stub_tells_what_the_module_has():
    stub = ast.parse((PACKAGE / "_core.pyi").read_text())

    def told(nodes, owner):
        for node in nodes:
            if isinstance(node, ast.AnnAssign):
                yield owner, node.target.id
            elif isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield owner, node.name
            if isinstance(node, ast.ClassDef):
                yield from told(node.body, getattr(_core, node.name))

    names = list(told(stub.body, _core))
    missing = [f"{owner.__name__}.{name}" for owner, name in names if not hasattr(owner, name)]
    assert not missing
    stubbed = {name for owner, name in names if owner is _core}
    assert {name for name in vars(_core) if not name.startswith("_")} == stubbed


def test_everything_public_is_documented():
    for name in burnish.__all__:
        assert getattr(burnish, name).__doc__ or name == "__version__", name
    assert (Path(burnish.__file__).parent / "py.typed").is_file()
