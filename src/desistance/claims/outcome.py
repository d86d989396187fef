"""What comes of one claim: words and verdicts, and the phrases that every kind of check uses."""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from desistance.claims.evidence import Method, Share
from desistance.statistics.rounding import percent_half_up

HOLDS, DIFFERS, UNDETERMINED, NOT_TESTABLE = "holds", "does_not_hold", "undetermined", "not_testable"


@dataclass(frozen=True)
class Outcome:
    """What was found for one claim: in words, and the verdict under each method in turn."""

    computed: str
    verdicts: tuple[str, ...]
    note: str = ""


def no_data(methods: tuple[Method, ...]) -> Outcome:
    """Outcome of a claim whose numbers are not there."""
    return Outcome("not available", (UNDETERMINED,) * len(methods), "Too few cases to compute it")


def percent(share: Share) -> Decimal:
    """Estimate of a share as a percentage with one decimal."""
    return percent_half_up(share.estimate, decimals=1)


def with_interval(share: Share) -> str:
    """Share in per cent, with its interval where there is one."""
    if math.isnan(share.ci_low):
        return f"{percent(share)} per cent"
    ends = [percent_half_up(end, decimals=1) for end in (share.ci_low, share.ci_high)]
    return f"{percent(share)} per cent ({ends[0]} to {ends[1]})"
