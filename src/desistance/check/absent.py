"""Rows of files that lack a column, in the words that the files have: two words for one number would tell it."""

from __future__ import annotations

from desistance.check.scan import Scan
from desistance.check.shown import SOME, parts_in_words


def absent_rows(found: Scan, threshold: int) -> tuple[dict[str, str], bool]:
    """Words for the rows without each column that some file lacks, and whether these numbers are known exactly.

    Where they are not, the counts of such a column must not be told either: they add up to the rows of the other files.
    """
    counts = {place: file.n_rows for place, file in enumerate(found.files)}
    words, _ = parts_in_words(counts, threshold)
    exact = all(words[place] == f"{count:,}" for place, count in counts.items())
    lacking: dict[str, list[int]] = {}
    for place, file in enumerate(found.files):
        for name in file.missing if file.n_rows else ():
            lacking.setdefault(name, []).append(place)
    return {name: _said(places, counts, words, exact) for name, places in lacking.items()}, exact


def _said(places: list[int], counts: dict[int, int], words: dict[int, str], exact: bool) -> str:
    if exact:
        return f"{sum(counts[place] for place in places):,}"
    return SOME if places[1:] else words[places[0]]
