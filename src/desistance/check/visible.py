"""Text from a file, made fit to be shown: nothing unseen, nothing that turns or colours what stands around it."""

from __future__ import annotations

LONGEST = 120


def visible(text: str, longest: int = LONGEST) -> str:
    r"""Text on one line with every control or unseen character written out, cut where it is long.

    >>> visible("LAC?\x1b[31m")
    'LAC?\\x1b[31m'
    """
    seen = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in " ".join(text.split()))
    return seen if len(seen) <= longest else f"{seen[: longest - 1]}…"
