"""Coded comments: what is read, what is rejected and why, which themes a case gets, and what may be quoted."""

import csv
import shutil
from pathlib import Path

import pandas as pd
import pytest

from comments_builder import CASES, CODED, HEADINGS, accepted, coding, counted, read
from desistance.errors import RecordsError, StudyError
from desistance.records.comments import LONGEST_QUOTE, coded_comments
from desistance.records.identifiers import case_digest, shown_case
from records_builder import KEY, count_step, csv_text, small_study

ALL_CASES = [(row["case_id"], row["team"]) for row in CASES]


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study", CODED)


@pytest.fixture
def told(tmp_path, study):
    """What becomes of some rows, joined to the cases of the builder."""
    return lambda *tables: read(tmp_path, study, *tables).told(accepted(ALL_CASES))


def rules(told):
    return {int(row["row"]): row["rules"].split(";") for row in told.tables["rejected_comments"]}


def test_a_good_row_is_counted_once_for_its_theme_and_direction(told):
    found = told([coding("p1"), coding("p2", direction="barrier")])
    assert found.tables["passages"] == [
        {"service": "A", "theme": "trust", "direction": "barrier", "n_passages": 1},
        {"service": "A", "theme": "trust", "direction": "enabler", "n_passages": 1},
    ]
    assert not found.tables["rejected_comments"]
    assert found.account["n_passages"] == 2


@pytest.mark.parametrize("theme", ["trust", "TRUST", "Trust built up", "trust BUILT up"])
def test_a_theme_goes_by_its_id_or_label_in_any_case(told, theme):
    found = told([coding("p1", theme=theme, direction="Enabler", coder="ANN")])
    assert [row["theme"] for row in found.tables["passages"]] == ["trust"]


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({"theme": "Zebedee"}, ["unknown_code:theme"]),
        ({"coder": "Zebedee"}, ["unknown_code:coder"]),
        ({"direction": "both"}, ["unknown_code:direction"]),
        ({"cleared": "perhaps"}, ["unknown_code:cleared"]),
        ({"passage": ""}, ["passage_missing"]),
        ({"team": ""}, ["service_missing"]),
        ({"theme": ""}, ["theme_missing"]),
        ({"coder": ""}, ["coder_missing"]),
        ({"direction": ""}, ["direction_missing"]),
        ({"theme": "none"}, ["direction_without_theme"]),
        ({"cleared": "yes", "excerpt": ""}, ["cleared_without_excerpt"]),
        ({"cleared": "yes", "excerpt": "x" * (LONGEST_QUOTE + 1)}, ["excerpt_too_long"]),
        ({"team": "D"}, ["service_without_records"]),
        ({"case_id": "c999"}, ["case_without_record"]),
        ({"case_id": "c1"}, ["case_without_record"]),  # a case of team B, not of A
        ({"team": "D", "case_id": "c0"}, ["service_without_records", "case_without_record"]),
        (
            {"theme": "x", "coder": "y", "passage": ""},
            ["passage_missing", "unknown_code:coder", "unknown_code:theme"],
        ),
    ],
)
def test_a_bad_row_is_rejected_with_every_reason_and_the_rest_goes_on(told, values, broken):
    bad = {"made_up": ""} | coding("p1", excerpt="read in the file itself") | values
    found = told([bad, {"made_up": ""} | coding("p2")])
    assert rules(found) == {2: broken}
    shown = bad | {"case_id": shown_case(bad["case_id"], key=KEY), "excerpt": ""}
    assert {name: found.tables["rejected_comments"][0][name] for name in bad} == shown
    account = found.account
    assert (account["n_read"], account["n_accepted"], account["n_rejected"]) == (2, 1, 1)
    assert account["rejected_by_rule"] == dict.fromkeys(sorted(broken), 1)
    assert account["n_passages"] == 1


def test_a_long_excerpt_that_is_not_cleared_is_no_mistake(told):
    assert rules(told([coding("p1", excerpt="x" * (LONGEST_QUOTE + 1))])) == {}


def test_a_passage_in_two_services_or_about_two_cases_is_rejected_whole(told):
    rows = [
        *(coding("p1", team="A"), coding("p1", team="B", coder="Ben")),
        *(coding("p2", case_id="c0"), coding("p2", case_id="", coder="Ben")),
        coding("p3"),
    ]
    one, two = ["passage_in_two_services"], ["passage_in_two_cases"]
    assert rules(told(rows)) == {2: one, 3: one, 4: two, 5: two}


def test_of_the_same_coding_twice_the_first_is_taken(told):
    rows = [coding("p1"), coding("p1"), coding("p1", coder="Ben"), coding("p1", theme="timing")]
    again = coding("p1", cleared="yes")
    assert rules(told([*rows, again])) == {
        3: ["duplicate_coding"],
        6: ["cleared_without_excerpt", "duplicate_coding"],
    }


def test_a_bad_row_does_not_make_the_good_one_after_it_a_duplicate(told):
    assert rules(told([coding("p1", cleared="?"), coding("p1")])) == {2: ["unknown_code:cleared"]}


def test_a_coder_who_contradicts_herself_is_taken_at_neither_word(told):
    rows = [
        *(coding("p1"), coding("p1", direction="barrier")),
        *(coding("p2"), coding("p2", theme="none", direction="")),
        coding("p2", coder="Ben"),
    ]
    turned, beside = ["theme_in_two_directions"], ["none_beside_a_theme"]
    assert rules(told(rows)) == {2: turned, 3: turned, 4: beside, 5: beside}


def test_several_files_are_read_together_and_named(told):
    found = told([coding("p1")], [coding("p1", coder="Ben"), coding("p1", coder="Zoe")])
    assert [file["n_rows"] for file in found.account["files"]] == [1, 2]
    assert found.tables["rejected_comments"][0]["file"] == "coded_1.csv"
    assert found.account["n_passages_two_coders"] == 1


def test_columns_may_be_moved_and_others_are_left_out(told, tmp_path, study):
    row = coding("p1") | {"note": "private"}
    moved = {name: row[name] for name in reversed(row)}
    assert told([moved]).tables["passages"] == told([row]).tables["passages"]


def test_a_file_without_a_heading_is_named_with_what_is_missing(tmp_path, study):
    rows = [{name: value for name, value in coding("p1").items() if name != "theme"}]
    with pytest.raises(RecordsError, match=r"coded_0\.csv lacks the heading 'theme'"):
        read(tmp_path, study, rows)


def test_a_study_without_codebook_says_so(tmp_path):
    with pytest.raises(RecordsError, match="has no codebook"):
        coded_comments([], small_study(tmp_path / "plain"), key=KEY)


@pytest.mark.parametrize("word", ["none", "all"])
def test_a_theme_may_not_be_called_by_a_word_with_a_meaning_of_its_own(tmp_path, word):
    with pytest.raises(StudyError, match=f"'{word}' has a meaning of its own"):
        small_study(tmp_path / "study", CODED.replace("id: trust", f"id: {word}"))


def test_made_up_and_other_comments_are_not_mixed(tmp_path, study):
    with pytest.raises(RecordsError, match="must not be mixed"):
        read(tmp_path, study, [coding("p1", made_up="made up"), coding("p2", made_up="")])
    rows = [{**coding("p1"), "Made Up": "yes"}]
    assert read(tmp_path, study, rows).told(accepted(ALL_CASES)).account["made_up"] is True


def test_a_row_with_too_few_values_is_rejected(tmp_path, study):
    path = tmp_path / "coded.csv"
    path.write_text(
        ",".join(HEADINGS) + "\np1,A\n" + ",".join(coding("p2").values()) + "\n", encoding="utf-8"
    )
    found = coded_comments([path], study, key=KEY).told(accepted(ALL_CASES))
    assert rules(found) == {2: ["wrong_number_of_values"]}


def test_rows_with_nothing_but_a_coder_are_unused(told):
    empty = dict.fromkeys(HEADINGS, "") | {"coder": "Ann"}
    assert told([empty, coding("p1")]).account["n_read"] == 1


def majority(*said):
    """Rows of one passage about case c0, one coder each; each says a theme with a direction, or none."""
    coders = ("Ann", "Ben", "Cas")
    return [
        coding("p1", case_id="c0", coder=coder, theme=theme, direction=direction)
        for coder, (theme, direction) in zip(coders, said, strict=False)
    ]


TRUST, TURNED, TIMING, NONE = ("trust", "enabler"), ("trust", "barrier"), ("timing", "enabler"), ("none", "")


@pytest.mark.parametrize(
    ("said", "marks", "disputed"),
    [
        ([TRUST], "trust:enabler", 0),
        ([NONE], "", 0),
        ([TRUST, TRUST], "trust:enabler", 0),
        ([TRUST, NONE], "", 1),
        ([TRUST, TIMING], "", 1),
        ([TRUST, TURNED], "", 1),
        ([TRUST, TRUST, NONE], "trust:enabler", 1),
        ([TRUST, TRUST, TURNED], "trust:enabler", 1),
        ([TRUST, TIMING, NONE], "", 1),
    ],
)
def test_more_than_half_of_the_coders_decide_and_a_tie_decides_nothing(
    tmp_path, study, said, marks, disputed
):
    comments = read(tmp_path, study, majority(*said))
    assert comments.marks == {case_digest("c0", "A", key=KEY): marks}
    found = comments.told(accepted(ALL_CASES))
    assert found.account["n_passages_disputed"] == disputed
    assert len(found.tables["disagreements"]) == disputed * len(said)
    assert sum(row["n_passages"] for row in found.tables["passages"]) == bool(marks)


def test_a_case_has_the_themes_of_all_its_passages_in_the_order_of_the_codebook(tmp_path, study):
    rows = [
        coding("p1", case_id="c0", theme="timing"),
        coding("p2", case_id="c0", direction="barrier"),
        coding("p3", case_id="c0"),
        coding("p4", team="B", case_id="c1"),
        coding("p5"),
    ]
    assert read(tmp_path, study, rows).marks == {
        case_digest("c0", "A", key=KEY): "trust:enabler+trust:barrier+timing:enabler",
        case_digest("c1", "B", key=KEY): "trust:enabler",
    }


def test_codings_number_the_coders_and_never_name_them(told):
    rows = [
        *(coding("p1", coder="Ben"), coding("p1", theme="timing", coder="Ben")),
        coding("p1", theme="none", direction="", coder="Cas"),
        coding("p2", coder="Ben"),
    ]
    found = told(rows).tables["codings"]
    assert {row["theme"]: row["codings"] for row in found} == {
        "all": "coder 2=trust&timing+coder 3=none",
        "trust": "coder 2=yes+coder 3=no",
        "timing": "coder 2=yes+coder 3=no",
        "family": "coder 2=no+coder 3=no",
    }
    assert {row["n_passages"] for row in found} == {1}


def test_the_order_of_rows_does_not_matter_where_nothing_is_rejected(told):
    rows = [*majority(TRUST, TIMING, TRUST), coding("p2", team="B"), coding("p3", case_id="c3")]
    one, other = told(rows), told(rows[::-1])
    for name in ("passages", "codings"):
        assert one.tables[name] == other.tables[name]


def quoted(told):
    return [row["excerpt"] for row in told.tables["quotes"]]


def test_only_cleared_excerpts_of_accepted_rows_are_quoted_once_a_passage(told):
    rows = [
        coding("p1", excerpt="yes, first", cleared="Yes"),
        coding("p1", coder="Ben", excerpt="yes, second", cleared="yes"),
        coding("p2", excerpt="nobody decided"),
        coding("p3", excerpt="refused", cleared="no"),
        coding("p4", coder="Zoe", excerpt="rejected", cleared="yes"),
        coding("p5", team="D", excerpt="no such service", cleared="yes"),
        coding("p6", theme="none", direction="", excerpt="no theme", cleared="yes"),
    ]
    found = told(rows)
    assert quoted(found) == ["yes, first"]
    fate = ("n_quotes", "n_not_cleared", "n_cleared_without_theme")
    assert [found.account[name] for name in fate] == [1, 2, 1]


@pytest.mark.parametrize(
    "word", [{"cleared": "no"}, {"cleared": "No", "theme": "Zebedee"}, {"cleared": "not yet"}]
)
def test_one_word_against_it_keeps_a_passage_back_even_in_a_rejected_row(told, word):
    rows = [coding("p1", excerpt="cleared", cleared="yes"), coding("p1", coder="Ben") | word]
    assert quoted(told(rows)) == []


def test_a_quote_stands_under_an_agreed_theme(told):
    rows = [
        coding("p1", theme="timing", excerpt="a  quote\nof two lines", cleared="yes"),
        *(coding("p1", coder=coder, direction="barrier") for coder in ("Ben", "Cas")),
    ]
    assert told(rows).tables["quotes"] == [
        {"theme": "trust", "direction": "barrier", "excerpt": "a quote of two lines"}
    ]


def test_quotes_are_ordered_by_the_codebook_and_text_so_they_tell_nothing_of_services(told):
    rows = [
        coding("p1", theme="timing", excerpt="d", cleared="yes"),
        coding("p2", team="C", excerpt="b", cleared="yes"),
        coding("p3", team="B", excerpt="a", cleared="yes"),
        coding("p4", team="A", direction="barrier", excerpt="c", cleared="yes"),
    ]
    assert quoted(told(rows)) == ["a", "b", "c", "d"]


def test_an_ods_file_reads_as_the_same_csv_file(tmp_path, study, told):
    from odfdo import Cell, Document, Row, Table

    rows = [coding("p1"), coding("p2", theme="Zebedee", coder="Ben")]
    table = Table("coded")
    for values in (HEADINGS, *(row.values() for row in rows)):
        line = Row()
        line.extend_cells([Cell(value) for value in values])
        table.append_row(line)
    document = Document("spreadsheet")
    document.body.clear()
    document.body.append(table)
    document.save(tmp_path / "coded.ods")
    found = coded_comments([tmp_path / "coded.ods"], study, key=KEY).told(accepted(ALL_CASES))
    assert found.tables["passages"] == told(rows).tables["passages"]
    assert rules(found) == {3: ["unknown_code:theme"]}


def test_marks_reach_the_tally_and_no_excerpt_does(tmp_path, study):
    rows = [
        coding("p1", case_id="c0", excerpt="a secret sentence"),
        coding("p2", team="B", case_id="c1", direction="barrier"),
        coding("p3", team="B", case_id="c0"),  # that case is of team A
    ]
    tally = counted(tmp_path, study, CASES, rows)
    marks = {(row.service, row.marks): row.n_cases for row in tally.marks.itertuples()}
    assert marks == {
        **{("A", "trust:enabler"): 1, ("A", ""): 3},
        **{("B", "trust:barrier"): 1, ("B", ""): 3},
        ("C", ""): 4,
    }
    assert tally.facts["comments"]["n_rejected"] == 1
    assert "secret" not in str(tally)


def test_an_excerpt_that_is_not_cleared_is_written_nowhere(tmp_path):
    small_study(tmp_path / "study", CODED)
    out = tmp_path / "results"
    rows = [
        coding("p1", case_id="c0", excerpt="SECRET one"),
        coding("p2", excerpt="SECRET two", cleared="no"),
        coding("p3", coder="Zoe", excerpt="SECRET three", cleared="yes"),
        coding("p4", excerpt="open", cleared="yes"),
    ]
    (tmp_path / "coded.csv").write_text(csv_text(rows), encoding="utf-8")
    (tmp_path / "cases.csv").write_text(csv_text(CASES), encoding="utf-8")
    tally, listed = count_step(
        out,
        [tmp_path / "cases.csv"],
        tmp_path / "study",
        comments=[tmp_path / "coded.csv"],
        allow=["item_nobody_has"],
    )
    written = [*tally.values(), *listed.values()]
    assert not [path for path in written if b"SECRET" in Path(path).read_bytes()]
    tables = [path for name, path in tally.items() if name != "facts"]
    assert not [path for path in tables if "SECRET" in str(pd.read_parquet(path).to_numpy())]
    with (out / "quotes.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == [{"theme": "trust", "direction": "enabler", "excerpt": "open"}]


def test_the_committed_example_is_read_without_a_reject():
    from desistance.study import read_study

    root = Path(__file__).parents[1]
    study = read_study(root / "studies" / "bulletin_2021_03")
    cases = pd.read_csv(root / "data/example/made_up_cases.csv", dtype=str)
    pairs = list(zip(cases["case_id"], cases["service"], strict=True))
    found = coded_comments([root / "data/example/made_up_comments.csv"], study, key=KEY).told(accepted(pairs))
    account = found.account
    assert account["made_up"] is True
    assert account["n_rejected"] == 0
    assert account["n_quotes"] == 6
    assert {row["theme"] for row in found.tables["passages"]} == {theme.id for theme in study.codebook.themes}
    assert 0.15 < account["n_passages_two_coders"] / account["n_passages"] < 0.25
    assert all(row["excerpt"].startswith("[Made up]") for row in found.tables["quotes"])


def test_making_the_example_again_gives_the_committed_bytes(tmp_path):
    from desistance.example.comments import write_comments

    root = Path(__file__).parents[1]
    shutil.copy(root / "data/example/made_up_cases.csv", tmp_path)
    write_comments(tmp_path, study_folder=root / "studies" / "bulletin_2021_03")
    for name in ("made_up_comments.csv", "made_up_comments.json"):
        assert (tmp_path / name).read_bytes() == (root / "data/example" / name).read_bytes(), (
            "desistance example makes the example again"
        )
