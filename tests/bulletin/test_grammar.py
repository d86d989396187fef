"""What the report refuses to say: every rule by a sentence that breaks it, and none broken whatever the numbers."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulletin.prose import sentences
from bulletin.test_prose import Checker
from desistance.bulletin.content import Section
from desistance.bulletin.language.grammar import checked, refusals
from desistance.bulletin.language.phrases import cited
from desistance.bulletin.language.rules import RULES, numbers_said
from desistance.bulletin.publication import publication
from desistance.bulletin.reading.numbers import released_numbers
from desistance.errors import ReleaseError

SHARE = "row.prevalence.lifestyle"


@pytest.fixture(scope="module")
def made(short_release, short_study):
    return publication(short_release, short_study), released_numbers(short_release), short_study


def broken(made, text, *, heading=False, topic="prevalence"):
    """Rules that a report breaks with one more sentence, or with another heading."""
    report, numbers, study = made
    place = next(n for n, section in enumerate(report.sections) if section.id == topic)
    section = report.sections[place]
    section = (
        replace(section, heading=text)
        if heading
        else replace(section, paragraphs=(*section.paragraphs, text))
    )
    changed = replace(report, sections=(*report.sections[:place], section, *report.sections[place + 1 :]))
    return {one.rule for one in refusals(changed, numbers, study)}


def lifestyle(numbers):
    return numbers.share("prevalence", "lifestyle")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("test", "The difference is significant."),
        ("test", "By the CR2 test it is lower. By age it differs significantly."),
        ("absence", "There is no difference between Girls and Boys by the CR2 test."),
        ("absence", "Girls and Boys do not differ."),
        ("absence", "Services differ no more than chance would have it (likelihood ratio test)."),
        ("absence", "They differ by no more than chance."),
        ("cause", "The share is lower because of age."),
        ("cause", "Being older leads to fewer factors."),
        ("number", "1 cases were left out."),
        ("number", "12 case were left out."),
        ("number", "One of 10 factors are shown."),
        ("hidden", "It was found in [c] per cent of cases."),
        ("hidden", "It was found in nan of cases."),
        ("row", f"It was found ({cited('n = 99,999', SHARE)})."),
        ("word", f"It was found in nine in ten cases ({cited('n = 1,168', SHARE)})."),
    ],
)
def test_a_sentence_that_breaks_a_rule_is_refused(made, rule, text):
    assert broken(made, text) == {rule}


@pytest.mark.parametrize(
    "text",
    [
        "The difference is significant by the CR2 test.",
        "It does not differ significantly by age (CR2 test).",
        "1 case was left out, and 12 cases were not.",
        "\u201cIt leads to significant harm\u201d is what the source says.",
        f"It was found ({cited('n = 1,168', SHARE)}).",
    ],
)
def test_a_sentence_that_breaks_none_is_not(made, text):
    assert broken(made, text) == set()


def test_a_heading_may_not_put_a_share_in_words_that_its_section_does_not_bear_out(made):
    assert "word" in broken(made, "Lifestyle was identified in nine in ten cases", heading=True)


def test_a_rank_that_intervals_do_not_bear_out_needs_its_caution(made):
    report, numbers, study = made
    close = next(one for one in report.sections if one.id == "sufficiency")
    bold = replace(close, paragraphs=tuple(text for text in close.paragraphs if "not certain" not in text))
    changed = replace(report, sections=(bold,))
    overlapping = any("not certain" in text for text in close.paragraphs)
    assert ({one.rule for one in refusals(changed, numbers, study)} == {"rank"}) == overlapping


def test_a_refusal_names_place_and_rule_and_shows_no_number(made):
    report, numbers, study = made
    section = Section("x", "X", "X", (f"A secret ({cited('n = 314', SHARE)}).",))
    with pytest.raises(ReleaseError) as error:
        checked(replace(report, sections=(*report.sections, section)), numbers, study)
    assert "x, \u201cA secret (n = ###).\u201d" in str(error.value)
    assert RULES["row"] in str(error.value)
    assert "314" not in str(error.value)


def test_the_rules_are_printed_with_the_method(made):
    terms = next(section for section in made[0].annex if section.id == "method").terms
    text = next(term.text for term in terms if term.name == "Rules for sentences")
    assert all(rule in text for rule in RULES.values())


def test_numbers_are_read_with_their_signs_and_in_words():
    assert numbers_said("Six of 1,168, \u221219 to +4 points; none") == {"6", "1168", "\u221219", "+4", "0"}


@pytest.mark.parametrize(
    "label",
    ["Significant harm", "Caused by none", "Half of all 12 case", "There is no difference", "a", "Over"],
)
def test_a_label_may_hold_any_word(small_study, make_release, label):
    measure = small_study.measures[0]
    item = replace(measure.items[0], label=label, short=label)
    study = replace(small_study, measures=(replace(measure, label=label, title=label, items=(item,)),))
    assert publication(make_release(study, ledger=False), study)


def drawn(released, seed, rough):
    """The release with shares, intervals, differences and verdicts drawn anew, some of them hidden."""
    random = np.random.default_rng(seed)
    shares = released.estimates.copy()
    n = random.integers(1, 2000, len(shares))
    yes = np.minimum(n, random.integers(0, 2000, len(shares)))
    half = random.uniform(0, 0.3 if rough else 0.04, len(shares))
    shares = shares.assign(n_cases=n, n_yes=yes, estimate=yes / n)
    shares = shares.assign(
        ci_low=np.clip(shares["estimate"] - half, 0, 1), ci_high=np.clip(shares["estimate"] + half, 0, 1)
    )
    tests = released.comparisons.copy()
    p = random.choice([1e-5, 0.001, 0.03, 0.0499996, 0.05, 0.2, 1.0], len(tests))
    tests = tests.assign(p_value=p, p_holm=np.minimum(1, p * random.choice([1, 2], len(tests))), p_bh=p)
    size = random.uniform(-0.6, 0.6, len(tests))
    known = tests["estimate"].notna() & (tests["effect"] == "difference")
    for column, value in (("estimate", size), ("ci_low", size - half[:1]), ("ci_high", size + half[:1])):
        tests[column] = tests[column].where(~known, value)
    hide = random.random(len(shares)) < random.choice([0, 0.3])
    for column in ("n_cases", "n_yes", "estimate", "ci_low", "ci_high"):
        shares[column] = shares[column].astype(object).where(~hide, "[c]")
    return replace(released, estimates=shares, comparisons=tests)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32 - 1), rough=st.booleans())
def test_whatever_the_numbers_no_rule_is_broken_and_every_number_is_released(small_study, small, seed, rough):
    released = drawn(small, seed, rough)
    report = publication(released, small_study)  # which raises where a rule is broken
    checker = Checker(released, small_study)
    wrong = [(token, one.text) for one in sentences(report) for token, _ in checker.wrong(one)]
    assert not wrong, wrong
    assert not re.search(r"\bnan\b", " ".join(one.text for one in sentences(report)))


@pytest.fixture(scope="module")
def small(small_study, make_release):
    return make_release(small_study, made_up=False, ledger=False)
