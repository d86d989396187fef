"""Cases counted, batch by batch."""

from __future__ import annotations

from collections import Counter as Bag
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from desistance.errors import TallyError
from desistance.records.coded import Coded
from desistance.study import MISSING, Study
from desistance.tallies.batches import Batch, combined, gathered
from desistance.tallies.columns import REST, WEIGHT, Ints, Keyed, Pieces
from desistance.tallies.kinds import Combinations, FirstWeights, Items, is_weighed
from desistance.tallies.layout import ITEMS, JUDGED, N_STATES, PATTERN, THEME, Layout, column_of
from desistance.tallies.services import Services
from desistance.tallies.spaces import BATCH_ROWS, Added, SpaceCounter, TogetherCounter

if TYPE_CHECKING:
    import pandas as pd

    from desistance.tallies.definition import Tally


class Counter:
    """Counts cases of a study; memory grows with services and patterns that have cases, and not with cases.

    Sums are of whole numbers, so neither the order nor the size of batches shows in the tally.
    """

    def __init__(self, study: Study) -> None:
        self._layout = Layout(study)
        self._items, combinations = Items(self._layout), Combinations(self._layout)
        pattern, *bands = self._layout.item_spaces
        self._counters = [SpaceCounter(self._items, pattern), TogetherCounter(self._items, bands)]
        self._counters += [SpaceCounter(combinations, each) for each in self._layout.combination_spaces]
        self._pieces: defaultdict[tuple[str, str], Pieces] = defaultdict(Pieces)
        self._services = Services()
        self._marks: Bag[tuple[int, str]] | None = None

    def add(self, cases: Coded) -> None:
        """Count some cases."""
        for start in range(0, cases.n_cases, BATCH_ROWS):
            self._add(_part(cases, slice(start, start + BATCH_ROWS)))

    def _add(self, cases: Coded) -> None:
        columns = self._layout.study.judgement_columns
        service, weights = self._services.add(cases)
        judgements = {name: cases.judgements[name].astype(np.uint8, copy=False) for name in columns}
        bits = combined(judgements, cases.n_cases, self._layout)
        batch = Batch(service, cases.divisions, judgements, *bits, weights)
        for counter in self._counters:
            self._take(self._pieces, counter.add(batch, self._services))
        if cases.marks is not None:
            self._count_marks(batch, cases.marks)

    @staticmethod
    def _take(pieces: defaultdict[tuple[str, str], Pieces], found: Added) -> None:
        for key, piece in found:
            pieces[key].add(piece)

    def _count_marks(self, batch: Batch, marks: NDArray[np.object_]) -> None:
        """Themes of comments, and the delivery measure among the cases whose comments are coded with each."""
        texts, text = np.unique(marks.astype(str), return_inverse=True)
        pairs, n_cases = np.unique(batch.service * len(texts) + text, return_counts=True)
        self._marks = self._marks if self._marks is not None else Bag()
        for pair, n in zip(pairs.tolist(), n_cases.tolist(), strict=True):
            self._marks[pair // len(texts), str(texts[pair % len(texts)])] += n
        places = {theme: place for place, theme in enumerate(self._layout.themes)}
        rows, theme = [], []
        for number, one in enumerate(texts.tolist()):
            for name in set(one.split("+")) - {""}:
                rows.append(np.flatnonzero(text == number))
                theme.append(np.full(len(rows[-1]), places[name]))
        if rows:
            chosen = np.concatenate(rows)
            keys = batch.service[chosen] * len(places) + np.concatenate(theme)
            keys, own = gathered([(keys, batch.part(chosen))], batch.judgements)
            items = self._layout.study.measure(self._layout.study.codebook.delivery).items
            self._pieces[ITEMS, THEME].add(self._items.of_items(keys, own, items, with_numbers=False))

    def join(self, counted: Counted) -> None:
        """Add what another counter of the same study counted, in another process perhaps."""
        places, more = self._services.join(counted.services)
        for (kind, by), keyed in counted.amounts.items():
            self._pieces[kind, by].add(_moved(keyed, self._layout.keys_per_service(kind, by), places, more))
        if counted.marks is not None:
            self._marks = self._marks if self._marks is not None else Bag()
            for (service, marks), n in counted.marks.items():
                self._marks[int(places[service]), marks] += n

    def counted(self) -> Counted:
        """Everything counted so far; more may be counted afterwards."""
        pieces: defaultdict[tuple[str, str], Pieces] = defaultdict(Pieces)
        for key, own in self._pieces.items():
            pieces[key].add(own.total())
        for counter in self._counters:
            self._take(pieces, counter.left(self._services.first))
        amounts = {key: own.total() for key, own in pieces.items()}
        return Counted(self._layout, self._services, self._marks, amounts)

    def missing(self) -> dict[str, dict[str, int]]:
        """Cases of each kind of missing, by column of a division or judgement."""
        return self.counted().missing()

    def tally(
        self,
        facts: Mapping[str, Any],
        *,
        practice: Mapping[str, pd.DataFrame] | None = None,
        design: pd.DataFrame | None = None,
    ) -> Tally:
        """What was counted, with facts about the records; more may be counted afterwards.

        `practice` holds the tables `answers`, `passages` and `codings` of the tally, where services described
        themselves and comments were coded. `design` holds strata, sizes and weights by service, where the study takes
        them from the table of services; without it the tally is that of a part, to be added to others and given its
        design at the end (`with_design`).

        Raises
        ------
        TallyError
            There is no case, a service has no design, or the services are not what a sample of services can be.
        """
        from desistance.tallies.finishing import finished
        from desistance.tallies.sampling import with_design

        if not self._services.names:
            raise TallyError("there is no accepted row to count; see rejects.csv for the reasons")
        tally = finished(self.counted(), facts, practice or {})
        return tally if design is None else with_design(tally, design)


@dataclass(frozen=True, eq=False)
class Counted:
    """What a counter has counted: amounts by kind and division, keyed by service and pattern."""

    layout: Layout
    services: Services
    marks: Mapping[tuple[int, str], int] | None
    amounts: Mapping[tuple[str, str], Keyed]

    def missing(self) -> dict[str, dict[str, int]]:
        """Cases of each kind of missing, by column of a division or judgement."""
        found = {}
        for space in self.layout.item_spaces:
            keys, columns = self.amounts.get((ITEMS, space.by), (np.zeros(0, dtype=np.int64), {}))
            item = self.layout.items[0]
            n_cases = sum(columns.get(column_of(item, state), 0) for state in N_STATES)
            codes = np.unravel_index(keys % space.n_patterns, space.sizes) if space.sizes else ()
            for division, size, code in zip(space.divisions, space.sizes, codes, strict=True):
                counts = np.bincount(code, n_cases, minlength=size).astype(int)[-len(MISSING) :]
                found[division.column] = dict(zip(MISSING, counts.tolist(), strict=True))
        _, columns = self.amounts.get((JUDGED, PATTERN), (None, {}))
        for name in self.layout.study.judgement_columns:
            found[name] = {kind: int(columns.get(f"{name} {kind}", [0])[0]) for kind in MISSING}
        return found


def _part(cases: Coded, rows: slice) -> Coded:
    arrays = ("service", "weight", "stratum", "services_in_stratum", "marks")
    parts = {name: None if getattr(cases, name) is None else getattr(cases, name)[rows] for name in arrays}
    for name in ("divisions", "judgements"):
        parts[name] = {column: codes[rows] for column, codes in getattr(cases, name).items()}
    return replace(cases, **parts)


def _moved(keyed: Keyed, n_keys: int | None, places: Ints, more: FirstWeights | None) -> Keyed:
    """Amounts of another counter with services at the places they have here, and weights from the first ones here.

    Keys are not in order.
    """
    keys, columns = keyed
    if n_keys is None:
        return keyed
    service, pattern = np.divmod(keys, n_keys)
    columns = dict(columns)
    if more is not None:
        for name in [name for name in columns if is_weighed(name)]:
            for prefix, amount in zip((WEIGHT, REST), more, strict=True):
                columns[prefix + name] = (
                    columns.get(prefix + name, 0) + columns[name].astype(np.int64) * amount[service]
                )
    return places[service] * n_keys + pattern, columns
