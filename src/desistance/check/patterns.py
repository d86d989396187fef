"""Judgements that contradict each other or look swapped, and services of odd size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from desistance.check.columns import label_of
from desistance.check.definition import DOUBT, NOTE, STOPS, Finding
from desistance.check.scan import Scan
from desistance.check.shown import exact_or_few, rows_in_words
from desistance.findings.oddities import Oddity
from desistance.records.mapping import Source
from desistance.study import NO, STATES, YES, Study

JUDGED = [STATES.index(YES), STATES.index(NO)]
ABSENT = [STATES.index(NO), STATES.index("not_applicable")]
ENOUGH = 30
# A share so far from the middle one of its measure, whose opposite lies so near it, is probably turned round.
FAR, NEAR, ALIKE = 0.5, 0.15, 0.35
# A service of so many times, or so small a share of, the middle size is odd.
TIMES = 10
ADVICE = {
    "item_nobody_has": "Look at its codes and heading in the mapping.",
    "breakdown_with_one_level": "Look at its codes and heading in the mapping, and whether all cases were exported.",
    "service_with_one_case": "Look for a misspelt name of a service, or cases of other areas.",
    "one_service": "Look whether the mapping takes the service from the right heading.",
}


def odd_findings(found: tuple[Oddity, ...], allowed: tuple[str, ...]) -> Iterator[Finding]:
    """What stops a run as odd, unless it is allowed."""
    for oddity in found:
        known = oddity.check in allowed
        advice = ADVICE.get(oddity.check, "Look at the mapping.")
        advice += (
            "" if known else f" If it is right, add {oddity.check} to records.allow in the configuration."
        )
        text = f"{oddity.text[0].upper()}{oddity.text[1:]}"
        yield Finding(NOTE if known else STOPS, oddity.check, oddity.where, text, advice)


def contradictions(found: Scan, study: Study, *, stops: bool, threshold: int) -> Iterator[Finding]:
    """Judgements against their base: mostly made where the factor is absent, or not applicable where it is present.

    `stops` is whether more rows break a rule than the run lets pass.
    """
    for (base, column), square in found.pairs.items():
        absent, present = int(square[np.ix_(ABSENT, JUDGED)].sum()), int(square[0, JUDGED].sum())
        label, factor = label_of(column, study), label_of(base, study)
        if absent > present and absent >= ENOUGH:
            yield Finding(
                STOPS if stops else DOUBT,
                "base_swapped",
                base,
                f"{label} is judged mostly where {factor} says no, so yes and no of {factor} are probably swapped",
                f"Look at the codes of {base} in the mapping.",
            )
        elif contradicting := int(square[STATES.index(YES), STATES.index("not_applicable")]):
            yield Finding(
                DOUBT,
                "not_applicable_where_present",
                column,
                f"{label} is not applicable where {factor} is present",
                "Each such row counts as missing. Correct one of the two, or ask the supplier what not applicable "
                "means here.",
                rows_in_words(contradicting, found.n_rows, threshold),
            )


def share_findings(
    found: Scan, sources: Mapping[str, Source], study: Study, *, counted: bool
) -> Iterator[Finding]:
    """Items that all have, or whose share is as far from the others' as if yes and no were swapped.

    `counted` is whether the records could be counted, which finds the items that nobody has.
    """
    for measure in study.measures:
        items = {
            item: _judged(item.column, found, sources, study) for item in measure.items if not item.derived
        }
        share = {item: yes / (yes + no) for item, (yes, no) in items.items() if yes + no >= ENOUGH}
        for item in share:
            label, others = label_of(item.column, study), [s for other, s in share.items() if other != item]
            if share[item] == 1 and len(found.values[item.column]) > 1:
                yield _look(
                    DOUBT, "item_everybody_has", item.column, f"{label} is yes wherever it is yes or no"
                )
            elif share[item] == 0 and not counted:
                yield _look(STOPS, "item_nobody_has", item.column, f"{label} is yes for no case")
            elif _turned(share[item], others):
                text = f"The share of yes of {label} is far from all others of its kind, and its opposite near them"
                yield _look(
                    DOUBT, "yes_and_no_swapped", item.column, f"{text}; yes and no are perhaps swapped"
                )


def _judged(column: str, found: Scan, sources: Mapping[str, Source], study: Study) -> tuple[int, int]:
    """Rows of a column that say yes, and no."""
    counts = {YES: 0, NO: 0}
    for text, count in found.values.get(column, {}).items():
        state = study.codes.get(sources[column].codes.get(text, text))
        if state in counts:
            counts[state] += count
    return counts[YES], counts[NO]


def _look(severity: str, check: str, where: str, text: str) -> Finding:
    return Finding(
        severity, check, where, text, f"Look at the codes and the heading of {where} in the mapping."
    )


def _turned(share: float, others: list[float]) -> bool:
    if len(others) < 3:
        return False
    middle = float(np.median(others))
    alike = max(others) - min(others) <= ALIKE
    return alike and abs(share - middle) >= FAR and abs(1 - share - middle) <= NEAR


def service_sizes(sizes: Mapping[str, int], study: Study, threshold: int) -> Iterator[Finding]:
    """Services with very few or very many cases; none is named."""
    if len(sizes) < 2:
        return
    counts = np.array(list(sizes.values()))
    middle = float(np.median(counts))
    case, service = study.words["case"][1], study.words["service"]
    small = int((counts < min(threshold, middle)).sum())
    large = int((counts > TIMES * middle).sum())
    if small:
        yield Finding(
            NOTE,
            "small_services",
            "services",
            f"Some {service[1]} ({exact_or_few(small, threshold)}) have fewer than {threshold} {case}",
            "Look for misspelt names: each spelling is a service of its own.",
        )
    if large:
        yield Finding(
            DOUBT,
            "large_services",
            "services",
            f"Some {service[1]} ({exact_or_few(large, threshold)}) have more than {TIMES} times as many {case} as the "
            "middle one",
            "Look whether a default or a region stands in place of the service.",
        )
