"""Drafting a mapping: most columns found, none wrongly held for certain, and nothing rare or identifying written."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
import yaml

from answering import answered
from desistance.cli import main
from desistance.draft.identifying import identifier_of_heading, identifier_of_values, numbers_cases
from desistance.draft.mapping_draft import draft_mapping, mapping_entries
from desistance.draft.outline_draft import draft_outline
from desistance.draft.profile import FEWEST, profile
from desistance.draft.yaml_text import comment, scalar
from desistance.errors import RecordsError
from desistance.records.formats import child, guarded
from desistance.records.mapping import read_mapping, study_columns
from desistance.study import read_study
from draft_layouts import BLIND, LAYOUTS, SWAPPED
from formats_variants import VARIANTS

STUDY = read_study(Path("studies/bulletin_2021_03"))
COLUMNS = study_columns(STUDY)
RIGHT = 0.95


def told_here(task, path, name, asked):
    """What a guarded process would tell, without the process."""
    yield from child.ANSWERS[task]({**asked, "path": str(path), "name": name})


def share_right(entries, headings):
    """Share of columns whose heading was found; fails where a wrong one is held for certain."""
    wrong = [e.match.target.column for e in entries if e.match.heading != headings[e.match.target.column]]
    certain = [e.match.target.column for e in entries if e.match.certain]
    assert not set(wrong) & set(certain)
    return 1 - len(wrong) / len(entries)


def wrong_codes(entries, meant):
    """Codes with a meaning held for certain that is not theirs."""
    return [
        (entry.match.target.column, code)
        for entry in entries
        for code, meaning in entry.codes.items()
        if meaning.certain
        and meant(entry.match.target.column, code, entry.column) not in (meaning.answer, None)
    ]


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    """The profile of every layout, by name."""
    folder = tmp_path_factory.mktemp("layouts")
    return {
        layout.name: profile(layout.write(folder / f"{layout.name}.csv"), wanted=COLUMNS)
        for layout in LAYOUTS + BLIND
    }


def test_most_columns_of_every_layout_are_found_and_no_wrong_one_is_certain(laid_out):
    shares = {
        layout.name: share_right(mapping_entries(laid_out[layout.name], STUDY), layout.headings)
        for layout in LAYOUTS + BLIND
    }
    print({name: f"{share:.1%}" for name, share in shares.items()})
    assert min(shares.values()) >= RIGHT


def test_no_code_of_a_layout_gets_a_wrong_meaning_for_certain(laid_out):
    for layout in LAYOUTS + BLIND:
        entries = mapping_entries(laid_out[layout.name], STUDY)
        right = [e for e in entries if e.match.heading == layout.headings[e.match.target.column]]
        assert not wrong_codes(right, lambda column, code, _, layout=layout: layout.meant(column).get(code))


@pytest.mark.parametrize("layout", LAYOUTS + BLIND, ids=lambda layout: layout.name)
def test_where_a_column_is_missing_no_other_is_held_for_it_for_certain(laid_out, layout):
    found = laid_out[layout.name]
    for name in COLUMNS[::8]:
        columns = {h: column for h, column in found.columns.items() if h != layout.headings[name]}
        entries = mapping_entries(replace(found, columns=columns), STUDY)
        entry = next(entry for entry in entries if entry.match.target.column == name)
        assert not entry.match.certain, (layout.name, name)


def test_most_columns_are_found_whatever_program_wrote_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(guarded, "_answers", told_here)
    shares = []
    for number, variant in enumerate(VARIANTS.values()):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = variant.files(folder)[0]
        found = profile(path, wanted=COLUMNS, scratch=folder / "scratch", **variant.choices)
        mapped = yaml.load(variant.mapping or "columns: {}", yaml.BaseLoader)["columns"]
        entries = mapping_entries(found, STUDY)
        shares.append(
            share_right(entries, {name: mapped.get(name, {}).get("from", name) for name in COLUMNS})
        )

        def meant(column, code, found, mapped=mapped):
            codes, label = mapped.get(column, {}).get("codes", {}), found.value_labels.get(code)
            return codes.get(code, codes.get(label, label or code))

        assert not wrong_codes(entries, meant), variant.name
    print(f"{sum(shares) / len(shares):.2%} of the columns of {len(shares)} variants")
    assert len(shares) >= 40
    assert sum(shares) / len(shares) >= RIGHT


def test_a_draft_reads_once_its_questions_are_answered(tmp_path, laid_out):
    for layout in LAYOUTS + BLIND:
        text = draft_mapping(laid_out[layout.name], STUDY).text
        path = tmp_path / f"{layout.name}.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(RecordsError, match="is an open question"):
            read_mapping(path, STUDY)
        entries = yaml.load(text, yaml.BaseLoader)["columns"]
        codes = {
            f"columns.{name}.codes.{code}": layout.meant(name).get(code, "not known")
            for name, entry in entries.items()
            for code, answer in entry.get("codes", {}).items()
            if answer.startswith("?")
        }
        right = {
            f"columns.{name}.from": layout.headings[name]
            for name in entries
            if entries[name]["from"][0] == "?"
        }
        path.write_text(answered(text, codes | right), encoding="utf-8")
        sources = read_mapping(path, STUDY)
        assert {name: source.heading for name, source in sources.items()} == layout.headings
        assert sources["inspected_on"].date_format == layout.dates


DERIVING = """
id: small
title: A small study
source: {citation: None}
columns: {case: case_id, service: team}
inputs: {date_of_birth: date, assessed_on: date, n_offences: number, drugs: judgement}
derivations:
  age: {years_from: date_of_birth, to: assessed_on, bands: {under 15: [10, 14], from 15: [15, 17]}}
  offences: {number: n_offences, bands: {few: [0, 2], many: [2.5, null]}}
measures: [{id: misuse, label: Misuse, column: misuse}]
breakdowns:
  - {id: age, label: Age, column: age, levels: [{code: under 15, label: Under 15}, {code: from 15, label: From 15}]}
  - {id: offences, label: Offences, column: offences, levels: [{code: few, label: Few}, {code: many, label: Many}]}
"""


def test_what_a_study_derives_from_is_found_too(tmp_path, capsys):
    (tmp_path / "study.yaml").write_text(
        DERIVING.replace("  offences:", "  misuse: {any_of: [drugs]}\n  offences:", 1), encoding="utf-8"
    )
    headings = ["Case ID", "YOT", "DOB", "Assessment date", "No. of offences", "Drug use?"]
    rows = [
        [n, f"T{n % 3}", f"{n % 17 + 12}/05/2004", "2019-03-01", "0,5" if n % 2 else "3", "YN"[n % 2]]
        for n in range(60)
    ]
    path = write(tmp_path / "a.csv", headings, rows)
    words = ["draft-mapping", str(path), "--study", str(tmp_path), "--results", str(tmp_path / "results")]
    assert main(words) == 0
    text = capsys.readouterr().out
    (tmp_path / "m.yaml").write_text(answered(text), encoding="utf-8")
    study = read_study(tmp_path)
    sources = read_mapping(tmp_path / "m.yaml", study)
    assert [sources[name].heading for name in study_columns(study)] == headings
    assert sources["date_of_birth"].date_format == "%d/%m/%Y"
    assert sources["n_offences"].decimal == ","
    assert sources["drugs"].codes == {"Y": "yes", "N": "no"}
    assert "/05/2004" not in text


def test_a_file_made_for_the_study_needs_no_entry():
    made = draft_mapping(profile(Path("data/example/made_up_cases.csv"), wanted=COLUMNS), STUDY)
    assert "columns: {}" in made.text
    assert made.n_questions == 0


def test_a_heading_is_not_certain_where_another_comes_near(tmp_path):
    def entry(*headings):
        rows = [[n, *("yes", "no")[n % 2 :], *("yes", "no")[: n % 2]][: len(headings) + 1] for n in range(60)]
        found = profile(write(tmp_path / "a.csv", ["case_id", *headings], rows))
        return next(e for e in mapping_entries(found, STUDY) if e.match.target.column == "mental_health")

    assert entry("Mental health").match.certain
    both = entry("Mental health", "MH issue").match
    assert not both.certain
    assert "could be meant too" in both.why


def test_a_name_that_another_study_has_too_is_certain_only_in_a_file_made_for_this_study():
    thematic = read_study(Path("studies/thematic_2016"))
    for name, certain in (("made_up_cases", False), ("made_up_thematic_cases", True)):
        found = mapping_entries(profile(Path(f"data/example/{name}.csv")), thematic)
        entry = next(entry for entry in found if entry.match.target.column == "relationships")
        assert entry.match.heading == "relationships"
        assert entry.match.certain == certain


def test_yes_and_no_as_numbers_stay_a_question(laid_out):
    entries = mapping_entries(laid_out["swapped"], STUDY)
    numbers = [
        m for e in entries for code, m in e.codes.items() if code in ("0", "1") and e.match.target.block
    ]
    assert numbers
    assert not any(meaning.certain for meaning in numbers)


def write(path, headings, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)
    return path


def test_no_value_that_few_rows_have_is_written(tmp_path):
    rows = [[n, "yes", "Xylo" if n < FEWEST else "boy"] for n in range(40)]
    rows += [[n, "no", "Zeta"] for n in range(40, 40 + FEWEST - 1)]
    path = write(tmp_path / "a.csv", ["case_id", "lifestyle", "gender"], rows)
    text = draft_mapping(profile(path), STUDY).text
    assert "Xylo" in text
    assert "Zeta" not in text
    assert "and less common values, which fewer than" in text


def test_nothing_is_said_of_less_common_values_where_every_code_is_written(tmp_path):
    def drafted(*answers):
        rows = [[n, answers[n % 3], ("Y", "N")[n % 2] if n else "N/A"] for n in range(60)]
        found = profile(write(tmp_path / "a.csv", ["case_id", "lifestyle", "mental_health"], rows))
        return draft_mapping(found, STUDY).text, draft_outline(found).text

    assert all("less common values" not in text for text in drafted("Y", "N", "N/A"))  # as of the other
    assert all("less common values" in text for text in drafted("Y", "N", "Y"))


def test_every_question_that_is_written_counts(laid_out):
    for found in (laid_out["swapped"], profile(Path("tests/data/reference/schools.csv"))):
        for made in (draft_mapping(found, STUDY), draft_outline(found)):
            marks = re.findall(r': "\?(?: [^"]*)?"', re.sub(r"(?m)^ *#.*|  # .*", "", made.text))
            assert made.n_questions == len(marks) > 5


def drafts(path):
    """Both drafts of a file, as one text."""
    found = profile(path, wanted=COLUMNS)
    return draft_mapping(found, STUDY).text + draft_outline(found).text


@pytest.mark.parametrize("number", ["Case ref", "YOIS no", "Child ID", "ref no", "id", "Ref"])
def test_ten_rows_of_one_child_are_not_ten_children(tmp_path, monkeypatch, number):
    monkeypatch.setattr("desistance.records.formats.delimited.BATCH_BYTES", 500)
    rows = []
    for case in range(40):
        sex = "Xylo" if case < FEWEST else "Zeta" if case < 2 * FEWEST - 1 else "boy"
        rows += [[f"AB{case}C", sex, f"f{factor}", "Yes" if factor else "No"] for factor in range(10)]
    path = write(tmp_path / "a.csv", [number, "gender", "Factor", "Present"], rows)
    text = drafts(path)
    assert "Xylo" in text
    assert "Zeta" not in text
    assert "AB1C" not in text
    entry = next(
        e for e in mapping_entries(profile(path, wanted=COLUMNS), STUDY) if e.match.target.column == "case_id"
    )
    assert (entry.match.heading, entry.match.certain) == (number, False)
    assert (
        yaml.load(draft_outline(profile(path)).text, yaml.BaseLoader)["columns"][number]["role"] == "? case"
    )


def test_no_child_of_a_long_layout_is_named_though_each_has_ten_rows(tmp_path):
    names = [
        "Ava Stone",
        "Ben Hart",
        "Cal Reed",
        "Dee Moss",
        "Eve O'Hara",
        "Fay Cole-West",
        "Gus de Witt",
        "Hal Ince",
    ]
    headings = ["Client", "YOIS no", "Lives at", "Contact", "Lad", "Mark", "gender"]
    rows = [
        [name, f"YS700{n}", f"{n} Oak Rd", f"07700 90012{n}", name, f"XQ{n}00Z", "boy"]
        for n, name in enumerate(names)
        for _ in range(10)
    ]
    text = drafts(write(tmp_path / "a.csv", headings, rows))
    for value in ["YS700", "Oak", "07700", "XQ", *[word for name in names for word in name.split()[:1]]]:
        assert value not in text, value
    assert "Client:\n    role: identifier" in text


def test_where_persons_are_named_and_no_column_numbers_them_only_answers_are_written(tmp_path):
    rows = [[f"Name{n}", ("yes", "no")[n % 2], ("Zeta", "Xylo")[n % 2]] for n in range(40)]
    named = drafts(write(tmp_path / "a.csv", ["Client", "lifestyle", "gender"], rows))
    assert "Zeta" not in named
    assert "no column numbers the cases" in named
    assert '"yes": "yes"' in named
    assert "Zeta" in drafts(write(tmp_path / "b.csv", ["Case ref", "lifestyle", "gender"], rows))


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([f"v{n}" for n in range(30)], True),
        ([f"v{n}" for n in range(31)], False),
        (["boy", "x" * 40], True),
        (["boy", "x" * 41], False),
        (["KL501", "KL502", "KL503", "KL504"], False),
        (["50100", "50200", "50300"], False),
        (["10to14", "15to16", "17to18"], True),
        (["W1", "W2", "B1", "M3"], True),
        (["boy", "girl", "qed@home.org"], None),
        (["boy", "girl", "LS1 4AP"], None),
    ],
)
def test_only_what_can_be_a_code_is_written(tmp_path, values, written):
    rows = [[n, values[n % len(values)]] for n in range(20 * len(values))]
    column = profile(write(tmp_path / "a.csv", ["case_id", "gender"], rows)).columns["gender"]
    expected = values[:2] if written is None else values if written else []
    assert sorted(column.common) == sorted(expected)
    assert bool(column.withheld) == (written is False)


def test_no_label_of_a_value_that_few_rows_have_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(guarded, "_answers", told_here)
    rows = pd.DataFrame({"case_id": range(60), "gender": [1.0] * 30 + [2.0] * 27 + [3.0] * 3})
    labels = {"gender": {1.0: "boy", 2.0: "girl", 3.0: "Zeta", 9.0: "Not known"}}
    pyreadstat.write_sav(rows, str(tmp_path / "a.sav"), variable_value_labels=labels)
    found = profile(tmp_path / "a.sav")
    for text in (draft_mapping(found, STUDY).text, draft_outline(found).text):
        assert "girl" in text.lower()
        assert "not known" in text.lower()
        assert "Zeta" not in text


def test_what_looks_like_a_direct_identifier_is_neither_read_nor_written(tmp_path, monkeypatch):
    from desistance.draft import profile as room

    asked = []
    monkeypatch.setattr(room, "read", lambda table, headings: asked.extend(headings) or iter(()))
    headings = ["case_id", "Child's surname", "DOB", "Home Address", "Postcode", "NHS no", "UPN", "PNC ID", "Mobile",
                "E-mail", "Case manager", "Comments", "YOT name"]  # fmt: skip
    found = profile(write(tmp_path / "a.csv", headings, [["canary"] * len(headings)] * 20))
    assert asked == ["case_id", "YOT name"]
    text = draft_mapping(found, STUDY).text
    assert "canary" not in text
    assert '"Child\'s surname"' in text


def test_values_that_look_like_identifiers_are_dropped(tmp_path):
    rows = [["AB1 2CD", "a@b.org", "x" * 90, "boy"]] * 30
    found = profile(write(tmp_path / "a.csv", ["area", "link", "why", "gender"], rows))
    assert [name for name, column in found.columns.items() if not column.unread] == ["gender"]
    assert all(not column.common for name, column in found.columns.items() if name != "gender")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["Ava Stone", "Ben Hart", "yes"], "name of a person"),
        (["STONE, Ava", "Hart, B.", "O'Hara, Eve"], "name of a person"),
        (["Flat 3 Elm Ct", "9 Oak Rd", "12a High Street, Leeds"], "address"),
        (["07700 900123", "+44 7700 900123", "0113 496 0000"], "telephone"),
        (["Referral Order", "Not Known", "Very High"], None),
        (["White British", "Black Caribbean", "Any Other Background"], None),
        (["Mental Health", "Physical Health", "Substance Misuse"], None),
        (["01-02-2003", "11-12-2004"], None),
        (["3 to 5 years", "1 court order"], None),
    ],
)
def test_values_that_name_or_reach_a_person_are_known_by_their_shape(values, kind):
    assert identifier_of_values(values) == kind


def test_places_may_be_called_by_two_words_where_the_heading_says_so(tmp_path):
    rows = [[n, ("Milton Keynes", "East Riding")[n % 2], ("Ava Stone", "Ben Hart")[n % 2]] for n in range(60)]
    columns = profile(write(tmp_path / "a.csv", ["case_id", "Youth offending team", "Lad"], rows)).columns
    assert columns["Youth offending team"].unread is None
    assert "name of a person" in columns["Lad"].unread


@pytest.mark.parametrize(
    "heading", ["Client", "Young person", "YP", "Subject", "Lives at", "Contact", "Contact no"]
)
def test_a_heading_that_names_or_reaches_the_child_is_not_read(heading):
    assert identifier_of_heading(heading)


@pytest.mark.parametrize(
    "heading", ["Case ref", "YOIS no", "ref no", "Client ref", "QA Case Reference", "Child ID"]
)
def test_a_heading_that_numbers_the_cases_is_read_to_count_them(heading):
    assert identifier_of_heading(heading) is None
    assert numbers_cases(heading)


@pytest.mark.parametrize(
    "heading", ["Case closed", "Team ID", "Order type", "No. of sanctions", "Case status", "Age"]
)
def test_a_heading_that_numbers_something_else_is_not_taken_for_the_case_number(heading):
    assert not numbers_cases(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "YOT name", "Team", "Age", "Mental health", "Service name", "Offence location type",
        "YP sufficiently involved?", "Is the child/young person known to social care?",
    ],
)  # fmt: skip
def test_a_heading_of_no_person_is_read(heading):
    assert identifier_of_heading(heading) is None


def test_dates_that_can_be_read_both_ways_stay_a_question(tmp_path):
    rows = [[n, f"0{n % 9 + 1}/0{n % 5 + 1}/2019"] for n in range(60)]
    text = draft_mapping(profile(write(tmp_path / "a.csv", ["case_id", "Inspection date"], rows)), STUDY).text
    assert 'format: "? %d/%m/%Y"' in text
    assert "%m/%d/%Y" in text


@pytest.mark.parametrize(
    "hostile", ["a: b", "a\nb: c", "# no", "? x", "{", "- a", "no", "'", '"', "a #b", "\x07", "&a *b", "é"]
)
def test_no_heading_breaks_out_of_the_draft(tmp_path, hostile):
    assert yaml.safe_load(f"key: {scalar(hostile)}") == {"key": hostile}
    assert yaml.safe_load(f"{scalar(hostile)}: 1") == {hostile: 1}
    assert all(line.startswith("# ") and "\n" not in line for line in comment(hostile * 3))
    rows = [[n, "yes"] for n in range(30)]
    found = profile(write(tmp_path / "a.csv", ["case_id", hostile], rows))
    yaml.safe_load(draft_mapping(found, STUDY).text)


def test_the_command_writes_once_and_the_same_each_time(tmp_path, capsys):
    path = SWAPPED.write(tmp_path / "a.csv")
    words = ["draft-mapping", str(path), "--results", str(tmp_path / "results")]
    assert main(words) == 0
    printed = capsys.readouterr()
    assert " questions" in printed.err
    assert f"desistance check {path} --mapping MAPPING" in printed.err
    assert main([*words, "--output", str(tmp_path / "m.yaml")]) == 0
    assert (tmp_path / "m.yaml").read_text(encoding="utf-8") == printed.out
    assert main([*words, "--output", str(tmp_path / "m.yaml")]) == 1
    assert "already there" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()
