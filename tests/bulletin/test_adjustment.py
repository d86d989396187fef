"""What the page says of the adjusted differences under exchangeable working correlation."""

from dataclasses import replace

from desistance.bulletin.inline import plain
from desistance.bulletin.reading.numbers import released_numbers
from desistance.bulletin.sections.adjustment import adjusted_section

SAYS = "Taking cases of one"


def sentences(released, study):
    return [
        text
        for text in map(plain, adjusted_section(released_numbers(released), study).paragraphs)
        if text.startswith(SAYS)
    ]


def with_p(released, p_value, p_exchangeable):
    frame = released.adjusted.assign(p_exchangeable=p_exchangeable)
    return replace(released, adjusted=frame.assign(p_value=p_value) if p_value is not None else frame)


def shown(released, study):
    """The release without the rows of measures that put answers together, which this section leaves out."""
    pooled = [measure.id for measure in study.measures if measure.pooled]
    rows = ~released.adjusted["measure"].isin(pooled)
    return replace(released, adjusted=released.adjusted[rows].reset_index(drop=True))


def test_effects_that_change_are_counted(released, study):
    released = shown(released, study)
    n = len(released.adjusted)
    few = [0.2] * 3 + [0.01] * (n - 3)
    assert (
        f"takes 3 of {n} effects across the 5 per cent level"
        in sentences(with_p(released, 0.01, few), study)[0]
    )
    assert f"takes none of {n} effects" in sentences(with_p(released, 0.01, 0.01), study)[0]
    # A p-value at the level is not below it.
    assert f"takes {n} of {n} effects" in sentences(with_p(released, 0.01, 0.05), study)[0]


def test_effects_without_one_of_the_answers_are_not_counted(released, study):
    released = shown(released, study)
    n = len(released.adjusted)
    some = [None, None] + [0.2] * (n - 2)
    assert f"takes {n - 2} of {n - 2} effects" in sentences(with_p(released, 0.01, some), study)[0]
    assert not sentences(with_p(released, None, float("nan")), study)
