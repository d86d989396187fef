"""What may be said of how services and cases were sampled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from desistance.disclosure.policy import Policy
from desistance.disclosure.written import HIDDEN, to_multiple
from desistance.study import Study

FEWEST = (
    2  # services of a stratum that is listed: the name of one with a single service could be that service's
)


def seen_sampling(facts: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The facts of a release, with what a policy lets be seen of `design`.

    Numbers of services are of no child and are shown: of all strata together, and of each, by name, where every one has
    two inspected services at least. Eligible cases are told all together, never of a stratum or a service, so that they
    stand in no relation with a count of any table; they are hidden where the cases that were not inspected are
    so few that their number is unsafe, and rounded as counts are.
    """
    if "design" not in facts:
        return dict(facts)
    design = facts["design"]
    strata = design["strata"]
    there = [one["n_services_in_stratum"] for one in strata]
    told = {
        "n_eligible": _eligible(design["n_eligible"], facts["n_cases"], policy),
        "n_services_there": None if None in there else sum(there),
        "n_strata": len(strata),
        "strata": strata if all(one["n_services"] >= FEWEST for one in strata) else [],
    }
    return {**facts, "design": {**design, **told}}


def _eligible(n_eligible: int | None, n_cases: int, policy: Policy) -> int | str | None:
    if n_eligible is None:
        return None
    if policy.is_unsafe(n_eligible - n_cases):
        return HIDDEN
    return int(to_multiple(n_eligible, policy.round_to))


def as_weighed(study: Study, facts: Mapping[str, Any]) -> Study:
    """The study as its tables were made: without weights where all are equal, as a weighted share is then a count.

    A reader who sees that weights change nothing reads counts off the shares, so these are protected as such.
    """
    if study.weighted and facts.get("design", {}).get("equal_weights", False):
        return replace(study, weight=None, design=None)
    return study
