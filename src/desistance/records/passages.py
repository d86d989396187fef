"""What the coders of a passage say together: agreed themes, how each coded, where they differ, what may be quoted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from desistance.errors import RecordsError
from desistance.study import DIRECTIONS, EVERYONE, NO, YES, Codebook

NO_THEME = "none"
Mark = tuple[str, str]  # theme and direction


@dataclass(frozen=True)
class Coding:
    """One coder's word that a passage is about a theme, in a direction; `theme` may be `NO_THEME`, without one.

    `case` is empty for a comment about the service. `cleared` says that a person released the excerpt.
    """

    passage: str
    service: str
    case: str
    coder: str
    theme: str
    direction: str
    excerpt: str = ""
    cleared: bool = False


@dataclass(frozen=True)
class Passage:
    """The codings of one passage, which stand in one service and are about one case or none.

    >>> book = Codebook((), ("Ann", "Ben", "Cas"), "delivery", None)
    >>> say = [Coding("p1", "S1", "", coder, "trust", "enabler") for coder in ("Ann", "Ben")]
    >>> Passage((*say, Coding("p1", "S1", "", "Cas", "none", ""))).agreed
    {('trust', 'enabler')}
    """

    codings: tuple[Coding, ...]

    @property
    def service(self) -> str:
        """The service it is about."""
        return self.codings[0].service

    @property
    def case(self) -> str:
        """The number of the case it is about, or empty."""
        return self.codings[0].case

    @property
    def coders(self) -> set[str]:
        """Those who coded it."""
        return {coding.coder for coding in self.codings}

    @property
    def agreed(self) -> set[Mark]:
        """Themes, each with a direction, that more than half of the coders name."""
        # ASSUME A18: a majority of coders decides, or the only one; a tie decides nothing.
        named = Counter((each.theme, each.direction) for each in self.codings if each.theme != NO_THEME)
        return {mark for mark, count in named.items() if 2 * count > len(self.coders)}

    @property
    def disputed(self) -> bool:
        """Whether two of its coders differ in a theme or a direction."""
        said = {coder: set() for coder in self.coders}
        for coding in self.codings:
            said[coding.coder].add((coding.theme, coding.direction))
        return len(set(map(frozenset, said.values()))) > 1

    def themes_of(self, coder: str) -> set[str]:
        """Themes that one coder names."""
        return {each.theme for each in self.codings if each.coder == coder} - {NO_THEME}


def passages_of(codings: Iterable[Coding]) -> list[Passage]:
    """Gather codings by passage, in order of their first appearance."""
    gathered: dict[str, list[Coding]] = {}
    for coding in codings:
        gathered.setdefault(coding.passage, []).append(coding)
    return [Passage(tuple(each)) for each in gathered.values()]


def in_order(marks: Iterable[Mark], codebook: Codebook) -> list[Mark]:
    """Marks in the order of the codebook."""
    themes = [theme.id for theme in codebook.themes]
    return sorted(marks, key=lambda mark: (themes.index(mark[0]), DIRECTIONS.index(mark[1])))


def passage_rows(passages: Iterable[Passage], codebook: Codebook) -> list[dict[str, object]]:
    """Passages agreed to be about each theme, by service: the table `passages` of the tally."""
    counts = Counter((each.service, *mark) for each in passages for mark in in_order(each.agreed, codebook))
    names = ("service", "theme", "direction")
    return [dict(zip(names, key, strict=True)) | {"n_passages": n} for key, n in sorted(counts.items())]


def coding_rows(passages: Iterable[Passage], codebook: Codebook) -> list[dict[str, object]]:
    """How the coders of passages that two or more read coded them: the table `codings` of the tally.

    Coders are numbered by their place in the codebook; their names stay behind.
    """
    counts = Counter(row for each in passages if len(each.coders) > 1 for row in _codings(each, codebook))
    names = ("service", "theme", "codings")
    return [dict(zip(names, key, strict=True)) | {"n_passages": n} for key, n in sorted(counts.items())]


def _codings(passage: Passage, codebook: Codebook) -> Iterator[tuple[str, str, str]]:
    said = {
        f"coder {number}": [theme.id for theme in codebook.themes if theme.id in passage.themes_of(coder)]
        for number, coder in enumerate(codebook.coders, 1)
        if coder in passage.coders
    }
    everything = {coder: "&".join(themes) or NO_THEME for coder, themes in said.items()}
    yield passage.service, EVERYONE, _joined(everything)
    for theme in codebook.themes:
        answers = {coder: YES if theme.id in themes else NO for coder, themes in said.items()}
        yield passage.service, theme.id, _joined(answers)


def _joined(codes: Mapping[str, str]) -> str:
    return "+".join(f"{coder}={code}" for coder, code in codes.items())


def disagreement_rows(passages: Iterable[Passage], shown: Callable[[Coding], str]) -> list[dict[str, object]]:
    """Every coding of the passages on which coders differ, for the coders to talk about.

    `shown` gives the name that a passage goes by in files for people.
    """
    names = ("service", "coder", "theme", "direction")
    return [
        {"passage": shown(coding)} | {name: getattr(coding, name) for name in names}
        for each in passages
        if each.disputed
        for coding in sorted(each.codings, key=lambda coding: (coding.coder, coding.theme))
    ]


def quote_rows(
    passages: Iterable[Passage], withheld: set[str], codebook: Codebook
) -> tuple[list[Mapping[str, Any]], Counter[str]]:
    """Excerpts that may be shown, each passage's once, and what became of all the passages that have one.

    An excerpt is shown where a person cleared it, no one else withheld the passage (`withheld`), and the coders agree
    on a theme; it stands under the theme of the coding that cleared it, if that is agreed, or the first agreed one.
    The order is of the codebook and of the text, so that it tells nothing of services.
    """
    quotes: list[dict[str, object]] = []
    fate = Counter(n_quotes=0, n_not_cleared=0, n_cleared_without_theme=0)
    for each in passages:
        excerpts = [coding for coding in each.codings if coding.excerpt]
        cleared = [coding for coding in excerpts if coding.cleared and coding.passage not in withheld]
        if not excerpts:
            continue
        if not cleared:
            fate["n_not_cleared"] += 1
        elif not each.agreed:
            fate["n_cleared_without_theme"] += 1
        else:
            fate["n_quotes"] += 1
            quotes.append(_quote(each, cleared, codebook))
    return sorted_quotes(quotes, codebook), fate


def sorted_quotes(quotes: Iterable[Mapping[str, Any]], codebook: Codebook) -> list[Mapping[str, Any]]:
    """Excerpts in the order of the codebook and of the text, which tells nothing of services or of parts.

    Raises
    ------
    RecordsError
        One stands under a theme or direction that the codebook does not have.
    """
    places = {mark: place for place, mark in enumerate(_all_marks(codebook))}
    try:
        return sorted(quotes, key=lambda row: (places[row["theme"], row["direction"]], row["excerpt"]))
    except KeyError:
        raise RecordsError(
            "an excerpt stands under a theme that the codebook does not have; count its part with this study"
        ) from None


def _quote(passage: Passage, cleared: list[Coding], codebook: Codebook) -> dict[str, object]:
    first = cleared[0]
    named = (first.theme, first.direction)
    theme, direction = named if named in passage.agreed else in_order(passage.agreed, codebook)[0]
    return {"theme": theme, "direction": direction, "excerpt": " ".join(first.excerpt.split())}


def _all_marks(codebook: Codebook) -> list[Mark]:
    return [(theme.id, direction) for theme in codebook.themes for direction in DIRECTIONS]
