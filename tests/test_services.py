"""The table of services: read from CSV or ODS, every rule, and what must not be mixed."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from desistance.errors import RecordsError, StudyError
from desistance.example.services import (
    ServicesPlan,
    made_up_services,
    read_services_plan,
    write_services,
)
from desistance.records.services import described_services
from desistance.records.sheets import read_sheet
from desistance.records.told import LISTED, told_table, write_listed
from desistance.scan.together import the_only
from desistance.study import read_study
from records_builder import STUDY, case, count_step, csv_text, small_study

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "data/example/made_up_services.csv"
BULLETIN = ROOT / "studies/bulletin_2021_03"
SERVICES = """\
services:
  providers: [{code: own, label: Own staff}, {code: other, label: Others}]
  nobody: nobody
  provisions: [{id: rehab, label: Rehab, factor: drugs}, {id: housing, label: Housing}]
  facts: [{id: hub, label: Hub}]
  rates: [{id: idle, label: Idle, part: idle_young, whole: all_young}]
  wide_range: 2
  delivery: sufficiency
"""


def service(name, **values):
    """A row that breaks no rule; values replace its own."""
    row = {
        "team": name,
        "provider_rehab": "own;other",
        "gap_rehab": "no",
        "provider_housing": "nobody",
        "gap_housing": "yes",
        "hub": "yes",
        "idle_young": "3",
        "all_young": "10",
    }
    return row | values


@pytest.fixture
def study(tmp_path):
    return small_study(tmp_path / "study", STUDY + SERVICES)


def told_of(folder, study, rows, services=("A", "B", "C"), **options):
    path = folder / "services.csv"
    path.write_text(csv_text(rows, **options), encoding="utf-8")
    return described_services(path, study, services)


def rules(told):
    return [(row["row"], row["rules"].split(";")) for row in told.tables["rejected_services"]]


def answers(told, item):
    return [
        (row["service"], row["answer"], row["n"]) for row in told.tables["answers"] if row["item"] == item
    ]


def test_a_service_gives_one_row_for_each_provider_and_its_numbers_as_numbers(tmp_path, study):
    told = told_of(
        tmp_path, study, [service("A"), service("B", provider_rehab="other; own;other", idle_young="")]
    )
    assert answers(told, "provider_rehab") == [(s, code, 1) for s in "AB" for code in ("own", "other")]
    assert answers(told, "provider_housing") == [("A", "nobody", 1), ("B", "nobody", 1)]
    assert answers(told, "gap_housing") == [("A", "yes", 1), ("B", "yes", 1)]
    assert answers(told, "idle_young") == [("A", "n", 3), ("B", "not_recorded", 1)]
    assert answers(told, "all_young") == [("A", "n", 10), ("B", "n", 10)]
    assert told.account == {
        "files": [
            {
                "name": "services.csv",
                "sha256": hashlib.sha256((tmp_path / "services.csv").read_bytes()).hexdigest(),
                "n_rows": 2,
            }
        ],
        "n_read": 2,
        "n_accepted": 2,
        "n_rejected": 0,
        "rejected_by_rule": {},
        "made_up": False,
        "n_services_not_described": 1,
    }


def test_the_three_kinds_of_missing_stay_apart(tmp_path, study):
    kinds = {"A": "not applicable", "B": "not known", "C": ""}
    rows = [
        service(name, **dict.fromkeys(("provider_rehab", "gap_rehab", "hub", "idle_young"), code))
        for name, code in kinds.items()
    ]
    told = told_of(tmp_path, study, rows)
    states = [("A", "not_applicable", 1), ("B", "not_known", 1), ("C", "not_recorded", 1)]
    for item in ("provider_rehab", "gap_rehab", "hub", "idle_young"):
        assert answers(told, item) == states


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"provider_rehab": "own;cousin"}, "unknown_code:provider_rehab"),
        ({"provider_rehab": "own;not known"}, "unknown_code:provider_rehab"),
        ({"provider_rehab": "nobody;own"}, "provider_and_nobody:provider_rehab"),
        ({"gap_housing": "perhaps"}, "unknown_code:gap_housing"),
        ({"hub": "1"}, "unknown_code:hub"),
        ({"idle_young": "three"}, "not_a_number:idle_young"),
        ({"idle_young": "-1"}, "not_a_number:idle_young"),
        ({"all_young": "10.5"}, "not_a_number:all_young"),
        ({"all_young": "9" * 30}, "not_a_number:all_young"),
        ({"all_young": "٣"}, "not_a_number:all_young"),
        ({"idle_young": "11"}, "part_over_whole:idle"),
        ({"team": ""}, "service_missing"),
        ({"team": "A"}, "duplicate_service"),
        ({"team": "Z"}, "service_without_records"),
    ],
)
def test_a_row_that_breaks_a_rule_goes_whole_to_the_rejects_and_the_rest_stay(tmp_path, study, values, rule):
    rows = [service("A"), service("B", **values), service("C")]
    told = told_of(tmp_path, study, rows)
    assert rules(told) == [(3, [rule])]
    assert {row["service"] for row in told.tables["answers"]} == {"A", "C"}
    assert {name: told.tables["rejected_services"][0][name] for name in rows[1]} == rows[1]
    account = told.account
    assert (account["n_read"], account["n_accepted"], account["n_rejected"]) == (3, 2, 1)
    assert account["rejected_by_rule"] == {rule: 1}
    assert account["n_services_not_described"] == 1


def test_every_reason_of_a_row_is_given(tmp_path, study):
    bad = service("", provider_rehab="x", gap_rehab="x", idle_young="12", all_young="9")
    told = told_of(tmp_path, study, [bad])
    broken = [
        "service_missing",
        "unknown_code:provider_rehab",
        "unknown_code:gap_rehab",
        "part_over_whole:idle",
    ]
    assert rules(told) == [(2, broken)]
    assert told.account["rejected_by_rule"] == dict.fromkeys(sorted(broken), 1)
    assert told.tables["answers"] == []


def test_a_row_with_too_many_or_too_few_values_is_rejected_and_judged_no_further(tmp_path, study):
    text = csv_text([service("A"), service("B"), service("C")]).splitlines()
    text[2] += ",yes"
    text[3] = text[3].rsplit(",", 2)[0]
    path = tmp_path / "services.csv"
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    told = described_services(path, study, "ABC")
    assert rules(told) == [(3, ["wrong_number_of_values"]), (4, ["wrong_number_of_values"])]


def test_nothing_is_lost_on_the_way_to_the_files(tmp_path, study):
    told = told_of(tmp_path, study, [service("A"), service("B", hub="perhaps"), service("C")])
    paths = {name: tmp_path / name for name in LISTED}
    write_listed(told, paths)
    rejected = pd.read_csv(paths["rejected_services"], dtype=str, keep_default_na=False)
    assert rejected.to_dict("records") == [
        {"file": "services.csv", "row": "3", "rules": "unknown_code:hub", **service("B", hub="perhaps")}
    ]
    assert told_table("answers", told).num_rows == len(told.tables["answers"]) > 0


def test_moved_columns_semicolons_blank_rows_and_a_byte_order_mark_change_nothing(tmp_path, study):
    rows = [service("A"), service("B", provider_rehab="other")]
    plain = told_of(tmp_path, study, rows)
    moved = [{"notes": "x", **dict(reversed(row.items()))} for row in rows]
    text = "\ufeff" + csv_text(moved, delimiter=";").replace("\n", "\n;;;;;;;;\n\n", 1)
    path = tmp_path / "moved.csv"
    path.write_text(text, encoding="utf-8")
    assert described_services(path, study, "ABC").tables == plain.tables


def test_row_numbers_are_those_a_spreadsheet_shows(tmp_path, study):
    lines = csv_text([service("A", hub='"two\nlines"'), service("B"), service("Z")]).replace('"""', '"')
    lines = lines.replace('""', "").replace("\nB,", "\n\n,,,,,,,\nB,")
    path = tmp_path / "services.csv"
    path.write_text(lines, encoding="utf-8")
    told = described_services(path, study, "ABC")
    assert rules(told) == [(2, ["unknown_code:hub"]), (6, ["service_without_records"])]


def ods(path, *sheets):
    from odfdo import Document, Table

    document = Document("spreadsheet")
    document.body.clear()
    for number, rows in enumerate(sheets):
        table = Table(f"sheet {number}")
        for down, row in enumerate(rows):
            for across, value in enumerate(row):
                table.set_value((across, down), value)
        document.body.append(table)
    document.save(path)
    return path


def test_an_ods_sheet_reads_as_the_same_csv(tmp_path, study):
    rows = [service("A"), service("B", idle_young="12"), service("C", hub="not known")]
    plain = told_of(tmp_path, study, rows)
    cells = [[int(text) if text.isdecimal() else text or None for text in row.values()] for row in rows]
    path = ods(tmp_path / "services.ods", [["read me"]], [list(rows[0]), *cells])
    told = described_services(path, study, "ABC")
    assert told.tables["answers"] == plain.tables["answers"]
    assert rules(told) == rules(plain) == [(3, ["part_over_whole:idle"])]


def test_values_of_an_ods_sheet_are_those_stored_and_repeats_are_unfolded(tmp_path):
    import datetime

    from odfdo import Document

    path = ods(
        tmp_path / "x.ods",
        [
            ["b", "a", "c"],
            ["x  y", 3.0, datetime.date(2020, 1, 2)],
            [None, None, None],
            ["x", 0.1, True],
            ["", "", " end "],
        ],
    )
    document = Document(path)
    table = document.body.tables[0]
    row = table.get_row(1)
    row.repeated = 2
    table.set_row(1, row)
    document.save(path)
    found = read_sheet(path, ["a", "b"], optional=["c", "d"])
    assert [(row.number, tuple(row.values.items()), row.malformed) for row in found] == [
        (2, (("a", "3"), ("b", "x  y"), ("c", "2020-01-02"), ("d", "")), False),
        (3, (("a", "3"), ("b", "x  y"), ("c", "2020-01-02"), ("d", "")), False),
        (5, (("a", "0.1"), ("b", "x"), ("c", "true"), ("d", "")), False),
        (6, (("a", ""), ("b", ""), ("c", "end"), ("d", "")), False),
    ]


def test_repeated_cells_of_an_ods_sheet_stand_under_their_headings(tmp_path):
    from odfdo import Cell, Document, Row, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("one")
    for cells in (
        [Cell(name) for name in "abcd"],
        [Cell("x", repeated=3), Cell("y")],
        [Cell(repeated=3), Cell("z"), Cell(repeated=16000)],
    ):
        row = Row()
        for cell in cells:
            row.append_cell(cell)
        table.append_row(row)
    document.body.append(table)
    document.save(tmp_path / "x.ods")
    values = [list(row.values.values()) for row in read_sheet(tmp_path / "x.ods", list("abcd"))]
    assert values == [["x", "x", "x", "y"], ["", "", "", "z"]]


def test_an_ods_cell_reads_without_the_note_pinned_to_it_and_with_its_spaces(tmp_path):
    from odfdo import Annotation, Document, Element, Table

    document = Document("spreadsheet")
    document.body.clear()
    table = Table("one")
    table.set_value("A1", "a")
    table.set_value("A2", "x")
    cell = table.get_cell("A2")
    cell.clear()
    cell.set_attribute("office:value-type", "string")
    cell.append(Annotation("secret"))
    cell.append(Element.from_tag('<text:p>two<text:s text:c="2"/><text:span>words</text:span></text:p>'))
    table.set_cell("A2", cell)
    document.body.append(table)
    document.save(tmp_path / "x.ods")
    assert [row.values["a"] for row in read_sheet(tmp_path / "x.ods", ["a"])] == ["two  words"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("x.csv", b"", "is empty"),
        ("x.ods", b"", "is empty"),
        ("x.ods", b"no sheet", "none of the headings"),
        ("x.ods", b"PK\3\4 no sheet", "cannot be|damaged"),
        ("x.csv", b"a,b\n\xff\xfe,1\n", "not text in UTF-8"),
        ("x.csv", b'a,b\n"1,2\n', "cannot be read as CSV"),
        ("x.csv", b"\n\n", "has no rows"),
        ("x.csv", b"a,c\n1,2\n", "lacks the heading 'b'; headings found: a, c"),
        ("x.csv", b"a,b,a\n1,2,3\n", "has the heading 'a' more than once"),
        (
            "x.csv",
            b"secret,word\n1,2\n",
            "none of the headings in its first row, which must hold them: a, b$",
        ),
    ],
)
def test_a_sheet_that_cannot_be_read_says_why_and_shows_no_value(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordsError, match=message) as refused:
        read_sheet(path, ["a", "b"])
    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(RecordsError, match="is not there"):
        read_sheet(tmp_path / "gone.ods", ["a"])


def test_a_table_without_rows_or_a_study_without_the_question_is_refused(tmp_path, study):
    with pytest.raises(RecordsError, match="headings but no rows"):
        told_of(tmp_path, study, [], headings=list(service("A")))
    silent = small_study(tmp_path / "silent")
    with pytest.raises(RecordsError, match="asks nothing of services"):
        told_of(tmp_path, silent, [service("A")])


def test_made_up_and_other_services_cannot_stand_in_one_table(tmp_path, study):
    told = told_of(tmp_path, study, [service("A", made_up="made up"), service("Z", made_up="yes")])
    assert told.account["made_up"] is True
    with pytest.raises(RecordsError, match="must not be mixed"):
        told_of(tmp_path, study, [service("A", made_up="made up"), service("B", made_up="")])


@pytest.mark.parametrize("heading", ["Made_up", "Made Up", "MADE-UP"])
def test_the_mark_of_made_up_services_may_be_spelled_as_in_records(tmp_path, study, heading):
    rows = [{**service(name), heading: "x"} for name in "AB"]
    assert told_of(tmp_path, study, rows).account["made_up"] is True


def test_malformed_rows_do_not_decide_whether_a_table_is_made_up(tmp_path, study):
    rows = [service("A", made_up="made up"), service("B", made_up="made up")]
    path = tmp_path / "services.csv"
    path.write_text(csv_text(rows).replace("B,own;other", "B"), encoding="utf-8")
    told = described_services(path, study, "ABC")
    assert (rules(told), told.account["made_up"]) == ([(3, ["wrong_number_of_values"])], True)
    path.write_text(csv_text(rows).replace("\n", ",x\n").replace(",x", "", 1), encoding="utf-8")
    told = described_services(path, study, "ABC")
    assert (told.account["n_rejected"], told.account["made_up"]) == (2, True)


@pytest.mark.parametrize(("records", "services"), [("", "made up"), ("made up", "")])
def test_made_up_services_cannot_stand_beside_other_records(tmp_path, study, records, services):
    cases, table = tmp_path / "cases.csv", tmp_path / "services.csv"
    cases.write_text(csv_text([case(n, made_up=records) for n in range(12)]), encoding="utf-8")
    table.write_text(csv_text([service(name, made_up=services) for name in "ABC"]), encoding="utf-8")
    asked = (tmp_path / "out", [cases], tmp_path / "study")
    with pytest.raises(RecordsError, match="must not be mixed"):
        count_step(*asked, services=[table])
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    table.write_text(csv_text([service(name, made_up=records) for name in "ABC"]), encoding="utf-8")
    odd = ["item_nobody_has"]
    tally, listed = count_step(*asked, services=[table], allow=odd)
    account = json.loads(Path(listed["quality"]).read_text(encoding="utf-8"))
    assert account["services"]["n_accepted"] == 3
    assert len(pd.read_parquet(tally["answers"])) == 3 * 8


def test_two_tables_of_services_are_refused():
    with pytest.raises(RecordsError, match="matches 2 files"):
        the_only([Path("a.csv"), Path("b.csv")])
    assert (the_only([Path("a.csv")]), the_only([])) == (Path("a.csv"), None)


def test_making_the_table_again_gives_the_committed_bytes(tmp_path):
    write_services(tmp_path, study_folder=BULLETIN)
    for name in ("made_up_services.csv", "made_up_services.json"):
        assert (tmp_path / name).read_bytes() == (EXAMPLE.parent / name).read_bytes(), name


@pytest.fixture(scope="module")
def example():
    return pd.read_csv(EXAMPLE, dtype=str, keep_default_na=False)


def test_the_made_up_table_describes_the_services_of_the_made_up_cases(example):
    cases = pd.read_csv(EXAMPLE.with_name("made_up_cases.csv"), usecols=["service"])["service"].value_counts()
    told = described_services(EXAMPLE, read_study(BULLETIN), set(cases.index))
    assert (told.account["n_accepted"], told.account["n_services_not_described"]) == (43, 0)
    children = example.set_index("service")[["children_under_16", "children_16_and_over"]]
    known = children[(children != "").all(axis=1)].astype(int).sum(axis=1)
    assert (known >= cases[known.index]).all()
    assert (known - cases[known.index] / 0.75).abs().max() <= 0.5


def test_each_provider_and_gap_stands_in_as_many_made_up_services_as_planned(example):
    plan = read_services_plan(BULLETIN)
    unanswered = {
        name: n for kind in ("not_known", "not_recorded") for name, n in plan.unanswered[kind].items()
    }
    for provision, counts in plan.provisions["services"].items():
        cells = example[f"provider_{provision}"]
        for code in set(counts) - {"gap"}:
            has = cells.str.split(";").map(lambda cell, code=code: code in cell).sum()
            assert counts[code] - unanswered.get(f"provider_{provision}", 0) <= has <= counts[code]
        gap = example[f"gap_{provision}"]
        assert counts["gap"] - unanswered.get(f"gap_{provision}", 0) <= (gap == "yes").sum() <= counts["gap"]
        assert (gap[(cells == "nobody") & gap.isin(["yes", "no"])] == "yes").all()
    assert (example["hub"] == "yes").sum() == plan.facts["services"]["hub"]
    assert ((example == "not known").sum().sum(), (example == "").sum().sum()) == (3, 2)


def test_every_place_says_that_the_services_are_made_up(example):
    about = json.loads(EXAMPLE.with_suffix(".json").read_text(encoding="utf-8"))
    assert about["made_up"] is True
    assert "made up" in about["statement"]
    assert about["sha256"] == hashlib.sha256(EXAMPLE.read_bytes()).hexdigest()
    assert len(about["assumptions"]) == 4
    assert (example["made_up"] == "made up").all()


def test_another_seed_deals_the_same_numbers_to_other_services(example):
    import numpy as np

    study, plan = read_study(BULLETIN), read_services_plan(BULLETIN)
    table = made_up_services(study, plan, np.full(43, 27), np.random.default_rng(1))
    assert (table["gap_reparation"] == "yes").sum() == (example["gap_reparation"] == "yes").sum()
    assert (table["gap_reparation"] != example["gap_reparation"]).any()


def test_a_plan_with_an_unknown_section_or_too_few_providers_is_refused(tmp_path):
    import numpy as np

    with pytest.raises(StudyError, match="is not there"):
        read_services_plan(tmp_path)
    plan = yaml.safe_load((BULLETIN / "example_services.yaml").read_text(encoding="utf-8"))
    (tmp_path / "example_services.yaml").write_text(yaml.safe_dump({**plan, "more": 1}), encoding="utf-8")
    with pytest.raises(StudyError, match="unknown: \\['more'\\]"):
        read_services_plan(tmp_path)
    plan["provisions"]["services"]["girls"] |= {"in_house": 1}
    with pytest.raises(StudyError, match="fewer providers"):
        made_up_services(
            read_study(BULLETIN), ServicesPlan(**plan), np.full(43, 27), np.random.default_rng(1)
        )
