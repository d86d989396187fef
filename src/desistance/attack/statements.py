"""What a text, a drawing or embedded data says about a hidden number: the currency between the attack's two halves."""

from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "share", "base", "standard_error", "ci_low", "ci_high"]


@dataclass(frozen=True)
class HiddenShare:
    """One hidden thing, and the words that must all be said before a text speaks of it.

    Parameters
    ----------
    key : tuple of str
        Name of the hidden number, such as ``("yes", measure, item, breakdown, subgroup)``.
    table : str
        The published table that has ``[c]`` in its place.
    names : tuple of frozenset of str
        For each thing that must be named (item, subgroup, ...) the ids and labels that name it.
    """

    key: tuple[str, ...]
    table: str
    names: tuple[frozenset[str], ...]


@dataclass(frozen=True)
class Statement:
    """What one place of one file says: the number behind ``key`` lies between ``low`` and ``high``.

    Parameters
    ----------
    key : tuple of str
        The ``HiddenShare.key`` that is spoken of.
    kind : str
        What kind of leak it would be: ``drawing``, ``alternative_text``, ``sentence``, ``metadata``, ...
    where : str
        File and place in it.
    unit : str
        Which number: the count itself, its share of the base, the base, or a number computed from the share.
    low, high : float
        Least and greatest value that what is said leaves possible, 0-1 scale for shares.
    text : str
        The words it was read from; never printed.
    """

    key: tuple[str, ...]
    kind: str
    where: str
    unit: Unit
    low: float
    high: float
    text: str
