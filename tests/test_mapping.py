"""Mappings: another heading, other codes and other dates for the same study."""

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desistance.errors import RecordsError
from desistance.records.mapping import Source, code_meanings, read_mapping
from desistance.records.sources import _joined
from records_builder import HEADINGS, Ingested, case, csv_text, small_study


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study")


def mapping(tmp_path, text):
    path = tmp_path / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path, study, text):
    with pytest.raises(RecordsError) as error:
        read_mapping(mapping(tmp_path, text), study)
    return str(error.value)


def test_without_a_mapping_the_headings_are_the_studys(study):
    meanings = code_meanings(study)
    assert set(meanings["sex"]) == {"boy", "girl", "not known", "not applicable", ""}
    assert meanings["drugs"]["yes"] == "yes"
    kinds = {"seen_on": "date"}
    assert read_mapping(None, study) == {
        name: Source(name, name, meanings=meanings.get(name, {}), kind=kinds.get(name)) for name in HEADINGS
    }


def test_headings_codes_and_dates_are_translated(tmp_path, study):
    path = mapping(
        tmp_path,
        """
columns:
  case_id: {from: Ref}
  seen_on: {from: Seen, format: "%d/%m/%Y"}
  sex: {codes: {1: boy, 2: girl, 9: not known}}
  drugs: {from: " Drug use ", codes: {1: yes, 0: no, -1: not known}}
  delivery_drugs: {codes: {Good: yes, Poor: no}}
""",
    )
    rows = [
        case(1, sex="1", drugs="1", delivery_drugs="Good", seen_on="31/12/2019"),
        case(2, sex="2", drugs="0", delivery_drugs="", seen_on="1/2/2019"),
        case(3, sex="9", drugs=" -1 ", delivery_drugs="no", seen_on="29/02/2020"),
    ]
    text = csv_text(rows).replace("case_id", "Ref").replace("seen_on", "Seen").replace(",drugs", ",Drug use ")
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    done = Ingested(tmp_path, [tmp_path / "x.csv"], study, path)
    assert done.account["n_accepted"] == 3
    assert list(done.records["sex"]) == ["boy", "girl", "not_known"]
    assert list(done.records["drugs"]) == ["yes", "no", "not_known"]
    assert list(done.records["delivery_drugs"]) == ["yes", "not_recorded", "no"]
    assert [str(day) for day in done.records["date"]] == ["2019-12-31", "2019-02-01", "2020-02-29"]


def test_a_code_that_is_not_translated_keeps_its_meaning(tmp_path, study):
    path = mapping(tmp_path, "columns: {sex: {codes: {m: boy}}}")
    (tmp_path / "x.csv").write_text(csv_text([case(1, sex="girl"), case(2, sex="m"), case(3, sex="f")]))
    done = Ingested(tmp_path, [tmp_path / "x.csv"], study, path)
    assert list(done.records["sex"]) == ["girl", "boy"]
    assert done.rules == [(4, ["unknown_code:sex"])]


MISTAKES = {
    "{sexx: {from: a}}": "the study has no column 'sexx'; did you mean 'sex'? (allowed: case_id, team, seen_on",
    "{sex: {codes: {m: man}}}": "columns.sex.codes: 'man' is not a code of the study (allowed: 'boy', 'girl', 'not",
    "{drugs: {codes: {1: ja}}}": "columns.drugs.codes: 'ja' is not a code of the study (allowed: 'yes', 'no', 'not",
    "{team: {codes: {1: boy}}}": "columns.team.codes: this column holds no codes",
    "{sex: {format: '%Y'}}": "columns.sex.format: this column holds no dates",
    "{seen_on: {format: '%d/%m'}}": "columns.seen_on.format: '%d/%m' does not give day, month and year",
    "{seen_on: {format: 'dd/mm/yyyy'}}": "'dd/mm/yyyy' does not give day, month and year",
    "{seen_on: {format: '%Q'}}": "'%Q' does not give day, month and year",
    "{sex: {from: team}}": "columns: team and sex come from the same heading 'team'; each needs one of its own",
    "{sex: {from: X}, concern: {from: X}}": "columns: sex and concern come from the same heading 'X'",
    "{sex: {from: made_up}}": "columns.sex.from: 'made_up' marks made-up records",
    "{sex: {}}": "columns.sex",
    "{sex: {fron: a}}": "columns.sex: unknown key 'fron'; did you mean 'from'?",
    "{sex: {from: [a, b]}}": "columns.sex.from: only case_id, team may be joined from several headings",
    "{team: {each_row: true}}": "columns.team.each_row: only for case_id, and without from",
    "{case_id: {from: a, each_row: true}}": "columns.case_id.each_row: only for case_id, and without from",
    "{team: {from: [a, '? b']}}": "columns.team.from: is an open question; put the answer in place of '? b'",
    "{seen_on: {format: '?'}}": "columns.seen_on.format: is an open question; put the answer in place of '?'",
    "{sex: {codes: {m: 1}}}": "columns.sex.codes.m: found 1; allowed: text (put it in quotes)",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_a_mapping_is_named(tmp_path, study, text):
    message = refusal(tmp_path, study, f"columns: {text}")
    assert message.startswith(f"{tmp_path}/mapping.yaml has 1 mistake:")
    assert MISTAKES[text] in message


def test_all_mistakes_of_a_mapping_come_at_once(tmp_path, study):
    text = "columns: {sexx: {from: a}, sex: {codes: {m: man}, fron: a}, drugs: {from: home}}"
    message = refusal(tmp_path, study, text)
    assert "has 4 mistakes:" in message


def test_a_missing_mapping_is_refused(tmp_path, study):
    with pytest.raises(RecordsError, match="is not there"):
        read_mapping(tmp_path / "none.yaml", study)


def test_two_columns_may_exchange_their_headings(tmp_path, study):
    path = mapping(tmp_path, "columns: {drugs: {from: home}, home: {from: drugs}}")
    assert read_mapping(path, study)["drugs"].heading == "home"


def test_a_mapping_to_a_heading_that_is_not_there_is_refused_with_what_is(tmp_path, study):
    path = mapping(tmp_path, "columns: {sex: {from: Gendr}}")
    (tmp_path / "x.csv").write_text(csv_text([case(1)]).replace("sex", "Gender"))
    with pytest.raises(RecordsError) as error:
        Ingested(tmp_path, [tmp_path / "x.csv"], study, path)
    assert "x.csv lacks 1 of the study's columns:" in str(error.value)
    assert "'sex' (mapped to 'Gendr'); is it 'Gender'?" in str(error.value)
    assert "headings found: case_id, team, seen_on, Gender," in str(error.value)


def test_numbers_that_begin_again_in_each_stratum_are_joined_with_it(tmp_path, study):
    path = mapping(tmp_path, "columns: {team: {from: [area, team]}}")
    rows = [case(1, team="1"), case(2, team=" 1 "), case(3, team="1"), case(4, team="")]
    head, *lines = csv_text(rows).splitlines()
    text = "\n".join([f"{head},area", *(f"{line},{area}" for line, area in zip(lines, "NNSN", strict=True))])
    (tmp_path / "x.csv").write_text(text, encoding="utf-8")
    done = Ingested(tmp_path, [tmp_path / "x.csv"], study, path)
    assert list(done.records["service"]) == ["N / 1", "N / 1", "S / 1"]
    assert done.rules == [(5, ["service_missing"])]


def joined(*parts):
    return _joined([pa.chunked_array([[part]]) for part in parts]).to_pylist()[0]


@given(st.lists(st.tuples(*[st.text("1/ \t", max_size=6)] * 2), min_size=2, max_size=2))
@example([("1 / 2", "3"), ("1", "2 / 3")])
@example([("1 /", "2"), ("1", "/ 2")])
@example([("1 / 2", "3"), ("1 // 2", "3")])
def test_no_two_rows_of_values_are_joined_alike(rows):
    one, two = ([part.strip() for part in row] for row in rows)
    if all(one) and all(two):
        assert (joined(*one) == joined(*two)) == (one == two)


def test_values_without_a_stroke_of_their_own_are_joined_as_they_are():
    assert joined("North/West", " 12 ") == "North/West / 12"


def test_each_row_is_a_case_where_the_extract_has_no_number(tmp_path, study):
    path = mapping(tmp_path, "columns: {case_id: {each_row: true}}")
    text = csv_text([case(7), case(7), case(8)]).replace("case_id", "other")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    (tmp_path / "b.csv").write_text(text.replace("c8", "c9"), encoding="utf-8")
    done = Ingested(tmp_path, [tmp_path / "a.csv", tmp_path / "b.csv"], study, path)
    assert done.account["n_accepted"] == 6


def test_a_heading_to_be_joined_that_is_not_there_is_named(tmp_path, study):
    path = mapping(tmp_path, "columns: {team: {from: [area, team]}}")
    (tmp_path / "x.csv").write_text(csv_text([case(1)]), encoding="utf-8")
    with pytest.raises(RecordsError, match=r"'team' \(mapped to 'area'\)"):
        Ingested(tmp_path, [tmp_path / "x.csv"], study, path)


def test_two_open_questions_are_not_one_heading(tmp_path, study):
    message = refusal(tmp_path, study, 'columns: {sex: {from: "?"}, home: {from: "?"}}')
    assert "has 2 mistakes" in message
    assert "same heading" not in message
