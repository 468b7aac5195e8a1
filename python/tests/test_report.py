"""The build report as data, as text and as HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import burnish
import models
import pytest


@pytest.fixture(scope="module")
def engine():
    return burnish.build(models.DIGITS / "digits.onnx", shapes={"input": (4, 1, 8, 8)}, backend="cpu", optimization_level=1, progress=False)


def test_an_explanation_names_every_node(engine):
    explanation = engine.explain()
    assert explanation.backend == "cpu" and explanation.threads == engine.threads
    assert any("Conv" in node.operator or "Fused" in node.operator for node in explanation.nodes)
    assert sum(count for count, _ in explanation.tactics().values()) == len(explanation.nodes)
    for node in explanation.nodes:
        assert any((one.tactic, one.variant) == (node.tactic, node.variant) for one in node.candidates)
        assert explanation.node(node.name) == node
    with pytest.raises(burnish.InvalidArgumentError):
        explanation.node("there is none of this name")


def test_an_explanation_reads_as_a_table(engine):
    explanation = engine.explain()
    expensive = max(explanation.nodes, key=lambda node: node.cost_us)
    lines = str(explanation).splitlines()
    assert expensive.tactic in lines[1]
    assert f"{len(explanation.nodes)} nodes" in lines[-1]
    assert expensive.tactic in str(expensive)


def test_a_notebook_shows_well_formed_html(engine):
    class Balance(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []
            self.rows = 0

        def handle_starttag(self, tag, attrs):
            self.open.append(tag)
            self.rows += tag == "tr"

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    parser = Balance()
    parser.feed(engine._repr_html_())
    assert not parser.open
    assert parser.rows == len(engine.explain().nodes) + 1
