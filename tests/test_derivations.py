"""Columns found from others: ages, bands, spells and answers together, against slow ways to find the same."""

import datetime as dt
from itertools import product
from runpy import run_path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desistance.cli.dictionary import dictionary_rows
from desistance.errors import RecordsError, StudyError
from desistance.records.derive import Spells, enough_are_yes, within_spells, years_between
from desistance.records.mapping import read_mapping, study_columns
from desistance.records.typed import KNOWN, Typed
from desistance.study import STATES
from records_builder import Ingested, csv_text, small_study

EPOCH = dt.date(1970, 1, 1)
DAY = dt.timedelta(days=1)
CODES = {
    "yes": "yes",
    "no": "no",
    "not_applicable": "not applicable",
    "not_known": "not known",
    "not_recorded": "",
}
STUDY = """\
id: derived
title: A study of derived columns
source: {citation: None}
columns:
  case: case_id
  service: team
  date: {column: seen_on, first: 2018-06-01, last: 2020-02-29}
measures:
  - {id: misuse, label: Misuse, column: misuse}
  - {id: helped, label: Helped, column: helped, base: misuse}
breakdowns:
  - id: age
    label: Age
    column: age
    levels: [{code: 10-14, label: 10 to 14}, {code: 15-17, label: 15 to 17}]
  - {id: in_care, label: In care, column: in_care, levels: [{code: "no", label: No}, {code: "yes", label: Yes}]}
bands:
  - id: offences
    label: Offences
    column: offences
    levels: [{code: few, label: Few}, {code: some, label: Some}, {code: many, label: Many}]
inputs:
  born_on: date
  n_offences: number
  care_from: date
  care_to: date
  drugs: judgement
  alcohol: judgement
derivations:
  age: {years_from: born_on, to: seen_on, bands: {10-14: [10, 14], 15-17: [15, 17]}}
  offences: {number: n_offences, bands: {few: [0, 1], some: [1.5, 5], many: [6, null]}}
  in_care: {within_spells: {start: [care_from], end: [care_to], end_day: included}, at: seen_on}
  misuse: {any_of: [drugs, alcohol]}
"""


def case(number=1, **values):
    row = {
        "case_id": f"c{number}",
        "team": "A",
        "seen_on": "2019-06-15",
        "helped": "not applicable",
        "born_on": "2004-06-15",
        "n_offences": "0",
        "care_from": "",
        "care_to": "",
        "drugs": "no",
        "alcohol": "no",
    }
    return row | values


def taken(folder, rows, text=STUDY, mapping=None):
    study = small_study(folder, text)
    (folder / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    if mapping:
        (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    return Ingested(
        folder, [folder / "cases.csv"], study, mapping=folder / "mapping.yaml" if mapping else None
    )


def derived(folder, column, *rows, **options):
    """What the records hold in a column, row by row."""
    done = taken(folder, [case(n, **row) for n, row in enumerate(rows)], **options)
    assert done.account["n_rejected"] == 0, done.rules
    return list(done.records[column])


def rules(folder, **values):
    """The rules that one row breaks."""
    done = taken(folder, [case(0), case(1, **values)])
    assert done.account["n_read"] == 2
    return done.rules[0][1] if done.rules else []


def days(*moments):
    values = np.array([np.nan if each is None else (each - EPOCH).days for each in moments])
    return Typed(values, np.full(len(moments), KNOWN))


# Completed years.
def years_day_by_day(born, at):
    years, day = 0, born
    while day < at:
        day += DAY
        leaps = (born.month, born.day) == (2, 29)
        instead = leaps and (day.month, day.day) == (3, 1) and (day - DAY).day == 28
        years += (day.month, day.day) == (born.month, born.day) or instead
    return years


@given(
    st.dates(dt.date(1996, 1, 1), dt.date(2004, 12, 31)) | st.just(dt.date(2000, 2, 29)),
    st.integers(0, 9000),
)
@example(dt.date(2000, 2, 29), 365)
@example(dt.date(2000, 2, 29), 366)
@example(dt.date(2000, 2, 29), 1460)
@example(dt.date(2000, 2, 29), 1461)
@example(dt.date(1999, 3, 1), 365)
@example(dt.date(2003, 12, 31), 0)
def test_completed_years_are_those_counted_day_by_day(born, later):
    at = born + later * DAY
    assert years_between(days(born), days(at)).values[0] == years_day_by_day(born, at)


def test_a_century_without_a_leap_day_is_seen():
    born, at = dt.date(1896, 2, 29), [dt.date(1900, 2, 28), dt.date(1900, 3, 1), dt.date(1904, 2, 29)]
    assert years_between(days(born, born, born), days(*at)).values.tolist() == [3, 4, 8]


def test_an_age_changes_on_the_birthday(tmp_path):
    found = derived(tmp_path, "age", {"born_on": "2004-06-16"}, {"born_on": "2004-06-15"})
    assert found == ["10-14", "15-17"]


@pytest.mark.parametrize(
    ("born_on", "rule"),
    [
        ("2019-06-16", "years_implausible:age"),
        ("1890-01-01", "years_implausible:age"),
        ("2010-01-01", "outside_bands:age"),
        ("2001-06-15", "outside_bands:age"),
        ("2019-06-15", "outside_bands:age"),
        ("15/06/2004", "date_unreadable:born_on"),
        ("yes", "date_unreadable:born_on"),
    ],
)
def test_an_age_that_cannot_be_is_a_rule_broken_and_no_other(tmp_path, born_on, rule):
    assert rules(tmp_path, born_on=born_on) == [rule]


@pytest.mark.parametrize("kind", ["not_applicable", "not_known", "not_recorded"])
def test_what_is_missing_stays_missing_in_its_kind(tmp_path, kind):
    text = CODES[kind]
    row = {"born_on": text, "n_offences": text, "drugs": text, "alcohol": text, "care_from": "2019-01-01"}
    records = taken(tmp_path, [case(0, **row)]).records
    assert records["age"][0] == records["offences"][0] == records["misuse"][0] == kind


def test_a_date_that_the_study_needs_is_no_missing_one(tmp_path):
    assert rules(tmp_path, seen_on="") == ["date_unreadable"]


# Numbers.
def test_a_number_falls_into_the_band_that_holds_it_with_both_ends(tmp_path):
    numbers = ["0", "1", "1.5", "5.0", "6", "1e3"]
    found = derived(tmp_path, "offences", *({"n_offences": each} for each in numbers))
    assert found == ["few", "few", "some", "some", "many", "many"]


@pytest.mark.parametrize(
    ("n_offences", "rule"),
    [
        ("-1", "outside_bands:offences"),
        ("1.2", "outside_bands:offences"),
        ("5.5", "outside_bands:offences"),
        ("6+", "number_unreadable:n_offences"),
        ("1_0", "number_unreadable:n_offences"),
        ("nan", "number_unreadable:n_offences"),
    ],
)
def test_a_number_that_is_in_no_band_or_none_is_a_rule_broken(tmp_path, n_offences, rule):
    assert rules(tmp_path, n_offences=n_offences) == [rule]


def test_a_number_is_a_number_though_the_study_has_it_for_a_code(tmp_path):
    """A 9 for not known among answers must not make nine offences not known; -9 in the mapping is no number."""
    text = STUDY.replace("measures:", 'codes: {not_known: ["9"], yes: ["1"], no: ["no"]}\nmeasures:', 1)
    text = text.replace('{code: "yes", label: Yes}', '{code: "1", label: Yes}')
    rows = [case(n, n_offences=each) for n, each in enumerate(["9", "1", "-9"])]
    mapping = "columns:\n  n_offences: {codes: {'-9': '9'}}\n"
    assert list(taken(tmp_path, rows, text, mapping).records["offences"]) == ["many", "few", "not_known"]


def test_inputs_have_headings_codes_dates_and_decimals_of_their_own(tmp_path):
    mapping = """\
columns:
  born_on: {from: "D.O.B.", format: "%d.%m.%Y", codes: {"?": not known}}
  n_offences: {from: Offences, decimal: comma, codes: {"-9": not known}}
  drugs: {codes: {"1": "yes", "2": "no"}}
"""
    rows = [case(n) for n in range(3)]
    values = [("16.06.2004", "1,5", "1"), ("?", "-9", "2"), ("15.06.2004", "6", "2")]
    for row, (born, number, drugs) in zip(rows, values, strict=True):
        del row["born_on"], row["n_offences"]
        row |= {"D.O.B.": born, "Offences": number, "drugs": drugs}
    records = taken(tmp_path, rows, mapping=mapping).records
    assert list(records["age"]) == ["10-14", "not_known", "15-17"]
    assert list(records["offences"]) == ["some", "not_known", "many"]
    assert list(records["misuse"]) == ["yes", "no", "no"]


# Spells.
ends = st.integers(0, 6) | st.sampled_from(["not_applicable", "not_known", "not_recorded"])


def could_hold(spell, at, end_day):
    """Whether a spell holds a day, for each way in which what is not known of it may be: by the days themselves."""
    start, end = spell
    if start == "not_applicable" or {start, end} <= {"not_applicable", "not_recorded"}:
        return {False}
    starts = [start] if isinstance(start, int) else range(-5, 15)
    lasts = {"not_known": range(-5, 15)}.get(end, [end if isinstance(end, int) else 99])
    found = set()
    for first, last in product(starts, lasts):
        if first <= last:
            found.add(at in set(range(first, last + end_day)))
    return found


@given(st.lists(st.tuples(ends, ends), max_size=4), st.integers(-1, 7), st.booleans())
@example([(0, "not_known")], 0, False)
@example([(0, "not_known")], 0, True)
@example([("not_recorded", 3)], 3, False)
@example([("not_recorded", 3)], 3, True)
@example([("not_applicable", 3)], 2, True)
@example([("not_recorded", "not_known"), (1, "not_known"), (5, "not_applicable")], 4, True)
def test_a_moment_lies_in_a_spell_as_its_days_say(spells, at, end_day):
    spells = [each for each in spells if not all(isinstance(end, int) for end in each) or each[0] <= each[1]]
    certain = [could_hold(each, at, end_day) for each in spells]
    unsure = [each for each, holds in zip(spells, certain, strict=True) if len(holds) == 2]
    if {True} in certain:
        expected = "yes"
    elif not unsure:
        expected = "no"
    else:
        expected = "not_known" if any("not_known" in each for each in unsure) else "not_recorded"
    states, broken = within_spells(
        as_spells(spells), Typed(np.array([float(at)]), np.array([KNOWN])), end_day
    )
    assert STATES[states[0]] == expected
    assert not any(mask.any() for mask in broken.values())


def as_spells(spells):
    sides = zip(*spells, strict=True) if spells else ((), ())
    typed = (
        Typed(
            np.array([float(each) if isinstance(each, int) else np.nan for each in side]),
            np.array([KNOWN if isinstance(each, int) else STATES.index(each) for each in side], dtype=int),
        )
        for side in sides
    )
    return Spells(np.zeros(len(spells), dtype=int), *typed)


@pytest.mark.parametrize(("included", "last"), [("included", "yes"), ("not included", "no")])
def test_the_end_day_belongs_to_a_spell_where_the_study_says_so(tmp_path, included, last):
    text = STUDY.replace("end_day: included", f"end_day: {included}")
    spells = [
        ("2019-06-15", ""),
        ("2019-01-01", "2019-06-15"),
        ("2019-06-16", ""),
        ("2019-06-15", "2019-06-16"),
    ]
    found = derived(tmp_path, "in_care", *({"care_from": a, "care_to": b} for a, b in spells), text=text)
    assert found == ["yes", last, "no", "yes"]


def test_an_answer_about_a_moment_that_is_missing_is_missing(tmp_path):
    text = STUDY.replace("at: seen_on", "at: offence_on").replace(
        "born_on: date", "born_on: date\n  offence_on: date"
    )
    rows = [{"offence_on": code, "care_from": "2019-01-01"} for code in ("not known", "", "2019-02-01")]
    assert derived(tmp_path, "in_care", *rows, text=text) == ["not_known", "not_recorded", "yes"]


def test_a_spell_that_ends_before_it_starts_is_a_rule_broken(tmp_path):
    spell = {"care_from": "2019-06-15", "care_to": "2019-06-14"}
    assert rules(tmp_path, **spell) == ["spell_ends_before_start:in_care"]
    assert rules(tmp_path, care_from="soon") == ["date_unreadable:care_from"]


# Answers together.
@pytest.mark.parametrize("needed", [1, 2, 3, None])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_answers_together_are_what_every_way_to_fill_in_the_missing_ones_gives(size, needed):
    for states in product(STATES, repeat=size):
        applicable = [state for state in states if state != "not_applicable"]
        ways = [("yes", "no") if state in ("not_known", "not_recorded") else (state,) for state in applicable]
        target = len(applicable) if needed is None else needed
        answers = {way.count("yes") >= target for way in product(*ways)}
        if not applicable:
            expected = "not_applicable"
        elif len(answers) == 1:
            expected = "yes" if answers == {True} else "no"
        else:
            expected = "not_known" if "not_known" in states else "not_recorded"
        parts = [np.array([STATES.index(state)]) for state in states]
        assert STATES[enough_are_yes(parts, needed)[0]] == expected, states


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("{any_of: [drugs, alcohol]}", ["yes", "yes", "no"]),
        ("{all_of: [drugs, alcohol]}", ["yes", "no", "no"]),
        ("{at_least: 2, of: [drugs, alcohol]}", ["yes", "no", "no"]),
    ],
)
def test_a_factor_is_found_from_several_columns(tmp_path, form, expected):
    text = STUDY.replace("{any_of: [drugs, alcohol]}", form)
    rows = [{"drugs": a, "alcohol": b} for a, b in (("yes", "yes"), ("no", "yes"), ("no", "no"))]
    assert derived(tmp_path, "misuse", *rows, text=text) == expected


def test_a_derived_base_is_held_against_the_judgements_on_it(tmp_path):
    assert rules(tmp_path, helped="yes") == ["judged_without_base:helped"]
    assert rules(tmp_path, helped="yes", drugs="yes") == []
    assert rules(tmp_path, drugs="perhaps") == ["unknown_code:drugs"]


def test_a_breakdown_of_yes_and_no_has_its_own_codes(tmp_path):
    text = STUDY.replace("measures:", 'codes: {yes: ["yes", "Y"], no: ["no", "N"]}\nmeasures:').replace(
        'levels: [{code: "no", label: No}, {code: "yes", label: Yes}]',
        'levels: [{code: "N", label: No}, {code: "Y", label: Yes}]',
    )
    assert derived(tmp_path, "in_care", {}, {"care_from": "2019-01-01"}, text=text) == ["N", "Y"]


# What is read, and where it goes.
CANARIES = {
    "born_on": "2004-02-29",
    "n_offences": "3.0078125",
    "care_from": "2011-11-11",
    "care_to": "2019-07-07",
    "drugs": "not applicable",
}


def test_inputs_are_read_and_derived_columns_are_not(tmp_path):
    study = small_study(tmp_path, STUDY)
    inputs = ("born_on", "n_offences", "care_from", "care_to", "drugs", "alcohol")
    assert study_columns(study) == ("case_id", "team", "seen_on", "helped", *inputs)
    assert study.record_columns == (
        "case_id", "team", "seen_on", "age", "in_care", "offences", "misuse", "helped"
    )  # fmt: skip


@pytest.mark.parametrize("unread", [{}, {"team": ""}, {"born_on": "canary"}, {"n_offences": "canary"}])
def test_inputs_reach_no_output(tmp_path, unread, caplog, capfd):
    done = taken(tmp_path, [case(0, **{**CANARIES, "team": "A", **unread}), case(1)])
    columns = ["service", "date", "age", "in_care", "offences", "misuse", "helped"]
    assert sorted(done.records.columns) == sorted(columns)
    assert done.account["n_rejected"] == bool(unread)
    assert [name for name in done.rejects[:1] and done.rejects[0]] == (
        [
            "file",
            "row",
            "rules",
            "case_id",
            "team",
            "seen_on",
            "age",
            "in_care",
            "offences",
            "misuse",
            "helped",
        ]
        if unread
        else []
    )
    written = [done.account, done.rejects, done.records.to_dict(), caplog.text, *capfd.readouterr()]
    for value in ("2004-02-29", "2004, 2, 29", "3.0078125", "2011-11-11", "2019-07-07", "canary"):
        assert value not in repr(written), value


def test_inputs_are_in_no_refusal(tmp_path):
    rows = [case(0, **CANARIES)]
    del rows[0]["alcohol"]
    with pytest.raises(RecordsError) as error:
        taken(tmp_path, rows)
    assert "alcohol" in str(error.value)
    assert not [value for value in CANARIES.values() if value in str(error.value)]


def test_a_malformed_row_shows_none_of_its_inputs(tmp_path):
    small_study(tmp_path, STUDY)
    lines = csv_text([case(0), case(1, **CANARIES)]).splitlines()
    (tmp_path / "cases.csv").write_text(
        "\n".join([*lines[:-1], lines[-1] + ",more"]) + "\n", encoding="utf-8"
    )
    done = Ingested(tmp_path, [tmp_path / "cases.csv"], small_study(tmp_path, STUDY))
    assert done.account["n_rejected"] == 1
    assert "2004-02-29" not in repr(done.rejects)


def test_what_is_derived_belongs_to_the_definition_of_what_is_measured(tmp_path):
    first = small_study(tmp_path / "a", STUDY).definitions
    second = small_study(tmp_path / "b", STUDY.replace("any_of", "all_of")).definitions
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"misuse.misuse", "helped.helped"}
    rule = "one_row_per_case: {keep: latest, by: seen_on}\n"
    third = small_study(tmp_path / "c", STUDY + rule).definitions
    assert all(third[name] != first[name] for name in first)


def test_each_derivation_is_said_in_words(tmp_path):
    said = dict(small_study(tmp_path, STUDY).derived)
    assert said["Age"].startswith(
        "the completed years from born_on to seen_on: 10 to 14 as 10-14, 15 to 17 as 15-17"
    )
    assert said["Offences"] == "n_offences in bands: 0 to 1 as few, 1.5 to 5 as some, 6 or more as many"
    assert said["In care"].startswith(
        "yes where seen_on lies from care_from to care_to, the end day included"
    )
    assert said["Misuse: Misuse"].startswith("yes where any of drugs, alcohol is yes")


MISTAKES = {
    "no form": ("age: {years_from: born_on, to: seen_on, ", "age: {to: seen_on, ", "derivations.age: found to, bands"),
    "two forms": ("{any_of: [drugs, alcohol]}", "{any_of: [drugs], all_of: [alcohol]}", "found any_of, all_of"),
    "input not there": ("years_from: born_on", "years_from: born", "found 'born', which is no date that can be read"),
    "input of another kind": ("number: n_offences", "number: born_on", "found 'born_on', which is no number"),
    "derived from derived": ("[drugs, alcohol]", "[drugs, alcohol, misuse]", "found 'misuse', which is no judgement"),
    "kind": ("born_on: date", "born_on: day", 'inputs.born_on: found "day"; allowed: date, number, judgement'),
    "input not used": ("  drugs: judgement", "  drugs: judgement\n  more: date", "inputs.more: nothing is derived"),
    "input of the study": ("  drugs: judgement", "  drugs: judgement\n  team: date", "'team' is a column of the study"),
    "input of made-up records": ("  drugs: judgement", "  drugs: judgement\n  made_up: date", "marks made-up records"),
    "input with a space": ("  drugs: judgement", '  drugs: judgement\n  "x ": date', "'x ' begins or ends"),
    "column not there": ("  misuse: {any_of", "  abuse: {any_of", "measure has the column 'abuse'; allowed: age, in_"),
    "bands of a judgement": ("{any_of: [drugs, alcohol]}", "{number: n_offences, bands: {a: [1, 2]}}",
                             "'misuse' is a judgement, which has no bands"),
    "band missing": (", many: [6, null]", "", "must hold each level of 'offences' once: few, some, many"),
    "band too many": ("many: [6, null]", "many: [6, 9], more: [10, null]", "must hold each level of 'offences' once"),
    "bands overlap": ("some: [1.5, 5]", "some: [1, 5]", "'few' and 'some' have numbers in common"),
    "band turned round": ("10-14: [10, 14]", "10-14: [14, 10]", "the first number is over the second"),
    "band of three": ("[10, 14]", "[10, 14, 15]", "derivations.age.bands.10-14"),
    "yes and no of other levels": ("{code: \"no\", label: No}", "{code: never, label: No}", "'in_care' needs two"),
    "spells unpaired": ("end: [care_to]", "end: [care_to, seen_on]", "found 1 and 2 columns"),
    "end day": ("end_day: included", "end_day: perhaps", 'found "perhaps"; allowed: included, not included'),
    "at least too many": ("{any_of: [drugs", "{at_least: 3, of: [drugs", "at_least: found 3; allowed: at most 2"),
    "by nothing": ("inputs:", "one_row_per_case: {keep: latest, by: age}\ninputs:", "by: found 'age', which is no"),
    "by a band that is derived": ("inputs:", "one_row_per_case: {keep: most_serious, by: offences}\ninputs:",
                                  "by: found 'offences'; allowed: columns of bands that are read: none"),
    "long without items": ("inputs:", "long: {item: x, values: {misuse: y}}\ninputs:", "allowed: none"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_derivation_is_named(tmp_path, mistake):
    old, new, words = MISTAKES[mistake]
    assert STUDY.count(old) == 1, old
    with pytest.raises(StudyError) as error:
        small_study(tmp_path, STUDY.replace(old, new))
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("age: {from: x}", "the study has no column 'age'"),
        ("n_offences: {format: '%Y'}", "n_offences.format: this column holds no dates"),
        ("born_on: {codes: {'1': 'yes'}}", "'yes' is not a code of the study"),
        ("born_on: {format: '%m/%Y'}", "born_on.format: '%m/%Y' does not give day, month and year"),
    ],
)
def test_a_mistake_in_the_mapping_of_an_input_is_named(tmp_path, entry, words):
    study = small_study(tmp_path, STUDY)
    (tmp_path / "mapping.yaml").write_text(f"columns:\n  {entry}\n", encoding="utf-8")
    with pytest.raises(RecordsError) as error:
        read_mapping(tmp_path / "mapping.yaml", study)
    assert words in str(error.value)


def test_the_dictionaries_say_what_is_read_and_what_is_derived(tmp_path):
    study = small_study(tmp_path, STUDY)
    rows = {name: (meaning, codes) for name, meaning, codes in dictionary_rows(study)}
    assert rows["born_on"][0] == "read to derive age, then dropped"
    assert rows["age"][1].startswith("not read; the completed years from born_on to seen_on")
    assert rows["helped"][1].startswith("'yes', 'no'")
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies/derived").mkdir()
    (tmp_path / "study.yaml").rename(tmp_path / "studies/derived/study.yaml")
    page = run_path("scripts/site/dictionary.py")["data_dictionary"](tmp_path)
    assert "- Age: the completed years from born\\_on to seen\\_on" in page
    assert "| `born_on` | date | `age` |" in page


def test_a_long_layout_and_several_rows_are_in_the_dictionary_too(tmp_path):
    rule = "one_row_per_case: {keep: latest, by: seen_on}\n"
    assert dict(small_study(tmp_path / "a", STUDY + rule).derived)["Rows of a case"].startswith(
        "of several rows"
    )
    factors = 'factors: [{id: one, label: One}]\nlong: {item: item, values: {"has_{factor}": present}}\n'
    text = (
        STUDY.replace("measures:", 'measures:\n  - {id: has, label: Has, column: "has_{factor}"}') + factors
    )
    rows = {
        name: (meaning, codes) for name, meaning, codes in dictionary_rows(small_study(tmp_path / "b", text))
    }
    assert rows["has_one"][1] == "not read; present where item is 'one'"
    assert rows["item"] == ("says what a row is about", "'one', 'not applicable', 'not known', ''")
    assert rows["present"][0] == "holds has_{factor}"
