"""Oddities: what is probably a mistake in the extract is said before anything is computed."""

import pandas as pd
import pytest

from desistance.findings.oddities import oddities
from desistance.study import STATES
from desistance.tallies import count_records
from records_builder import STUDY, small_study


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path)


def rows():
    """Two cases in each of three services; both levels, and every item yes for somebody."""
    for number in range(6):
        yield {
            "service": "ABC"[number % 3],
            "sex": ("boy", "girl")[number % 2],
            "concern": ("low", "high")[number // 3],
            "drugs": "yes",
            "home": "yes",
            "delivery_drugs": ("yes", "no")[number % 2],
            "delivery_home": ("yes", "no")[number % 2],
        }


def found(study, frame):
    frame = frame.copy()
    for division in study.divisions:
        categories = [*division.codes, *STATES[2:]]
        frame[division.column] = pd.Categorical(frame[division.column], categories=categories)
    for column in study.judgement_columns:
        frame[column] = pd.Categorical(frame[column], categories=STATES)
    return [
        (oddity.check, oddity.where, oddity.text)
        for oddity in oddities(count_records([frame], study, {}), study)
    ]


def test_plain_records_have_no_oddity(study):
    assert found(study, pd.DataFrame(rows())) == []


def test_one_service_is_odd(study):
    assert found(study, pd.DataFrame(rows()).assign(service="A")) == [
        (
            "one_service",
            "services",
            "all cases are in one service, so no variation between services can be seen",
        )
    ]


def test_a_service_with_one_case_is_odd_and_is_not_named(study):
    frame = pd.DataFrame(rows())
    frame.loc[5, "service"] = "Zebedee"
    expected = [("service_with_one_case", "services", "at least one service has a single case")]
    assert found(study, frame) == expected


def test_a_breakdown_with_one_level_is_odd(study):
    assert found(study, pd.DataFrame(rows()).assign(sex="girl")) == [
        ("breakdown_with_one_level", "sex", "Sex has 1 of its 2 levels in the records")
    ]
    assert found(study, pd.DataFrame(rows()).assign(concern="not_known")) == [
        ("breakdown_with_one_level", "concern", "Concern has 0 of its 2 levels in the records")
    ]


def test_a_breakdown_the_study_gives_one_level_is_odd(tmp_path):
    study = small_study(tmp_path, STUDY.replace(", {code: girl, label: Girls}", ""))
    checks = [check for check, _, _ in found(study, pd.DataFrame(rows()).assign(sex="boy"))]
    assert checks == ["breakdown_with_one_level"]


def test_a_level_seen_only_in_cases_with_missing_judgements_is_seen(study):
    frame = pd.DataFrame(rows())
    frame.loc[frame["sex"] == "girl", ["drugs", "home"]] = "not_known"
    assert "breakdown_with_one_level" not in [check for check, _, _ in found(study, frame)]


def test_a_factor_nobody_has_is_odd_with_all_that_hangs_on_it(study):
    frame = pd.DataFrame(rows()).assign(home="no", delivery_home="not_applicable")
    assert found(study, frame) == [
        ("item_nobody_has", "prevalence.home", "Home (prevalence) is yes for no case"),
        ("item_nobody_has", "sufficiency.home", "Home (sufficiency) is yes for no case"),
        ("item_nobody_has", "both.both", "Both factors (both) is yes for no case"),
    ]
