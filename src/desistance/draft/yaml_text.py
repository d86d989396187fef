"""YAML as a person would write it: quoted where it must be, with comments that cannot break out of their line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable

WIDTH = 110
BARE = re.compile(r"[A-Za-z][A-Za-z0-9_ %/().-]*[A-Za-z0-9_)]|[A-Za-z]")
# Words that YAML readers of one kind or another take for something else than text.
TAKEN = frozenset(["y", "n", "yes", "no", "true", "false", "on", "off", "null", "none"])


def scalar(text: str) -> str:
    r"""Text as a YAML value.

    >>> scalar("race"), scalar("no"), scalar("1"), scalar("a\nb"), scalar("LAC?")
    ('race', '"no"', '"1"', '"a\\x0ab"', '"LAC?"')
    """
    if BARE.fullmatch(text) and text.lower() not in TAKEN:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(letter: str) -> str:
    if letter in '"\\':
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\U{ord(letter):08x}"


def comment(text: str, indent: int = 0) -> list[str]:
    """Lines of a comment; whatever the text holds, nothing of it leaves them."""
    safe = "".join(letter if letter.isprintable() else " " for letter in text)
    start = " " * indent + "# "
    return textwrap.wrap(
        safe,
        WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )


def named(headings: Iterable[str]) -> str:
    """Headings in a row, quoted."""
    return ", ".join('"' + "".join(map(_escaped, heading)) + '"' for heading in headings)


def open_question(proposal: str | None) -> str:
    """What stands for an answer that is not certain: the question mark, and what is proposed."""
    return "?" if proposal is None else f"? {proposal}"
