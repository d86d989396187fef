"""Studies: read into the items, measures and breakdowns they describe; every mistake named, all at once."""

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from desistance.errors import StudyError
from desistance.study import Item, read_study
from records_builder import STUDY, small_study

BULLETIN = Path("studies/bulletin_2021_03")


def refusal(tmp_path, text):
    with pytest.raises(StudyError) as error:
        small_study(tmp_path, text)
    return str(error.value)


def changed(old, new):
    assert STUDY.count(old) == 1, old
    return STUDY.replace(old, new)


def test_a_small_study_is_read_into_its_items(tmp_path):
    study = small_study(tmp_path)
    assert study.items == (
        Item("prevalence", "drugs", "Drugs", "Drugs", "drugs", None, False, None),
        Item("prevalence", "home", "Home", "Home", "home", None, False, None),
        Item("sufficiency", "drugs", "Drugs", "Drugs", "delivery_drugs", "drugs", False, None),
        Item("sufficiency", "home", "Home", "Home", "delivery_home", "home", False, None),
        Item("both", "both", "Both factors", "Both factors", "both", None, True, None),
    )
    assert study.judgement_columns == ("drugs", "home", "delivery_drugs", "delivery_home")
    assert study.factor_count.columns == ("drugs", "home")
    assert (study.date.first, study.date.last) == (dt.date(2018, 6, 1), dt.date(2020, 2, 29))
    assert study.division("sex").codes == ("boy", "girl")
    assert (study.division("sex").reference, study.division("concern").ordered) == ("boy", True)
    assert study.codes["not known"] == "not_known"
    assert study.codes[""] == "not_recorded"
    assert study.words["service"] == ("service", "services")


def test_the_bulletin_study_describes_what_the_source_and_the_design_say():
    study = read_study(BULLETIN)
    assert len(study.measure("prevalence").items) == 10
    named = [item.id for item in study.measure("prevalence").items if item.assumed is None]
    assert named == ["lifestyle", "learning_ete", "substance_misuse", "mental_health"]
    assert [division.id for division in study.breakdowns] == ["age", "gender", "looked_after"]
    assert [band.id for band in study.bands] == ["safety_concern", "risk_to_others", "previous_sanctions"]
    assert study.division("looked_after").codes == ("no", "yes")
    assert study.factor_count.threshold == 3
    assert all(reason for _, reason in study.assumptions)
    assumed = [place for place, _ in study.assumptions]
    kinds = Counter(place.split(":")[0] for place in assumed)
    expected = {"Place": 1, "Factor": 6, "Stage": 4, "Measure": 3, "Breakdown": 3, "Band": 3, "Crosswalk": 1}
    assert {kind: kinds[kind] for kind in expected} == expected
    staged = [measure.id for measure in study.measures if measure.staged]
    assert staged == ["strengths", "involvement", "parents"]
    assert "Factor: Physical health" in assumed


def test_the_digest_follows_the_definition_and_not_the_line_ends(tmp_path):
    first = small_study(tmp_path / "a").digest
    (tmp_path / "a/study.yaml").write_bytes(STUDY.replace("\n", "\r\n").encode())
    assert read_study(tmp_path / "a").digest == first
    assert small_study(tmp_path / "b", STUDY + "# more\n").digest != first


def test_a_missing_study_is_refused(tmp_path):
    with pytest.raises(StudyError, match=re.escape(f"{tmp_path}/study.yaml is not there")):
        read_study(tmp_path)


MISTAKES = {
    "unknown key": (
        "title: A small study",
        "titel: x\ntitle: x",
        "unknown key 'titel'; did you mean 'title'?",
    ),
    "missing key": ("title: A small study\n", "", "top level: 'title' is missing"),
    "missing key below": (
        "{id: home, label: Home}",
        "{id: home}",
        "factors[2]: 'label' is missing",
    ),
    "wrong type": (
        "threshold: 2",
        "threshold: two",
        'factor_count.threshold: found "two"; allowed: a whole number',
    ),
    "not a list": (
        "factors:\n  - {id: drugs, label: Drugs}\n  - {id: home, label: Home}\n",
        "factors: {id: drugs, label: Drugs}\n",
        'factors: found {"id": "drugs", "label": "Drugs"}; allowed: a list',
    ),
    "unquoted number": (
        "{code: low,",
        "{code: 0,",
        "bands[1].levels[1].code: found 0; allowed: text (put it in quotes)",
    ),
    "unquoted true": ("{code: boy,", "{code: true,", "levels[1].code: found true; allowed: text (put it in"),
    "id with a capital": (
        "{id: sex,",
        "{id: Sex,",
        'breakdowns[1].id: found "Sex"; allowed: small letters, digits and underscores, a letter first',
    ),
    "level with a bar": (
        "{code: boy,",
        '{code: "b|y",',
        'found "b|y"; allowed: text without the character |',
    ),
    "no level": (
        "levels: [{code: boy, label: Boys}, {code: girl, label: Girls}]",
        "levels: []",
        "breakdowns[1].levels: found []; allowed: at least 1 entries",
    ),
    "reference not in levels": (
        "column: sex, levels",
        "column: sex, reference: man, levels",
        "breakdowns[1].reference: found 'man'; allowed: boy, girl",
    ),
    "level twice": (
        "{code: girl,",
        "{code: boy,",
        "breakdowns[1]: level code 'boy' is used 2 times",
    ),
    "level that is missing": (
        "{code: girl,",
        "{code: not known,",
        "breakdowns[1].levels: 'not known' stands for a missing value, so it cannot be a level",
    ),
    "level named like a state": (
        "{code: girl,",
        "{code: not_known,",
        "'not_known' stands for a missing value",
    ),
    "base nobody has": (
        'base: "{factor}"',
        'base: "is_{factor}"',
        "measures[2].base: no measure has the column 'is_home'; allowed: drugs, home, delivery_drugs",
    ),
    "base that is no judgement": ('base: "{factor}"', "base: sex", "no measure has the column 'sex'"),
    "base of its own": ('base: "{factor}"', 'base: "delivery_{factor}"', "is the measure's own column"),
    "base without a column for each": (
        'column: "delivery_{factor}"',
        "column: delivery",
        "measures[2].base: '{factor}' needs a column with {factor} too",
    ),
    "no factors": (
        "factors:\n  - {id: drugs, label: Drugs}\n  - {id: home, label: Home}\n",
        "",
        "measures[1].column: '{factor}' needs factors, but the study lists none",
    ),
    "column twice": ("column: concern", "column: sex", "column 'sex' is used 2 times"),
    "role and judgement": ("service: team", "service: drugs", "column 'drugs' is used 2 times"),
    "id twice": ("{id: concern,", "{id: sex,", "id 'sex' is used 2 times"),
    "id of the count taken": ("id: both,", "id: sufficiency,", "id 'sufficiency' is used 2 times"),
    "factor twice": ("{id: home,", "{id: drugs,", "factor id 'drugs' is used 2 times"),
    "division called all": ("{id: sex,", "{id: all,", "breakdowns[1].id: 'all' means everyone"),
    "code twice": (
        "factors:\n",
        "codes: {no: [N], not_known: [N]}\nfactors:\n",
        "code 'N' is used 2 times",
    ),
    "code with a space": ("{code: girl,", '{code: "girl ",', "'girl ' begins or ends with a space"),
    "column with a space": ("service: team", 'service: " team"', "' team' begins or ends with a space"),
    "dates the wrong way round": (
        "last: 2020-02-29",
        "last: 2017-02-28",
        "columns.date: first (2018-06-01) is after last (2017-02-28)",
    ),
    "no day of the calendar": (
        "last: 2020-02-29",
        "last: 2021-02-29",
        "columns.date.last: found '2021-02-29'; allowed: a day of the calendar such as 2018-06-01",
    ),
    "date in words": ("last: 2020-02-29", "last: 29/02/2020", 'found "29/02/2020"; allowed: a date such as'),
    "measure to count nobody has": (
        "{measure: prevalence,",
        "{measure: prevalance,",
        "factor_count.measure: found 'prevalance'; allowed: prevalence, sufficiency",
    ),
    "threshold out of reach": (
        "threshold: 2",
        "threshold: 3",
        "factor_count.threshold: found 3; allowed: at most 2, the items counted",
    ),
    "column of a role": (
        "column: concern",
        "column: weight",
        "column 'weight' may only be the weight of a case",
    ),
    "column that marks made-up records": (
        "column: concern",
        "column: made_up",
        "column 'made_up' marks made-up records",
    ),
    "key twice": ("title: A small study", "title: x\ntitle: y", "the key 'title' stands twice"),
    "not YAML": ("title: A small study", "title: 'A small study", "study.yaml, line"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_reported_with_file_key_what_was_found_and_what_is_allowed(tmp_path, mistake):
    old, new, words = MISTAKES[mistake]
    text = refusal(tmp_path, changed(old, new))
    assert text.startswith(f"{tmp_path}/study.yaml")
    assert words in text


def test_all_mistakes_of_a_study_are_reported_at_once(tmp_path):
    """Also those that need the whole study to be seen, in a study that breaks its schema elsewhere."""
    text = STUDY
    chosen = [
        "unknown key",
        "wrong type",
        "missing key below",
        "reference not in levels",
        "id twice",
        "column twice",
        "dates the wrong way round",
    ]
    for old, new, _ in (MISTAKES[name] for name in chosen if name != "missing key below"):
        text = text.replace(old, new)
    text = text.replace("label: Concern, ", "")
    message = refusal(tmp_path, text)
    for words in (MISTAKES[name][2] for name in chosen if name != "missing key below"):
        assert words in message, words
    assert "bands[1]: 'label' is missing" in message
    assert f"has {len(message.splitlines()) - 1} mistakes:" in message


def test_an_unquoted_no_is_the_code_no(tmp_path):
    study = small_study(tmp_path, changed("{code: boy,", "{code: no,"))
    assert study.division("sex").codes == ("no", "girl")


def test_a_study_needs_neither_factors_nor_dates_nor_breakdowns(tmp_path):
    least = {
        "id": "least",
        "title": "T",
        "source": {"citation": "C"},
        "columns": {"case": "a", "service": "b"},
        "measures": [{"id": "m", "label": "M", "column": "c"}],
    }
    study = small_study(tmp_path, yaml.safe_dump(least))
    assert (study.date, study.factor_count, study.divisions) == (None, None, ())
    assert [item.id for item in study.items] == ["m"]


def test_names_of_the_roles_may_be_the_columns_of_these_roles(tmp_path):
    study = small_study(tmp_path, changed("service: team", "service: service"))
    assert study.service == "service"


def test_mistakes_in_alternatives_are_named(tmp_path):
    entries = """
alternatives:
  - {id: a, label: A, test: rao_scott, multiplicity: none}
  - {id: a, label: A}
  - {id: b, label: B, merge: {division: nothing, into: [[x], [y]]}}
  - {id: c, label: C, merge: {division: sex, into: [[boy], [boy]]}}
  - {id: d, label: D, test: anova}
"""
    (tmp_path / "study.yaml").write_text(STUDY + entries, encoding="utf-8")
    with pytest.raises(StudyError) as raised:
        read_study(tmp_path)
    for text in (
        "alternatives[1]: found 2 choices; give exactly one",
        "alternatives[2]: found 0 choices; give exactly one",
        "alternative id 'a' is used 2 times",
        "alternatives[3].merge.division: found 'nothing'; allowed: sex, concern",
        "alternatives[4].merge.into: must hold each level of 'sex' once",
        'alternatives[5].test: found "anova"',
    ):
        assert text in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("label: Boys", "label: Girls", "breakdowns[1]: level label 'Girls' is used 2 times"),
        ("label: Boys", 'label: "Boys [c]"', "holds [c], which the report puts in place of numbers"),
        ("label: Boys", 'label: " "', "text that is not blank"),
    ],
)
def test_labels_that_would_mislead_are_refused(tmp_path, old, new, said):
    assert old in STUDY
    (tmp_path / "study.yaml").write_text(STUDY.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(StudyError) as raised:
        read_study(tmp_path)
    assert said in str(raised.value)
