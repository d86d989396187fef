"""Heads of rows in the tag tree of a document: typst marks the heads of columns alone."""

from __future__ import annotations

import re

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj\n", re.DOTALL)
ROWS = re.compile(rb"^<</Type/StructElem/S/TBody/.*?/K\[([^\]]*)\]", re.DOTALL)
CELLS = re.compile(rb"^<</Type/StructElem/S/TR/.*?/K\[(\d+) 0 R", re.DOTALL)
HEADERS = re.compile(rb"<</O/Table/Headers\[[^\]]*\]>>")
SCOPED = b"<</O/Table/Scope/Row>>"
TABLE = re.compile(rb"xref\n0 (\d+)\n.*?trailer\n(.*?)\nstartxref\n\d+\n%%EOF\s*$", re.DOTALL)


def with_row_heads(pdf: bytes) -> bytes:
    """Document in which the first cell of each row of a table is the head of that row.

    Every cell then finds its heads by their scope, so the lists of heads that typst gives each cell are left out.

    Raises
    ------
    ValueError
        The document is not laid out as typst lays it out.
    """
    end = TABLE.search(pdf)
    if end is None:
        raise ValueError("the document has no table of its objects where typst writes it")
    bodies = {int(found[1]): found[2] for found in OBJECT.finditer(pdf, 0, end.start())}
    if len(bodies) != int(end[1]) - 1:
        raise ValueError(f"the document has {len(bodies)} objects where its table lists {int(end[1]) - 1}")
    heads = _heads(bodies)
    return _written(
        pdf[: pdf.index(b"1 0 obj\n")], {n: _marked(n, one, heads) for n, one in bodies.items()}, end[2]
    )


def _heads(bodies: dict[int, bytes]) -> frozenset[int]:
    """Objects that are the first cell of a row under the heads of the columns."""
    found = set()
    for body in bodies.values():
        rows = ROWS.match(body)
        for row in re.findall(rb"(\d+) 0 R", rows[1]) if rows else ():
            first = CELLS.match(bodies[int(row)])
            if first is None:
                raise ValueError("a row of a table in the document has no cells")
            found.add(int(first[1]))
    return frozenset(found)


def _marked(number: int, body: bytes, heads: frozenset[int]) -> bytes:
    if not body.startswith(b"<</Type/StructElem/S/TD/"):
        return body
    if number not in heads:
        return HEADERS.sub(b"", body).replace(b"/A[]", b"")
    return HEADERS.sub(SCOPED, body.replace(b"/S/TD/", b"/S/TH/", 1))


def _written(head: bytes, bodies: dict[int, bytes], trailer: bytes) -> bytes:
    parts, places, place = [head], [], len(head)
    for number in sorted(bodies):
        part = b"%d 0 obj\n%b\nendobj\n" % (number, bodies[number])
        places.append(b"%010d 00000 n\r\n" % place)
        parts.append(part)
        place += len(part)
    table = b"xref\n0 %d\n0000000000 65535 f\r\n%b" % (len(places) + 1, b"".join(places))
    return b"".join([*parts, table, b"trailer\n", trailer, b"\nstartxref\n%d\n%%%%EOF" % place])
