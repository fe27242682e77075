"""Pictures of a frame's graph: SVG made here, Graphviz and Mermaid as text. Where boxes go is `layout`."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from mandala_graph.errors import UsageError
from mandala_graph.frame.body import Body
from mandala_graph.frame.layout import Layout, layout
from mandala_graph.frame.order import along_edges

__all__ = ["Picture", "dot", "draw", "html", "mermaid", "svg"]

Theme = Literal["auto", "light", "dark"]

_LIGHT = {
    "paper": "#ffffff", "ink": "#1f2933", "faint": "#5f6c7b", "line": "#8a97a6", "var": "#eef5ff",
    "var-edge": "#3b73b9", "func": "#fff4e5", "func-edge": "#b5651d", "back": "#a23b72",
}  # fmt: skip
_DARK = {
    "paper": "#15191e", "ink": "#e6ebf0", "faint": "#a5b1bd", "line": "#77838f", "var": "#1c2e45",
    "var-edge": "#6ea8ee", "func": "#3a2a17", "func-edge": "#e0a15a", "back": "#e07ab0",
}  # fmt: skip
_CHAR = 8.2
_SMALL = 6.2
_MARGIN = 14.0
_TURN = 40.0


@dataclass(frozen=True)
class Picture:
    """An SVG picture; notebooks show it, `str()` gives its source."""

    svg: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self.svg

    def save(self, path: Any) -> None:
        """Save as `.svg`, or as `.png` (two pixels to a point) with the extra `png`."""
        path = Path(path)
        if path.suffix == ".png":
            try:
                import resvg_py  # type: ignore[import-not-found,unused-ignore]
            except ImportError as e:
                raise UsageError(
                    "a .png needs the package resvg_py: pip install 'mandala-graph[png]'; a .svg needs nothing."
                ) from e
            path.write_bytes(bytes(resvg_py.svg_to_bytes(svg_string=self.svg, zoom=2, sans_serif_family="DejaVu Sans")))
        elif path.suffix == ".svg":
            path.write_text(self.svg, encoding="utf-8")
        else:
            raise UsageError(f"pictures are saved as .svg or .png, not as {path.suffix or path.name!r}.")


def draw(body: Body, path: Any = None, theme: Theme = "auto") -> Picture:
    """The picture, saved where a path is given."""
    png = path is not None and Path(path).suffix == ".png"
    picture = Picture(svg(body, "light" if png and theme == "auto" else theme))
    if path is not None:
        picture.save(path)
    return picture


def html(body: Body, title: str) -> str:
    """The picture for a notebook, with the frame in words for who cannot see it."""
    return f'<div role="img" aria-label="{escape(title, quote=True)}" style="overflow-x:auto">{svg(body)}</div>'


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _lines(body: Body, node: str) -> tuple[str, str]:
    if node in body.vars:
        return _short(node), _counted(len(body.vars[node]), "value")
    op = "" if node == body.ops[node] else f" of {_short(body.ops[node])}"
    return _short(node), _counted(len(body.funcs[node]), "call") + op


def _short(name: str) -> str:
    return name if len(name) <= 32 else name[:31] + "…"


def svg(body: Body, theme: Theme = "auto") -> str:
    """The graph as SVG: variables round, functions square, counts in both, labels on edges, loops in a colour apart."""
    if theme not in ("auto", "light", "dark"):
        raise UsageError(f'theme is "auto", "light" or "dark", not {theme!r}.')
    nodes = along_edges(body)
    size = {}
    for n in nodes:
        name, count = _lines(body, n)
        size[n] = (max(len(name) * _CHAR, len(count) * _SMALL) + 26, 44.0)
    labels: dict[tuple[str, str], list[str]] = {}
    for s, t, x in sorted(body.edges):
        labels.setdefault((s, t), []).append(x)
    edges = list(labels)
    words = [", ".join(labels[e]) for e in edges]
    plan = layout(size, edges, max((len(w) for w in words), default=0) * _SMALL + 44)
    ports = _ports(plan, edges)
    drawn = [_edge(plan, i, e, words[i], ports[i], theme) for i, e in enumerate(edges)]
    loops = sum(1 for i, _ in enumerate(edges) if plan.backward[i])
    boxes = [_box(body, n, plan) for n in nodes]
    width, height = (
        plan.width + 2 * _MARGIN + (_TURN if loops else 0),
        plan.height + 2 * _MARGIN + (4 + 16 * loops if loops else 0),
    )
    left = _MARGIN
    if any(plan.backward[i] and plan.places[t].x - plan.places[t].width / 2 < _TURN for i, (_, t) in enumerate(edges)):
        left, width = left + _TURN, width + _TURN
    if not nodes:
        width, height = 160.0, 44.0
        boxes = ['<text x="66" y="12" class="mg-count">empty frame</text>']
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mg mg-{theme}" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-left:.0f} {-_MARGIN:.0f} {width:.0f} {height:.0f}" font-family="system-ui, sans-serif">'
        f"{_style(theme)}{_markers(theme)}"
        f'<rect x="{-left:.0f}" y="{-_MARGIN:.0f}" width="{width:.0f}" height="{height:.0f}" class="mg-paper"/>'
        f"{''.join(a for a, _ in drawn)}{''.join(boxes)}{''.join(b for _, b in drawn)}</svg>"
    )


def _markers(theme: Theme) -> str:
    def marker(kind: str, tip: str) -> str:
        return (
            f'<marker id="mg-{kind}-{theme}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" class="{tip}"/></marker>'
        )

    return f"<defs>{marker('a', 'mg-tip')}{marker('b', 'mg-tip-back')}</defs>"


def _style(theme: Theme) -> str:
    def rules(c: dict[str, str], before: str = "") -> str:
        text = (
            f".mg-paper{{fill:{c['paper']}}}.mg-name{{fill:{c['ink']};font-size:13px;font-weight:600;text-anchor:middle}}"
            f".mg-count{{fill:{c['faint']};font-size:11px;text-anchor:middle}}"
            f".mg-label{{fill:{c['faint']};font-size:10.5px;text-anchor:middle}}"
            f".mg-halo{{stroke:{c['paper']};stroke-width:4px}}.mg-var{{fill:{c['var']};stroke:{c['var-edge']}}}"
            f".mg-func{{fill:{c['func']};stroke:{c['func-edge']}}}.mg-edge{{fill:none;stroke:{c['line']};stroke-width:1.3}}"
            f".mg-back{{fill:none;stroke:{c['back']};stroke-width:1.5;stroke-dasharray:5 3}}"
            f".mg-tip{{fill:{c['line']}}}.mg-tip-back{{fill:{c['back']}}}"
        )
        # A page may hold pictures of several themes, and a style holds for all of the page.
        return text.replace(".mg-", f"{before}.mg-{theme} .mg-")

    if theme == "dark":
        return f"<style>{rules(_DARK)}</style>"
    if theme == "light":
        return f"<style>{rules(_LIGHT)}</style>"
    system = f"@media (prefers-color-scheme:dark){{{rules(_DARK)}}}"
    # Notebooks have themes of their own, which come before the system's.
    jupyter = rules(_LIGHT, "[data-jp-theme-light=true] ") + rules(_DARK, "[data-jp-theme-light=false] ")
    code = rules(_LIGHT, ".vscode-light ") + rules(_DARK, ".vscode-dark ")
    return f"<style>{rules(_LIGHT)}{system}{jupyter}{code}</style>"


def _box(body: Body, node: str, plan: Layout) -> str:
    p = plan.places[node]
    name, count = _lines(body, node)
    kind, round_ = ("var", p.height / 2) if node in body.vars else ("func", 5)
    return (
        f'<g><title>{escape(node)}</title><rect x="{p.x - p.width / 2:.1f}" y="{p.y - p.height / 2:.1f}" '
        f'width="{p.width:.1f}" height="{p.height:.1f}" rx="{round_:.0f}" class="mg-{kind}"/>'
        f'<text x="{p.x:.1f}" y="{p.y - 3:.1f}" class="mg-name">{escape(name)}</text>'
        f'<text x="{p.x:.1f}" y="{p.y + 13:.1f}" class="mg-count">{escape(count)}</text></g>'
    )


def _ports(plan: Layout, edges: list[tuple[str, str]]) -> list[tuple[float, float]]:
    """How far from the middle of its boxes' sides an edge leaves and arrives: apart, in the order of where it comes from."""
    found = [[0.0, 0.0] for _ in edges]
    for end in (0, 1):
        at: dict[str, list[int]] = {}
        for i, e in enumerate(edges):
            if not plan.backward[i]:
                at.setdefault(e[end], []).append(i)
        for node, mine in at.items():
            mine.sort(key=lambda i: (plan.ways[i][-end] if plan.ways[i] else _centre(plan, edges[i][1 - end]))[1])
            room = plan.places[node].height - 18
            step = min(8.0, room / max(1, len(mine) - 1))
            for k, i in enumerate(mine):
                found[i][end] = (k - (len(mine) - 1) / 2) * step
    return [(a, b) for a, b in found]


def _centre(plan: Layout, node: str) -> tuple[float, float]:
    return plan.places[node].x, plan.places[node].y


def _edge(
    plan: Layout, number: int, edge: tuple[str, str], label: str, ports: tuple[float, float], theme: Theme
) -> tuple[str, str]:
    """The line of an edge and its label."""
    source, target = plan.places[edge[0]], plan.places[edge[1]]
    if plan.backward[number]:
        turn = sum(plan.backward[:number])
        low = plan.height + 12 + 16 * turn
        x1, x2 = source.x + source.width / 2, target.x - target.width / 2 - 1
        path = f"M{x1:.1f} {source.y:.1f}C{x1 + 34:.1f} {source.y:.1f} {x1 + 34:.1f} {low:.1f} {x1 - 6:.1f} {low:.1f}"
        path += f"L{x2 + 6:.1f} {low:.1f}C{x2 - 38:.1f} {low:.1f} {x2 - 38:.1f} {target.y:.1f} {x2:.1f} {target.y:.1f}"
        line = f'<path d="{path}" class="mg-back" marker-end="url(#mg-b-{theme})"/>'
        return line, _label((x1 + x2) / 2, low + 3, label)
    start = (source.x + source.width / 2, source.y + ports[0])
    points = [start, *plan.ways[number], (target.x - target.width / 2 - 1, target.y + ports[1])]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (xa, ya), (xb, yb) in pairwise(points):
        bend = (xb - xa) / 2
        path += f"C{xa + bend:.1f} {ya:.1f} {xb - bend:.1f} {yb:.1f} {xb:.1f} {yb:.1f}"
    (xa, ya), (xb, yb) = points[-2:]
    line = f'<path d="{path}" class="mg-edge" marker-end="url(#mg-a-{theme})"/>'
    return line, _label(xa + (xb - xa) * 0.56, ya + (yb - ya) * 0.6 - 3, label)


def _label(x: float, y: float, label: str) -> str:
    """Words on a line: once as a wide stroke in the paper's colour, once as ink (not all viewers can do both in one)."""
    place = f'x="{x:.1f}" y="{y:.1f}"'
    return f'<text {place} class="mg-label mg-halo">{escape(label)}</text><text {place} class="mg-label">{escape(label)}</text>'


def dot(body: Body) -> str:
    """The graph in Graphviz' language."""

    def quoted(s: str) -> str:
        return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = ["digraph frame {", "  rankdir=LR;", '  node [fontname="sans-serif"];']
    for n in along_edges(body):
        shape = "ellipse" if n in body.vars else "box"
        name, count = _lines(body, n)
        label = quoted(name)[:-1] + "\\n" + quoted(count)[1:]
        lines.append(f"  {quoted(n)} [shape={shape}, label={label}];")
    lines += [f"  {quoted(s)} -> {quoted(t)} [label={quoted(x)}];" for s, t, x in sorted(body.edges)]
    return "\n".join([*lines, "}"])


def mermaid(body: Body) -> str:
    """The graph in Mermaid's language."""
    number = {n: f"n{i}" for i, n in enumerate(along_edges(body))}

    def text(s: str) -> str:
        return s.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")

    lines = ["flowchart LR"]
    for n, key in number.items():
        name, count = map(text, _lines(body, n))
        left, right = ("([", "])") if n in body.vars else ("[", "]")
        lines.append(f'  {key}{left}"{name}<br/>{count}"{right}')
    lines += [f'  {number[s]} -->|"{text(x)}"| {number[t]}' for s, t, x in sorted(body.edges)]
    return "\n".join(lines)
