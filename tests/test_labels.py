"""What a file says of its own codes: labels that contradict the study, and codes called missing among numbers."""

import datetime as dt
import json

import pandas as pd
import pyreadstat
import pytest
import yaml

from desistance.draft.mapping_draft import _to_be_said, draft_mapping
from desistance.draft.meanings import Meaning
from desistance.draft.profile import profile
from desistance.errors import RecordsError
from desistance.records.formats import child, guarded
from records_builder import DESIGNED, STUDY, Ingested, case, csv_text, small_study

NUMBERED = STUDY.replace(
    "factors:\n",
    'codes: {yes: ["1", "yes"], no: ["2", "no"], not_applicable: [not applicable], '
    'not_known: [not known], not_recorded: [""]}\nfactors:\n',
    1,
)
DERIVED = (
    STUDY
    + """inputs: {n_offences: number, born_on: date}
derivations:
  concern: {number: n_offences, bands: {low: [0, 5], high: [6, null]}}
  sex: {years_from: born_on, to: seen_on, bands: {boy: [0, 15], girl: [16, 120]}}
"""
)


def told_here(task, path, name, asked):
    """What a guarded process would tell, without the process."""
    yield from child.ANSWERS[task](json.loads(json.dumps({**asked, "path": str(path), "name": name})))


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    monkeypatch.setattr(guarded, "_answers", told_here)


def row(number, **values):
    """A row that breaks no rule, whether the factor is present or not."""
    return case(number, delivery_drugs="not applicable") | values


def read(tmp_path, columns, *, text=STUDY, mapping=None, labels=None, missing=None, n_rows=3):
    """Read a file of SPSS, some of whose columns are given."""
    frame = pd.DataFrame([row(number) for number in range(1, n_rows + 1)]).assign(**columns)
    path = tmp_path / "cases.sav"
    pyreadstat.write_sav(frame, str(path), variable_value_labels=labels or {}, missing_ranges=missing or {})
    return ingested(tmp_path, path, text, mapping)


def ingested(tmp_path, path, text=STUDY, mapping=None):
    """Read one file, with a mapping given as text."""
    if mapping:
        (tmp_path / "mapping.yaml").write_text(f"columns: {mapping}\n", encoding="utf-8")
    study = small_study(tmp_path / "study", text)
    return Ingested(tmp_path, [path], study, tmp_path / "mapping.yaml" if mapping else None, encoding="auto")


def refusal(*args, **how):
    with pytest.raises(RecordsError) as error:
        read(*args, **how)
    return str(error.value)


def offences(tmp_path, numbers, **how):
    """Read three cases with so many offences, and a date of birth each."""
    return read(
        tmp_path,
        {"n_offences": numbers, "born_on": "2004-01-01"} | how.pop("columns", {}),
        text=DERIVED,
        **how,
    )


# Codes called missing among numbers and dates


@pytest.mark.parametrize("missing", [[99], [{"lo": 90, "hi": 99}]])
def test_a_number_that_the_file_calls_missing_is_no_number(tmp_path, missing):
    done = offences(tmp_path, [1.0, 99.0, 8.0], missing={"n_offences": missing})
    assert done.rules == [(3, ["missing_code_untranslated:n_offences"])]
    assert list(done.records["concern"]) == ["low", "high"]


def test_a_range_without_an_end_holds_all_beyond(tmp_path):
    missing = {"n_offences": [{"lo": float("-inf"), "hi": -1}]}
    done = offences(tmp_path, [1.0, -7.0, 8.0], missing=missing)
    assert done.rules == [(3, ["missing_code_untranslated:n_offences"])]


@pytest.mark.parametrize("label", ["not known", "Not known", " NOT KNOWN "])
def test_a_number_called_missing_is_missing_as_its_label_says(tmp_path, label):
    done = offences(
        tmp_path, [1.0, 99.0, 8.0], missing={"n_offences": [99]}, labels={"n_offences": {99.0: label}}
    )
    assert list(done.records["concern"]) == ["low", "not_known", "high"]


@pytest.mark.parametrize("label", ["5", "Refused", ""])
def test_another_label_does_not_make_a_number_of_what_is_called_missing(tmp_path, label):
    done = offences(
        tmp_path, [1.0, 99.0, 8.0], missing={"n_offences": [99]}, labels={"n_offences": {99.0: label}}
    )
    assert done.rules == [(3, ["missing_code_untranslated:n_offences"])]


def test_a_label_that_is_a_number_is_not_taken_for_the_studys_code(tmp_path):
    text = NUMBERED.replace("not_known: [not known]", 'not_known: ["5"]') + DERIVED.removeprefix(STUDY)
    columns = {"n_offences": [1.0, 7.0, 8.0], "born_on": "2004-01-01"}
    done = read(tmp_path, columns, text=text, labels={"n_offences": {7.0: "5"}})
    assert list(done.records["concern"]) == ["low", "high", "high"]


def test_the_mapping_says_what_a_number_called_missing_is(tmp_path):
    done = offences(
        tmp_path,
        [1.0, 99.0, 8.0],
        missing={"n_offences": [{"lo": 90, "hi": 99}]},
        mapping='{n_offences: {codes: {"99": not known}}}',
    )
    assert list(done.records["concern"]) == ["low", "not_known", "high"]


def test_a_word_that_the_study_knows_may_be_called_missing_too(tmp_path):
    columns = {"n_offences": ["1", "n/k", "8"], "born_on": "2004-01-01"}
    text = NUMBERED.replace("not_known: [not known]", "not_known: [n/k]") + DERIVED.removeprefix(STUDY)
    done = read(tmp_path, columns, text=text, missing={"n_offences": ["n/k"]})
    assert list(done.records["concern"]) == ["low", "not_known", "high"]


def test_a_missing_code_of_stata_among_numbers_is_named_as_such(tmp_path):
    rows = [case(number) | {"n_offences": 1.0, "born_on": "2004-01-01"} for number in (1, 2)]
    frame = pd.DataFrame(rows).assign(n_offences=pd.Series([1, "a"], dtype=object))
    pyreadstat.write_dta(frame, str(tmp_path / "a.dta"), missing_user_values={"n_offences": ["a"]})
    done = ingested(tmp_path, tmp_path / "a.dta", DERIVED)
    assert done.rules == [(3, ["missing_code_untranslated:n_offences"])]


@pytest.mark.parametrize("written", [None, "%d/%m/%Y"])
@pytest.mark.parametrize("ends", [(0, 0), (0, 400)])
def test_a_day_that_the_file_calls_missing_is_no_day(tmp_path, written, ends):
    first = dt.date(1900, 1, 1)
    low, high = (((first - dt.date(1582, 10, 14)).days + days) * 86400 for days in ends)
    days = [dt.date(2004, 1, 1), first, dt.date(2002, 1, 1)]
    done = offences(
        tmp_path,
        [1.0, 2.0, 3.0],
        columns={"born_on": days},
        missing={"born_on": [{"lo": low, "hi": high}]},
        mapping=f'{{born_on: {{format: "{written}"}}}}' if written else None,
    )
    assert done.rules == [(3, ["missing_code_untranslated:born_on"])]
    assert list(done.records["sex"]) == ["boy", "girl"]


def test_a_weight_that_the_file_calls_missing_weighs_nothing(tmp_path):
    columns = {"region": "N", "weight": [1.5, 99.0, 2.0], "n_teams": [4.0, 4.0, 9.0]}
    missing = {"weight": [99], "n_teams": [9]}
    done = read(tmp_path, columns, text=DESIGNED, missing=missing)
    assert done.rules == [
        (3, ["missing_code_untranslated:weight"]),
        (4, ["missing_code_untranslated:n_teams"]),
    ]


def test_the_date_of_a_case_may_be_called_missing(tmp_path):
    days = [dt.date(2019, 1, 2), dt.date(2018, 12, 31), dt.date(2019, 1, 3)]
    code = (days[1] - dt.date(1582, 10, 14)).days * 86400
    done = read(tmp_path, {"seen_on": days}, missing={"seen_on": [code]})
    assert done.rules == [(3, ["missing_code_untranslated:seen_on"])]


def test_a_code_called_missing_among_codes_stays_unknown(tmp_path):
    done = read(tmp_path, {"sex": ["boy", "x", "girl"]}, missing={"sex": ["x"]})
    assert done.rules == [(3, ["unknown_code:sex"])]


# Labels


def test_a_label_that_contradicts_the_study_is_refused(tmp_path):
    labels = {"drugs": {1.0: " No", 2.0: "Yes"}}
    message = refusal(tmp_path, {"drugs": [1.0, 2.0, 1.0]}, text=NUMBERED, labels=labels)
    assert "say in the mapping what each of these codes means" in message
    assert "columns.drugs, heading 'drugs': the label of '1' is 'No', and to the study '1' is yes" in message
    assert "the label of '2' is 'Yes', and to the study '2' is no" in message


def test_the_mapping_decides_between_code_and_label(tmp_path):
    labels = {"drugs": {1.0: "No", 2.0: "Yes"}}
    mapping = '{drugs: {codes: {"1": "no", "2": "yes"}}}'
    done = read(tmp_path, {"drugs": [1.0, 2.0, 1.0]}, text=NUMBERED, labels=labels, mapping=mapping)
    assert list(done.records["drugs"]) == ["no", "yes", "no"]


def test_a_label_that_says_the_same_in_other_letters_is_the_studys_code(tmp_path):
    labels = {"drugs": {1.0: "YES", 5.0: "No "}}
    done = read(tmp_path, {"drugs": [1.0, 5.0, 1.0]}, text=NUMBERED, labels=labels)
    assert list(done.records["drugs"]) == ["yes", "no", "yes"]


def test_a_level_that_is_labelled_as_another_is_refused(tmp_path):
    text = STUDY.replace("code: low", 'code: "1"').replace("code: high", 'code: "2"')
    message = refusal(tmp_path, {"concern": [1.0, 2.0, 1.0]}, text=text, labels={"concern": {1.0: "2"}})
    assert "the label of '1' is '2', and to the study '1' is a level of its own" in message


def test_a_label_that_is_a_code_of_the_mapping_too_is_refused(tmp_path):
    labels, mapping = {"drugs": {5.0: "6"}}, '{drugs: {codes: {"6": "yes"}}}'
    message = refusal(tmp_path, {"drugs": [5.0, 6.0, 6.0]}, labels=labels, mapping=mapping)
    assert "stands '6' both as a code and as the label of the code '5'" in message
    done = read(tmp_path, {"drugs": [5.0, 5.0, 5.0]}, labels=labels, mapping=mapping)
    assert list(done.records["drugs"]) == ["yes"] * 3


def test_no_label_is_translated_on_by_an_entry_for_a_code_like_it(tmp_path):
    labels, mapping = {"drugs": {5.0: "YES"}}, '{drugs: {codes: {"yes": "no"}}}'
    message = refusal(tmp_path, {"drugs": [5.0, 5.0, 5.0]}, labels=labels, mapping=mapping)
    assert "the label of '5' is 'YES', and the mapping makes 'yes' into 'no'" in message


# Codes that the mapping makes others into


def test_a_code_that_another_is_made_into_must_be_mapped_itself(tmp_path):
    (tmp_path / "x.csv").write_text(csv_text([row(1, drugs="1"), row(2, drugs="2")]), encoding="utf-8")
    with pytest.raises(RecordsError) as error:
        ingested(tmp_path, tmp_path / "x.csv", NUMBERED, '{drugs: {codes: {"1": "2"}}}')
    assert "under the heading 'drugs' stands '2' itself, and the mapping makes '1' into '2'" in str(
        error.value
    )
    assert "(columns.drugs.codes)" in str(error.value)
    done = ingested(tmp_path, tmp_path / "x.csv", NUMBERED, '{drugs: {codes: {"1": "2", "2": "1"}}}')
    assert list(done.records["drugs"]) == ["no", "yes"]


@pytest.mark.parametrize(
    ("values", "entry"),
    [("2 2.0 1", '"2.0": "2"'), ("1 3 1", '"3": "2"'), ("no x yes", '"x": "no"'), ("2 Y Y", '"Y": "yes"')],
)
def test_a_code_that_is_not_there_or_cannot_be_mistaken_needs_no_entry(tmp_path, values, entry):
    rows = [row(number, drugs=value) for number, value in enumerate(values.split(), 1)]
    (tmp_path / "x.csv").write_text(csv_text(rows), encoding="utf-8")
    done = ingested(tmp_path, tmp_path / "x.csv", NUMBERED, f"{{drugs: {{codes: {{{entry}}}}}}}")
    assert done.rules == []


# The draft of a mapping


def drafted(tmp_path, text, columns, **how):
    """The draft for a file of forty cases."""
    frame = pd.DataFrame([row(number) for number in range(40)]).assign(**columns)
    pyreadstat.write_sav(frame, str(tmp_path / "cases.sav"), **how)
    study = small_study(tmp_path / "study", text)
    return draft_mapping(profile(tmp_path / "cases.sav"), study).text


def test_the_draft_asks_what_a_number_called_missing_is(tmp_path):
    columns = {"n_offences": [1.0, 2.0, 97.0, 99.0] * 10, "born_on": dt.date(2004, 1, 1)}
    ranges = {"n_offences": [{"lo": 90, "hi": 99}]}
    labels = {"n_offences": {99.0: "Not known"}}
    text = drafted(tmp_path, DERIVED, columns, missing_ranges=ranges, variable_value_labels=labels)
    entry = yaml.safe_load(text)["columns"]["n_offences"]
    assert entry["codes"] == {"97": "? ", "99": "not known"}
    assert "The file calls values missing (90 to 99)" in text


def test_the_draft_says_that_a_weight_may_be_called_missing(tmp_path):
    columns = {"region": "N", "weight": [1.5, 99.0] * 20, "n_teams": 4.0}
    text = drafted(tmp_path, DESIGNED, columns, missing_ranges={"weight": [99]})
    assert yaml.safe_load(text)["columns"]["weight"] == {"from": "weight"}
    assert "a row that has one is rejected" in text


def test_the_draft_asks_about_a_number_that_another_one_becomes():
    found = {
        "3": Meaning("2", False, "by custom"),
        "2": Meaning("2", True, ""),
        "no": Meaning("no", True, ""),
    }
    assert _to_be_said(found) == {"3": found["3"], "2": Meaning("2", False, "another code becomes it")}
