"""Where a drawing goes on the page: its size, and where a tall one is cut between its rows."""

from __future__ import annotations

import re
from typing import Any

from desistance.bulletin.document.faces import lettered

WIDE, TALL = 493.2, 600.0  # points
WITHIN = re.compile(r">([^<>]+)<")
SIZE = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
RULE = re.compile(r'<path d="M ([-\d.]+) ([-\d.]+) L ([-\d.]+) ([-\d.]+)"')
WORDS = re.compile(r'<text [^>]*?\by="([-\d.]+)"')
ASCENT, DESCENT = 15.0, 5.0


def placed(svg: str) -> dict[str, Any]:
    """Text of a drawing, its size on the page in points, and the strips of a tall one.

    A drawing whose rows are divided by rules and that is taller than a page is cut at such rules: each strip is a list
    of pairs (top, bottom) in points, and all but the first begin with the heads of the columns. Other drawings have no
    strips; one that is tall is made smaller.
    """
    svg = WITHIN.sub(lambda said: f">{lettered(said[1])}<", svg)
    found = SIZE.search(svg)
    if not found:
        return _drawing("", 0.0, 0.0)
    width, height = float(found[1]), float(found[2])
    scale = WIDE / width
    if height * scale <= TALL:
        return _drawing(svg, WIDE, height * scale)
    strips = _strips(svg, width, height, TALL / scale)
    if not strips:
        return _drawing(svg, TALL / height * width, TALL)
    scaled = [[[round(end * scale, 2) for end in pair] for pair in strip] for strip in strips]
    return _drawing(svg, WIDE, height * scale) | {"strips": scaled}


def _drawing(svg: str, width: float, height: float) -> dict[str, Any]:
    return {"svg": svg, "width": round(width, 2), "height": round(height, 2), "strips": []}


def _strips(svg: str, width: float, height: float, most: float) -> list[list[tuple[float, float]]]:
    rules = sorted(
        {float(y) for x, y, end, y2 in RULE.findall(svg) if y == y2 and float(end) - float(x) > width / 2}
    )
    if len(rules) < 3:
        return []
    heads = (_top_of_heads(svg, rules[0]), rules[0] + 1)
    n_strips = -(-height // (most - (heads[1] - heads[0])))
    cuts, start, result = rules[1:], 0.0, []
    while height - start > most - (heads[1] - heads[0]) * bool(result):
        aim = start + (height - start) / (n_strips - len(result)) if n_strips > len(result) else start + most
        below = [y for y in cuts if start < y <= min(aim + 20, start + most - (heads[1] - heads[0]))]
        if not below:
            return []
        result.append([(start, below[-1] + 1)])
        start = below[-1] + 1
    result.append([(start, height)])
    return [result[0], *([heads, *strip] for strip in result[1:])]


def _top_of_heads(svg: str, rule: float) -> float:
    """Where the heads of the columns begin: over the words nearest above the first rule, up to a gap."""
    lines = sorted({float(y) for y in WORDS.findall(svg) if float(y) < rule}, reverse=True)
    top = rule
    for y in lines:
        if top - (y + DESCENT) > 14 and top < rule:
            break
        top = min(top, y - ASCENT)
    return max(0.0, top)
