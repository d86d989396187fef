"""What is counted of each case, and by what."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from desistance.study import DIRECTIONS, EVERYONE, MISSING, NO, STATES, YES, Breakdown, Item, Study

PATTERN = "all breakdowns"  # with a space, so that no band's id is the same
THEME = "theme of a comment"
OUTSIDE = "outside_base"
N_STATES = [f"n_{state}" for state in (*STATES, OUTSIDE)]
ITEMS, JUDGED, TOGETHER, COMBINED = "items", "judged", "together", "combined"  # kinds of amounts
UNKNOWN = "n_unknown"
UNKNOWN_COMBINATION = "not known"  # with a space, so that no factor's id is the same
KNOWN = "n_known"
# With spaces, so that no item's column has the same name.
FACTORS, HAS, ONLY, BOTH = "factors ", "has ", "only ", "both "
GROUP = 2  # columns counted jointly: with more, the counts of many cells would not stay in a processor's own memory
MOST_COMBINATIONS = 2**12  # of twelve factors each combination is counted


@dataclass(frozen=True)
class Space:
    """What cases are told apart by, beside their service: some divisions together; `by` names it in a tally."""

    by: str
    divisions: tuple[Breakdown, ...]

    @cached_property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        """Values of each division's column, in the order of their codes."""
        return tuple(division.codes + MISSING for division in self.divisions)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of values of each division's column."""
        return tuple(len(values) for values in self.categories)

    @cached_property
    def n_patterns(self) -> int:
        """Number of patterns there can be."""
        return prod(self.sizes)  # exact, however many divisions there are

    def within(self, keys: NDArray[np.int64], space: Space) -> NDArray[np.int64]:
        """Keys of cells of this space as those of another, whose divisions are some of this one's."""
        service, pattern = np.divmod(keys, self.n_patterns)
        codes = np.unravel_index(pattern, self.sizes)
        found = service
        for division, size in zip(space.divisions, space.sizes, strict=True):
            found = found * size + codes[self.divisions.index(division)]
        return found

    def text(self, pattern: int) -> str:
        """A pattern as it stands in a tally."""
        if self.by == EVERYONE:
            return EVERYONE
        codes = np.unravel_index(pattern, self.sizes) if self.sizes else ()
        return "|".join(values[code] for values, code in zip(self.categories, codes, strict=True))


@dataclass(frozen=True)
class Layout:
    """What a study counts."""

    study: Study

    @cached_property
    def item_spaces(self) -> tuple[Space, ...]:
        """The breakdowns together, and each band."""
        return (Space(PATTERN, self.study.breakdowns), *self._bands)

    @cached_property
    def combination_spaces(self) -> tuple[Space, ...]:
        """Everyone, and each band."""
        return (Space(EVERYONE, ()), *self._bands)

    @property
    def _bands(self) -> tuple[Space, ...]:
        return tuple(Space(band.id, (band,)) for band in self.study.bands)

    @cached_property
    def items(self) -> tuple[Item, ...]:
        """Items that are columns of the records, with or without a base."""
        return tuple(item for item in self.study.items if not item.derived and not item.parts)

    @cached_property
    def count_items(self) -> tuple[Item, ...]:
        """Items that say whether a case has so many factors."""
        return tuple(item for item in self.study.items if item.derived and not item.parts)

    @cached_property
    def pooled_items(self) -> tuple[Item, ...]:
        """Items that put the answers of others together."""
        return tuple(item for item in self.study.items if item.parts)

    @cached_property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """Columns of judgements to be counted jointly, an item's column together with that of its base."""
        wanted = dict.fromkeys(tuple(filter(None, (item.base, item.column))) for item in self.items)
        packed: list[dict[str, None]] = []
        for columns in sorted(
            wanted, key=len, reverse=True
        ):  # stable: pairs first, in the order of the study
            if any(set(columns) <= set(group) for group in packed):
                continue
            fits = [group for group in packed if len({*group, *columns}) <= GROUP]
            fits.sort(key=lambda group: -len(set(group) & set(columns)))
            if fits and (len(columns) == 1 or set(fits[0]) & set(columns)):
                fits[0].update(dict.fromkeys(columns))
            else:
                packed.append(dict.fromkeys(columns))
        return tuple(tuple(group) for group in packed)

    @cached_property
    def counted_columns(self) -> tuple[str, ...]:
        """Columns whose number of yes is each case's number of factors; none in a study without such a count."""
        return self.study.factor_count.columns if self.study.factor_count else ()

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """Ids of the factors that are looked at in combination."""
        return tuple(item.id for item in self.study.combined.items) if self.study.combined else ()

    @cached_property
    def factor_columns(self) -> tuple[str, ...]:
        """Their columns."""
        return tuple(item.column for item in self.study.combined.items) if self.study.combined else ()

    @cached_property
    def most_factors(self) -> int:
        """The number of factors up to which every combination is counted by itself."""
        n, total = len(self.factors), 0
        for size in range(n + 1):
            total += comb(n, size)
            if total > MOST_COMBINATIONS:
                return size - 1
        return n

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Every two factors."""
        return tuple(combinations(range(len(self.factors)), 2))

    @cached_property
    def themes(self) -> tuple[str, ...]:
        """Themes and directions that comments may be coded with."""
        book = self.study.codebook
        return tuple(f"{theme.id}:{way}" for theme in book.themes for way in DIRECTIONS) if book else ()

    def keys_per_service(self, kind: str, by: str) -> int | None:
        """Number of keys that each service has among amounts of a kind; None where services are not told apart."""
        if by == THEME:
            return len(self.themes)
        n_patterns = next(
            space.n_patterns for space in self.item_spaces + self.combination_spaces if space.by == by
        )
        if kind in (ITEMS, TOGETHER):
            return n_patterns
        return n_patterns * self.n_combinations if kind == COMBINED and self.is_weighted_later else None

    @property
    def n_combinations(self) -> int:
        """Codes of combinations: one for each, for those that are not known, and for those with too many factors."""
        return 2 ** len(self.factors) + 2

    @property
    def is_weighted_later(self) -> bool:
        """Whether weights are told by the table of services, when all is counted."""
        return self.study.weight is None and self.study.weighted


def item_states() -> NDArray[np.uint8]:
    """State of an item by the states of its base and of its own column, shape (5, 5): one past `STATES` is outside."""
    table = np.tile(np.arange(len(STATES), dtype=np.uint8), (len(STATES), 1))
    for state in (NO, "not_applicable"):
        table[STATES.index(state)] = len(STATES)
    for state in ("not_known", "not_recorded"):
        table[STATES.index(state)] = STATES.index(state)
    return table


def column_of(item: Item, state: str) -> str:
    """Name of the column that counts a state of an item."""
    return f"{item.measure}.{item.id}.{state}"


def number_of_factors(number: int | None) -> str:
    """Name of the column that counts cases with a number of factors; None for one that is not known."""
    return f"{FACTORS}{UNKNOWN if number is None else number}"


def has(factor: str) -> str:
    """Name of the column that counts cases with a factor."""
    return HAS + factor


def only(factor: str) -> str:
    """Name of the column that counts cases with a factor and no other."""
    return ONLY + factor


def both(one: str, other: str) -> str:
    """Name of the column that counts cases with two factors, in the order of the study."""
    return f"{BOTH}{one} {other}"


YES_CODE, FIRST_UNKNOWN = STATES.index(YES), STATES.index("not_known")
