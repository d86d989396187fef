"""Accepted cases as integer codes: what is counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

OPTIONAL = ("days", "weight", "stratum", "services_in_stratum", "marks")


@dataclass(frozen=True)
class Coded:
    """Accepted cases of one batch; every array has shape (n_cases,).

    services, service
        Names of services, each once (some may have no case here), and the place of each case's service among them.
    divisions
        By column of a breakdown or band: the place of the level among its codes; after them the kinds of missing
        (`validation.division_categories`).
    judgements
        By column: the place of the answer in `STATES`.
    days
        Date of each case in days since 1970, where the study has one.
    weight
        Weights, where the study takes them from a column of the records.
    strata, stratum, services_in_stratum
        Names of strata and the place of each case's among them, and the size of the stratum, where the study takes
        them from columns of the records.
    marks
        Themes of each case's comments, joined by +; "" for a case without. None where there are no comments.
    """

    services: tuple[str, ...]
    service: np.ndarray
    divisions: Mapping[str, np.ndarray]
    judgements: Mapping[str, np.ndarray]
    days: np.ndarray | None = None
    weight: np.ndarray | None = None
    strata: tuple[str, ...] = ()
    stratum: np.ndarray | None = None
    services_in_stratum: np.ndarray | None = None
    marks: np.ndarray | None = None

    @property
    def n_cases(self) -> int:
        """Number of cases."""
        return len(self.service)

    def of(self, rows: slice | np.ndarray) -> Coded:
        """Some of the cases, by a mask of shape (n_cases,) or a slice."""
        if rows == slice(None) if isinstance(rows, slice) else rows.all():
            return self
        arrays = {name: getattr(self, name) for name in ("service", *OPTIONAL)}
        return replace(
            self,
            **{name: None if values is None else values[rows] for name, values in arrays.items()},
            divisions={name: codes[rows] for name, codes in self.divisions.items()},
            judgements={name: codes[rows] for name, codes in self.judgements.items()},
        )


def joined(parts: Sequence[Coded]) -> Coded:
    """Cases of several batches of one study as one batch."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    services, service = _together([(part.services, part.service) for part in parts])
    strata, stratum = first.strata, None
    if first.stratum is not None:
        strata, stratum = _together([(part.strata, part.stratum) for part in parts])
    alone = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("days", "weight", "services_in_stratum", "marks")
        if getattr(first, name) is not None
    }
    coded = {
        kind: {
            name: np.concatenate([getattr(part, kind)[name] for part in parts])
            for name in getattr(first, kind)
        }
        for kind in ("divisions", "judgements")
    }
    return Coded(services=services, service=service, strata=strata, stratum=stratum, **coded, **alone)


def _together(parts: Sequence[tuple[tuple[str, ...], np.ndarray]]) -> tuple[tuple[str, ...], np.ndarray]:
    """Names of all parts, each once, and the places among them."""
    places: dict[str, int] = {}
    found = []
    for names, place in parts:
        own = np.array([places.setdefault(name, len(places)) for name in names], dtype=np.int64)
        found.append(own[place])
    return tuple(places), np.concatenate(found)
