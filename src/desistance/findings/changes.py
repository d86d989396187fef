"""How far each share has moved since another edition."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from desistance.errors import TallyError
from desistance.findings.design import divisions
from desistance.findings.families import in_order, with_families
from desistance.findings.tables import CHANGE_COLUMNS
from desistance.settings import Inference
from desistance.statistics.differences import share_differences
from desistance.statistics.robust import Correction
from desistance.study import Study
from desistance.tallies import ServiceCounts, Tally, only_items, service_counts

OTHERWISE = "defined otherwise in the other edition"
UNKNOWN = "the other edition does not say how this was defined"
NUMBERS = ("estimate", "standard_error", "ci_low", "ci_high", "statistic", "df", "p_value")
AMOUNTS = ("n_yes", "n_base", "weight_yes", "weight_base")


@dataclass(frozen=True)
class Edition:
    """Another edition: its tally, and whether a code means the same service in both."""

    tally: Tally
    same_services: bool


def changes(tally: Tally, other: Edition | None, study: Study, inference: Inference) -> pd.DataFrame:
    """Change of each share since another edition, for everyone and in each subgroup; no rows without one.

    One row an item, division and level that both editions have cases of. `estimate` is this edition's share less
    the other's (0-1), from the linear probability model with CR2 and Satterthwaite's degrees of freedom: services are
    the clusters, and where they are the same in both editions, each stands once with the cases of both. `p_holm` and
    `p_bh` adjust within one measure and one breakdown. `note` warns where the two studies define an item or a
    division otherwise; a breakdown with other levels is left out, since its patterns cannot be matched.

    Raises
    ------
    TallyError
        The other edition holds none of the study's items, or one edition is made up and the other is not.
    """
    if other is None:
        return pd.DataFrame(columns=CHANGE_COLUMNS)
    other = replace(other, tally=_known(tally, other.tally, study))
    rows = []
    for name, division in divisions(study):
        if division is None or _same_levels(other.tally, study, name):
            sides = [service_counts(each, study, division) for each in (other.tally, tally)]
            before, now = _aligned(sides, other.tally, tally, same_services=other.same_services)
            note = "" if division is None else _note(name, other.tally, study)
            rows += _rows(before, now, name, note, other.tally, study, inference)
    return in_order(with_families(pd.DataFrame(rows, columns=CHANGE_COLUMNS)), study)


def _known(tally: Tally, other: Tally, study: Study) -> Tally:
    """The other tally without items that this study does not have."""
    if tally.facts["made_up"] != other.facts["made_up"]:
        raise TallyError(
            "one of the two editions is made up and the other is not, so they cannot be compared"
        )
    known = only_items(other, study.items)
    if not known.items:
        raise TallyError(
            "the other edition measures nothing that this study does; give the tally of a like study"
        )
    return known


def _same_levels(other: Tally, study: Study, name: str) -> bool:
    """Whether the patterns of the other tally can be read for a division: all breakdowns alike, or the band alike."""
    told, own = other.facts.get("levels", {}), study.levels
    if name in [each[0] for each in own["breakdowns"]]:
        return told.get("breakdowns") == own["breakdowns"]
    return dict(map(tuple, told.get("bands", []))).get(name) == list(study.division(name).codes)


def _note(key: str, other: Tally, study: Study) -> str:
    told = other.facts.get("definitions", {})
    if key not in told:
        return UNKNOWN
    return "" if told[key] == study.definitions[key] else OTHERWISE


def _aligned(
    sides: list[ServiceCounts], other: Tally, tally: Tally, *, same_services: bool
) -> Iterator[ServiceCounts]:
    """Both editions over the services of both, with nobody where a service is not in one."""
    codes = [list(each.services["service"]) for each in (other, tally)]
    if not same_services:
        codes = [[(number, code) for code in each] for number, each in enumerate(codes)]
    union = pd.Index(list(dict.fromkeys([*codes[0], *codes[1]])), tupleize_cols=False)
    for side, own in zip(sides, codes, strict=True):
        place = union.get_indexer(pd.Index(own, tupleize_cols=False))
        spread = {}
        for name in AMOUNTS:
            amount = getattr(side, name)
            spread[name] = np.zeros((len(union), *amount.shape[1:]), dtype=amount.dtype)
            spread[name][place] = amount
        yield replace(side, **spread)


def _rows(
    before: ServiceCounts,
    now: ServiceCounts,
    name: str,
    note: str,
    other: Tally,
    study: Study,
    inference: Inference,
) -> Iterator[dict[str, object]]:
    """Every item and level of one division that both editions have cases of."""
    for number, item in enumerate(study.items):
        own = _note(f"{item.measure}.{item.id}", other, study)
        for level, code in enumerate(now.levels):
            tables = [
                np.stack(
                    [getattr(before, amount)[:, number, level], getattr(now, amount)[:, number, level]], 1
                )
                for amount in AMOUNTS
            ]
            n_base, yes, base = (table.sum(axis=0) for table in tables[1:])
            if not n_base.all():
                continue
            test = share_differences(
                *tables,
                reference=0,
                correction=Correction.CR2,
                confidence_level=inference.confidence_level,
            )
            yield {
                "measure": item.measure,
                "item": item.id,
                "breakdown": name,
                "subgroup": code,
                "n_before": n_base[0],
                "n_cases": n_base[1],
                "estimate_before": yes[0] / base[0],
                "estimate_now": yes[1] / base[1],
                **{each: float(getattr(test, each)[0]) for each in NUMBERS},
                "status": str(test.status[0]),
                "note": "; ".join(dict.fromkeys(filter(None, (own, note)))),
            }
