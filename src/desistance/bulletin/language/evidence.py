"""Evidence beside a sentence: a share of services, a difference with its interval and test, what few services show."""

from __future__ import annotations

from collections.abc import Iterable

from desistance.bulletin.language.phrases import cited, digits_of
from desistance.bulletin.language.words import (
    count,
    counted,
    exact_share,
    interval,
    p_value,
    per_cent,
    points,
    points_interval,
    size_points,
)
from desistance.bulletin.reading.numbers import Numbers
from desistance.bulletin.reading.results import Share, Test
from desistance.bulletin.reading.topics import is_significant
from desistance.study import Study


def of_services(share: Share, numbers: Numbers, study: Study) -> str:
    """Number of services with its share and exact interval: "26 of 43 services (60 per cent, ... 44 to 75)"."""
    return f"{n_of_services(share, study)} ({share_cited(share, numbers)})"


def n_of_services(share: Share, study: Study) -> str:
    """Number of services: "26 of 43 services"."""
    if share.n_yes is None or share.n_cases is None:
        return f"an unknown number of {study.words['service'][1]}"
    return (
        f"{count(share.n_yes) if share.n_yes else 'none'} of {counted(share.n_cases, study.words['service'])}"
    )


def share_said(share: Share, numbers: Numbers) -> str:
    """Percentage and interval, as brackets hold them."""
    if share.exact is None:
        return "share not available"
    ends = f", {numbers.confidence} per cent interval {interval(share.low, share.high)}"
    return per_cent(share.exact, digits_of(share)) + (ends if share.has_interval else "")


def share_cited(share: Share, numbers: Numbers) -> str:
    """The same as a link to its row."""
    return cited(share_said(share, numbers), share.place)


def change_cited(test: Test, numbers: Numbers) -> str:
    """What `change_said` says, as a link to its row."""
    return cited(change_said(test, numbers), test.place)


def change_said(test: Test, numbers: Numbers) -> str:
    """Difference in points with its interval and Holm's p-value: "-11 points, 95 per cent interval ..."."""
    if test.estimate is None:
        return "not available"
    texts = [f"{points(exact_share(None, None, test.estimate))} points"]
    if test.has_interval:
        texts.append(f"{numbers.confidence} per cent interval {points_interval(test.low, test.high)}")
    if test.p_holm is not None:
        texts.append(f"Holm {p_said(test.p_holm, numbers)}")
    return ", ".join(texts)


def p_said(p: float, numbers: Numbers) -> str:
    """P-value in a sentence: "p = 0.031", "p < 0.001"."""
    return f"p = {p_value(p, numbers.level)}".replace("= <", "< ")


def real(test: Test, numbers: Numbers) -> bool:
    """Whether a difference is significant by CR2 after Holm's adjustment."""
    return test.estimate is not None and bool(is_significant(numbers, test, "p_holm"))


def is_veiled(test: Test) -> bool:
    """Whether it is hidden if a difference is significant, or which way it goes."""
    return test.hides("p_holm", "estimate")


def is_told(test: Test) -> bool:
    """Whether it is shown if a difference is significant, and which way it goes."""
    return test.p_holm is not None and not is_veiled(test)


def widest_half(shares: Iterable[Share]) -> str:
    """Half the width of the widest interval, in whole points; "" where there is none."""
    halves = [(share.high - share.low) / 2 for share in shares if share.has_interval]
    return size_points(max(halves)) if halves else ""
