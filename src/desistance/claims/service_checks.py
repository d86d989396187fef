"""Statements about shares of services, and about shares of people that services report.

Services are few, so the design-based reading is the exact interval: where it allows the contrary the claim is
undetermined. The published reading is the estimate alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from desistance.claims.evidence import PUBLISHED, Evidence, Method, ServiceShare, Share
from desistance.claims.outcome import DIFFERS, HOLDS, UNDETERMINED, Outcome, with_interval
from desistance.statistics.rounding import percent_half_up
from desistance.study import DIRECTIONS, Study

Check = Mapping[str, Any]


@dataclass(frozen=True)
class ServiceWord:
    """When a share of services may be called by a word: at least this share, and at least so many services."""

    share: float
    services: int

    def fits(self, found: ServiceShare) -> bool:
        """Whether the estimate alone allows the word."""
        return found.n_yes >= self.services and found.estimate >= self.share

    def careful(self, found: ServiceShare) -> str:
        """Verdict by the exact interval; too few services are too few whatever the interval."""
        if found.n_yes < self.services or found.ci_high < self.share:
            return DIFFERS
        return HOLDS if found.ci_low > self.share else UNDETERMINED


# ASSUME A16: the source does not define its words for numbers of services; these ranges are this project's.
SERVICE_WORDS = {
    "many": ServiceWord(0.5, 3),
    "a number of": ServiceWord(0.1, 3),
    "some": ServiceWord(0.0, 2),
}


def share_labels(study: Study) -> dict[str, str]:
    """Every share of services that a claim of this study may speak of, and how it is called in the ledger."""
    labels = {}
    table = study.services
    if table:
        for one in table.provisions:
            labels[f"available.{one.id}"] = f"{one.short} available"
            labels[f"gap.{one.id}"] = f"gap in access to {_within(one.short)}"
            for who in table.providers:
                labels[f"provider.{one.id}.{who.id}"] = f"{one.short} ({_within(who.label)})"
        labels |= {f"mix.{who.id}": f"{who.label} for at least one provision" for who in table.providers}
        labels |= {f"fact.{fact.id}": fact.label for fact in table.facts}
        labels["range.wide_range"] = (
            f"{table.wide_range} or more of {len(table.provisions)} provisions available"
        )
    for theme in study.codebook.themes if study.codebook else ():
        labels[f"theme.{theme.id}"] = theme.short
        labels |= {f"theme.{theme.id}.{way}": f"{theme.short} as {_article(way)} {way}" for way in DIRECTIONS}
    return labels


def service_mistakes(check: Check, study: Study) -> Iterator[str]:
    """Shares and rates that the study does not have."""
    allowed = share_labels(study)
    for name in check.get("shares", {}):
        if name not in allowed:
            yield f"share {name!r} is not in the study (allowed: {', '.join(allowed) or 'none'})"
    rates = [rate.id for rate in study.services.rates] if study.services else []
    for name in check.get("items", []):
        if name not in rates:
            yield f"rate {name!r} is not in the study (allowed: {', '.join(rates) or 'none'})"


def service_share(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    """Whether each share of services may be called by its word."""
    found = {name: evidence.services.get(name) for name in check["shares"]}
    if None in found.values():
        return _nothing_told(methods)
    labels, services = share_labels(evidence.study), evidence.study.words["service"][1]
    texts, published, careful = [], [], []
    for name, share in found.items():
        word = SERVICE_WORDS[check["shares"][name]]
        of = f"{share.n_services} {services}" if not texts else share.n_services
        texts.append(f"{labels[name]}: {share.n_yes} of {of} ({_in_brackets(share)})")
        published.append(HOLDS if word.fits(share) else DIFFERS)
        careful.append(word.careful(share))
    return _outcome(texts, published, careful, methods)


def rate(check: Check, evidence: Evidence, methods: tuple[Method, ...]) -> Outcome:
    """Whether each share of people is at least a threshold."""
    found = {name: evidence.rates.get(name) for name in check["items"]}
    if None in found.values():
        return _nothing_told(methods)
    labels = {one.id: one.short for one in evidence.study.services.rates}
    least = check["at_least"]
    texts = [f"{labels[name]}: {with_interval(share)}" for name, share in found.items()]
    published = [HOLDS if share.estimate >= least else DIFFERS for share in found.values()]
    return _outcome(texts, published, [_above(share, least) for share in found.values()], methods)


def _above(share: Share, least: float) -> str:
    """An interval that is not there is on neither side."""
    if share.ci_low >= least:
        return HOLDS
    return DIFFERS if share.ci_high < least else UNDETERMINED


def _outcome(
    texts: list[str], published: list[str], careful: list[str], methods: tuple[Method, ...]
) -> Outcome:
    verdicts = (published if method == PUBLISHED else careful for method in methods)
    weakest = (next(one for one in (DIFFERS, UNDETERMINED, HOLDS) if one in each) for each in verdicts)
    return Outcome("; ".join(texts), tuple(weakest))


def _nothing_told(methods: tuple[Method, ...]) -> Outcome:
    note = "No table of services or no coded comments were given, or no service answered"
    return Outcome("not available", (UNDETERMINED,) * len(methods), note)


def _in_brackets(share: ServiceShare) -> str:
    percent, low, high = (
        percent_half_up(each, decimals=1) for each in (share.estimate, share.ci_low, share.ci_high)
    )
    return f"{percent} per cent, {low} to {high}"


def _within(label: str) -> str:
    """A label inside a sentence; abbreviations keep their capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
