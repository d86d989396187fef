"""Several rows of a case made one, and long layouts made wide: the same tally as from one row a case."""

import datetime as dt
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rewritten_example as rewritten
from desistance.errors import RecordsError, StudyError
from desistance.records.gather import Gathering
from desistance.steps import logged
from desistance.study import read_study
from desistance.tallies import TABLES, add_tallies, count_records, write_tally
from records_builder import STUDY, Ingested, case, count_step, csv_text, in_batches_of, small_study


def tally_bytes(folder, ingested, study):
    paths = {name: folder / f"{name}.parquet" for name in TABLES} | {"facts": folder / "facts.json"}
    write_tally(count_records([ingested.records], study, ingested.account), paths)
    return {name: paths[name].read_bytes() for name in TABLES}


def read_example(folder, rows, text, mapping=None):
    folder.mkdir()
    (folder / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    if mapping:
        (folder / "mapping.yaml").write_text(mapping, encoding="utf-8")
    crosswalk = rewritten.STUDY.with_name("crosswalk.yaml").read_bytes()
    (folder / "crosswalk.yaml").write_bytes(crosswalk)
    study = small_study(folder, text)
    files = [folder / "cases.csv"]
    return Ingested(folder, files, study, mapping=folder / "mapping.yaml" if mapping else None), study


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    study = read_study(rewritten.STUDY.parent)
    return tally_bytes(folder, Ingested(folder, [rewritten.PLAIN], study), study)


@pytest.mark.parametrize("kind", ["several", "long"])
def test_the_example_written_otherwise_gives_the_same_tables_byte_for_byte(tmp_path, plain, kind):
    rows = rewritten.extract(kind)
    done, study = read_example(tmp_path / "x", rows, rewritten.study_text(kind), rewritten.mapping_text(kind))
    assert done.account["rejected_by_rule"] == {}
    assert done.account["gathered"] == {"n_rows": len(rows), "n_cases": 1168}
    found = tally_bytes(tmp_path / "x", done, study)
    for name in TABLES:
        assert found[name] == plain[name], name


# Which row counts.
ROWS = (
    """\
id: gathered
title: Several rows a case
source: {citation: None}
columns: {case: case_id, service: team, date: {column: seen_on, first: 2018-06-01, last: 2020-02-29}}
measures:
  - {id: drugs, label: Drugs, column: drugs}
bands:
  - {id: concern, label: Concern, column: concern, levels: [{code: low, label: Low}, {code: high, label: High}]}
breakdowns:
  - {id: in_care, label: In care, column: in_care, levels: [{code: "no", label: No}, {code: "yes", label: Yes}]}
inputs: {care_from: date, care_to: date, assessed_on: date}
derivations:
  in_care: {within_spells: {start: [care_from], end: [care_to], end_day: included}, at: seen_on}
"""
    "one_row_per_case: {keep: latest, by: assessed_on}\n"
)


def row(number, assessed_on="2019-01-01", **values):
    own = {"case_id": f"c{number}", "team": "A", "seen_on": "2019-06-15", "drugs": "no", "concern": "low"}
    return own | {"care_from": "", "care_to": "", "assessed_on": assessed_on} | values


def gathered(folder, rows, text=ROWS, **options):
    folder.mkdir(exist_ok=True)
    (folder / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    return Ingested(folder, [folder / "cases.csv"], small_study(folder, text), **options)


@pytest.mark.parametrize(
    ("keep", "by", "expected"),
    [
        ("latest", "assessed_on", "not_known"),
        ("earliest", "assessed_on", "yes"),
        ("latest", "seen_on", "no"),
        ("earliest", "seen_on", "yes"),
        ("most_serious", "concern", "no"),
    ],
)
def test_the_row_that_counts_is_the_one_the_study_says(tmp_path, keep, by, expected):
    rows = [
        row(1, "2019-01-01", drugs="yes", seen_on="2019-01-01"),
        row(1, "2019-03-01", drugs="no", seen_on="2019-04-01", concern="high"),
        row(1, "2019-10-01", drugs="not known", seen_on="2019-03-01"),
    ]
    text = ROWS.replace("latest, by: assessed_on", f"{keep}, by: {by}")
    if by != "assessed_on":
        text = text.replace(", assessed_on: date", "")
    assert list(gathered(tmp_path, rows, text).records["drugs"]) == [expected]


def test_of_rows_that_tie_the_first_counts(tmp_path):
    rows = [row(1, drugs="yes"), row(2, drugs="no"), row(1, drugs="no"), row(2, drugs="yes")]
    assert list(gathered(tmp_path, rows).records["drugs"]) == ["yes", "no"]


def test_a_row_without_what_it_is_chosen_by_counts_only_where_there_is_no_other(tmp_path):
    rows = [row(1, "", drugs="yes"), row(1, "2019-01-01"), row(2, "not known", drugs="yes")]
    assert list(gathered(tmp_path, rows).records["drugs"]) == ["no", "yes"]


def test_a_band_that_is_missing_is_less_serious_than_any(tmp_path):
    text = ROWS.replace("latest, by: assessed_on", "most_serious, by: concern").replace(
        ", assessed_on: date", ""
    )
    rows = [
        row(1, concern="not known", drugs="yes"),
        row(1, concern="low"),
        row(2, concern=""),
        row(2, concern=""),
    ]
    assert list(gathered(tmp_path, rows, text).records["concern"]) == ["low", "not_recorded"]


@pytest.mark.parametrize(
    ("keep", "wrong", "rule"),
    [
        ("latest, by: assessed_on", {"assessed_on": "soon"}, "date_unreadable:assessed_on"),
        ("earliest, by: assessed_on", {"assessed_on": "soon"}, "date_unreadable:assessed_on"),
        ("latest, by: seen_on", {"seen_on": "soon"}, "date_unreadable"),
        ("most_serious, by: concern", {"concern": "yes"}, "unknown_code:concern"),
    ],
)
def test_a_case_of_which_no_one_can_tell_the_row_that_counts_is_rejected(tmp_path, keep, wrong, rule):
    text = ROWS.replace("latest, by: assessed_on", keep)
    if "assessed_on" not in keep:
        text = text.replace(", assessed_on: date", "")
    done = gathered(tmp_path, [row(1), row(1, **wrong), row(1, "2019-08-01"), row(2)], text)
    assert done.rules == [(3, [rule])]
    assert (done.account["n_read"], done.account["n_accepted"]) == (2, 1)


def test_a_rejected_case_is_traced_to_the_row_that_counts(tmp_path):
    rows = [row(1), row(2), row(1, "2019-02-01", drugs="perhaps"), row(2, "2018-01-01", drugs="perhaps")]
    done = gathered(tmp_path, rows)
    assert done.rules == [(4, ["unknown_code:drugs"])]
    account = done.account
    assert account["n_read"] == account["n_accepted"] + account["n_rejected"] == 2
    assert account["gathered"] == {"n_rows": 4, "n_cases": 2}
    assert account["files"][0]["n_rows"] == 4


def test_rows_without_a_case_number_are_each_rejected(tmp_path):
    done = gathered(tmp_path, [row(1, case_id=""), row(1, case_id=" "), row(2)])
    assert done.rules == [(2, ["case_missing"]), (3, ["case_missing"])]


def test_a_malformed_row_is_nobodys_and_counts_as_read(tmp_path):
    lines = csv_text([row(1), row(1, "2019-05-01", drugs="yes"), row(2)]).splitlines()
    lines.insert(2, "c1,A")
    (tmp_path / "cases.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = Ingested(tmp_path, [tmp_path / "cases.csv"], small_study(tmp_path, ROWS))
    assert done.rules == [(3, ["wrong_number_of_values"])]
    assert (done.account["n_read"], done.account["n_accepted"]) == (3, 2)
    assert list(done.records["drugs"]) == ["yes", "no"]


def test_a_mixture_of_made_up_and_other_rows_is_refused_though_only_one_counts(tmp_path):
    rows = [row(1, made_up="made up"), row(1, "2018-12-01", made_up="")]
    with pytest.raises(RecordsError, match="made-up and other records must not be mixed"):
        gathered(tmp_path, rows)


def test_files_that_change_between_the_two_readings_are_refused(tmp_path, monkeypatch):
    kept = Gathering.kept

    def changing(self, batch, before):
        grown = self.n_rows + 1
        object.__setattr__(self, "n_rows", grown)
        return kept(self, batch, before)

    monkeypatch.setattr(Gathering, "kept", changing)
    with pytest.raises(RecordsError, match="changed while they were read"):
        gathered(tmp_path, [row(1)])


# Spells of all rows.
def test_spells_are_taken_from_every_row_of_a_case(tmp_path):
    rows = [
        row(1, "2019-01-01", care_from="2019-06-01", care_to="2019-07-01"),
        row(1, "2019-02-01", care_from="2015-01-01", care_to="2015-02-01"),
        row(2, "2019-02-01"),
        row(2, "2019-01-01", care_from="2019-06-16"),
        row(3, "2019-01-01", care_from="2019-06-15"),
    ]
    for text in (ROWS, ROWS.replace("keep: latest", "keep: earliest")):
        assert list(gathered(tmp_path, rows, text).records["in_care"]) == ["yes", "no", "yes"]


@pytest.mark.parametrize(
    ("spell", "rule"),
    [
        ({"care_from": "soon"}, "spell_unreadable:in_care"),
        ({"care_from": "2019-02-01", "care_to": "2019-01-01"}, "spell_ends_before_start:in_care"),
    ],
)
def test_a_wrong_spell_in_a_row_that_does_not_count_rejects_the_case(tmp_path, spell, rule):
    done = gathered(tmp_path, [row(1, "2019-05-01"), row(1, "2018-01-01", **spell), row(2)])
    assert done.rules == [(2, [rule])]


# Laws.
moments = st.dates(dt.date(2018, 7, 1), dt.date(2018, 7, 9)).map(str)
some_rows = st.lists(
    st.builds(
        row,
        st.integers(1, 4),
        assessed_on=moments | st.sampled_from(["", "not known", "soon"]),
        drugs=st.sampled_from(["yes", "no", "not known", "perhaps"]),
        care_from=moments | st.just(""),
        care_to=moments | st.just(""),
        seen_on=moments,
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda each: (each["case_id"], each["assessed_on"]),
)


def contents(done):
    """What was found of each case; its rows have no order but that of the file."""
    frame = done.records.astype(str)
    account = {name: value for name, value in done.account.items() if name != "files"}
    rejects = sorted((each["case_id"], each["rules"]) for each in done.rejects)
    return sorted(map(tuple, frame.to_numpy().tolist())), account, rejects


def no_two_at_the_bottom(rows):
    """Whether at most one row of each case is missing what it is chosen by; two of these would tie."""
    bottom = [each["case_id"] for each in rows if each["assessed_on"] in ("", "not known")]
    return len(set(bottom)) == len(bottom)


@given(
    some_rows.filter(no_two_at_the_bottom).flatmap(
        lambda rows: st.tuples(st.just(rows), st.permutations(rows))
    )
)
@settings(max_examples=40)
def test_the_order_of_rows_does_not_matter_where_none_tie(tmp_path_factory, pair):
    first, second = (gathered(tmp_path_factory.mktemp("order"), rows) for rows in pair)
    assert contents(first) == contents(second)


@given(some_rows, st.integers(1, 400))
@settings(max_examples=25)
def test_nothing_depends_on_batches_or_files(tmp_path_factory, rows, cut):
    whole = gathered(tmp_path_factory.mktemp("whole"), rows)
    folder = tmp_path_factory.mktemp("parts")
    cut %= len(rows)
    parts = [part for part in (rows[:cut], rows[cut:]) if part]
    files = [folder / f"{number}.csv" for number in range(len(parts))]
    for path, part in zip(files, parts, strict=True):
        path.write_text(csv_text(part), encoding="utf-8")
    done = Ingested(folder, files, small_study(folder, ROWS))
    assert contents(done)[0] == contents(whole)[0]
    assert contents(done)[2] == contents(whole)[2]
    assert done.account["n_read"] == whole.account["n_read"] == len({each["case_id"] for each in rows})


@given(some_rows)
@settings(max_examples=25)
def test_one_row_a_case_is_left_as_it_is_byte_for_byte(tmp_path_factory, rows):
    single = list({each["case_id"]: each for each in rows}.values())
    once = gathered(tmp_path_factory.mktemp("once"), single)
    text = ROWS[: ROWS.index("one_row_per_case")].replace(", assessed_on: date", "")
    readable = [each for each in single if each["assessed_on"] != "soon"]
    if len(readable) < len(single):
        return
    plain = gathered(tmp_path_factory.mktemp("plain"), single, text)
    assert once.records.equals(plain.records)
    assert once.rejects == plain.rejects


def test_batches_may_end_between_the_rows_of_a_case(tmp_path, monkeypatch):
    rows = [
        row(number, f"2019-0{1 + turn}-01", drugs=("yes", "no")[turn])
        for turn in (1, 0)
        for number in range(40)
    ]
    whole = gathered(tmp_path / "a", rows)
    in_batches_of(monkeypatch, 200)
    assert contents(gathered(tmp_path / "b", rows)) == contents(whole)
    assert set(whole.records["drugs"]) == {"no"}


def test_tallies_of_parts_add_up_their_rows_and_cases(tmp_path):
    tallies = []
    for name in "ab":
        done = gathered(
            tmp_path / name, [row(f"{name}1"), row(f"{name}1", "2019-03-01"), row(f"{name}2", team="B")]
        )
        study = small_study(tmp_path / name, ROWS)
        tallies.append(count_records([done.records], study, done.account))
    assert add_tallies(tallies).facts["gathered"] == {"n_rows": 6, "n_cases": 4}


# Long layouts.
LONG = STUDY.replace(
    "factors:",
    """\
long: {item: factor, values: {"{factor}": present, "delivery_{factor}": delivered}}
factors:""",
    1,
)
FACTORS = ("drugs", "home")


def long_rows(rows):
    found = []
    for each in rows:
        each = dict(each)
        values = [(factor, each.pop(factor), each.pop(f"delivery_{factor}")) for factor in FACTORS]
        found += [
            each | dict(zip(("factor", "present", "delivered"), value, strict=True)) for value in values
        ]
    return found


judged = st.sampled_from(["yes", "no", "not known", "not applicable", ""])
wide_rows = st.lists(
    st.builds(
        lambda number, *values: case(
            number,
            **dict(
                zip(
                    [f"{start}{factor}" for start in ("", "delivery_") for factor in FACTORS],
                    values,
                    strict=True,
                )
            ),
        ),
        st.integers(0, 20),
        *[judged] * 4,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each["case_id"],
)


@given(wide_rows, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_wide_made_long_and_wide_again_is_the_same(tmp_path_factory, rows, random):
    wide = gathered(tmp_path_factory.mktemp("wide"), rows, STUDY)
    spread = long_rows(rows)
    long = gathered(tmp_path_factory.mktemp("long"), spread, LONG)
    assert long.records.equals(wide.records)
    assert [each[1] for each in long.rules] == [each[1] for each in wide.rules]
    assert long.account["missing"] == wide.account["missing"]
    assert long.account["gathered"] == {"n_rows": 2 * len(rows), "n_cases": len(rows)}
    random.shuffle(spread)
    assert contents(gathered(tmp_path_factory.mktemp("any"), spread, LONG)) == contents(long)


def test_what_a_case_has_no_row_for_is_not_recorded_or_what_the_study_says(tmp_path):
    rows = long_rows([case(0, drugs="no", delivery_drugs="not applicable")])[:1]
    found = gathered(tmp_path, rows, LONG).records
    assert (found["drugs"][0], found["home"][0], found["delivery_home"][0]) == (
        "no",
        "not_recorded",
        "not_recorded",
    )
    without = '{"{factor}": "no", "delivery_{factor}": not applicable}'
    said = LONG.replace("delivered}}", f"delivered}}, without_row: {without}}}")
    found = gathered(tmp_path, rows, said).records
    assert (found["home"][0], found["delivery_home"][0]) == ("no", "not_applicable")


def test_a_row_that_names_no_item_adds_nothing(tmp_path):
    rows = [
        each | {"factor": code, "present": "?"}
        for each, code in zip(long_rows([case(0)]), ("", "not known"), strict=True)
    ]
    done = gathered(tmp_path, rows, LONG)
    assert (done.account["n_accepted"], done.records["drugs"][0]) == (1, "not_recorded")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"factor": "weather"}, "unknown_code:factor"),
        ({"present": "perhaps"}, "unknown_code:home"),
        ({"delivered": "yes"}, "judged_without_base:delivery_home"),
        ({"factor": "drugs"}, "rows_disagree:drugs"),
        ({"sex": "girl"}, "rows_disagree:sex"),
        ({"team": "B"}, "rows_disagree:team"),
    ],
)
def test_a_case_whose_rows_say_what_cannot_be_is_rejected_at_its_first_row(tmp_path, change, rule):
    first, second = long_rows([case(0)])
    done = gathered(tmp_path, [*long_rows([case(1)]), first, second | change], LONG)
    assert [(number, rule in rules) for number, rules in done.rules] == [(4, True)]
    assert done.account["n_read"] == 2


def test_a_row_that_stands_twice_is_the_same_row(tmp_path):
    rows = long_rows([case(0), case(1)])
    once, twice = gathered(tmp_path / "a", rows, LONG), gathered(tmp_path / "b", rows + rows, LONG)
    assert once.records.equals(twice.records)


def test_of_a_long_layout_all_rows_of_the_assessment_that_counts_are_put_together(tmp_path, monkeypatch):
    rule = "one_row_per_case: {keep: latest, by: seen_on}\nfactors:"
    first, second, other = (case(0, seen_on="2019-01-02"), case(0, seen_on="2019-03-02"), case(1))
    first |= {"home": "yes", "delivery_home": "yes", "sex": "girl"}
    second |= {"drugs": "no", "delivery_drugs": "not applicable"}
    rows = long_rows([first, second, other])
    expected = gathered(tmp_path / "wide", [second, other], STUDY)
    for number, order in enumerate(permutations(range(6))):
        if number % 37 == 0:
            in_batches_of(monkeypatch, (150, 2**20)[number % 2])
            ordered = [rows[place] for place in order]
            done = gathered(tmp_path / f"{number}", ordered, LONG.replace("factors:", rule, 1))
            assert contents(done)[0] == contents(expected)[0]
            assert done.account["n_rejected"] == 0
    partly = [rows[0], rows[1], rows[3]]
    found = gathered(tmp_path / "partly", partly, LONG.replace("factors:", rule, 1)).records
    assert (found["drugs"][0], found["home"][0]) == ("not_recorded", "no")


def test_the_items_and_codes_of_a_long_layout_may_be_mapped(tmp_path):
    (tmp_path / "mapping.yaml").write_text(
        """\
columns:
  factor: {from: Area of need, codes: {Drug use: drugs, Housing: home}}
  present: {codes: {"1": "yes", "0": "no"}}
""",
        encoding="utf-8",
    )
    rows = []
    for each in long_rows([case(0)]):
        named = {"drugs": "Drug use", "home": "Housing"}[each.pop("factor")]
        rows.append(each | {"Area of need": named, "present": {"yes": "1", "no": "0"}[each["present"]]})
    done = gathered(tmp_path, rows, LONG, mapping=tmp_path / "mapping.yaml")
    assert (done.records["drugs"][0], done.records["home"][0]) == ("yes", "no")


def test_a_column_of_nothing_but_different_texts_is_rejected_and_not_more(tmp_path, monkeypatch):
    monkeypatch.setattr("desistance.records.long_layout.DISAGREE", 12)
    rows = [
        each | {"present": f"note {number}"}
        for number, each in enumerate(long_rows([case(n) for n in range(20)]))
    ]
    done = gathered(tmp_path, rows, LONG)
    assert done.account["n_rejected"] == 20
    assert all("unknown_code:drugs" in rules and "unknown_code:home" in rules for _, rules in done.rules)


MISTAKES = {
    "no measure": ('"{factor}": present', '"is_{factor}": present', "no measure has the column 'is_{factor}'"),
    "no code": ("delivered}}", 'delivered}, without_row: {"{factor}": nothing}}', "found 'nothing'; allowed: 'yes'"),
    "no such value": ("delivered}}", 'delivered}, without_row: {sex: "no"}}', "long.without_row: found 'sex'"),
    "column of the study": ("item: factor", "item: sex", "'sex' is a column of the study"),
    "twice": ("item: factor", "item: present", "input 'present' is used 2 times"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_long_layout_is_named(tmp_path, mistake):
    old, new, words = MISTAKES[mistake]
    assert old in LONG
    with pytest.raises(StudyError) as error:
        small_study(tmp_path, LONG.replace(old, new, 1))
    assert words in str(error.value)


def test_the_step_says_how_many_rows_were_gathered_and_writes_no_input(tmp_path):
    small_study(tmp_path / "study", ROWS)
    rows = [
        row(1, "2018-11-17", care_from="2011-11-19"),
        row(1, "2018-11-18", drugs="perhaps"),
        row(2, "2018-11-17"),
    ]
    (tmp_path / "cases.csv").write_text(csv_text(rows), encoding="utf-8")
    out = tmp_path / "results"
    allow = ["one_service", "service_with_one_case", "breakdown_with_one_level", "item_nobody_has"]
    with logged(str(tmp_path / "records.log")):
        count_step(out, [tmp_path / "cases.csv"], tmp_path / "study", rejects_limit=1, allow=allow)
    assert (tmp_path / "records.log").read_text(encoding="utf-8").splitlines()[:2] == [
        "3 rows gathered into 2 cases",
        "2 cases read = 1 accepted + 1 rejected",
    ]
    written = {
        path.name: path.read_bytes() for path in [*out.rglob("*"), tmp_path / "records.log"] if path.is_file()
    }
    for value in (b"2018-11-1", b"2018, 11, 1", b"2011-11-19"):
        assert not [name for name, content in written.items() if value in content]


# Rows that may be of different children.
BORN = (
    ROWS.replace("inputs: {", "inputs: {born: date, ")
    .replace(
        "derivations:\n",
        "derivations:\n  age: {years_from: born, to: seen_on, bands: {young: [0, 14], old: [15, 30]}}\n",
    )
    .replace(
        "breakdowns:\n",
        "breakdowns:\n  - {id: age, label: Age, column: age, "
        "levels: [{code: young, label: Young}, {code: old, label: Old}]}\n",
    )
    .replace("service: team,", "service: team, stratum: area, weight: w, services_in_stratum: fpc,")
)
BORN_LONG = LONG.replace("factors:", "one_row_per_case: {keep: latest, by: seen_on}\nfactors:", 1)


def born(number, *values, **more):
    own = {"born": "2004-05-06", "area": "North", "w": "1.5", "fpc": "20"}
    return row(number, *values, **(own | more))


def test_children_whose_numbers_begin_again_in_each_team_are_not_made_one(tmp_path):
    rows = [born(n, f"2019-0{1 + team}-01", team=f"T{team}") for team in range(6) for n in range(40)]
    (tmp_path / "mapping.yaml").write_text("columns: {case_id: {from: [team, case_id]}}\n", encoding="utf-8")
    done = gathered(tmp_path, rows, BORN)
    assert done.rules == [(number, ["rows_disagree:team"]) for number in range(202, 242)]
    assert done.account["n_accepted"] == 0
    joined = gathered(tmp_path, rows, BORN, mapping=tmp_path / "mapping.yaml")
    assert joined.account["n_accepted"] == 240


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize(
    ("column", "other"),
    [("team", "B"), ("area", "South"), ("w", "1.6"), ("fpc", "21"), ("born", "2004-06-05"), ("born", "soon")],
)
def test_a_case_whose_rows_cannot_be_of_one_child_is_rejected_at_the_row_that_counts(
    tmp_path, column, other, late
):
    wrong = born(1, f"2019-0{2 if late else 1}-01", **{column: other})
    rows = [born(2), born(1, f"2019-0{1 if late else 2}-01"), wrong, born(2, "2019-02-01")]
    done = gathered(tmp_path, rows, BORN)
    assert [number for number, _ in done.rules] == [4 if late else 3]
    assert f"rows_disagree:{column}" in done.rules[0][1]
    assert done.account["n_accepted"] == 1


def test_rows_agree_however_the_same_is_written_and_where_one_of_them_is_silent(tmp_path):
    rows = [
        born(1, "2019-03-01"),
        born(1, "2019-02-01", w="1.50", fpc="20.0", team=" A ", born=""),
        born(1, "2019-01-01", area="", born="not known"),
    ]
    done = gathered(tmp_path, rows, BORN)
    assert done.rules == []
    assert done.account["n_accepted"] == 1


def test_rows_of_a_long_layout_that_do_not_count_must_agree_on_the_service_too(tmp_path):
    rows = long_rows([case(0, seen_on="2019-01-02", team="B"), case(0, seen_on="2019-03-02"), case(1)])
    done = gathered(tmp_path, rows, BORN_LONG)
    assert done.rules == [(4, ["rows_disagree:team"])]
    assert done.account["n_accepted"] == 1


def test_rows_that_disagree_do_so_in_whatever_batch_they_stand(tmp_path, monkeypatch):
    in_batches_of(monkeypatch, 200)
    rows = [born(n, f"2019-0{turn}-01", team="AB"[n % 2 and turn - 1]) for turn in (1, 2) for n in range(40)]
    done = gathered(tmp_path, rows, BORN)
    assert len(done.rules) == 20
    assert {rule for _, rules in done.rules for rule in rules} == {"rows_disagree:team"}


def test_the_date_that_chooses_the_row_may_differ_though_years_are_counted_from_it(tmp_path):
    text = BORN.replace("years_from: born", "years_from: assessed_on").replace("born: date, ", "")
    done = gathered(tmp_path, [born(1, "2019-01-01"), born(1, "2019-02-01")], text)
    assert done.rules == []
