"""What services provide and what comments speak of, as evidence: from the tables, or from counts by service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from desistance.claims.evidence import ServiceShare, Share
from desistance.findings.provision import service_answers, service_numbers
from desistance.findings.themes import EITHER
from desistance.settings import Inference
from desistance.statistics.arrays import quotient
from desistance.statistics.design import ServiceDesign
from desistance.statistics.intervals import clopper_pearson_interval
from desistance.statistics.proportions import clustered_proportions
from desistance.study import DIRECTIONS, Study
from desistance.tallies import Tally


@dataclass(frozen=True)
class Practice:
    """What each service said or had said of it, shape (n_services,): 1 yes, 0 no, NaN not known.

    `answers` goes by the names that claims use (`gap.girls`, `theme.persistence.enabler`); `numbers` has part and
    whole of each rate.
    """

    answers: Mapping[str, np.ndarray]
    numbers: Mapping[str, tuple[np.ndarray, np.ndarray]]

    def only(self, names: Collection[str]) -> Practice:
        """What some claims need of it."""
        return Practice(
            {name: each for name, each in self.answers.items() if name in names},
            {name: each for name, each in self.numbers.items() if name in names},
        )

    def without(self, service: int) -> Practice:
        """The same with one service left out."""
        return Practice(
            {name: np.delete(each, service) for name, each in self.answers.items()},
            {name: tuple(np.delete(end, service) for end in each) for name, each in self.numbers.items()},
        )


def practice_of(tally: Tally, study: Study) -> Practice:
    """What a tally knows of its services' practice."""
    answers = {_name(*key): values for key, values in service_answers(tally, study).items()}
    if study.codebook and len(tally.marks):
        services = tally.services["service"].astype(str)
        for theme in study.codebook.themes:
            for direction in (EITHER, *DIRECTIONS):
                own = tally.passages[tally.passages["theme"] == theme.id]
                own = own if direction == EITHER else own[own["direction"] == direction]
                answers[_theme(theme.id, direction)] = services.isin(own["service"]).to_numpy(float)
    return Practice(answers, service_numbers(tally, study))


def share_evidence(practice: Practice, inference: Inference) -> dict[str, ServiceShare]:
    """Share of services for each answer, with the exact interval; none where no service answered."""
    answers = np.array(list(practice.answers.values()))
    if not answers.size:
        return {}
    n_yes, n_services = (answers == 1).sum(axis=1), (~np.isnan(answers)).sum(axis=1)
    ends = clopper_pearson_interval(n_yes, n_services, confidence_level=inference.confidence_level)
    numbers = zip(n_yes, n_services, quotient(n_yes, n_services), ends.ci_low, ends.ci_high, strict=True)
    found = {name: ServiceShare(*row) for name, row in zip(practice.answers, numbers, strict=True)}
    return {name: share for name, share in found.items() if share.n_services}


def rate_evidence(practice: Practice, design: ServiceDesign, inference: Inference) -> dict[str, Share]:
    """Share of people for each rate, services as clusters."""
    found = {}
    for name, ends in practice.numbers.items():
        known = ~np.isnan(ends[0] + ends[1])
        yes, base = (np.where(known, end, 0) for end in ends)
        share = clustered_proportions(
            *(yes, base, yes, base),
            design,
            confidence_level=inference.confidence_level,
            minimum_effective_base=inference.small_effective_base,
        )
        if base.any():
            found[name] = Share(*(getattr(share, each).item() for each in ("estimate", "ci_low", "ci_high")))
    return found


def shares_from_tables(tables: Mapping[str, pd.DataFrame]) -> dict[str, ServiceShare]:
    """The same shares from the tables `provision` and `themes` of the findings."""
    numbers = ["n_yes", "n_services", "estimate", "ci_low", "ci_high"]
    provision = tables["provision"]
    provision = provision[provision["n_services"] > 0]
    keys = (_name(*key) for key in provision[["group", "item", "subgroup"]].to_numpy())
    found = dict(zip(keys, provision[numbers].itertuples(index=False, name=None), strict=True))
    themes = tables["themes"]
    numbers = ["n_services", "n_services_all", "estimate_services", "services_ci_low", "services_ci_high"]
    keys = (_theme(*key) for key in themes[["theme", "direction"]].to_numpy())
    found |= zip(keys, themes[numbers].itertuples(index=False, name=None), strict=True)
    return {name: ServiceShare(*row) for name, row in found.items()}


def rates_from_table(rates: pd.DataFrame) -> dict[str, Share]:
    """The same rates from the table `rates` of the findings."""
    known = rates[rates["estimate"].notna()]
    rows = known[["estimate", "ci_low", "ci_high"]].itertuples(index=False, name=None)
    return {item: Share(*row) for item, row in zip(known["item"], rows, strict=True)}


def _name(group: str, item: str, subgroup: str) -> str:
    return ".".join(part for part in (group, item, subgroup) if part)


def _theme(theme: str, direction: str) -> str:
    return _name("theme", theme, "" if direction == EITHER else direction)
