"""What the tests share: tests write nothing outside their own folders, and say aloud what they skip."""

from __future__ import annotations

import burnish.onnxruntime
import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """An engine cache of the test's own, for programs it starts too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    burnish.onnxruntime.configure()
