"""The build report as data and as tables."""

from __future__ import annotations

import html
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from burnish._errors import InvalidArgumentError


@dataclass(frozen=True)
class Candidate:
    """One way a node could be computed."""

    tactic: str
    variant: str
    estimate_us: float
    time_us: float | None = None
    workspace_bytes: int = 0
    note: str = ""


@dataclass(frozen=True)
class NodeChoice:
    """A node and what was chosen for it. Times are microseconds."""

    name: str
    operator: str
    tactic: str
    variant: str
    cost_us: float
    measured: bool
    origin: tuple[str, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    refusals: tuple[tuple[str, str], ...] = field(default=())
    """(tactic, reason) of those that could not."""

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.operator}), from {', '.join(self.origin) or 'no node of the model'}"]
        for one in sorted(self.candidates, key=lambda one: one.estimate_us if one.time_us is None else one.time_us):
            chosen = "*" if (one.tactic, one.variant) == (self.tactic, self.variant) else " "
            time = "-" if one.time_us is None else f"{one.time_us:.2f}"
            lines.append(f"{chosen} {time:>10} us (estimate {one.estimate_us:.2f})  {one.tactic} {one.variant}".rstrip())
        return "\n".join([*lines, *(f"  refused: {tactic}: {reason}" for tactic, reason in self.refusals)])


@dataclass(frozen=True)
class Explanation:
    """Why an engine is as it is. `str()` is a table of the most expensive nodes; `nodes` holds all of them."""

    backend: str
    device: str
    threads: int
    cost_us: float
    """What one run is expected to take."""
    nodes: tuple[NodeChoice, ...]
    data: dict[str, Any] = field(repr=False)
    """The whole report as it is stored."""

    @staticmethod
    def parse(report: str) -> Explanation:
        data = json.loads(report)
        return Explanation(data["backend"], data["device"], data["threads"], data["assignment"]["cost_us"], tuple(_nodes(data)), data)

    def node(self, name: str) -> NodeChoice:
        """A node by its name, or by that of an ONNX node it came from."""
        for node in self.nodes:
            if name == node.name or name in node.origin:
                return node
        raise InvalidArgumentError(f"no node is named `{name}`, nor came from one")

    def tactics(self) -> dict[str, tuple[int, float]]:
        """By tactic, the most expensive first: how many nodes it computes, and their microseconds."""
        totals: dict[str, tuple[int, float]] = defaultdict(lambda: (0, 0.0))
        for node in self.nodes:
            count, cost = totals[node.tactic]
            totals[node.tactic] = count + 1, cost + node.cost_us
        return dict(sorted(totals.items(), key=lambda item: -item[1][1]))

    def table(self, top: int = 20) -> str:
        """The most expensive nodes as text; 0: all."""
        shown = self._expensive(top)
        lines = [f"{'us':>10} {'%':>6}  {'':8}  {'node':32} {'operator':24} tactic, variant"]
        for node in shown:
            basis = "measured" if node.measured else "estimate"
            lines.append(
                f"{node.cost_us:10.2f} {self._share(node):6.1f}  {basis:8}  {_cut(node.name, 32):32} {_cut(node.operator, 24):24} "
                f"{node.tactic} {node.variant}".rstrip()
            )
        if len(shown) < len(self.nodes):
            lines.append(f"... and {len(self.nodes) - len(shown)} more nodes")
        return "\n".join([*lines, self._total()])

    def __str__(self) -> str:
        return self.table()

    def _repr_html_(self) -> str:
        def row(cells: Iterable[str], tag: str = "td") -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        rows = [row([f"{n.cost_us:.2f}", f"{self._share(n):.1f}", n.name, n.operator, n.tactic, n.variant]) for n in self._expensive(50)]
        head = row(["µs", "%", "node", "operator", "tactic", "variant"], "th")
        return f"<table><caption>{html.escape(self._total())}</caption><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"

    def _expensive(self, top: int) -> list[NodeChoice]:
        ordered = sorted(self.nodes, key=lambda node: -node.cost_us)
        return ordered[:top] if top else ordered

    def _share(self, node: NodeChoice) -> float:
        return 100 * node.cost_us / self.cost_us if self.cost_us > 0 else 0.0

    def _total(self) -> str:
        return f"{len(self.nodes)} nodes, expected {self.cost_us:.1f} us on {self.backend} with {self.threads} threads ({self.device})"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _nodes(data: dict[str, Any]) -> Iterable[NodeChoice]:
    requests = [
        (
            tuple(Candidate(**one) for one in request["candidates"]),
            tuple((one["tactic"], one["reason"]) for one in request["refusals"]),
        )
        for request in data["requests"]
    ]
    for node in data["nodes"]:
        candidates, refusals = requests[node["request"]]
        chosen = [one for one in candidates if (one.tactic, one.variant) == (node["tactic"], node["variant"])]
        measured = any(one.time_us is not None for one in chosen)
        yield NodeChoice(
            node["name"],
            node["operator"],
            node["tactic"],
            node["variant"],
            node["cost_us"],
            measured,
            tuple(node["origin"]),
            candidates,
            refusals,
        )
